"""What keeps a server well, put together."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from wigwag.app.stores import ARCHIVE, ENGINE
from wigwag.archive import SqliteArchive
from wigwag.config import Settings
from wigwag.core.accounts import Accounts
from wigwag.core.diskroom import DiskRoom
from wigwag.core.health import Health
from wigwag.core.measures import Measures
from wigwag.core.retention import Retention
from wigwag.core.vitals import VitalSigns
from wigwag.engine.native.store.store import EngineStore
from wigwag.model.retention import RetentionPolicy
from wigwag.ports import Archive, MediaStore

_DATABASES: Final = (ARCHIVE, ENGINE)


def disk_room(store: Path, mark_bytes: int) -> DiskRoom:
    """The disk under the store."""

    def free_bytes() -> int | None:
        try:
            return shutil.disk_usage(store).free
        except OSError:
            return None

    return DiskRoom(free_bytes, mark_bytes)


def vital_signs(
    *,
    store: Path,
    archive: SqliteArchive,
    engine_store: EngineStore,
    accounts: Accounts,
    disk: DiskRoom,
    measures: Measures,
    queues: Mapping[str, Callable[[], int]],
) -> VitalSigns:
    """What is measured of a server; `queues` are those besides the two databases'."""

    def file_bytes() -> dict[str, int]:
        return {name: _size(store / name) + _size(store / f"{name}-wal") for name in _DATABASES}

    health = Health(accounts, archive, disk, lambda: engine_store.trouble)
    return VitalSigns(
        archive,
        accounts,
        disk,
        health,
        measures,
        queues={
            "archive_writer": lambda: archive.backlog,
            "engine_writer": lambda: engine_store.backlog,
            **queues,
        },
        commits={ARCHIVE: archive.commits, ENGINE: engine_store.commits},
        file_bytes=file_bytes,
    )


def retention(settings: Settings, archive: Archive, files: MediaStore) -> Retention:
    """What takes out that which is too old."""
    policy = RetentionPolicy(
        event_days=settings.event_days,
        event_max=settings.event_max,
        message_days=settings.message_days,
        media_days=settings.media_days,
        media_bytes=settings.media_total_bytes,
    )
    return Retention(archive, files, policy)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
