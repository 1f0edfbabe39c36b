"""A restored archive: what waited is not sent behind anybody's back, no id comes twice."""

from pathlib import Path

import pytest

from stored.desk import Desk
from stored.engine import StoredEngine
from stored.makers import ANN
from stored.senders import HI, all_messages, sender
from wigwag.archive.copying import begin_anew, check_archive, check_database, copy_database
from wigwag.model.errors import ConfigError
from wigwag.model.message import SendState


async def queued(desk: Desk) -> None:
    async with sender(desk, StoredEngine(connected=False)) as sending:
        await sending.submit("default", str(ANN), HI, wait_s=0)


async def reopened(desk: Desk, folder: Path, *, fail_queued: bool) -> tuple[Desk, int]:
    """A copy of the archive, made while it is open."""
    copy_database(desk.folder / "messages.db", folder / "messages.db")
    check_archive(folder / "messages.db")
    failed = begin_anew(folder / "messages.db", fail_queued=fail_queued)
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
