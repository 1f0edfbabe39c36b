"""What WhatsApp has no more is asked of the phone, and what the phone says counts."""

import asyncio

import pytest

from scripted.waiting import JumpingClock, RealClock, until
from stored.desk import Desk
from stored.engine import OWN, StoredEngine, answered
from stored.fetching import fetcher
from stored.makers import ANN, ANN_LID, BEN, GROUP, picture, received
from wigwag.core import media as media_module
from wigwag.core import mediaretry
from wigwag.model.account import ConnectionState
from wigwag.model.capability import Capability
from wigwag.model.content import Media, MessageKey
from wigwag.model.errors import MediaAwaited, MediaGone, NotSupportedByEngine
from wigwag.model.event import IdentityLinked, MediaRetryAnswered
from wigwag.model.jid import Jid
from wigwag.model.media import RetryResult
from wigwag.model.record import MediaState

DATA = b"\xff\xd8 a picture"
KEY = MessageKey(chat=ANN, sender=ANN, id="A1")


def expired(engine: StoredEngine, path: str = "/v/1") -> Media:
    """A picture that the media host gives out no more."""
    content = picture(engine.offer(DATA, path))
    engine.files.clear()
    return content


def row(desk: Desk) -> tuple[str, int, str | None]:
    (found,) = desk.rows("SELECT media_state, media_asks, media_error FROM messages")
    return tuple(found)


async def test_the_phone_is_asked_and_the_file_comes_by_another_path(
    desk: Desk, engine: StoredEngine
) -> None:
    async with fetcher(desk, engine):
        await desk.take(received("A1", expired(engine)))
        await until(lambda: engine.media.requests)
        assert engine.media.requests == [(KEY, False)]
        assert row(desk) == ("pending", 1, "waiting_for_phone")
        engine.offer(DATA, "/v/2")
        await desk.take(answered(KEY, RetryResult.UPLOADED, "/v/2"))
        (ready,) = await desk.told("media.ready")
    assert (ready["media"]["state"], ready["media"]["error"]) == ("available", None)
    assert engine.downloads == ["/v/1", "/v/2"]
    assert row(desk) == ("available", 0, None)
    assert desk.rows("SELECT url FROM messages")[0][0] == "https://mmg.whatsapp.net/v/2"


async def test_only_the_phone_says_that_a_file_is_gone(desk: Desk, engine: StoredEngine) -> None:
    async with fetcher(desk, engine) as opened:
        await desk.take(received("A1", expired(engine)))
        await until(lambda: engine.media.requests)
        await desk.take(answered(KEY, RetryResult.NOT_FOUND))
        (failed,) = await desk.told("media.failed")
        assert (failed["media"]["state"], failed["media"]["error"]) == ("gone", "media_gone")
        with pytest.raises(MediaGone):
            await opened.fetch("default", str(ANN), "A1")
        assert len(engine.media.requests) == 1


async def test_a_refusal_without_a_body_counts_for_what_was_asked(
    desk: Desk, engine: StoredEngine
) -> None:
    engine.hold()
    await desk.take(received("A1", picture(engine.offer(DATA, "/v/1"))))
    await desk.take(MediaRetryAnswered(key=KEY, error_code=2))
    assert row(desk) == ("pending", 0, None)
    engine.release()
    engine.files.clear()
    async with fetcher(desk, engine):
        await until(lambda: engine.media.requests)
        await desk.take(MediaRetryAnswered(key=KEY, error_code=2))
        await desk.told("media.failed")


@pytest.mark.parametrize("result", [RetryResult.FAILED, RetryResult.DECRYPTION_ERROR])
async def test_a_phone_in_trouble_is_asked_again_later(
    desk: Desk, engine: StoredEngine, result: RetryResult
) -> None:
    async with fetcher(desk, engine):
        await desk.take(received("A1", expired(engine)))
        await until(lambda: engine.media.requests)
        await desk.take(answered(KEY, result))
    assert row(desk) == ("pending", 1, "phone_failed")
    (due,) = desk.rows("SELECT media_next_ms - timestamp_ms FROM messages")
    assert due[0] > 0


