"""What keeps a server well, put together: a part of the composition root (app.py)."""

import shutil
from pathlib import Path

from wigwag.core.diskroom import DiskRoom


def disk_room(store: Path, mark_bytes: int) -> DiskRoom:
    """The disk under the store."""

    def free_bytes() -> int | None:
        try:
            return shutil.disk_usage(store).free
        except OSError:
            return None

    return DiskRoom(free_bytes, mark_bytes)
