"""Files that callers hand over before they send them."""

from collections.abc import AsyncIterator
from typing import Protocol

from wigwag.model.media import Upload


class UploadStore(Protocol):
    """Uploaded files, each under its id. They outlive a restart."""

    async def receive(self, upload: Upload, chunks: AsyncIterator[bytes], max_bytes: int) -> Upload:
        """Take a file in, in constant memory; `upload` with its size, hash and type.

        It is there as a whole, or not at all; who is cancelled leaves nothing. Raises
        MediaTooLarge, StorageFull, and what `chunks` raises.
        """
        ...

    async def find(self, media_id: str) -> Upload | None: ...

    async def read(self, upload: Upload) -> bytes:
        """A small file as a whole. Raises UnknownUpload when it is gone."""
        ...

    async def list_all(self) -> list[Upload]: ...

    async def remove(self, media_id: str) -> None: ...

    async def sweep(self) -> None:
        """Remove what former runs left half done."""
        ...
