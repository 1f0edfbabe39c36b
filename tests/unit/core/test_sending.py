"""A message is kept before it leaves, leaves once, and has an end."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from scripted.waiting import JumpingClock, until
from stored.desk import Desk
from stored.engine import OWN, StoredEngine
from stored.makers import ANN, ANN_LID, BEN, GROUP, key, received
from stored.ogg import opus
from wigwag.core import sending as sending_module
from wigwag.core.sending import Draft, Idempotency, MediaPolicy, Sending, Submitted
from wigwag.model.account import ConnectionState
from wigwag.model.archived import ArchivedMessage, MessageFilter
from wigwag.model.content import Edit, Media, MediaKind, Reaction, Revoke, Text
from wigwag.model.errors import (
    EmptyMessage,
    IdempotencyConflict,
    InvalidInput,
    LoggedOut,
    MalformedJid,
    MediaForbidden,
    MediaTooLarge,
    MediaTransferFailed,
    MediaUnreadable,
    NotConnected,
    NotFound,
    NotOnWhatsApp,
    NotPaired,
    QueueFull,
    SendRejected,
    SendTimeout,
    StorageFull,
    WigwagError,
)
from wigwag.model.event import IdentityLinked
from wigwag.model.message import SendState

HI = Draft(text="hi")


@asynccontextmanager
async def sender(
    desk: Desk, engine: StoredEngine, clock: Any = None, **policy: Any
) -> AsyncGenerator[Sending]:
    desk.accounts.add(engine)
    engine.on_state = desk.accounts.state_changed
    allowed = MediaPolicy(roots=(desk.folder / "outbox",), **policy)
    more = {"clock": clock} if clock is not None else {}
    sending = Sending(desk.archive, desk.files, desk.accounts, policy=allowed, **more)
    await sending.start()
    try:
        yield sending
    finally:
        await sending.stop()


@pytest.fixture
def engine() -> StoredEngine:
    return StoredEngine()


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    folder = tmp_path / "outbox"
    folder.mkdir()
    return folder


async def test_a_text_is_kept_sent_and_acknowledged(desk: Desk, engine: StoredEngine) -> None:
    async with sender(desk, engine) as sending:
        made = await sending.submit("default", "+49 170 000-0001", HI)
    assert (made.state, made.chat_jid) == (SendState.SENT, str(ANN))
    assert made.id.startswith("3EB0")
    assert len(made.id) == 22
    (left,) = engine.sent
    assert (left.id, left.to, left.content) == (made.id, ANN, Text(text="hi"))
    assert len(left.secret) == 32
    row = await desk.library.get_message("default", made.id)
    assert (row.state, row.from_me, row.sender.jid, row.text) == (
        SendState.SENT,
        True,
        str(OWN),
        "hi",
    )
    assert desk.count("outbox") == 0
    events = await desk.events()
    assert [(e["event"], e["state"]) for e in events] == [
        ("message.status", "queued"),
        ("message.sent", "sent"),
    ]
    assert events[1]["text"] == "hi"


async def test_the_row_is_durable_before_anything_leaves(desk: Desk, engine: StoredEngine) -> None:
    seen: list[int] = []
    send = engine.send

    async def watched(message: Any) -> Any:
        seen.append(len(desk.rows("SELECT 1 FROM outbox WHERE message_id = ?", (message.id,))))
        return await send(message)

    engine.send = watched  # pyright: ignore
    async with sender(desk, engine) as sending:
        await sending.submit("default", str(ANN), HI)
    assert seen == [1]


@pytest.mark.parametrize(
    ("recipient", "draft", "error"),
    [
        (str(ANN), Draft(), EmptyMessage),
        ("nobody", HI, MalformedJid),
        ("12345@bot", HI, MalformedJid),
        (str(ANN), Draft(text="x" * 70_000), InvalidInput),
        (str(ANN), Draft(media_path="/etc/passwd"), MediaForbidden),
    ],
)
async def test_what_is_refused_leaves_no_trace(
    desk: Desk, engine: StoredEngine, recipient: str, draft: Draft, error: type[WigwagError]
) -> None:
    async with sender(desk, engine) as sending:
        with pytest.raises(error):
            await sending.submit("default", recipient, draft)
    assert (desk.count("messages"), desk.count("outbox"), engine.sent) == (0, 0, [])


async def test_an_unknown_account_is_not_found(desk: Desk, engine: StoredEngine) -> None:
    async with sender(desk, engine) as sending:
        with pytest.raises(NotFound):
            await sending.submit("other", str(ANN), HI)


@pytest.mark.parametrize(
    ("state", "own", "error"),
    [
        (ConnectionState.RECONNECTING, OWN, NotConnected),
        (ConnectionState.LOGGED_OUT, OWN, LoggedOut),
        (ConnectionState.PAIRING, None, NotPaired),
    ],
)
async def test_the_classic_way_refuses_at_once_when_not_connected(
    desk: Desk, state: ConnectionState, own: Any, error: type[WigwagError]
) -> None:
    engine = StoredEngine(own=own)
    engine.turn(state)
    async with sender(desk, engine) as sending:
        with pytest.raises(error):
            await sending.submit("default", str(ANN), HI, require_connected=True)
    assert desk.count("outbox") == 0


async def test_an_account_without_a_number_cannot_queue(desk: Desk) -> None:
    engine = StoredEngine(own=None, connected=False)
    async with sender(desk, engine) as sending:
        with pytest.raises(NotPaired):
            await sending.submit("default", str(ANN), HI)


async def test_not_connected_it_stays_queued_and_goes_out_later_in_order(desk: Desk) -> None:
    engine = StoredEngine(connected=False)
    async with sender(desk, engine) as sending:
        made = [
            await sending.submit("default", str(ANN), Draft(text=str(number)), wait_s=0)
            for number in range(5)
        ]
        assert {m.state for m in made} == {SendState.QUEUED}
        engine.turn(ConnectionState.CONNECTED)
        await until(lambda: desk.count("outbox") == 0)
    assert [m.id for m in engine.sent] == [m.id for m in made]


async def test_a_restart_sends_what_is_left_with_the_same_id_and_secret(desk: Desk) -> None:
    lost = StoredEngine()
    lost.hold()
    async with sender(desk, lost) as sending:
        first = await sending.submit("default", str(ANN), Draft(text="one"), wait_s=0)
        second = await sending.submit("default", str(ANN), Draft(text="two"), wait_s=0)
        await until(lambda: len(lost.sent) == 2)
    assert desk.count("outbox") == 2
    engine = StoredEngine()
    async with sender(desk, engine):
        await until(lambda: desk.count("outbox") == 0)
    assert [m.id for m in engine.sent] == [first.id, second.id]
    assert [m.secret for m in engine.sent] == [m.secret for m in lost.sent]
    assert [m.timestamp for m in engine.sent] == [m.timestamp for m in lost.sent]
    assert len(await desk.events("message.sent")) == 2


async def test_messages_of_one_chat_are_sent_in_order_without_waiting_for_acks(
    desk: Desk, engine: StoredEngine
) -> None:
    engine.hold()
    async with sender(desk, engine) as sending:
        tasks: list[asyncio.Task[Submitted]] = []
        for number in range(40):
            chat = ANN if number % 2 else BEN
            draft = Draft(text=str(number))
            tasks.append(asyncio.create_task(sending.submit("default", str(chat), draft)))
        await until(lambda: len(engine.sent) == 16)
        engine.release()
        made = await asyncio.gather(*tasks)
    assert {m.state for m in made} == {SendState.SENT}
    queued = [e for e in await desk.events("message.status") if e["state"] == "queued"]
    for chat in (ANN, BEN):
        ids = [m.id for m in engine.sent if m.to == chat]
        assert ids == [e["id"] for e in queued if e["chat_jid"] == str(chat)]


async def test_a_timeout_is_tried_again_with_the_same_id(desk: Desk, engine: StoredEngine) -> None:
    engine.errors = [SendTimeout(), SendTimeout()]
    async with sender(desk, engine, JumpingClock()) as sending:
        made = await sending.submit("default", str(ANN), HI)
    assert made.state is SendState.SENT
    assert {m.id for m in engine.sent} == {made.id}
    assert len(engine.sent) == 3
    assert len(await desk.events("message.sent")) == 1


async def test_timeouts_without_end_have_an_end(desk: Desk, engine: StoredEngine) -> None:
    engine.errors = [SendTimeout() for _ in range(10)]
    async with sender(desk, engine, JumpingClock()) as sending:
        made = await sending.submit("default", str(ANN), HI)
    assert (made.state, made.error_code) == (SendState.FAILED, "send_timeout")


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (SendRejected(server_code=463), "send_rejected", "463"),
        (NotOnWhatsApp(), "not_on_whatsapp", "country code"),
    ],
)
async def test_a_refusal_is_the_end(
    desk: Desk, engine: StoredEngine, error: WigwagError, code: str, text: str
) -> None:
    engine.errors = [error]
    async with sender(desk, engine) as sending:
        made = await sending.submit("default", str(ANN), HI)
        after = await sending.submit("default", str(ANN), HI)
    assert (made.state, made.error_code) == (SendState.FAILED, code)
    assert text in made.error
    assert after.state is SendState.SENT
    row = await desk.library.get_message("default", made.id)
    assert (row.state, row.error_code) == (SendState.FAILED, code)
    failed = [e for e in await desk.events("message.status") if e["state"] == "failed"]
    assert [(e["id"], e["error"]["code"]) for e in failed] == [(made.id, code)]
    assert desk.count("outbox") == 0


async def test_an_unexpected_error_does_not_block_the_chat(
    desk: Desk, engine: StoredEngine
) -> None:
    engine.errors = [RuntimeError("a bug") for _ in range(10)]
    async with sender(desk, engine, JumpingClock()) as sending:
        made = await sending.submit("default", str(ANN), HI)
        after = await sending.submit("default", str(ANN), HI)
    assert (made.state, made.error_code) == (SendState.FAILED, "internal")
    assert after.state is SendState.SENT


async def test_a_lost_connection_brings_the_message_back(desk: Desk, engine: StoredEngine) -> None:
    engine.errors = [NotConnected()]
    async with sender(desk, engine, JumpingClock()) as sending:
        made = await sending.submit("default", str(ANN), HI)
    assert made.state is SendState.SENT
    assert len(engine.sent) == 2


async def test_another_number_does_not_send_what_the_old_one_left(desk: Desk) -> None:
    old = StoredEngine(connected=False)
    async with sender(desk, old) as sending:
        made = await sending.submit("default", str(ANN), HI, wait_s=0)
    new = StoredEngine(own=BEN)
    async with sender(desk, new):
        await until(lambda: desk.count("outbox") == 0)
    assert new.sent == []
    row = await desk.library.get_message("default", made.id)
    assert (row.state, row.error_code) == (SendState.FAILED, "account_changed")


async def test_an_image_is_copied_uploaded_and_sent(
    desk: Desk, engine: StoredEngine, outbox: Path
) -> None:
    data = b"GIF89a\x0a\x00\x14\x00" + b"x" * 100
    (outbox / "cat.gif").write_bytes(data)
    async with sender(desk, engine) as sending:
        draft = Draft(text="look", media_path=str(outbox / "cat.gif"))
        made = await sending.submit("default", str(ANN), draft)
    assert made.state is SendState.SENT
    content = engine.sent[0].content
    assert isinstance(content, Media)
    assert content.ref is not None
    assert (content.kind, content.mime, content.width) == (MediaKind.IMAGE, "image/gif", 10)
    assert engine.files[content.ref.direct_path] == data
    row = await desk.library.get_message("default", made.id)
    assert row.media is not None
    assert row.media.path == f"{ANN}/{row.media.filename}"
    assert (desk.folder / row.media.path).read_bytes() == data
    (classic,) = desk.rows("SELECT * FROM messages")
    assert classic["media_key"] == content.ref.media_key
    assert classic["url"].endswith(content.ref.direct_path)
    assert (classic["media_type"], classic["file_length"]) == ("image", len(data))


async def test_the_copy_does_not_follow_the_original(
    desk: Desk, engine: StoredEngine, outbox: Path
) -> None:
    (outbox / "a.txt").write_bytes(b"before")
    async with sender(desk, engine) as sending:
        made = await sending.submit("default", str(ANN), Draft(media_path=str(outbox / "a.txt")))
    (outbox / "a.txt").write_bytes(b"after!")
    row = await desk.library.get_message("default", made.id)
    assert row.media is not None
    assert (desk.folder / row.media.path).read_bytes() == b"before"


async def test_a_voice_note_has_length_and_waveform(
    desk: Desk, engine: StoredEngine, outbox: Path
) -> None:
    (outbox / "note.ogg").write_bytes(opus([20, 90] * 100))
    async with sender(desk, engine) as sending:
        await sending.submit("default", str(ANN), Draft(media_path=str(outbox / "note.ogg")))
    content = engine.sent[0].content
    assert isinstance(content, Media)
    assert (content.kind, content.duration_s, len(content.waveform)) == (MediaKind.VOICE, 4, 64)


async def test_a_text_waits_for_the_file_before_it(
    desk: Desk, engine: StoredEngine, outbox: Path
) -> None:
    (outbox / "a.pdf").write_bytes(b"%PDF")
    upload = engine.upload
    gate = asyncio.Event()

    async def slow(source: Any, kind: MediaKind) -> Any:
        await gate.wait()
        return await upload(source, kind)

    engine.upload = slow  # pyright: ignore
    async with sender(desk, engine) as sending:
        file = asyncio.create_task(
            sending.submit("default", str(ANN), Draft(media_path=str(outbox / "a.pdf")))
        )
        await until(lambda: desk.count("outbox") == 1)
        text = asyncio.create_task(sending.submit("default", str(ANN), HI))
        other = await sending.submit("default", str(BEN), HI)
        assert other.state is SendState.SENT
        assert len(engine.sent) == 1
        gate.set()
        await asyncio.gather(file, text)
    assert [m.to for m in engine.sent] == [BEN, ANN, ANN]
    assert isinstance(engine.sent[1].content, Media)


async def test_an_upload_is_not_repeated_after_a_restart(desk: Desk, outbox: Path) -> None:
    (outbox / "a.pdf").write_bytes(b"%PDF")
    first = StoredEngine()
    first.hold()
    async with sender(desk, first) as sending:
        await sending.submit("default", str(ANN), Draft(media_path=str(outbox / "a.pdf")), wait_s=0)
        await until(lambda: first.sent)
    second = StoredEngine()
    async with sender(desk, second):
        await until(lambda: desk.count("outbox") == 0)
    assert (first.uploads, second.uploads) == (1, 0)
    assert second.sent[0].content == first.sent[0].content


async def test_a_failed_upload_is_tried_again(
    desk: Desk, engine: StoredEngine, outbox: Path
) -> None:
    (outbox / "a.pdf").write_bytes(b"%PDF")
    upload = engine.upload
    errors: list[Exception] = [MediaTransferFailed(), NotConnected()]

    async def unsteady(source: Any, kind: MediaKind) -> Any:
        if errors:
            raise errors.pop()
        return await upload(source, kind)

    engine.upload = unsteady  # pyright: ignore
    async with sender(desk, engine, JumpingClock()) as sending:
        made = await sending.submit("default", str(ANN), Draft(media_path=str(outbox / "a.pdf")))
    assert made.state is SendState.SENT


@pytest.mark.parametrize("name", ["missing.jpg", "folder.jpg"])
async def test_an_unreadable_file_is_said_at_once(
    desk: Desk, engine: StoredEngine, outbox: Path, name: str
) -> None:
    (outbox / "folder.jpg").mkdir()
    async with sender(desk, engine) as sending:
        with pytest.raises(MediaUnreadable):
            await sending.submit("default", str(ANN), Draft(media_path=str(outbox / name)))
    assert desk.count("messages") == 0


async def test_a_file_over_the_limit_is_refused(
    desk: Desk, engine: StoredEngine, outbox: Path
) -> None:
    (outbox / "a.bin").write_bytes(b"x" * 11)
    async with sender(desk, engine, max_bytes=10) as sending:
        with pytest.raises(MediaTooLarge):
            await sending.submit("default", str(ANN), Draft(media_path=str(outbox / "a.bin")))


async def test_a_voice_note_that_is_none_leaves_no_file(
    desk: Desk, engine: StoredEngine, outbox: Path
) -> None:
    (outbox / "a.ogg").write_bytes(b"no ogg at all")
    async with sender(desk, engine) as sending:
        with pytest.raises(MediaUnreadable):
            await sending.submit("default", str(ANN), Draft(media_path=str(outbox / "a.ogg")))
    assert list((desk.folder / str(ANN)).iterdir()) == []


async def test_a_stop_does_not_wait_for_a_file_that_is_taken_in(
    desk: Desk, engine: StoredEngine, outbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (outbox / "a.bin").write_bytes(b"large")
    begun = asyncio.Event()

    async def endless(*_: object) -> Path:
        begun.set()
        return await asyncio.Future()

    monkeypatch.setattr(desk.files, "take", endless)
    async with asyncio.timeout(5), sender(desk, engine) as sending:
        submitting = asyncio.create_task(
            sending.submit("default", str(ANN), Draft(media_path=str(outbox / "a.bin")))
        )
        await begun.wait()
    with pytest.raises(asyncio.CancelledError):
        await submitting
    assert desk.count("messages") == 0


async def test_the_same_key_is_the_same_message(desk: Desk, engine: StoredEngine) -> None:
    once = Idempotency(key="k1", fingerprint=b"f")
    async with sender(desk, engine) as sending:
        first = await sending.submit("default", str(ANN), HI, idempotency=once)
        second = await sending.submit("default", str(ANN), HI, idempotency=once)
        other = Idempotency(key="k1", fingerprint=b"g")
        with pytest.raises(IdempotencyConflict):
            await sending.submit("default", str(ANN), HI, idempotency=other)
    assert second == first
    assert len(engine.sent) == 1


async def test_a_repeat_while_the_first_is_under_way_waits_for_it(
    desk: Desk, engine: StoredEngine
) -> None:
    once = Idempotency(key="k1", fingerprint=b"f")
    engine.hold()
    async with sender(desk, engine) as sending:
        tasks = [
            asyncio.create_task(sending.submit("default", str(ANN), HI, idempotency=once))
            for _ in range(5)
        ]
        await until(lambda: engine.sent)
        engine.release()
        made = await asyncio.gather(*tasks)
    assert {m.id for m in made} == {engine.sent[0].id}
    assert {m.state for m in made} == {SendState.SENT}
    assert (len(engine.sent), desk.count("messages")) == (1, 1)


async def test_a_key_survives_a_restart(desk: Desk) -> None:
    once = Idempotency(key="k1", fingerprint=b"f")
    offline = StoredEngine(connected=False)
    async with sender(desk, offline) as sending:
        first = await sending.submit("default", str(ANN), HI, wait_s=0, idempotency=once)
    engine = StoredEngine()
    async with sender(desk, engine) as sending:
        await until(lambda: desk.count("outbox") == 0)
        second = await sending.submit("default", str(ANN), HI, idempotency=once)
    assert (second.id, second.state) == (first.id, SendState.SENT)
    assert len(engine.sent) == 1


async def test_a_lid_is_sent_to_as_it_is_and_kept_under_its_number(
    desk: Desk, engine: StoredEngine
) -> None:
    await desk.take(IdentityLinked(lid=ANN_LID, pn=ANN))
    async with sender(desk, engine) as sending:
        made = await sending.submit("default", str(ANN_LID), HI)
    assert (made.chat_jid, engine.sent[0].to) == (str(ANN), ANN_LID)


async def test_an_ack_by_the_other_address_tells_that_both_are_one(
    desk: Desk, engine: StoredEngine
) -> None:
    send = engine.send

    async def by_lid(message: Any) -> Any:
        sent = await send(message)
        from msgspec.structs import replace

        return replace(sent, chat=ANN_LID)

    engine.send = by_lid  # pyright: ignore
    async with sender(desk, engine) as sending:
        await sending.submit("default", str(ANN), HI)
    await desk.take(received("A1", chat=ANN_LID))
    page = await desk.library.list_messages("default", MessageFilter(chat=str(ANN)))
    assert len(page.items) == 2


async def test_own_edits_reactions_and_revokes_are_applied(
    linked: Desk, engine: StoredEngine
) -> None:
    async with sender(linked, engine) as sending:
        made = await sending.submit("default", str(ANN), HI)
        mine = key(made.id, from_me=True)
        for content in (
            Edit(target=mine, content=Text(text="better")),
            Reaction(target=mine, emoji="👍"),
            Revoke(target=mine),
        ):
            done = await sending.submit("default", str(ANN), Draft(content=content))
            assert done.state is SendState.SENT
    row = await linked.library.get_message("default", made.id)
    assert (row.text, [r.emoji for r in row.reactions]) == ("better", ["👍"])
    assert row.revoked_at is not None
    assert linked.count("messages") == 1
    types = await linked.types()
    assert types.count("message.edited") == types.count("message.revoked") == 1


async def test_the_echo_of_an_own_message_is_no_second_one(
    linked: Desk, engine: StoredEngine
) -> None:
    async with sender(linked, engine) as sending:
        made = await sending.submit("default", str(GROUP), HI)
    await linked.take(received(made.id, "hi", chat=GROUP, from_me=True))
    assert linked.count("messages") == 1
    assert len(await linked.events("message.sent")) == 1


async def test_a_full_queue_refuses(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending_module, "MAX_WAITING", 2)
    async with sender(desk, StoredEngine(connected=False)) as sending:
        for _ in range(2):
            await sending.submit("default", str(ANN), HI, wait_s=0)
        with pytest.raises(QueueFull):
            await sending.submit("default", str(ANN), HI, wait_s=0)


async def test_a_full_disk_keeps_nothing_and_sends_nothing(
    desk: Desk, engine: StoredEngine, outbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (outbox / "a.pdf").write_bytes(b"%PDF")

    async def full(unit: Any) -> Any:
        del unit
        raise StorageFull

    async with sender(desk, engine) as sending:
        await sending.submit("default", str(BEN), HI)
        with monkeypatch.context() as patch:
            patch.setattr(desk.archive, "write", full)
            draft = Draft(media_path=str(outbox / "a.pdf"))
            for to in (BEN, ANN):
                with pytest.raises(StorageFull):
                    await sending.submit("default", str(to), draft)
        assert list((desk.folder / str(BEN)).iterdir()) == []
        assert (await sending.submit("default", str(ANN), HI)).state is SendState.SENT
    assert len(engine.sent) == 2


async def test_a_full_disk_of_the_engine_refuses_at_once(desk: Desk, engine: StoredEngine) -> None:
    async with sender(desk, engine) as sending:
        sending.storage_trouble = lambda: "disk_full"
        with pytest.raises(StorageFull):
            await sending.submit("default", str(ANN), HI)
        sending.storage_trouble = lambda: "storage_busy"
        assert (await sending.submit("default", str(ANN), HI)).state is SendState.SENT
    assert desk.count("messages") == 1


@pytest.mark.parametrize("refusal", [StorageFull, WigwagError])
async def test_an_acknowledgement_is_recorded_when_the_disk_takes_it_again(
    desk: Desk,
    engine: StoredEngine,
    monkeypatch: pytest.MonkeyPatch,
    refusal: type[WigwagError],
) -> None:
    engine.hold()
    write = desk.archive.write
    refusals = 3

    async def refusing(unit: Any) -> Any:
        nonlocal refusals
        if refusals:
            refusals -= 1
            raise refusal
        return await write(unit)

    async with sender(desk, engine, JumpingClock()) as sending:
        task = asyncio.create_task(sending.submit("default", str(ANN), HI))
        await until(lambda: engine.sent)
        monkeypatch.setattr(desk.archive, "write", refusing)
        engine.release()
        made = await task
    assert (made.state, refusals, len(engine.sent)) == (SendState.SENT, 0, 1)


async def test_a_caller_who_goes_away_leaves_a_message_that_is_sent(
    desk: Desk, engine: StoredEngine
) -> None:
    async with sender(desk, engine) as sending:
        task = asyncio.create_task(sending.submit("default", str(ANN), HI))
        await until(lambda: desk.archive.last_seq or engine.sent or task.done())
        task.cancel()
        await asyncio.wait((task,))
        await until(lambda: desk.count("messages") == 1 and desk.count("outbox") == 0)
    assert len(engine.sent) == 1


async def test_a_row_of_the_outbox_that_cannot_be_read_blocks_no_other(desk: Desk) -> None:
    offline = StoredEngine(connected=False)
    async with sender(desk, offline) as sending:
        for text in ("one", "two"):
            await sending.submit("default", str(ANN), Draft(text=text), wait_s=0)
    connection = sqlite3.connect(desk.folder / "messages.db")
    connection.execute("UPDATE outbox SET content = x'00' WHERE position = 1")
    connection.commit()
    connection.close()
    engine = StoredEngine()
    async with sender(desk, engine):
        await until(lambda: desk.count("outbox") == 1)
    assert [m.content for m in engine.sent] == [Text(text="two")]


async def test_a_number_is_checked_once_and_sent_to_as_the_server_writes_it(
    desk: Desk, engine: StoredEngine
) -> None:
    engine.numbers = {"5511987654321": BEN, "491799999999": None}
    async with sender(desk, engine) as sending:
        for _ in range(2):
            made = await sending.submit("default", "+55 11 98765-4321", HI)
            assert made.chat_jid == str(BEN)
        with pytest.raises(NotOnWhatsApp):
            await sending.submit("default", "491799999999", HI)
    assert engine.checked.count("5511987654321") == 1


async def test_a_number_that_could_not_be_asked_for_is_checked_before_it_leaves(
    desk: Desk,
) -> None:
    engine = StoredEngine(connected=False)
    engine.numbers = {"551187654321": None, "5511987654321": BEN, "491799999999": None}
    async with sender(desk, engine) as sending:
        for number in ("551187654321", "491799999999"):
            made = await sending.submit("default", number, HI, wait_s=0)
            assert made.state is SendState.QUEUED
        engine.turn(ConnectionState.CONNECTED)
        await until(lambda: desk.count("outbox") == 0)
    assert [message.to for message in engine.sent] == [BEN]
    states = {m.chat_jid: (m.state, m.error_code) for m in await all_messages(desk)}
    assert states == {
        str(BEN): (SendState.SENT, ""),
        "491799999999@s.whatsapp.net": (SendState.FAILED, "not_on_whatsapp"),
    }
    assert (await desk.library.get_chat("default", "551187654321")).jid == str(BEN)


async def test_what_waits_for_a_lid_goes_out_after_the_number_came(desk: Desk) -> None:
    engine = StoredEngine(connected=False)
    await desk.take(received("A1", chat=ANN_LID))
    async with sender(desk, engine) as sending:
        first = await sending.submit("default", str(ANN_LID), HI, wait_s=0)
        assert first.chat_jid == str(ANN_LID)
        await desk.take(IdentityLinked(lid=ANN_LID, pn=ANN))
        await sending.submit("default", str(ANN), HI, wait_s=0)
        engine.turn(ConnectionState.CONNECTED)
        await until(lambda: desk.count("outbox") == 0)
    assert {message.to for message in engine.sent} == {ANN_LID, ANN}
    found = await all_messages(desk)
    assert {(m.chat_jid, m.state) for m in found if m.from_me} == {(str(ANN), SendState.SENT)}
    told = [e for e in await desk.events("message.sent") if e["id"] == first.id]
    assert [event["chat_jid"] for event in told] == [str(ANN)]


async def test_what_waits_for_a_lid_goes_before_what_is_sent_by_number(
    desk: Desk, engine: StoredEngine, outbox: Path
) -> None:
    """The upload of the first takes its time; the second must not overtake it."""
    (outbox / "a.pdf").write_bytes(b"%PDF")
    await desk.take(received("A1", chat=ANN_LID))
    upload, gate = engine.upload, asyncio.Event()

    async def slow(source: Any, kind: MediaKind) -> Any:
        await gate.wait()
        return await upload(source, kind)

    engine.upload = slow  # pyright: ignore
    async with sender(desk, engine) as sending:
        file = Draft(media_path=str(outbox / "a.pdf"))
        first = await sending.submit("default", str(ANN_LID), file, wait_s=0)
        await desk.take(IdentityLinked(lid=ANN_LID, pn=ANN))
        second = await sending.submit("default", str(ANN), HI, wait_s=0)
        third = await sending.submit("default", str(ANN_LID), HI, wait_s=0)
        gate.set()
        await until(lambda: desk.count("outbox") == 0)
    assert [message.id for message in engine.sent] == [first.id, second.id, third.id]


async def all_messages(desk: Desk) -> list[ArchivedMessage]:
    return list((await desk.library.list_messages("default", MessageFilter())).items)
