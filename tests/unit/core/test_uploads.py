"""Files that are handed over: whole or not at all, for a day, for whoever brought them."""

import asyncio
import hashlib
import os
import threading
from collections.abc import AsyncGenerator, Iterable
from pathlib import Path
from typing import Any

import pytest

from scripted.waiting import VirtualClock
from stored.desk import Desk
from stored.engine import StoredEngine
from stored.makers import ANN
from stored.senders import sender
from wigwag.core import uploads
from wigwag.core.sending import Draft
from wigwag.core.uploads import LIFETIME, MAX_PICTURE_BYTES, Uploads
from wigwag.mediastore import LocalUploads
from wigwag.model.content import Media, MediaKind
from wigwag.model.errors import MediaTooLarge, QueueFull, UnknownUpload, UploadsFull

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 100
LIMIT = 4 * 1024 * 1024


async def chunks(parts: Iterable[bytes]) -> AsyncGenerator[bytes]:
    for part in parts:
        yield part


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def taken(tmp_path: Path, clock: VirtualClock) -> Uploads:
    return Uploads(LocalUploads(tmp_path), LIMIT, clock=clock)


async def test_a_file_is_kept_as_it_came(taken: Uploads, tmp_path: Path) -> None:
    data = os.urandom(3 * 1024 * 1024 + 7)
    parts = [data[at : at + 65_536] for at in range(0, len(data), 65_536)]
    made = await taken.receive("key_1", chunks(parts), mime="text/csv", filename="../a.csv")
    assert (made.size_bytes, made.sha256) == (len(data), hashlib.sha256(data).digest())
    assert (made.mime, made.filename) == ("text/csv", "_a.csv")
    assert await asyncio.to_thread(Path(made.path).read_bytes) == data
    again = Uploads(LocalUploads(tmp_path), LIMIT)
    await again.start()
    assert await again.find("key_1", made.id) == made
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "uploads").iterdir()} == {0}


async def test_a_picture_is_read_as_a_whole_while_it_is_small(
    taken: Uploads, tmp_path: Path
) -> None:
    made = await taken.receive("key_1", chunks([PNG]))
    assert await taken.read_picture("key_1", made.id) == PNG
    with pytest.raises(UnknownUpload):
        await taken.read_picture("key_2", made.id)
    large = await taken.receive("key_1", chunks([bytes(MAX_PICTURE_BYTES), b"x"]))
    with pytest.raises(MediaTooLarge, match=str(MAX_PICTURE_BYTES + 1)):
        await taken.read_picture("key_1", large.id)
    with pytest.raises(UnknownUpload):
        await LocalUploads(tmp_path / "elsewhere").read(made)


@pytest.mark.parametrize(
    ("data", "told", "mime"),
    [
        (PNG, "text/plain", "image/png"),
        (b"hello", "text/plain", "text/plain"),
        (b"hello", "application/x-www-form-urlencoded", "application/octet-stream"),
        (b"", "", "application/octet-stream"),
    ],
)
async def test_the_bytes_say_the_type(taken: Uploads, data: bytes, told: str, mime: str) -> None:
    assert (await taken.receive("", chunks([data]), mime=told)).mime == mime


async def test_too_large_or_cut_leaves_nothing(taken: Uploads, tmp_path: Path) -> None:
    async def cut() -> AsyncGenerator[bytes]:
        yield b"x"
        raise ConnectionError

    with pytest.raises(MediaTooLarge, match=str(LIMIT)):
        await taken.receive("", chunks([b"x" * LIMIT, b"x"]))
    with pytest.raises(ConnectionError):
        await taken.receive("", cut())
    assert list((tmp_path / "uploads").iterdir()) == []


async def test_it_is_there_for_a_day_and_its_owner(
    taken: Uploads, clock: VirtualClock, tmp_path: Path
) -> None:
    mine, anybodys = (
        await taken.receive("key_1", chunks([b"x"])),
        await taken.receive("", chunks([b"x"])),
    )
    assert await taken.find("key_2", anybodys.id) == anybodys
    for owner, media_id in (("key_2", mine.id), ("key_1", "0" * 32), ("key_1", "../x")):
        with pytest.raises(UnknownUpload):
            await taken.find(owner, media_id)
    clock.suspend(LIFETIME.total_seconds() + 1)
    with pytest.raises(UnknownUpload):
        await taken.find("key_1", mine.id)
    await taken.start()
    assert list((tmp_path / "uploads").iterdir()) == []


