"""What a run leaves behind that ends in the middle of its work.

<root>/<chat_jid>/.<run>-<random>.part   half a file
<root>/<chat_jid>/.<run>-<name>.kept     a note, empty: the file <name> may have no row yet
<root>/media/<sha256>                    a content that no name leads to
"""

import os
import re
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

_FOREIGN_FOLDERS: Final = ("outbox", "sandbox", "uploads")
"""Folders of the store, next to the chats', whose files are somebody else's."""
_PART: Final = re.compile(r"\.(?:([0-9a-f]{8})-)?[0-9a-f]{16}\.part")
_NOTE: Final = re.compile(r"\.([0-9a-f]{8})-(.+)\.kept", re.DOTALL)
_CONTENT: Final = re.compile(r"[0-9a-f]{64}")


def note_of(file: Path, run: str) -> Path:
    """Where a run notes that it has given a file its name."""
    return file.with_name(f".{run}-{file.name}.kept")


def sweep(root: Path, run: str, stopped: threading.Event) -> Iterator[Path]:
    """Remove the half files of other runs; the files of their notes, which are this run's then.

    What is of this run is under way, and left alone.
    """
    for folder, folders, names in os.walk(root):
        if Path(folder) == root:
            folders[:] = [name for name in folders if name not in _FOREIGN_FOLDERS]
        for name in names:
            if stopped.is_set():
                return
            part, note = _PART.fullmatch(name), _NOTE.fullmatch(name)
            if part is not None and part[1] != run:
                with suppress(OSError):
                    Path(folder, name).unlink()
            elif note is not None and note[1] != run:
                file = Path(folder, note[2])
                with suppress(OSError):
                    Path(folder, name).replace(note_of(file, run))
                    yield file


def list_nameless(contents: Path, before_s: float, stopped: threading.Event) -> Iterator[Path]:
    """Contents without a name in any folder, unchanged since before this time (of the Unix epoch).

    Where the file system knows no hard links, those are all.
    """
    for entry in os.scandir(contents):
        if stopped.is_set():
            return
        with suppress(OSError):
            if _CONTENT.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                # Asked anew: on Windows an entry knows no number of links.
                found = os.stat(entry.path, follow_symlinks=False)  # noqa: PTH116
                if found.st_nlink == 1 and found.st_ctime < before_s:
                    yield Path(entry.path)
