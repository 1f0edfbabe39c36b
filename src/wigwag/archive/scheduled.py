"""Messages that are sent at a time to come, written and read."""

import sqlite3
from collections.abc import Collection
from typing import Any, Final

from wigwag.archive.cursors import Number, page_of, parse_cursor
from wigwag.archive.statements import insert_sql
from wigwag.core.scheduled import decode_file
from wigwag.model.archived import Page
from wigwag.model.record import ScheduledRecord
from wigwag.model.retention import Removal

MAX_MS: Final = (1 << 63) - 1
"""Later than all times."""
_ADD: Final = insert_sql("scheduled", ScheduledRecord._fields[:-1])
_SELECT: Final = f"SELECT {', '.join(ScheduledRecord._fields)} FROM scheduled"  # noqa: S608
_ONE: Final = " WHERE account = ? AND message_id = ?"
_MOVE: Final = f"UPDATE scheduled SET due_ms = ?{_ONE}"  # noqa: S608
_REMOVE: Final = f"DELETE FROM scheduled{_ONE}"  # noqa: S608


class ScheduledRows:
    """The table of one writer."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, record: ScheduledRecord) -> None:
        self._connection.execute(_ADD, record[:-1])

    def find(self, account: str, message_id: str) -> ScheduledRecord | None:
        return find_scheduled(self._connection, account, message_id)

    def move(self, account: str, message_id: str, due_ms: int) -> None:
        self._connection.execute(_MOVE, (due_ms, account, message_id))

    def remove(self, account: str, message_id: str) -> None:
        self._connection.execute(_REMOVE, (account, message_id))

    def count(self, account: str) -> int:
        row = self._connection.execute(
            "SELECT count(*) FROM scheduled WHERE account = ?", (account,)
        ).fetchone()
        return int(row[0])


def find_scheduled(
    connection: sqlite3.Connection, account: str, message_id: str
) -> ScheduledRecord | None:
    row = connection.execute(_SELECT + _ONE, (account, message_id)).fetchone()
    return ScheduledRecord._make(row) if row else None


def list_scheduled(
    connection: sqlite3.Connection,
    account: str,
    cursor: str,
    limit: int,
    *,
    among: Collection[str] = (),
) -> Page[ScheduledRecord]:
    """What is due next comes first."""
    sql = _SELECT + " WHERE account = ?"
    values: list[Any] = [account, *among]
    if among:
        sql += f" AND chat_jid IN ({', '.join('?' * len(among))})"
    if cursor:
        sql += " AND (due_ms, number) > (?, ?)"
        values += parse_cursor(cursor, tuple[Number, Number])
    rows = connection.execute(sql + f" ORDER BY due_ms, number LIMIT {limit + 1}", values)
    return page_of(rows, limit, ScheduledRecord._make, lambda one: (one.due_ms, one.number))


def list_due(
    connection: sqlite3.Connection, account: str, now_ms: int, limit: int
) -> list[ScheduledRecord]:
    """What should have left by now, in the order of its times."""
    rows = connection.execute(
        _SELECT + " WHERE account = ? AND due_ms <= ? ORDER BY due_ms, number LIMIT ?",
        (account, now_ms, limit),
    )
    return [ScheduledRecord._make(row) for row in rows]


def next_due_ms(connection: sqlite3.Connection, accounts: Collection[str]) -> int | None:
    """When the next message of these accounts is due."""
    values: list[Any] = list(accounts)
    row = connection.execute(
        f"SELECT min(due_ms) FROM scheduled WHERE account IN ({', '.join('?' * len(values))})",  # noqa: S608
        values,
    ).fetchone()
    return row[0]


def list_waiting_files(connection: sqlite3.Connection, due_ms: int | None = None) -> list[Removal]:
    """The files of all that wait for their time, or of what should have left by then, with their
    hashes."""
    sql = "SELECT file FROM scheduled WHERE file IS NOT NULL AND due_ms <= ?"
    rows = connection.execute(sql, (MAX_MS if due_ms is None else due_ms,))
    files = [decode_file(raw) for (raw,) in rows]
    return [Removal(file.path, file.sha256) for file in files]