async def test_what_a_former_run_left_is_swept(taken: Uploads, tmp_path: Path) -> None:
    made = await taken.receive("", chunks([b"x"]))
    for name in ("a" * 32 + ".part", "b" * 32 + ".json", "c" * 32):
        (tmp_path / "uploads" / name).write_bytes(b"{}")
    await taken.start()
    left = {path.name for path in (tmp_path / "uploads").iterdir()}
    assert left == {made.id, f"{made.id}.json"}


async def test_very_many_are_refused(taken: Uploads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_UPLOADS", 1)
    await taken.receive("", chunks([b"x"]))
    with pytest.raises(QueueFull):
        await taken.receive("", chunks([b"x"]))


async def test_all_of_them_have_a_limit_together(tmp_path: Path, clock: VirtualClock) -> None:
    files = LocalUploads(tmp_path)
    taken = Uploads(files, LIMIT, total_bytes=100, clock=clock)
    first = await taken.receive("", chunks([b"x" * 40]))
    again = Uploads(files, LIMIT, total_bytes=100, clock=clock)
    await again.start()
    for size_bytes in (None, 61, 5):
        with pytest.raises(UploadsFull, match="100 bytes"):
            await again.receive("", chunks([b"x" * 30, b"x" * 31]), size_bytes=size_bytes)
    await again.receive("", chunks([b"x" * 60]), size_bytes=60)
    with pytest.raises(UploadsFull):
        await again.receive("", chunks([b"x"]))
    await again.remove(first)
    await again.receive("", chunks([b"x" * 40]))
    clock.suspend(LIFETIME.total_seconds() + 1)
    await again.receive("", chunks([b"x" * 100]))
    assert len(await files.list_all()) == 1


async def test_what_is_coming_counts_too(tmp_path: Path) -> None:
    taken = Uploads(LocalUploads(tmp_path), LIMIT, total_bytes=100)
    has_come, goes_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncGenerator[bytes]:
        yield b"x" * 60
        has_come.set()
        await goes_on.wait()
        yield b"x"

    coming = asyncio.create_task(taken.receive("", slow()))
    await has_come.wait()
    with pytest.raises(UploadsFull):
        await taken.receive("", chunks([b"x" * 41]))
    goes_on.set()
    assert (await coming).size_bytes == 61
    with pytest.raises(UploadsFull):
        await taken.receive("", chunks([b"x" * 40]))
    await taken.receive("", chunks([b"x" * 39]))


@pytest.mark.parametrize(
    ("owner", "name"), [(Path, "mkdir"), (os, "fdopen"), (os, "fsync"), (Path, "replace")]
)
async def test_who_is_cancelled_leaves_nothing_open(
    taken: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str
) -> None:
    """Whatever step on the disk is under way then."""
    streams: list[Any] = []
    busy, goes_on = threading.Event(), threading.Event()
    fdopen, real = os.fdopen, getattr(owner, name)

    def opened(*arguments: Any, **more: Any) -> Any:
        streams.append(fdopen(*arguments, **more))
        return streams[-1]

    def held(*arguments: Any, **more: Any) -> Any:
        busy.set()
        assert goes_on.wait(10)
        return opened(*arguments) if real is fdopen else real(*arguments, **more)

    monkeypatch.setattr(os, "fdopen", opened)
    monkeypatch.setattr(owner, name, held)
    coming = asyncio.create_task(taken.receive("", chunks([b"hello"])))
    assert await asyncio.to_thread(busy.wait, 10)
    coming.cancel()
    goes_on.set()
    with pytest.raises(asyncio.CancelledError):
        await coming
    assert list((tmp_path / "uploads").iterdir()) == []
    assert streams
    assert all(stream.closed for stream in streams)


async def test_an_uploaded_file_is_sent(desk: Desk, engine: StoredEngine, taken: Uploads) -> None:
    upload = await taken.receive("", chunks([PNG]), filename="report.pdf")
    async with sender(desk, engine) as sending:
        for kind, name in ((MediaKind.IMAGE, ""), (MediaKind.DOCUMENT, "b.pdf")):
            draft = Draft(upload=upload, kind=kind, filename=name)
            made = await sending.submit("default", str(ANN), draft)
            content = engine.sent[-1].content
            assert isinstance(content, Media)
            assert content.filename == name
            stored = (await desk.library.get_message("default", made.id)).media
            assert stored is not None
            assert stored.sha256 == upload.sha256
    assert await asyncio.to_thread(Path(upload.path).read_bytes) == PNG
