"""What is too old goes, in steps, with all that hangs on it; what somebody waits for stays."""

import asyncio
import os
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripted.waiting import JumpingClock, until
from stored.desk import Desk
from stored.engine import OWN, StoredEngine
from stored.fetching import fetcher
from stored.makers import ANN, BEN, T0, edit, key, picture, reaction, received
from stored.senders import HI, sender
from wigwag.core import retention as retention_module
from wigwag.core.retention import Retention, event_bounds
from wigwag.core.sending import Draft
from wigwag.model.archived import FeedFilter, MessageFilter
from wigwag.model.errors import MediaTransferFailed, NotConnected
from wigwag.model.message import SendState
from wigwag.model.retention import EventBounds, RetentionPolicy
from wigwag.model.webhook import DeliveryRecord, WebhookRecord

DAY_MS = 86_400_000
WEBHOOK = WebhookRecord("wh_1", "https://x.example", "", "", "", "whsec_", 0, 0)


def retention(desk: Desk, days_later: float = 0, **policy: int) -> Retention:
    clock = JumpingClock()
    clock.time = T0 + timedelta(days=days_later)
    return Retention(desk.archive, desk.files, RetentionPolicy(**policy), clock=clock)


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention_module, "STEP", 2)


def age(folder: Path, days: float = 2) -> None:
    """Let all files be so old."""
    for path in folder.rglob("*"):
        if path.is_file():
            os.utime(path, (path.stat().st_atime, path.stat().st_mtime - days * 86_400))


# -- events --


def test_bounds_by_age_and_by_number() -> None:
    now_ms = 100 * DAY_MS
    assert event_bounds(RetentionPolicy(), now_ms, 500, None) == EventBounds(0, 0, 500, 0, 0)
    aged = event_bounds(RetentionPolicy(event_days=30), now_ms, 500, 20)
    assert aged == EventBounds(70 * DAY_MS, 0, 20, 63 * DAY_MS, 0)
    counted = event_bounds(RetentionPolicy(event_max=100), now_ms, 500, 20)
    assert counted == EventBounds(0, 400, 20, 0, 300)


@pytest.mark.parametrize(
    ("seq", "at_ms", "goes"),
    [
        (10, 69, True),
        (10, 70, False),
        (30, 69, False),
        (30, 62, True),
        (5, 99, True),
        (6, 99, False),
    ],
)
def test_what_a_webhook_waits_for_is_held_for_a_while(seq: int, at_ms: int, goes: bool) -> None:
    bounds = EventBounds(before_ms=70, upto_seq=5, floor_seq=20, held_before_ms=63, held_upto_seq=3)
    assert bounds.covers(seq, at_ms) is goes


@given(st.integers(1, 50), st.integers(0, 50), st.integers(0, 60))
def test_the_newest_events_always_stay(most: int, floor: int, head: int) -> None:
    bounds = event_bounds(RetentionPolicy(event_max=most), 10**12, head, floor)
    kept = [seq for seq in range(1, head + 1) if not bounds.covers(seq, 10**12)]
    assert len(kept) >= min(most, head)
    assert len(kept) <= most * 2


async def test_old_events_go_and_their_cursor_is_told(desk: Desk) -> None:
    await desk.take(*(received(f"A{n}", seconds=n) for n in range(5)))
    head = desk.archive.last_seq
    await retention(desk, event_max=2).sweep()
    assert [event.seq for event in await desk.log()] == [head - 1, head]
    page = await desk.archive.list_events(1, head, 10, FeedFilter())
    assert (page.lost, page.oldest) == (True, head - 1)
    await desk.take(received("B1"))
    assert desk.archive.last_seq > head, "numbers go on"


async def test_a_webhook_that_is_behind_keeps_its_events(desk: Desk) -> None:
    await desk.archive.write(lambda tx: tx.webhooks.add(WEBHOOK._replace(cursor=2)))
    await desk.take(*(received(f"A{n}", seconds=n) for n in range(5)))
    before = [event.seq for event in await desk.log()]
    await retention(desk, event_max=3).sweep()
    assert [event.seq for event in await desk.log()] == [seq for seq in before if seq > 2]
    await retention(desk, event_max=1).sweep()
    assert len(await desk.log()) == 2, "twice as many, and no more"


