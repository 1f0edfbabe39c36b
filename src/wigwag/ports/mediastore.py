"""Where media files lie."""

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

from wigwag.model.jid import Jid
from wigwag.model.retention import Leftover
from wigwag.model.value import Value


class Place(Value):
    """Whose file it is; it decides the folder."""

    account: str
    chat: Jid
    sender: Jid


class StoredFile(Value):
    """A file in the media store. `path` is relative to the store's root, with `/`."""

    path: str
    filename: str
    sha256: bytes
    size_bytes: int


class MediaStore(Protocol):
    """Files by content, each visible under a safe unique name in its chat's folder."""

    async def take(
        self,
        source: str,
        roots: Sequence[Path],
        max_bytes: int,
        place: Place,
        *,
        own: bool = False,
    ) -> Path:
        """Copy a caller's file into a new `.part` file in the folder of `place`; one of the store
        itself only where that is `own`, which no caller named by its path.

        Can be cancelled at any time, and then ends within moments. Raises MediaForbidden (outside
        `roots`, symlinks resolved), MediaUnreadable, MediaTooLarge, StorageFull.
        """
        ...

    async def reserve(self, place: Place) -> Path:
        """A new empty `.part` file in the folder of `place` to download into."""
        ...

    async def keep(self, part: Path, place: Place, name: str, sha256: bytes) -> StoredFile:
        """Give a verified `.part` file its name. The content is kept once on disk.

        Until it is settled or removed, a sweep of a later run asks after it.
        Raises MediaCorrupt when the content does not have this hash.
        """
        ...

    async def link(self, place: Place, name: str, sha256: bytes) -> StoredFile | None:
        """The content, if it is already here, under another name, to be settled as one that was
        kept; None if it is not."""
        ...

    async def settle(self, path: str) -> None:
        """The archive names this file: it is not a leftover."""
        ...

    async def discard(self, part: Path) -> None: ...

    async def holds(self, path: str, sha256: bytes, size_bytes: int) -> bool:
        """Whether the file is there and is the right one."""
        ...

    def locate(self, path: str) -> Path:
        """The absolute path of a stored file."""
        ...

    async def open(self, path: str) -> BinaryIO: ...

    async def remove(self, path: str, sha256: bytes) -> None:
        """Take a file from the disk, and its content with the last name of it. After an OSError it
        can be asked for again; until then the name stays taken."""
        ...

    async def age_s(self, path: str) -> float | None:
        """How long ago the content came to be here; None when the file is not."""
        ...

    async def used_bytes(self) -> int:
        """What all contents take, each once."""
        ...

    async def sweep(self) -> list[Leftover]:
        """Remove `.part` files that former runs left; what else they may have left, to be removed
        or settled.

        What is of this run stays, so it may run beside downloads. Can be cancelled at any time.
        """
        ...
