"""Copies of the media of a store: each content once, under all of its names."""

import errno
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from wigwag.mediastore.local import create_private, storage_errors

_MEDIA: Final = "media"
_NO_LINKS: Final = frozenset({errno.EPERM, errno.EXDEV, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS})


class Copied(NamedTuple):
    """How many files are there, and how many were not to be had."""

    files: int
    missing: int


def copy_media(source: Path, target: Path, files: Iterable[tuple[str, bytes]]) -> Copied:
    """Copy files, named relative to both stores, with their hashes; files 0600, folders 0700.

    A file that is not there is left out: its message fetches it again. Raises StorageFull.
    """
    root = Path(os.path.realpath(source))
    copied = missing = 0
    with storage_errors():
        for path, sha256 in files:
            found = Path(os.path.realpath(root.joinpath(*path.split("/"))))
            if found.is_relative_to(root) and _is_copied(found, root, target, sha256):
                copied += 1
            else:
                missing += 1
    return Copied(copied, missing)


def _is_copied(source: Path, root: Path, target: Path, sha256: bytes) -> bool:
    """Copy a file below `root` under its name; False when it is not, or no more, there."""
    name = target.joinpath(*source.relative_to(root).parts)
    content = target / _MEDIA / sha256.hex() if sha256 else name
    if not source.is_file():
        return False
    for folder in (target / _MEDIA, name.parent):
        _make(folder, target)
    if not content.exists():
        try:
            _copy(source, content)
        except FileNotFoundError:
            # The running server has removed it meanwhile.
            return False
    if name != content and not name.exists():
        _link(content, name)
    return True


def _make(folder: Path, root: Path) -> None:
    """A private folder below `root`, with those above it."""
    made = root
    for part in folder.relative_to(root).parts:
        made /= part
        made.mkdir(mode=0o700, exist_ok=True)


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as reading, os.fdopen(create_private(target), "wb") as writing:
        shutil.copyfileobj(reading, writing, 1 << 20)
        writing.flush()
        os.fsync(writing.fileno())


def _link(content: Path, name: Path) -> None:
    try:
        os.link(content, name)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _copy(content, name)
