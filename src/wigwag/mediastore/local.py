"""Media in a local folder.

    <root>/media/<sha256>            every content once
    <root>/<chat_jid>/<name>         the same file under its name: a hard link
    <root>/<chat_jid>/.<run>-<random>.part
                                     a download under way; never visible under a name

A file gets its name only when its bytes are on the disk and have their hash. Where the file system
knows no hard links, the content is copied instead.
"""

import asyncio
import errno
import hashlib
import os
import re
import secrets
import threading
import time
import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Concatenate, Final, ParamSpec, TypeVar

from wigwag.core.filenames import first_free, media_folder, numbered
from wigwag.mediastore.confinement import open_confined
from wigwag.model.errors import MediaCorrupt, MediaTooLarge, MediaUnreadable, StorageFull
from wigwag.ports import Place, StoredFile

CHUNK: Final = 1024 * 1024
FOLDERS_REMEMBERED: Final = 64
MAX_TRIES: Final = 1_000
"""Names tried beyond the first that seems free, where others write into the folder, too."""
CONTENT_LOCKS: Final = 64
_FOREIGN_FOLDERS: Final = ("outbox", "sandbox", "uploads")
"""Folders of the store, next to the chats', whose files are somebody else's."""
_PART: Final = re.compile(r"\.(?:([0-9a-f]{8})-)?[0-9a-f]{16}\.part")
_NO_LINKS: Final = frozenset(
    {errno.EPERM, errno.EXDEV, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS, errno.EOPNOTSUPP}
)
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})

P = ParamSpec("P")
T = TypeVar("T")


