"""Names on the disk: which are one file, which are one name, and that they are there for good."""

import os
import unicodedata
from contextlib import suppress
from pathlib import Path


def other_names(content: Path, file: Path) -> int:
    """How many names a content has besides its own and that of `file`."""
    try:
        found = content.stat()
    except FileNotFoundError:
        return 0
    with suppress(FileNotFoundError):
        if file != content and os.path.samestat(file.stat(), found):
            return found.st_nlink - 2
    return found.st_nlink - 1


def same_size(content: Path, part: Path) -> bool:
    try:
        return content.stat().st_size == part.stat().st_size
    except FileNotFoundError:
        return False


def sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()