async def test_dead_deliveries_go_with_the_events(desk: Desk) -> None:
    now_ms = int(T0.timestamp() * 1000)
    records = [
        DeliveryRecord("wh_1", "old", 1, "l", "t", b"{}", now_ms, "dead"),
        DeliveryRecord("wh_1", "new", 2, "l", "t", b"{}", now_ms + 40 * DAY_MS, "dead"),
        DeliveryRecord("wh_1", "waits", 3, "l", "t", b"{}", now_ms),
    ]
    await desk.archive.write(lambda tx: tx.webhooks.add_deliveries(records))
    await retention(desk, 60, event_days=30).sweep()
    left = {row[0] for row in desk.rows("SELECT event_id FROM deliveries")}
    assert left == {"new", "waits"}


# -- messages --


async def test_old_messages_go_with_all_that_hangs_on_them(
    desk: Desk, engine: StoredEngine
) -> None:
    async with fetcher(desk, engine):
        await desk.take(
            received("P1", picture(engine.offer(b"\xff\xd8 a", "/v/1")), seconds=1),
            received("A1", "an old saying", seconds=2),
            received("R1", reaction(key("A1"), "!"), seconds=3),
            received("E1", edit(key("A1"), "another old saying"), seconds=4),
            received("A2", "a new saying", seconds=86_400),
        )
        await desk.told("media.ready")
    (file,) = desk.rows("SELECT media_path FROM messages WHERE media_path IS NOT NULL")
    assert desk.files.locate(file[0]).exists()
    await retention(desk, 1.5, message_days=1).sweep()
    assert [row[0] for row in desk.rows("SELECT id FROM messages")] == ["A2"]
    for table in ("changes", "reactions", "receipts", "removals"):
        assert desk.count(table) == 0, table
    assert not desk.files.locate(file[0]).exists()
    assert list((desk.folder / "media").iterdir()) == []
    found = await desk.library.list_messages("default", MessageFilter(query="saying"))
    assert [message.id for message in found.items] == ["A2"]
    assert desk.rows("SELECT unread FROM chats")[0][0] == 1


async def test_a_message_that_waits_to_be_sent_stays(desk: Desk) -> None:
    async with sender(desk, StoredEngine(connected=False)) as sending:
        queued = await sending.submit("default", str(ANN), HI, wait_s=0)
        assert queued.state is SendState.QUEUED
        await retention(desk, 10_000, message_days=1).sweep()
        assert desk.count("messages") == 1


# -- files --


async def test_old_files_go_and_their_messages_say_so(desk: Desk, engine: StoredEngine) -> None:
    async with fetcher(desk, engine) as opened:
        await desk.take(
            received("P1", picture(engine.offer(b"\xff\xd8 a", "/v/1")), seconds=1),
            received("P2", picture(engine.offer(b"\xff\xd8 b", "/v/2")), seconds=86_400),
        )
        await desk.told("media.ready", 2)
        later = retention(desk, 1.5, media_days=1)
        await later.sweep()
        states = "SELECT id, media_state FROM messages ORDER BY rid"
        assert [tuple(row) for row in desk.rows(states)] == [
            ("P1", "available"), ("P2", "available")
        ], "a file that came just now is wanted by somebody"  # fmt: skip
        age(desk.folder)
        await later.sweep()
        assert [tuple(row) for row in desk.rows(states)] == [
            ("P1", "expired"), ("P2", "available")
        ]  # fmt: skip
        assert len(list((desk.folder / "media").iterdir())) == 1
        opened.wake("default")
        await asyncio.sleep(0.02)
        assert [row[1] for row in desk.rows(states)] == ["expired", "available"]

        file = await opened.fetch("default", str(ANN), "P1")
        assert await asyncio.to_thread(file.path.read_bytes) == b"\xff\xd8 a"
        await later.sweep()
        assert [row[1] for row in desk.rows(states)] == ["available", "available"]


