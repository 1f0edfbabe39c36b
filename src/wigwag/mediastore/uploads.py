"""Uploaded files in a local folder.

<root>/uploads/<id>        the file
<root>/uploads/<id>.json   what is known of it, written before the file has its name
<root>/uploads/<id>.part   an upload under way
"""

import asyncio
import hashlib
import os
import re
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final, ParamSpec, TypeVar

import msgspec

from wigwag.core.drafts import UNKNOWN_MIME
from wigwag.core.probe import HEAD_BYTES, sniffed_mime
from wigwag.mediastore.local import CHUNK, create_private, storage_errors
from wigwag.model.errors import MediaTooLarge, UnknownUpload
from wigwag.model.media import Upload

P = ParamSpec("P")
T = TypeVar("T")

_ID: Final = re.compile(r"[0-9a-f]{32}")


class LocalUploads:
    """Implements `ports.UploadStore` over a folder; files 0600, the folder 0700."""

    def __init__(self, root: Path) -> None:
        self._folder = root / "uploads"

    async def receive(self, upload: Upload, chunks: AsyncIterator[bytes], max_bytes: int) -> Upload:
        final = self._folder / upload.id
        writing = _Writing(final.with_name(f"{upload.id}.part"), max_bytes)
        try:
            await _whole(writing.begin)
            async for chunk in chunks:
                if writing.take(chunk):
                    await _whole(writing.flush)
            await _whole(writing.finish)
            known = msgspec.structs.replace(
                upload,
                mime=_mime_of(writing.head, upload.mime),
                size_bytes=writing.size,
                sha256=writing.digest.digest(),
                path=str(final),
            )
            await _whole(self._publish, writing.part, known)
        except BaseException:
            self._remove(final)
            raise
        finally:
            writing.end()
        return known

    async def find(self, media_id: str) -> Upload | None:
        if not _ID.fullmatch(media_id):
            return None
        return await asyncio.to_thread(self._read, self._folder / media_id)

    async def read(self, upload: Upload) -> bytes:
        try:
            return await asyncio.to_thread((self._folder / upload.id).read_bytes)
        except OSError as error:
            raise UnknownUpload from error

    async def list_all(self) -> list[Upload]:
        return await asyncio.to_thread(self._list)

    async def remove(self, media_id: str) -> None:
        if _ID.fullmatch(media_id):
            await asyncio.to_thread(self._remove, self._folder / media_id)

    async def sweep(self) -> None:
        await asyncio.to_thread(self._sweep)

    def _publish(self, part: Path, known: Upload) -> None:
        final = self._folder / known.id
        with storage_errors():
            with os.fdopen(create_private(_card(final)), "wb") as card:
                card.write(msgspec.json.encode(known))
                card.flush()
                os.fsync(card.fileno())
            part.replace(final)

    def _read(self, file: Path) -> Upload | None:
        try:
            known = msgspec.json.decode(_card(file).read_bytes(), type=Upload)
        except (OSError, msgspec.DecodeError):
            return None
        # the store may have been moved since
        return msgspec.structs.replace(known, path=str(file)) if file.is_file() else None

    def _list(self) -> list[Upload]:
        names = _names(self._folder)
        found = [self._read(self._folder / name) for name in names if _ID.fullmatch(name)]
        return [upload for upload in found if upload is not None]

    def _remove(self, file: Path) -> None:
        with suppress(OSError):
            file.unlink()
        with suppress(OSError):
            _card(file).unlink()

    def _sweep(self) -> None:
        """Only a file with its card is a whole upload."""
        names = set(_names(self._folder))
        whole = {name for name in names if _ID.fullmatch(name) and f"{name}.json" in names}
        for name in names:
            if name.removesuffix(".json") not in whole:
                with suppress(OSError):
                    (self._folder / name).unlink()


class _Writing:
    """The bytes of an upload on their way to the disk, a megabyte at a time."""

    def __init__(self, part: Path, max_bytes: int) -> None:
        self.part = part
        self._stream: BinaryIO | None = None
        self._max_bytes = max_bytes
        self._buffer = bytearray()
        self.head = b""
        self.size = 0
        self.digest = hashlib.sha256()

    def begin(self) -> None:
        with storage_errors():
            self.part.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._stream = os.fdopen(create_private(self.part), "wb")

    def take(self, chunk: bytes) -> bool:
        """Whether it is time to write. Raises MediaTooLarge."""
        self.size += len(chunk)
        if self.size > self._max_bytes:
            raise MediaTooLarge.beyond(self._max_bytes)
        if len(self.head) < HEAD_BYTES:
            self.head += chunk[: HEAD_BYTES - len(self.head)]
        self._buffer += chunk
        return len(self._buffer) >= CHUNK

    def flush(self) -> None:
        assert self._stream is not None  # noqa: S101 - it has begun
        with storage_errors():
            self.digest.update(self._buffer)
            self._stream.write(self._buffer)
            self._buffer.clear()

    def finish(self) -> None:
        self.flush()
        assert self._stream is not None  # noqa: S101 - it has begun
        with storage_errors():
            self._stream.flush()
            os.fsync(self._stream.fileno())
            self._stream.close()

    def end(self) -> None:
        """Leave nothing but what was published."""
        with suppress(OSError):
            if self._stream is not None:
                self._stream.close()
        with suppress(OSError):
            self.part.unlink()


async def _whole(work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a step of file work in a thread. Who is cancelled meanwhile waits for its end: nothing
    may be opened, or get its name, behind the back of whoever clears away."""
    step = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
    try:
        return await asyncio.shield(step)
    finally:
        if not step.done():
            await asyncio.wait((step,))


def _mime_of(head: bytes, told: str) -> str:
    """What the bytes are, if that can be seen, else what the caller said."""
    return sniffed_mime(head) or told or UNKNOWN_MIME


def _card(file: Path) -> Path:
    return file.with_name(file.name + ".json")


def _names(folder: Path) -> list[str]:
    try:
        return [entry.name for entry in os.scandir(folder)]
    except FileNotFoundError:
        return []
