"""Full queues, full disks, callers who go away: nothing is lost and nobody waits."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from scripted.waiting import JumpingClock, until
from stored.desk import Desk
from stored.engine import StoredEngine
from stored.makers import ANN, BEN
from stored.senders import HI, sender
from wigwag.core import lanes as lanes_module
from wigwag.core import sending as sending_module
from wigwag.core.sending import Draft
from wigwag.model.content import MediaKind, MediaRef, Text
from wigwag.model.errors import (
    NotConnected,
    QueueFull,
    StorageFull,
    WigwagError,
)
from wigwag.model.message import Outgoing, SendState, Sent


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
        sending.storage_trouble = lambda: "database_locked"
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


async def test_an_engine_that_never_answers_does_not_keep_a_message_for_ever(
    desk: Desk, engine: StoredEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes_module, "SEND_LIMIT_S", 0.05)
    send = engine.send
    asked: list[str] = []

    async def deaf_once(message: Outgoing) -> Sent:
        asked.append(message.id)
        if len(asked) == 1:
            await asyncio.Event().wait()
        return await send(message)

    engine.send = deaf_once
    async with sender(desk, engine, JumpingClock()) as sending:
        made = await sending.submit("default", str(ANN), HI)
    assert made.state is SendState.SENT
    assert asked == [made.id, made.id]


async def test_none_leaves_before_an_earlier_one_that_came_back(
    desk: Desk, engine: StoredEngine, outbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one fails while the second one is being prepared: that waits for its turn."""
    (outbox / "a.pdf").write_bytes(b"%PDF")
    lost, uploading, uploaded = asyncio.Event(), asyncio.Event(), asyncio.Event()
    send, upload = engine.send, engine.upload

    async def losing(message: Outgoing) -> Sent:
        sent = await send(message)
        if len(engine.sent) == 1:
            await lost.wait()
            raise NotConnected
        return sent

    async def slow(source: BinaryIO, kind: MediaKind) -> MediaRef:
        uploading.set()
        await uploaded.wait()
        return await upload(source, kind)

    monkeypatch.setattr(engine, "send", losing)
    monkeypatch.setattr(engine, "upload", slow)
    async with sender(desk, engine, JumpingClock()) as sending:
        first = await sending.submit("default", str(ANN), HI, wait_s=0)
        draft = Draft(media_path=str(outbox / "a.pdf"))
        second = await sending.submit("default", str(ANN), draft, wait_s=0)
        await until(lambda: engine.sent and uploading.is_set())
        lost.set()
        for _ in range(10):
            await asyncio.sleep(0)  # until the first one is back in its lane
        uploaded.set()
        await until(lambda: desk.count("outbox") == 0)
    assert [message.id for message in engine.sent] == [first.id, first.id, second.id]
