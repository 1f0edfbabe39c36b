"""Files that callers hand over to send them later: kept for a day, for whoever brought them."""

import os
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Final

from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.core.diskroom import ENDLESS_ROOM, DiskRoom
from wigwag.core.drafts import UNKNOWN_MIME
from wigwag.core.filenames import clean_name
from wigwag.model.errors import MediaTooLarge, QueueFull, UnknownUpload
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
    """Takes files in and finds them again."""

    def __init__(
        self,
        files: UploadStore,
        max_bytes: int,
        *,
        disk: DiskRoom = ENDLESS_ROOM,
        clock: Clock = SYSTEM_CLOCK,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._files = files
        self._max_bytes = max_bytes
        self._disk = disk
        self._clock = clock
        self._random = random

    async def start(self) -> None:
        """Clear away what former runs left half done, and what is too old."""
        await self._files.sweep()
        await self._expire()

    async def receive(
        self, owner: str, chunks: AsyncIterator[bytes], *, mime: str = "", filename: str = ""
    ) -> Upload:
        """Take a file in. Raises MediaTooLarge, StorageFull, DiskLow, QueueFull."""
        self._disk.check()
        if await self._expire() >= MAX_UPLOADS:
            raise QueueFull("Too many uploaded files wait to be sent; send some, or wait a day.")
        upload = Upload(
            id=self._random(16).hex(),
            owner=owner,
            filename=clean_name(filename),
            created_at=self._clock.now(),
            mime="" if mime in _SAYS_NOTHING else mime,
        )
        return await self._files.receive(upload, chunks, self._max_bytes)

    async def find(self, owner: str, media_id: str) -> Upload:
        """Raises UnknownUpload, also for a file that somebody else brought."""
        upload = await self._files.find(media_id)
        if upload is None or upload.owner not in ("", owner) or self._is_old(upload):
            raise UnknownUpload
        return upload

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
        left = 0
        for upload in await self._files.list_all():
            if self._is_old(upload):
                await self._files.remove(upload.id)
            else:
                left += 1
        return left

    def _is_old(self, upload: Upload) -> bool:
        return self._clock.now() - upload.created_at > LIFETIME
