"""The event log, written: numbered in memory, inserted at the end of the transaction."""

import sqlite3
from typing import Final

from wigwag.archive.statements import insert_rows

_ADD: Final = (
    "INSERT INTO events(seq, account, type, time_ms, chat_jid, data) VALUES (?, ?, ?, ?, ?, ?)"
)
SEEN_DAYS: Final = 30
MAX_REJECTED: Final = 10_000
"""Rejected events that are kept; the oldest go first."""
_DAY_MS: Final = 86_400_000


class FeedRows:
    """The event log of one writer, the only one that gives numbers to events."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
        self._committed = self._seq = int(row[0]) if row else 0
        self._new: list[tuple[int, str, str, int, str, str]] = []

    @property
    def last_seq(self) -> int:
        return self._committed

    def add(self, account: str, kind: str, data: bytes, chat: str, at_ms: int) -> None:
        self._seq += 1
        self._new.append((self._seq, account, str(kind), at_ms, chat, data.decode()))

    def add_seen(self, account: str, digest: bytes, at_ms: int) -> bool:
        self._connection.execute("DELETE FROM seen WHERE at_ms < ?", (at_ms - SEEN_DAYS * _DAY_MS,))
        added = self._connection.execute(
            "INSERT INTO seen(account, digest, at_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (account, digest, at_ms),
        )
        return added.rowcount == 1

    def add_rejected(self, account: str, reason: str, event: bytes, at_ms: int) -> None:
        added = self._connection.execute(
            "INSERT INTO rejected(account, reason, event, at_ms) VALUES (?, ?, ?, ?)",
            (account, reason, event, at_ms),
        )
        self._connection.execute(
            "DELETE FROM rejected WHERE number <= ?", ((added.lastrowid or 0) - MAX_REJECTED,)
        )

    def flush(self) -> None:
        if self._new:
            insert_rows(self._connection, _ADD, self._new)
            self._new = []

    def committed(self) -> None:
        self._committed = self._seq

    def save(self) -> int:
        """The number of the last event, to come back to by `rewind`."""
        return self._seq

    def rewind(self, seq: int) -> None:
        """Forget the events after `seq`, which were rolled back."""
        self._seq = seq
        self._new = []

    def clear(self) -> None:
        self.rewind(self._committed)
