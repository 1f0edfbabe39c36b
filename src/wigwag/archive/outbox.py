"""The durable queue of sends and the keys that make a request happen once."""

import sqlite3
from typing import Final

from wigwag.archive.statements import insert_sql
from wigwag.model.record import IdempotencyRecord, OutboxRecord

IDEMPOTENCY_MS: Final = 7 * 86_400_000
"""How long a key is remembered."""

_COLUMNS: Final = OutboxRecord._fields[:-1]
_ADD: Final = insert_sql("outbox", _COLUMNS)
_ADD_KEY: Final = insert_sql("idempotency", IdempotencyRecord._fields)
_FIND_KEY: Final = (
    f"SELECT {', '.join(IdempotencyRecord._fields)} FROM idempotency "  # noqa: S608
    "WHERE account = ? AND key = ?"
)
_HOLDS: Final = "SELECT 1 FROM outbox WHERE account = ? AND message_id = ?"
_DROP_KEY: Final = "DELETE FROM idempotency WHERE account = ? AND message_id = ?"
_RENAME_KEY: Final = "UPDATE idempotency SET message_id = ? WHERE account = ? AND message_id = ?"
_LIST: Final = (
    f"SELECT {', '.join(OutboxRecord._fields)} FROM outbox "  # noqa: S608
    "WHERE account = ? AND position > ? ORDER BY position LIMIT ?"
)


class OutboxRows:
    """The outbox of one writer."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, record: OutboxRecord) -> int:
        added = self._connection.execute(_ADD, record[:-1])
        return int(added.lastrowid or 0)

    def set_ref(self, position: int, ref: bytes) -> None:
        self._connection.execute("UPDATE outbox SET ref = ? WHERE position = ?", (ref, position))

    def remove(self, position: int) -> bool:
        removed = self._connection.execute("DELETE FROM outbox WHERE position = ?", (position,))
        return removed.rowcount == 1

    def holds(self, account: str, message_id: str) -> bool:
        return self._connection.execute(_HOLDS, (account, message_id)).fetchone() is not None

    def find_idempotency(self, account: str, key: str) -> IdempotencyRecord | None:
        row = self._connection.execute(_FIND_KEY, (account, key)).fetchone()
        return IdempotencyRecord._make(row) if row else None

    def add_idempotency(self, record: IdempotencyRecord) -> None:
        self._connection.execute(
            "DELETE FROM idempotency WHERE created_ms < ?", (record.created_ms - IDEMPOTENCY_MS,)
        )
        self._connection.execute(_ADD_KEY, record)

    def settle_idempotency(self, account: str, key: str, chat_jid: str) -> None:
        self._connection.execute(
            "UPDATE idempotency SET chat_jid = ? WHERE account = ? AND key = ?",
            (chat_jid, account, key),
        )

    def forget_idempotency(self, account: str, key: str) -> None:
        self._connection.execute(
            "DELETE FROM idempotency WHERE account = ? AND key = ?", (account, key)
        )

    def rename_idempotency(self, account: str, message_id: str, new_id: str) -> None:
        self._connection.execute(_RENAME_KEY, (new_id, account, message_id))

    def drop_idempotency(self, account: str, message_id: str) -> None:
        self._connection.execute(_DROP_KEY, (account, message_id))


def list_outbox(
    connection: sqlite3.Connection, account: str, after: int, limit: int
) -> list[OutboxRecord]:
    rows = connection.execute(_LIST, (account, after, limit))
    return [OutboxRecord._make(row) for row in rows]
