"""One process per store: a lock that the operating system drops when the process ends."""

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from wigwag.model.errors import StoreInUse

LOCK_NAME: Final = ".lock"


class FileLock:
    """An exclusive lock by means of a file, which is made (mode 0600) and stays.

    Held from `hold` (or the begin of a `with`) until `release` or the end of the process.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

    def hold(self) -> None:
        """Take the lock; raises StoreInUse when another process, or owner, has it."""
        file = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            _lock(file)
        except OSError as error:
            os.close(file)
            raise StoreInUse from error
        self._file = file

    def release(self) -> None:
        """Give the lock back; nothing happens when it is not held."""
        if self._file is not None:
            # the file stays: removing it would let two owners lock two files of one name
            os.close(self._file)
            self._file = None

    def __enter__(self) -> Self:
        self.hold()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


class StoreLock(FileLock):
    """The lock of a whole store folder, which is made (mode 0700) when it is missing."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / LOCK_NAME)

    def hold(self) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        super().hold()


if sys.platform == "win32":  # pragma: no cover
    import msvcrt

    def _lock(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
