"""Media in a local folder.

    <root>/media/<sha256>            every content once
    <root>/<chat_jid>/<name>         the same file under its name: a hard link
    <root>/<chat_jid>/.<run>-<random>.part
                                     a download under way; never visible under a name
    <root>/<chat_jid>/.<run>-<name>.kept
                                     a note that the file may have no row yet

A file gets its name only when its bytes are on the disk and have their hash. Where the file system
knows no hard links, the content is copied instead.
"""

import asyncio
import errno
import hashlib
import os
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO, Concatenate, Final, ParamSpec, TypeVar

from wigwag.core.filenames import first_free, media_folder, numbered
from wigwag.mediastore.confinement import open_confined
from wigwag.mediastore.leftovers import list_nameless, note_of, sweep
from wigwag.mediastore.names import folded, other_names, same_size, sync_folder
from wigwag.model.errors import MediaCorrupt, MediaTooLarge, MediaUnreadable, StorageFull
from wigwag.model.retention import Leftover
from wigwag.ports import Place, StoredFile

CHUNK: Final = 1024 * 1024
FOLDERS_REMEMBERED: Final = 64
MAX_TRIES: Final = 1_000
"""Names tried beyond the first that seems free, where others write into the folder, too."""
CONTENT_LOCKS: Final = 64
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
        self._began_s = time.time()
        self._lock = threading.Lock()
        self._content_locks = [threading.Lock() for _ in range(CONTENT_LOCKS)]
        self._names: OrderedDict[Path, set[str]] = OrderedDict()

    async def take(
        self,
        source: str,
        roots: Sequence[Path],
        max_bytes: int,
        place: Place,
        *,
        own: bool = False,
    ) -> Path:
        opener = partial(open_confined, source, roots, None if own else self._root)
        return await _cancellable(self._take, opener, max_bytes, place)

    async def reserve(self, place: Place) -> Path:
        return await _in_thread(self._reserve, place)

    async def keep(self, part: Path, place: Place, name: str, sha256: bytes) -> StoredFile:
        return await _cancellable(self._keep, part, place, name, sha256)

    async def link(self, place: Place, name: str, sha256: bytes) -> StoredFile | None:
        return await _cancellable(self._link, place, name, sha256)

    async def settle(self, path: str) -> None:
        # One that stays is asked after by the next run, and is no reason to stop the work.
        with suppress(OSError, StorageFull):
            await _in_thread(self._settle, self.locate(path))

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

    async def sweep(self) -> list[Leftover]:
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
        opener: Callable[[], BinaryIO],
        max_bytes: int,
        place: Place,
    ) -> Path:
        with opener() as opened:
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
            if not (same_size(content, part) and _hash(content, stopped) == sha256):
                content.unlink(missing_ok=True)
                self._link_or_copy(part, content, stopped)
                sync_folder(content.parent)
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
            number = first_free(lambda n: folded(numbered(name, n)) in taken)
            for candidate in (numbered(name, number + tried) for tried in range(MAX_TRIES)):
                if folded(candidate) in taken:
                    continue
                taken.add(folded(candidate))
                try:
                    # Beside the name, so that both reach the disk together.
                    note_of(folder / candidate, self._run).touch(mode=0o600)
                    self._link_or_copy(content, folder / candidate, stopped)
                except FileExistsError:
                    self._settle(folder / candidate)
                    continue
                except (OSError, Stopped):
                    self._settle(folder / candidate)
                    taken.discard(folded(candidate))
                    raise
                sync_folder(folder)
                path = self._relative(folder / candidate)
                return StoredFile(path=path, filename=candidate, sha256=sha256, size_bytes=size)
        raise FileExistsError(errno.EEXIST, "no free name")

    def _taken(self, folder: Path) -> set[str]:
        taken = self._names.get(folder)
        if taken is None:
            taken = {folded(entry.name) for entry in os.scandir(folder)}
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

    def _settle(self, file: Path) -> None:
        note_of(file, self._run).unlink(missing_ok=True)

    def _remove(self, path: str, sha256: bytes) -> None:
        file = self.locate(path)
        if len(sha256) == hashlib.sha256().digest_size:
            content = self._content(sha256)
            # Nobody may give it another name meanwhile.
            with self._content_lock(sha256):
                if not other_names(content, file):
                    content.unlink(missing_ok=True)
                # The name goes last: as long as something fails, it is nobody else's.
                if file != content:
                    file.unlink(missing_ok=True)
        else:
            file.unlink(missing_ok=True)
        self._settle(file)

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

    def _sweep(self, stopped: threading.Event) -> list[Leftover]:
        found: list[Leftover] = []
        for file in sweep(self._root, self._run, stopped):
            digest = _hash(file, stopped) if file.is_file() else b""
            if digest and self._content(digest).is_file():
                found.append(Leftover(self._relative(file), digest, has_name=True))
            else:
                # It is not there, or somebody else's by now.
                self._settle(file)
        nameless = list_nameless(self._made("media"), self._began_s, stopped)
        return found + [Leftover(self._relative(one), bytes.fromhex(one.name)) for one in nameless]

    def _relative(self, file: Path) -> str:
        return file.relative_to(self._root).as_posix()


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
