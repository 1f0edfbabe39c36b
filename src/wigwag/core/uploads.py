"""Files that callers hand over to send them later: kept for a day, for whoever brought them."""

import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from datetime import timedelta
from typing import Final

from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.core.diskroom import ENDLESS_ROOM, DiskRoom
from wigwag.core.drafts import UNKNOWN_MIME
from wigwag.core.filenames import clean_name
from wigwag.model.errors import MediaTooLarge, QueueFull, UnknownUpload, UploadsFull
from wigwag.model.media import Upload
from wigwag.ports import Clock, UploadStore

LIFETIME: Final = timedelta(days=1)
MAX_UPLOADS: Final = 1_000
"""Files that wait to be sent; more are refused until some are a day old."""
MAX_PICTURE_BYTES: Final = 1_000_000
"""Of a picture of a person, a group or a newsletter."""
_SAYS_NOTHING: Final = frozenset({UNKNOWN_MIME, "application/x-www-form-urlencoded"})
"""Types that programs send which were told none."""


class Uploads:
    """Takes files in and finds them again. `max_bytes` limits each, `total_bytes` all (0: any)."""

    def __init__(
        self,
        files: UploadStore,
        max_bytes: int,
        *,
        total_bytes: int = 0,
        disk: DiskRoom = ENDLESS_ROOM,
        clock: Clock = SYSTEM_CLOCK,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._files = files
        self._max_bytes = max_bytes
        self._total_bytes = total_bytes
        self._here_bytes = 0
        self._coming: dict[str, int] = {}
        """What has come so far of each file that is under way."""
        self._disk = disk
        self._clock = clock
        self._random = random

    async def start(self) -> None:
        """Clear away what former runs left half done, and what is too old."""
        await self._files.sweep()
        await self._expire()

    async def receive(
        self,
        owner: str,
        chunks: AsyncIterator[bytes],
        *,
        mime: str = "",
        filename: str = "",
        size_bytes: int | None = None,
    ) -> Upload:
        """Take a file in; `size_bytes` is what is said of its size before.

        Raises MediaTooLarge, UploadsFull, StorageFull, DiskLow, QueueFull, and what `chunks`
        raises.
        """
        if size_bytes is not None and size_bytes > self._max_bytes:
            raise MediaTooLarge.beyond(self._max_bytes)
        self._disk.check()
        if await self._expire() >= MAX_UPLOADS:
            raise QueueFull("Too many uploaded files are here; wait until some are a day old.")
        self._check_room(size_bytes or 0)
        upload = Upload(
            id=self._random(16).hex(),
            owner=owner,
            filename=clean_name(filename),
            created_at=self._clock.now(),
            mime="" if mime in _SAYS_NOTHING else mime,
        )
        self._coming[upload.id] = 0
        try:
            known = await self._files.receive(
                upload, self._counted(upload.id, chunks), self._max_bytes
            )
            self._here_bytes += known.size_bytes
        finally:
            del self._coming[upload.id]
        return known

    async def _counted(self, upload_id: str, chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
        async for chunk in chunks:
            self._coming[upload_id] += len(chunk)
            self._check_room()
            yield chunk

    def _check_room(self, more_bytes: int = 0) -> None:
        """Raises UploadsFull."""
        taken = self._here_bytes + sum(self._coming.values()) + more_bytes
        if self._total_bytes and taken > self._total_bytes:
            raise UploadsFull(
                f"All uploaded files together may take {self._total_bytes} bytes; wait until some "
                "are a day old."
            )

    async def find(self, owner: str, media_id: str) -> Upload:
        """Raises UnknownUpload, also for a file that somebody else brought."""
        upload = await self._files.find(media_id)
        if upload is None or upload.owner not in ("", owner) or self._is_old(upload):
            raise UnknownUpload
        return upload

    async def remove(self, upload: Upload) -> None:
        await self._files.remove(upload.id)
        self._here_bytes -= upload.size_bytes

    async def read_picture(self, owner: str, media_id: str) -> bytes:
        """The bytes of a file that is to be somebody's picture. Raises as `find`, MediaTooLarge."""
        upload = await self.find(owner, media_id)
        if upload.size_bytes > MAX_PICTURE_BYTES:
            raise MediaTooLarge(
                f"A picture has at most {MAX_PICTURE_BYTES} bytes; this has {upload.size_bytes}."
            )
        return await self._files.read(upload)

    async def _expire(self) -> int:
        """Remove what is too old; how many are left."""
        left: list[Upload] = []
        for upload in await self._files.list_all():
            if self._is_old(upload):
                await self._files.remove(upload.id)
            else:
                left.append(upload)
        self._here_bytes = sum(upload.size_bytes for upload in left)
        return len(left)

    def _is_old(self, upload: Upload) -> bool:
        return self._clock.now() - upload.created_at > LIFETIME
