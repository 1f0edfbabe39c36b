"""Opening a caller's file only inside the folders that are allowed."""

import os
import stat
from collections.abc import Sequence
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


def open_confined(source: str, roots: Sequence[Path]) -> BinaryIO:
    """Open a regular file below one of `roots`, all symlinks resolved.

    The resolved path is walked folder by folder without following links, so that nothing swapped
    in after the check is followed either. Raises MediaForbidden, MediaUnreadable.
    """
    if not source or "\0" in source:
        raise MediaUnreadable("The path of the media file is not valid.")
    real = Path(os.path.realpath(source))
    root = next((root for root in _resolved(roots) if real.is_relative_to(root)), None)
    if root is None:
        raise MediaForbidden
    try:
        descriptor = _open_below(root, real.relative_to(root))
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else "it cannot be opened"
        raise MediaUnreadable(f"The media file cannot be read: {reason}.") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise MediaUnreadable("The media file cannot be read: it is not a regular file.")
    return os.fdopen(descriptor, "rb")


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
