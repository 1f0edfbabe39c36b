"""INSERTs of the writer: of all columns that a record has, and of many rows at once."""

import sqlite3
from collections.abc import Sequence
from functools import cache
from itertools import chain
from typing import Any, Final

_STACKS: Final = (128, 16)
"""Rows that one statement inserts, where so many wait."""


def insert_sql(table: str, columns: Sequence[str]) -> str:
    """An INSERT of these columns, `?` in their order."""
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608


def insert_rows(connection: sqlite3.Connection, sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Run an INSERT of one row for all of these rows, in their order.

    SQLite works without the interpreter, for which this thread queues again after each statement:
    a statement of many rows leaves it to the event loop meanwhile, and waits for it once.
    """
    if not rows:
        return
    start = 0
    most = connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER) // len(rows[0])
    for size in _STACKS:
        while size <= most and len(rows) - start >= size:
            values = tuple(chain.from_iterable(rows[start : start + size]))
            connection.execute(_stacked(sql, size), values)
            start += size
    connection.executemany(sql, rows[start:])


@cache
def _stacked(sql: str, count: int) -> str:
    row = sql[sql.rindex("(") :]
    return sql + f", {row}" * (count - 1)