class LocalMediaStore:
    """Implements `ports.MediaStore` over a folder; files 0600, folders 0700."""

    def __init__(self, root: Path, *, links: bool = True) -> None:
        self._root = Path(os.path.realpath(root))
        self._links = links
        self._run = secrets.token_hex(4)
        self._lock = threading.Lock()
        self._content_locks = [threading.Lock() for _ in range(CONTENT_LOCKS)]
        self._names: OrderedDict[Path, set[str]] = OrderedDict()

    async def take(self, source: str, roots: Sequence[Path], max_bytes: int, place: Place) -> Path:
        return await _cancellable(self._take, source, roots, max_bytes, place)

    async def reserve(self, place: Place) -> Path:
        return await _in_thread(self._reserve, place)

    async def keep(self, part: Path, place: Place, name: str, sha256: bytes) -> StoredFile:
        return await _cancellable(self._keep, part, place, name, sha256)

    async def link(self, place: Place, name: str, sha256: bytes) -> StoredFile | None:
        return await _cancellable(self._link, place, name, sha256)

    async def discard(self, part: Path) -> None:
        await _in_thread(part.unlink, missing_ok=True)

    async def holds(self, path: str, sha256: bytes, size_bytes: int) -> bool:
        return await _cancellable(self._holds, path, sha256, size_bytes)

    def locate(self, path: str) -> Path:
        return self._root.joinpath(*path.split("/"))

    async def open(self, path: str) -> BinaryIO:
        return await _in_thread(self.locate(path).open, "rb")

    async def remove(self, path: str, sha256: bytes) -> None:
        await _in_thread(self._remove, path, sha256)

    async def age_s(self, path: str) -> float | None:
        return await _in_thread(self._age_s, path)

    async def used_bytes(self) -> int:
        return await _cancellable(self._used_bytes)

    async def sweep(self) -> int:
        return await _cancellable(self._sweep)

    def _folder(self, place: Place) -> Path:
        return self._made(*media_folder(place.account, place.chat, place.sender))

    def _made(self, *parts: str) -> Path:
        """The folder, made with mode 0700 where it is missing."""
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = self._root
        for part in parts:
            folder = folder / part
            folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def _content(self, sha256: bytes) -> Path:
        return self._made("media") / sha256.hex()

    def _reserve(self, place: Place) -> Path:
        part = self._new_part(self._folder(place))
        os.close(create_private(part))
        return part

    def _new_part(self, folder: Path) -> Path:
        return folder / f".{self._run}-{secrets.token_hex(8)}.part"

    def _take(
        self,
        stopped: threading.Event,
        source: str,
        roots: Sequence[Path],
        max_bytes: int,
        place: Place,
    ) -> Path:
        with open_confined(source, roots) as opened:
            part = self._reserve(place)
            try:
                _copy_limited(opened, part, max_bytes, stopped)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
            return part

    def _keep(
        self, stopped: threading.Event, part: Path, place: Place, name: str, sha256: bytes
    ) -> StoredFile:
        actual = _hash(part, stopped)
        if sha256 and actual != sha256:
            raise MediaCorrupt
        with suppress(OSError):
            part.chmod(0o600)
        stored = self._publish(part, place, name, actual, stopped)
        part.unlink(missing_ok=True)
        return stored

    def _publish(
        self, part: Path, place: Place, name: str, sha256: bytes, stopped: threading.Event
    ) -> StoredFile:
        """Give a whole, synced file its content's place and its name."""
        content = self._content(sha256)
        # Two of the same content at one time: the second one finds what the first one made.
        with self._content_lock(sha256):
            if not (_same_size(content, part) and _hash(content, stopped) == sha256):
                content.unlink(missing_ok=True)
                self._link_or_copy(part, content, stopped)
                _sync_folder(content.parent)
            return self._name(content, self._folder(place), name, sha256, stopped)

    def _content_lock(self, sha256: bytes) -> threading.Lock:
        return self._content_locks[sha256[0] % CONTENT_LOCKS]

    def _link(
        self, stopped: threading.Event, place: Place, name: str, sha256: bytes
    ) -> StoredFile | None:
        if len(sha256) != hashlib.sha256().digest_size:
            return None
        content = self._content(sha256)
        with self._content_lock(sha256):
            if not content.is_file():
                return None
            if _hash(content, stopped) != sha256:
                # Somebody wrote into it; it is fetched anew.
                content.unlink(missing_ok=True)
                return None
            return self._name(content, self._folder(place), name, sha256, stopped)

    def _name(
        self, content: Path, folder: Path, name: str, sha256: bytes, stopped: threading.Event
    ) -> StoredFile:
        """Link the content under a name that is free, whatever its case."""
        size = content.stat().st_size
        with self._lock:
            taken = self._taken(folder)
            number = first_free(lambda n: _folded(numbered(name, n)) in taken)
            for candidate in (numbered(name, number + tried) for tried in range(MAX_TRIES)):
                if _folded(candidate) in taken:
                    continue
                taken.add(_folded(candidate))
                try:
                    self._link_or_copy(content, folder / candidate, stopped)
                except FileExistsError:
                    continue
                except (OSError, Stopped):
                    taken.discard(_folded(candidate))
                    raise
                _sync_folder(folder)
                path = (folder / candidate).relative_to(self._root).as_posix()
                return StoredFile(path=path, filename=candidate, sha256=sha256, size_bytes=size)
        raise FileExistsError(errno.EEXIST, "no free name")

    def _taken(self, folder: Path) -> set[str]:
        taken = self._names.get(folder)
        if taken is None:
            taken = {_folded(entry.name) for entry in os.scandir(folder)}
            self._names[folder] = taken
            if len(self._names) > FOLDERS_REMEMBERED:
                self._names.popitem(last=False)
        self._names.move_to_end(folder)
        return taken

    def _link_or_copy(self, source: Path, target: Path, stopped: threading.Event) -> None:
        """A second name for a file. Raises FileExistsError when the name is taken."""
        if self._links:
            try:
                os.link(source, target, follow_symlinks=False)
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
            else:
                return
        os.close(create_private(target))
        part = self._new_part(target.parent)
        try:
            with source.open("rb") as opened:
                os.close(create_private(part))
                _copy_limited(opened, part, 1 << 62, stopped)
            part.replace(target)
        except (OSError, Stopped):
            part.unlink(missing_ok=True)
            target.unlink(missing_ok=True)
            raise

    def _holds(self, stopped: threading.Event, path: str, sha256: bytes, size_bytes: int) -> bool:
        if not path:
            return False
        file = self.locate(path)
        try:
            found = file.stat()
        except OSError:
            return False
        if found.st_size != size_bytes or not file.is_file():
            return False
        with suppress(OSError):
            content = (self._root / "media" / sha256.hex()).stat()
            if (content.st_ino, content.st_dev) == (found.st_ino, found.st_dev):
                return True
        return _hash(file, stopped) == sha256

    def _remove(self, path: str, sha256: bytes) -> None:
        self.locate(path).unlink(missing_ok=True)
        if len(sha256) != hashlib.sha256().digest_size:
            return
        content = self._content(sha256)
        # Nobody may give it another name meanwhile.
        with self._content_lock(sha256), suppress(FileNotFoundError):
            if content.stat().st_nlink == 1:
                content.unlink()

    def _age_s(self, path: str) -> float | None:
        try:
            return max(0.0, time.time() - self.locate(path).stat().st_mtime)
        except OSError:
            return None

    def _used_bytes(self, stopped: threading.Event) -> int:
        total = 0
        for entry in os.scandir(self._made("media")):
            if stopped.is_set():
                break
            with suppress(OSError):
                total += entry.stat(follow_symlinks=False).st_size
        return total

    def _sweep(self, stopped: threading.Event) -> int:
        swept = 0
        for folder, folders, names in os.walk(self._root):
            if Path(folder) == self._root:
                folders[:] = [name for name in folders if name not in _FOREIGN_FOLDERS]
            for name in names:
                if stopped.is_set():
                    return swept
                found = _PART.fullmatch(name)
                # Those of this run are under way.
                if found is not None and found[1] != self._run:
                    with suppress(OSError):
                        Path(folder, name).unlink()
                        swept += 1
        return swept


