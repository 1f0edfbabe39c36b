"""Opening SQLite, and its errors in our words."""

import os
import shutil
import sqlite3
from pathlib import Path
from typing import Final

from wigwag.model.errors import StorageBusy, StorageFull, WigwagError

BUSY_TIMEOUT_MS: Final = 5_000
WRITER_CACHE_KIB: Final = 32_768
"""Filled only by much writing: history touches a page of index and table for each message, and
what a transaction changes has room in it. A cache of half the size is written out in the middle of
transactions (three times the reads, a third more writes); twice the size saves a tenth of the
reads."""
READER_CACHE_KIB: Final = 4_096
WAL_CHECKPOINT_PAGES: Final = 16_000
"""64 MB: pages that are written again and again reach the database once per checkpoint."""
WAL_SIZE_LIMIT: Final = 64 * 1024 * 1024
_ROOM_FOR_A_COMMIT: Final = 1024 * 1024


def prepare_file(path: Path) -> None:
    """Make the database file with mode 0600 before SQLite does; WAL and SHM take its mode."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    os.close(descriptor)
    if os.name == "posix":
        path.chmod(0o600)


def open_writer(path: Path, busy_timeout_ms: int = BUSY_TIMEOUT_MS) -> sqlite3.Connection:
    """The one writing connection; transactions are begun and ended by hand."""
    connection = _connect(path, busy_timeout_ms, WRITER_CACHE_KIB)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint={WAL_CHECKPOINT_PAGES}")
    connection.execute(f"PRAGMA journal_size_limit={WAL_SIZE_LIMIT}")
    return connection


def open_reader(path: Path, busy_timeout_ms: int = BUSY_TIMEOUT_MS) -> sqlite3.Connection:
    connection = _connect(path, busy_timeout_ms, READER_CACHE_KIB)
    connection.execute("PRAGMA query_only=ON")
    return connection


def _connect(path: Path, busy_timeout_ms: int, cache_kib: int) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path,
        timeout=busy_timeout_ms / 1000,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
    connection.execute(f"PRAGMA cache_size=-{cache_kib}")
    connection.execute("PRAGMA temp_store=MEMORY")
    connection.execute("PRAGMA trusted_schema=OFF")
    return connection


_STORAGE_CODES: Final = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PROTOCOL,
    }
)


def is_storage_failure(error: Exception) -> bool:
    """Whether the database itself failed, and not the statement."""
    return isinstance(error, sqlite3.Error) and _primary(error) in _STORAGE_CODES


def _primary(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def storage_error(error: sqlite3.Error, path: Path) -> WigwagError | None:
    """StorageFull or StorageBusy if that is what happened, else None."""
    primary = _primary(error)
    if primary == sqlite3.SQLITE_FULL:
        return StorageFull()
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StorageBusy()
    if primary in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN) and is_full(path):
        return StorageFull()
    return None


def is_full(path: Path) -> bool:
    """Whether the disk under the database has no room for a commit of common size."""
    try:
        return shutil.disk_usage(path.parent).free < _ROOM_FOR_A_COMMIT
    except OSError:
        return False
