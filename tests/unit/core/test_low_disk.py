"""A disk that is nearly full: files wait and are fetched later by themselves, texts go on."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import pytest

from scripted.waiting import JumpingClock
from stored.desk import Desk
from stored.engine import StoredEngine
from stored.fetching import fetcher
from stored.makers import ANN, picture, received
from stored.senders import HI
from wigwag.core import media as media_module
from wigwag.core import mediadownload as download_module
from wigwag.core.diskroom import DiskRoom
from wigwag.core.mediadownload import LOW_S, after_failure
from wigwag.core.sending import Draft, MediaPolicy, Sending
from wigwag.core.uploads import Uploads
from wigwag.mediastore import LocalUploads
from wigwag.model.errors import DiskLow
from wigwag.model.message import SendState
from wigwag.model.record import MediaState

MARK = 1000


class Hurrying(JumpingClock):
    """Between any two looks at it an hour passes."""

    def monotonic(self) -> float:
        self.time += timedelta(hours=1)
        return super().monotonic()


class Disk:
    """A disk whose free bytes a test decides, looked at anew each time."""

    def __init__(self) -> None:
        self.free = 0
        self.room = DiskRoom(lambda: self.free, MARK, clock=Hurrying())


@pytest.fixture
def disk() -> Disk:
    return Disk()


async def test_files_wait_and_are_fetched_when_there_is_room(
    desk: Desk, engine: StoredEngine, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media_module, "LOOK_S", 0.01)
    monkeypatch.setattr(download_module, "LOW_S", 0)
    async with fetcher(desk, engine, disk=disk.room) as opened:
        await desk.take(received("A1", picture(engine.offer(b"\xff\xd8 a", "/v/1"))))
        with pytest.raises(DiskLow):
            await opened.fetch("default", str(ANN), "A1")
        (row,) = desk.rows("SELECT media_state, media_attempts, media_error FROM messages")
        assert tuple(row) == ("pending", 0, "disk_low")
        disk.free = MARK
        await asyncio.sleep(0)
        assert await desk.log("media.ready") == [], "that is not enough to go on"
        disk.free = MARK * 2
        await desk.told("media.ready")


def test_a_file_that_had_no_room_is_not_to_blame() -> None:
    assert after_failure(DiskLow(), 3) == (MediaState.PENDING, 3, LOW_S)


async def test_no_file_is_taken_in(tmp_path: Path, disk: Disk) -> None:
    async def chunks() -> AsyncGenerator[bytes]:
        yield b"x"

    uploads = Uploads(LocalUploads(tmp_path), 100, disk=disk.room)
    with pytest.raises(DiskLow):
        await uploads.receive("key_1", chunks())
    assert not (tmp_path / "uploads").exists()
    disk.free = MARK * 2
    assert (await uploads.receive("key_1", chunks())).size_bytes == 1


async def test_texts_are_sent_and_files_are_not(
    desk: Desk, engine: StoredEngine, outbox: Path, disk: Disk
) -> None:
    (outbox / "a.pdf").write_bytes(b"%PDF")
    desk.accounts.add(engine)
    policy = MediaPolicy(roots=(outbox,))
    sending = Sending(desk.archive, desk.files, desk.accounts, policy=policy, disk=disk.room)
    file = Draft(media_path=str(outbox / "a.pdf"))
    with pytest.raises(DiskLow):
        await sending.submit("default", str(ANN), file)
    assert (await sending.submit("default", str(ANN), HI)).state is SendState.SENT
    disk.free = MARK * 2
    assert (await sending.submit("default", str(ANN), file)).state is SendState.SENT
    await sending.stop()
