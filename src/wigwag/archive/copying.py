"""Copies of databases: made while others write, checked, and made fit to go on from."""

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from wigwag.archive.connection import prepare_file, storage_error
from wigwag.archive.migration import HEAD, current_version
from wigwag.archive.retention import add_removal
from wigwag.archive.scheduled import list_waiting_files
from wigwag.model.errors import ConfigError
from wigwag.model.message import SendState
from wigwag.model.retention import Removal

BUSY_S: Final = 30.0
RESTORED: Final = "restored"
_FAIL_QUEUED: Final = (
    "UPDATE messages SET state = ?, error_code = ?, error = ? WHERE EXISTS (SELECT 1 FROM outbox o "
    "WHERE o.account = messages.account AND o.message_id = messages.id) AND state = ?"
)
_FORGET: Final = (
    "DELETE FROM idempotency WHERE EXISTS (SELECT 1 FROM {table} w WHERE "
    "w.account = idempotency.account AND w.message_id = idempotency.message_id AND {which})"
)
_FORGET_CHANGES: Final = _FORGET.format(
    table="outbox",
    which="NOT EXISTS (SELECT 1 FROM messages m WHERE m.account = w.account "
    "AND m.id = w.message_id)",
)
_FORGET_DUE: Final = _FORGET.format(table="scheduled", which="w.due_ms <= ?")
"""A key whose message leaves no row would be answered as that of one which was sent."""
_SENTENCE: Final = "It waited to be sent when the backup was made; send it again if it is wanted."


def copy_database(source: Path, target: Path) -> None:
    """A copy of one moment, mode 0600, while other processes read and write the source.

    Raises ConfigError (there is none, it cannot be read, or the copy is not sound), StorageFull,
    StorageBusy.
    """
    if not source.is_file():
        raise ConfigError(f"there is no database {source}")
    prepare_file(target)
    try:
        with (
            closing(_read_only(source)) as reading,
            closing(sqlite3.connect(target, isolation_level=None)) as writing,
        ):
            # In one step: it is one moment, and the writers of the source do not begin it anew.
            reading.backup(writing, pages=-1)
            writing.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise _told(error, target) from error
    check_database(target)


def check_database(path: Path) -> None:
    """Raises ConfigError for a database that is not sound."""
    try:
        with closing(_read_only(path)) as reading:
            found = reading.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.Error as error:
        raise _told(error, path) from error
    if found != ("ok",):
        raise ConfigError(f"the database {path} is damaged; take another backup")


def check_archive(path: Path) -> None:
    """Raises ConfigError for a database that is not sound, not an archive, or of a newer wigwag."""
    check_database(path)
    with closing(_read_only(path)) as reading:
        version = current_version(reading)
    if not version:
        raise ConfigError(f"{path} is no archive of wigwag")
    if version > HEAD:
        raise ConfigError(f"{path} was made by a newer wigwag; update wigwag")


def stored_files(path: Path) -> Iterator[Removal]:
    """The files that the messages of an archive name, also those that wait for their time, with
    their hashes."""
    with closing(_read_only(path)) as reading:
        rows = reading.execute(
            "SELECT media_path, coalesce(file_sha256, x'') FROM messages "
            "WHERE media_path IS NOT NULL AND media_path <> ''"
        )
        for row in rows:
            yield Removal._make(row)
        if _has_schedule(reading):
            yield from list_waiting_files(reading)


def begin_anew(path: Path, *, fail_queued: bool, now_ms: int) -> int:
    """Let a restored archive go on: its events get ids of their own from now on, for a receiver may
    have had others under the next numbers.

    With `fail_queued` nothing that waited to be sent is sent any more, nor what was to leave since
    (at `now_ms`), for it may have; how much that was. What is to leave later still does.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as writing:
        writing.execute("BEGIN IMMEDIATE")
        writing.execute("UPDATE meta SET value = ? WHERE key = 'store_id'", (secrets.token_hex(4),))
        failed = 0
        if fail_queued:
            writing.execute(_FAIL_QUEUED, (SendState.FAILED, RESTORED, _SENTENCE, SendState.QUEUED))
            writing.execute(_FORGET_CHANGES)
            failed = writing.execute("DELETE FROM outbox").rowcount
            if _has_schedule(writing):
                failed += _drop_due(writing, now_ms)
        writing.execute("COMMIT")
    return failed


def _drop_due(writing: sqlite3.Connection, now_ms: int) -> int:
    """Drop what was to leave by now, its keys and its files; how much that was."""
    for file in list_waiting_files(writing, now_ms):
        add_removal(writing, file.path, file.sha256)
    writing.execute(_FORGET_DUE, (now_ms,))
    return writing.execute("DELETE FROM scheduled WHERE due_ms <= ?", (now_ms,)).rowcount


def compact(path: Path) -> None:
    """Write a database anew that nobody else has open: nothing is left of what was deleted."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=BUSY_S)) as writing:
        writing.execute("INSERT INTO messages_fts(messages_fts) VALUES ('optimize')")
        writing.execute("VACUUM")
        writing.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _has_schedule(connection: sqlite3.Connection) -> bool:
    """An archive of an older wigwag has none yet."""
    sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'scheduled'"
    return connection.execute(sql).fetchone() is not None


def _read_only(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_S)
    connection.execute("PRAGMA trusted_schema=OFF")
    return connection


def _told(error: sqlite3.Error, path: Path) -> Exception:
    return storage_error(error, path) or ConfigError(
        f"the database {path} cannot be read; is it one of wigwag?"
    )
