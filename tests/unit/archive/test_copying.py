"""A restored archive: what waited is not sent behind anybody's back, no id comes twice."""

import hashlib
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from stored.desk import Desk
from stored.engine import StoredEngine
from stored.makers import ANN, key
from stored.senders import HI, all_messages, sender
from wigwag.archive.copying import (
    begin_anew,
    check_archive,
    check_database,
    copy_database,
    stored_files,
)
from wigwag.core.sending import Draft, Idempotency
from wigwag.model.content import Reaction
from wigwag.model.errors import ConfigError
from wigwag.model.instant import ms_of
from wigwag.model.message import SendState
from wigwag.sandbox.virtual_time import BEGIN, VirtualTime


async def queued(desk: Desk) -> None:
    async with sender(desk, StoredEngine(connected=False)) as sending:
        await sending.submit("default", str(ANN), HI, wait_s=0)


async def reopened(
    desk: Desk, folder: Path, *, fail_queued: bool, now: datetime = BEGIN
) -> tuple[Desk, int]:
    """A copy of the archive, made while it is open."""
    copy_database(desk.folder / "messages.db", folder / "messages.db")
    check_archive(folder / "messages.db")
    failed = begin_anew(folder / "messages.db", fail_queued=fail_queued, now_ms=ms_of(now))
    return await Desk.open(folder), failed


async def test_what_waited_fails_and_says_why(desk: Desk, tmp_path: Path) -> None:
    await queued(desk)
    copy, failed = await reopened(desk, tmp_path / "copy", fail_queued=True)
    assert failed == 1
    (message,) = await all_messages(copy)
    assert (message.state, message.error_code) == (SendState.FAILED, "restored")
    assert copy.count("outbox") == 0
    before, after = await desk.log(), await copy.log()
    assert [event.seq for event in before] == [event.seq for event in after]
    assert {event.id for event in before}.isdisjoint(event.id for event in after)
    await copy.close()


async def test_with_its_session_it_is_sent(desk: Desk, tmp_path: Path) -> None:
    await queued(desk)
    copy, failed = await reopened(desk, tmp_path / "copy", fail_queued=False)
    assert (failed, copy.count("outbox")) == (0, 1)
    await copy.close()


async def test_what_was_due_meanwhile_may_have_been_sent(desk: Desk, tmp_path: Path) -> None:
    async with sender(desk, StoredEngine(), VirtualTime()) as sending:
        for hours in (1, 3):
            await sending.submit(
                "default", str(ANN), HI, send_at=BEGIN + timedelta(hours=hours), wait_s=0
            )
    now = BEGIN + timedelta(hours=2)
    copy, failed = await reopened(desk, tmp_path / "copy", fail_queued=True, now=now)
    assert (failed, copy.count("scheduled")) == (1, 1)
    await copy.close()
    moved, failed = await reopened(desk, tmp_path / "moved", fail_queued=False, now=now)
    assert (failed, moved.count("scheduled")) == (0, 2)
    await moved.close()


async def test_the_key_of_what_was_dropped_is_free(desk: Desk, tmp_path: Path) -> None:
    """Of a message that was due, and of a change; what failed, and what waits, keeps its key."""
    keys = [Idempotency(key=str(number), fingerprint=b"f") for number in range(4)]
    clock = VirtualTime()
    reaction = Draft(content=Reaction(target=key("A1"), emoji="!"))
    async with sender(desk, StoredEngine(connected=False), clock) as sending:
        for drafted, once, hours in ((HI, keys[0], 1), (HI, keys[1], 3)):
            due = BEGIN + timedelta(hours=hours)
            await sending.submit("default", str(ANN), drafted, send_at=due, idempotency=once)
        for drafted, once in ((reaction, keys[2]), (HI, keys[3])):
            await sending.submit("default", str(ANN), drafted, wait_s=0, idempotency=once)
    now = BEGIN + timedelta(hours=2)
    copy, failed = await reopened(desk, tmp_path / "copy", fail_queued=True, now=now)
    assert failed == 3
    engine = StoredEngine()
    async with sender(copy, engine, clock) as sending:
        states: list[SendState | None] = []
        for once in keys:
            earlier = await sending.find_earlier("default", once, 0)
            states.append(earlier.state if earlier is not None else None)
        assert states == [None, SendState.QUEUED, None, SendState.FAILED]
        again = await sending.submit("default", str(ANN), HI, idempotency=keys[0])
    assert (again.state, len(engine.sent)) == (SendState.SENT, 1)
    await copy.close()


async def test_the_file_of_what_was_dropped_goes(desk: Desk, tmp_path: Path) -> None:
    file = desk.folder / "outbox" / "a.txt"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"abc")
    async with sender(desk, StoredEngine(), VirtualTime()) as sending:
        due = BEGIN + timedelta(hours=1)
        await sending.submit("default", str(ANN), Draft(media_path=str(file)), send_at=due)
    stored = list(stored_files(desk.folder / "messages.db"))
    later = BEGIN + timedelta(hours=2)
    copy, _ = await reopened(desk, tmp_path / "copy", fail_queued=True, now=later)
    assert await copy.archive.list_removals("", 10) == stored
    await copy.close()


async def test_files_that_wait_for_their_time_are_taken_along(desk: Desk, tmp_path: Path) -> None:
    file = desk.folder / "outbox" / "a.txt"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"abc")
    async with sender(desk, StoredEngine(), VirtualTime()) as sending:
        draft = Draft(media_path=str(file))
        await sending.submit("default", str(ANN), draft, send_at=BEGIN + timedelta(hours=1))
    (found,) = stored_files(desk.folder / "messages.db")
    assert (desk.folder / found.path).read_bytes() == b"abc"
    assert found.sha256 == hashlib.sha256(b"abc").digest()


async def test_an_archive_without_a_schedule_is_restored(desk: Desk, tmp_path: Path) -> None:
    old = tmp_path / "old.db"
    copy_database(desk.folder / "messages.db", old)
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("DROP TABLE scheduled")
        connection.commit()
    assert begin_anew(old, fail_queued=True, now_ms=ms_of(BEGIN)) == 0
    assert list(stored_files(old)) == []


async def test_a_damaged_database_is_found(desk: Desk, tmp_path: Path) -> None:
    await queued(desk)
    copy = tmp_path / "copy.db"
    copy_database(desk.folder / "messages.db", copy)
    check_database(copy)
    data = bytearray(copy.read_bytes())
    for at in range(4096, len(data), 4096):
        data[at : at + 64] = b"\xff" * 64
    copy.write_bytes(data)
    with pytest.raises(ConfigError):
        check_database(copy)
