"""The keys of callers, written and read."""

import sqlite3
from typing import Final

from wigwag.archive.statements import insert_sql
from wigwag.model.key import KeyRecord

_ADD: Final = insert_sql("api_keys", KeyRecord._fields)
_CHANGE: Final = "UPDATE api_keys SET name = ?, expires_ms = ? WHERE id = ?"
_LIST: Final = f"SELECT {', '.join(KeyRecord._fields)} FROM api_keys ORDER BY created_ms, id"  # noqa: S608


class KeyRows:
    """The table of keys, of one writer."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, record: KeyRecord) -> None:
        self._connection.execute(_ADD, record)

    def change(self, key_id: str, *, name: str, expires_ms: int | None) -> None:
        self._connection.execute(_CHANGE, (name, expires_ms, key_id))

    def remove(self, key_id: str) -> bool:
        removed = self._connection.execute("DELETE FROM api_keys WHERE id = ?", (key_id,))
        return removed.rowcount == 1


def list_keys(connection: sqlite3.Connection) -> list[KeyRecord]:
    return [KeyRecord._make(row) for row in connection.execute(_LIST)]
