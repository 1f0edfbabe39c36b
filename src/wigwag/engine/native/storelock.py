"""One process per store: a lock that the operating system drops when the process ends."""

import os
import sys
from pathlib import Path
from typing import Final

from wigwag.model.errors import StoreInUse

LOCK_NAME: Final = ".lock"


class StoreLock:
    """An exclusive lock on a folder or a database file, held until `release` or the end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

    @classmethod
    def acquire(cls, folder: Path) -> "StoreLock":
        """Lock a store folder, making it (mode 0700) when it is missing; or StoreInUse."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = cls(folder / LOCK_NAME)
        lock.hold()
        return lock

    def hold(self) -> None:
        """Take the lock; raises StoreInUse when another process (or owner) has it."""
        file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
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


if sys.platform == "win32":  # pragma: no cover
    import msvcrt

    def _lock(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