async def test_an_expired_file_that_cannot_be_fetched_stays_expired(
    desk: Desk, engine: StoredEngine
) -> None:
    async with fetcher(desk, engine) as opened:
        await desk.take(received("P1", picture(engine.offer(b"\xff\xd8 a", "/v/1"))))
        await desk.told("media.ready")
        age(desk.folder)
        await retention(desk, 2, media_days=1).sweep()
        engine.download_errors = [NotConnected()]
        with pytest.raises((NotConnected, MediaTransferFailed)):
            await opened.fetch("default", str(ANN), "P1")
    assert desk.rows("SELECT media_state FROM messages")[0][0] == "expired"


async def test_too_many_bytes_take_the_oldest_files(desk: Desk, engine: StoredEngine) -> None:
    async with fetcher(desk, engine):
        for number in range(5):
            data = b"\xff\xd8" + bytes([number]) * 998
            await desk.take(
                received(f"P{number}", picture(engine.offer(data, f"/{number}")), seconds=number)
            )
        await desk.told("media.ready", 5)
    age(desk.folder)
    await retention(desk, media_bytes=2_500).sweep()
    states = [row[0] for row in desk.rows("SELECT media_state FROM messages ORDER BY rid")]
    assert states == ["expired"] * 3 + ["available"] * 2
    assert await desk.files.used_bytes() == 2_000


async def test_the_file_of_a_message_that_waits_to_be_sent_stays(
    linked: Desk, outbox: Path
) -> None:
    (outbox / "a.txt").write_bytes(b"to be sent")
    async with sender(linked, StoredEngine(connected=False)) as sending:
        draft = Draft(media_path=str(outbox / "a.txt"))
        await sending.submit("default", str(ANN), draft, wait_s=0)
        age(linked.folder)
        await retention(linked, 10_000, media_days=1, media_bytes=5).sweep()
    again = await Desk.open(linked.folder)
    engine = StoredEngine()
    async with sender(again, engine):
        await until(lambda: again.count("outbox") == 0)
    await again.close()
    assert linked.rows("SELECT state, error FROM messages")[0][:] == ("sent", None)
    age(linked.folder)
    await retention(linked, media_bytes=5).sweep()
    assert linked.rows("SELECT media_state FROM messages")[0][0] == "expired", "once it is sent"


async def test_content_goes_with_its_last_name(desk: Desk, engine: StoredEngine) -> None:
    media = picture(engine.offer(b"\xff\xd8 the same", "/v/1"))
    async with fetcher(desk, engine):
        await desk.take(
            received("P1", media, seconds=1), received("P2", media, chat=BEN, seconds=86_400)
        )
        await desk.told("media.ready", 2)
    age(desk.folder)
    await retention(desk, 1.5, media_days=1).sweep()
    (content,) = (desk.folder / "media").iterdir()
    assert content.read_bytes() == b"\xff\xd8 the same"
    await retention(desk, 9, media_days=1).sweep()
    assert list((desk.folder / "media").iterdir()) == []


async def test_files_that_a_former_run_left_go_at_the_start(desk: Desk) -> None:
    doomed = desk.folder / str(OWN) / "a.jpg"
    doomed.parent.mkdir()
    doomed.write_bytes(b"x")
    path = f"{OWN}/a.jpg"
    await desk.archive.write(lambda tx: tx.retention.remove_file(path, b""))
    kept = retention(desk)
    await kept.start()
    assert not doomed.exists()
    assert desk.count("removals") == 0
    await kept.stop()


async def test_it_sweeps_by_itself_and_goes_on_after_an_error(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.take(received("A1"))
    kept = retention(desk, 3_000, message_days=1)
    sweep, calls = kept.sweep, list[int]()

    async def failing() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise OSError(5, "broken")
        await sweep()

    monkeypatch.setattr(kept, "sweep", failing)
    await kept.start()
    await until(lambda: desk.count("messages") == 0)
    await kept.stop()
