"""Opening a caller's file only inside the folders that are allowed, and never what the store keeps:
its databases hold the identity of every account."""

import os
import stat
from collections.abc import Generator, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Final

from wigwag.model.errors import MediaForbidden, MediaUnreadable

_DIRECTORY: Final = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
_FILE: Final = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_STEPWISE: Final = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")
_OPEN_FOLDERS: Final = ("outbox", "uploads")
"""Folders of the store whose files are there to be sent."""
_DATABASES: Final = ("*", "whatsmeow/*/*")
"""Where the store has its databases, and what belongs to them."""
_KEPT: Final = (
    "The media file belongs to the store, whatever media_roots allows; copy it to the store's "
    "outbox folder, or hand it over to POST /v1/media."
)


def open_confined(source: str, roots: Sequence[Path], store: Path | None = None) -> BinaryIO:
    """Open a regular file below one of `roots`, all symlinks resolved.

    Of the folder `store`, if one is named, only what is there to be sent is opened, and none of its
    databases by whatever name. The resolved path is walked folder by folder without following
    links, so that nothing swapped in after the check is followed either. Raises MediaForbidden,
    MediaUnreadable.
    """
    if not source or "\0" in source:
        raise MediaUnreadable("The path of the media file is not valid.")
    real = Path(os.path.realpath(source))
    root = next((root for root in _resolved(roots) if real.is_relative_to(root)), None)
    if root is None:
        raise MediaForbidden
    if store is not None and _is_kept(real, Path(os.path.realpath(store))):
        raise MediaForbidden(_KEPT)
    try:
        descriptor = _open_below(root, real.relative_to(root))
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else "it cannot be opened"
        raise MediaUnreadable(f"The media file cannot be read: {reason}.") from error
    try:
        _check(os.fstat(descriptor), store)
    except BaseException:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def _check(found: os.stat_result, store: Path | None) -> None:
    """Raises MediaUnreadable for what is no regular file, MediaForbidden for a database of the
    store, which may have more names than one."""
    if not stat.S_ISREG(found.st_mode):
        raise MediaUnreadable("The media file cannot be read: it is not a regular file.")
    if store is not None and any(os.path.samestat(found, kept) for kept in _databases(store)):
        raise MediaForbidden(_KEPT)


def _is_kept(real: Path, store: Path) -> bool:
    """Whether a file lies in the store, but not where files are there to be sent."""
    is_open = any(real.is_relative_to(os.path.realpath(store / name)) for name in _OPEN_FOLDERS)
    return real.is_relative_to(store) and not is_open


def _databases(store: Path) -> Generator[os.stat_result]:
    for path in chain.from_iterable(store.glob(pattern) for pattern in _DATABASES):
        with suppress(OSError):
            if stat.S_ISREG((found := path.stat()).st_mode):
                yield found


def _resolved(roots: Sequence[Path]) -> list[Path]:
    return [Path(os.path.realpath(root)) for root in roots]


def _open_below(root: Path, relative: Path) -> int:
    if not relative.parts:
        raise IsADirectoryError(21, "is a directory")
    if not _STEPWISE:
        return os.open(root / relative, _FILE)
    folder = os.open(root, _DIRECTORY)
    try:
        for part in relative.parts[:-1]:
            inner = os.open(part, _DIRECTORY, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(relative.parts[-1], _FILE, dir_fd=folder)
    finally:
        os.close(folder)