async def test_an_answer_that_does_not_open_changes_nothing(
    desk: Desk, engine: StoredEngine
) -> None:
    async with fetcher(desk, engine):
        await desk.take(received("A1", expired(engine)))
        await until(lambda: engine.media.requests)
        await desk.take(answered(KEY, RetryResult.UPLOADED, "/v/9", media_key=b"x" * 32))
        await desk.take(answered(MessageKey(chat=ANN, sender=ANN, id="B9"), RetryResult.NOT_FOUND))
    assert row(desk) == ("pending", 1, "waiting_for_phone")


async def test_a_silent_phone_is_asked_a_few_times_and_then_by_request(
    desk: Desk, engine: StoredEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mediaretry, "ASK_S", (0, 0, 0))
    monkeypatch.setattr(mediaretry, "AGAIN_S", 0.0)
    monkeypatch.setattr(mediaretry, "GAP_S", 0.0)
    monkeypatch.setattr(media_module, "BUSY_S", 0.01)
    monkeypatch.setattr(media_module, "PHONE_S", 0.01)
    async with fetcher(desk, engine) as opened:
        await desk.take(received("A1", expired(engine)))
        await until(lambda: row(desk) == ("pending", 3, "phone_silent"))
        assert [by_pn for _, by_pn in engine.media.requests] == [False, True, False]
        with pytest.raises(MediaAwaited):
            await opened.fetch("default", str(ANN), "A1")
        assert len(engine.media.requests) == 4
        assert await opened.retry("default", str(ANN), "A1") is MediaState.PENDING
        await until(lambda: len(engine.media.requests) >= 7)
        await until(lambda: row(desk) == ("pending", 3, "phone_silent"))
    assert await desk.events("media.failed") == []


class EndlessClock(RealClock):
    """Whoever sleeps does not wake again."""

    def __init__(self) -> None:
        self.sleepers = 0

    async def sleep(self, delay_s: float) -> None:
        self.sleepers += 1
        await asyncio.Event().wait()


async def test_a_request_that_waits_for_its_turn_is_not_noted_as_made(
    desk: Desk, engine: StoredEngine
) -> None:
    clock = EndlessClock()
    async with fetcher(desk, engine, clock=clock):
        for message_id in ("A1", "A2"):
            await desk.take(received(message_id, expired(engine, f"/v/{message_id}")))
        await until(lambda: engine.media.requests and clock.sleepers)
        asked = desk.rows("SELECT id FROM messages WHERE media_asks > 0")
        assert len(asked) == len(engine.media.requests) == 1


async def test_nobody_makes_the_phone_be_asked_twice_at_once(
    desk: Desk, engine: StoredEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media_module, "PHONE_S", 0.01)
    async with fetcher(desk, engine) as opened:
        await desk.take(received("A1", expired(engine)))
        await until(lambda: engine.media.requests)
        for _ in range(3):
            with pytest.raises(MediaAwaited):
                await opened.fetch("default", str(ANN), "A1")
    assert len(engine.media.requests) == 1


async def test_who_wants_the_file_waits_for_the_answer(desk: Desk, engine: StoredEngine) -> None:
    async with fetcher(desk, engine) as opened:
        await desk.take(received("A1", expired(engine)))
        fetching = asyncio.create_task(opened.fetch("default", str(ANN), "A1"))
        await until(lambda: engine.media.requests)
        engine.offer(DATA, "/v/2")
        await desk.take(answered(KEY, RetryResult.UPLOADED, "/v/2"))
        stored = await fetching
        assert stored.path.read_bytes() == DATA


