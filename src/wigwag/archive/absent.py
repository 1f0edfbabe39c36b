"""Knowing what is not there: many ids looked up at once, instead of each alone."""

import sqlite3
from collections.abc import Sequence
from typing import Final

CHUNK: Final = 250


class Absent:
    """Ids of which a table has no row, as far as they were looked up in this transaction."""

    def __init__(self, connection: sqlite3.Connection, table: str, column: str) -> None:
        self._connection = connection
        self._sql = f"SELECT {column} FROM {table} WHERE account = ? AND {column} IN "  # noqa: S608
        self._ids: set[tuple[str, str]] = set()

    def __contains__(self, key: tuple[str, str]) -> bool:
        return key in self._ids

    def look_up(self, account: str, ids: Sequence[str]) -> None:
        for start in range(0, len(ids), CHUNK):
            part = ids[start : start + CHUNK]
            marks = ", ".join("?" * len(part))
            rows = self._connection.execute(f"{self._sql}({marks})", (account, *part))
            there = {row[0] for row in rows}
            self._ids.update((account, one) for one in part if one not in there)

    def add(self, account: str, one: str) -> None:
        """The table has a row for this id from now on."""
        self._ids.discard((account, one))

    def clear(self) -> None:
        if self._ids:
            self._ids = set()