async def _in_thread(work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run file work in a thread; a full disk is StorageFull."""

    def run() -> T:
        with storage_errors():
            return work(*args, **kwargs)

    return await asyncio.to_thread(run)


async def _cancellable(
    work: Callable[Concatenate[threading.Event, P], T], /, *args: P.args, **kwargs: P.kwargs
) -> T:
    """Run long file work in a thread; when this is cancelled, the work stops after a chunk.

    A thread that went on would hold up the end of the process.
    """
    stopped = threading.Event()
    try:
        return await _in_thread(work, stopped, *args, **kwargs)
    finally:
        stopped.set()


class Stopped(Exception):
    """Nobody waits for this work any more."""


@contextmanager
def storage_errors() -> Generator[None]:
    """A full disk is StorageFull."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull from error
        raise


def create_private(path: Path) -> int:
    """A new file with mode 0600; its descriptor. Raises FileExistsError."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)


def _copy_limited(source: BinaryIO, part: Path, max_bytes: int, stopped: threading.Event) -> None:
    """Copy at most `max_bytes`, synced to the disk. Raises Stopped."""
    if os.fstat(source.fileno()).st_size > max_bytes:
        raise _too_large(max_bytes)
    size = 0
    with part.open("wb") as copy:
        while chunk := read_chunk(source):
            size += len(chunk)
            if size > max_bytes:
                raise _too_large(max_bytes)
            if stopped.is_set():
                raise Stopped
            copy.write(chunk)
        copy.flush()
        os.fsync(copy.fileno())


def _too_large(max_bytes: int) -> MediaTooLarge:
    return MediaTooLarge(f"The media file is larger than the limit of {max_bytes} bytes.")


def read_chunk(source: BinaryIO) -> bytes:
    try:
        return source.read(CHUNK)
    except OSError as error:
        raise MediaUnreadable from error


def _hash(path: Path, stopped: threading.Event) -> bytes:
    """Raises Stopped."""
    digest = hashlib.sha256()
    with path.open("rb") as opened:
        while chunk := opened.read(CHUNK):
            if stopped.is_set():
                raise Stopped
            digest.update(chunk)
    return digest.digest()


def _same_size(content: Path, part: Path) -> bool:
    try:
        return content.stat().st_size == part.stat().st_size
    except FileNotFoundError:
        return False


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()