async def test_what_was_gone_can_be_asked_for_anew(desk: Desk, engine: StoredEngine) -> None:
    async with fetcher(desk, engine) as opened:
        await desk.take(received("A1", expired(engine)))
        await until(lambda: engine.media.requests)
        await desk.take(answered(KEY, RetryResult.NOT_FOUND))
        await desk.told("media.failed")
        assert await opened.retry("default", str(ANN), "A1") is MediaState.PENDING
        await until(lambda: len(engine.media.requests) == 2)
        engine.offer(DATA, "/v/3")
        await desk.take(answered(KEY, RetryResult.UPLOADED, "/v/3"))
        await desk.told("media.ready")
        assert await opened.retry("default", str(ANN), "A1") is MediaState.AVAILABLE


async def test_in_groups_and_of_own_messages_the_sender_is_named(
    desk: Desk, engine: StoredEngine
) -> None:
    async with fetcher(desk, engine):
        await desk.take(
            received("G1", expired(engine), chat=GROUP, sender=BEN),
            received("G2", expired(engine, "/v/2"), chat=GROUP, sender=OWN, from_me=True),
            received("L1", expired(engine, "/v/3"), chat=ANN_LID),
        )
        await until(lambda: len(engine.media.requests) == 3)
        asked = {key.id: key for key, _ in engine.media.requests}
        assert asked["G1"] == MessageKey(chat=GROUP, sender=BEN, id="G1")
        assert asked["G2"] == MessageKey(chat=GROUP, sender=OWN, id="G2", from_me=True)
        assert asked["L1"] == MessageKey(chat=ANN_LID, sender=ANN_LID, id="L1")
        # The phone may name the chat by its other address, and the chat may have moved meanwhile.
        await desk.take(IdentityLinked(lid=ANN_LID, pn=ANN))
        engine.offer(DATA, "/v/9")
        await desk.take(answered(asked["L1"], RetryResult.UPLOADED, "/v/9"))
        await desk.told("media.ready")


async def test_channels_have_no_phone_to_ask(desk: Desk, engine: StoredEngine) -> None:
    channel = Jid("120363000000000009", "newsletter")
    async with fetcher(desk, engine):
        await desk.take(received("N1", expired(engine), chat=channel, sender=channel))
        (failed,) = await desk.told("media.failed")
    assert (failed["media"]["state"], engine.media.requests) == ("gone", [])


async def test_what_could_not_be_asked_does_not_count(desk: Desk, engine: StoredEngine) -> None:
    await desk.take(received("A1", expired(engine)))
    async with fetcher(desk, engine):
        engine.media.on_request = lambda: engine.turn(ConnectionState.RECONNECTING)
        await until(lambda: row(desk)[2] == "not_connected")
    assert row(desk) == ("pending", 0, "not_connected")


async def test_many_requests_are_spread_out(
    desk: Desk, engine: StoredEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = JumpingClock()
    requests = mediaretry.MediaRequests(desk.archive, clock)
    await desk.take(*(received(f"A{n}", expired(engine, f"/v/{n}"), seconds=n) for n in range(5)))
    for number in range(5):
        (message,) = await desk.archive.find_messages("default", f"A{number}")
        assert isinstance(message.content, Media)
        assert message.content.ref is not None
        await requests.ask(engine, message, message.content.ref, urgent=False)
    assert clock.sleeps == [mediaretry.GAP_S] * 4
    assert len(engine.media.requests) == 5


async def test_an_engine_that_cannot_ask_the_phone_leaves_it_at_that(
    desk: Desk, engine: StoredEngine
) -> None:
    engine.capabilities -= {Capability.MEDIA_RETRY}
    async with fetcher(desk, engine) as opened:
        await desk.take(received("A1", expired(engine)))
        (failed,) = await desk.told("media.failed")
        assert failed["media"]["state"] == "gone"
        with pytest.raises(NotSupportedByEngine, match="upload a file again"):
            await opened.retry("default", str(ANN), "A1")
    assert not engine.media.requests
