"""Edits, revokes, reactions, votes and receipts, written: each once, by its own key."""

import sqlite3
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from wigwag.archive.absent import Absent
from wigwag.archive.statements import insert_sql
from wigwag.model.record import (
    ChangeRecord,
    ReactionRecord,
    ReceiptRecord,
    VoteRecord,
)


def _once(table: str, record: type[NamedTuple]) -> str:
    return insert_sql(table, record._fields) + " ON CONFLICT DO NOTHING"


_ADD_CHANGE: Final = _once("changes", ChangeRecord)
_PUT_CHANGE: Final = (
    f"INSERT OR REPLACE INTO changes({', '.join(ChangeRecord._fields)}) "  # noqa: S608
    f"VALUES ({', '.join('?' * len(ChangeRecord._fields))})"
)
_ADD_REACTION: Final = _once("reactions", ReactionRecord)
_ADD_VOTE: Final = _once("votes", VoteRecord)
_ADD_RECEIPT: Final = _once("receipts", ReceiptRecord)
_LIST_CHANGES: Final = (
    f"SELECT {', '.join(ChangeRecord._fields)} FROM changes "  # noqa: S608
    "WHERE account = ? AND target_id = ? AND chat_jid = ? AND target_sender IN (?, '') "
    "ORDER BY timestamp_ms, rowid LIMIT 1000"
)
_ANY_RECEIPT: Final = "SELECT EXISTS (SELECT 1 FROM receipts WHERE account = ? AND chat_jid = ?)"
_LIST_RECEIPTS: Final = (
    f"SELECT {', '.join(ReceiptRecord._fields)} FROM receipts "  # noqa: S608
    "WHERE account = ? AND chat_jid = ? AND message_id = ? LIMIT 5000"
)
SILENT_MAX: Final = 20_000
"""Chats without receipts that are remembered."""


class ChangeRows:
    """The tables that refer to messages, of one writer."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._absent = Absent(connection, "changes", "target_id")
        self._silent: set[tuple[str, str]] = set()
        """Chats without any receipt, as most are while their history comes."""

    def expect(self, account: str, message_ids: Sequence[str]) -> None:
        self._absent.look_up(account, message_ids)

    def forget(self) -> None:
        self._absent.clear()

    def moved(self) -> None:
        """Rows are in other chats now, or back where they were."""
        self._silent.clear()

    def add_change(self, record: ChangeRecord) -> bool:
        self._absent.add(record.account, record.target_id)
        return self._add(_ADD_CHANGE, record)

    def put_change(self, record: ChangeRecord) -> None:
        self._absent.add(record.account, record.target_id)
        self._connection.execute(_PUT_CHANGE, record)

    def list_changes(
        self, account: str, chat: str, sender: str, target_id: str
    ) -> list[ChangeRecord]:
        if (account, target_id) in self._absent:
            return []
        rows = self._connection.execute(_LIST_CHANGES, (account, target_id, chat, sender))
        return [ChangeRecord._make(row) for row in rows]

    def add_reaction(self, record: ReactionRecord) -> bool:
        return self._add(_ADD_REACTION, record)

    def add_vote(self, record: VoteRecord) -> bool:
        return self._add(_ADD_VOTE, record)

    def add_receipt(self, record: ReceiptRecord) -> bool:
        self._silent.discard((record.account, record.chat_jid))
        return self._add(_ADD_RECEIPT, record)

    def list_receipts(self, account: str, chat: str, message_id: str) -> list[ReceiptRecord]:
        if (account, chat) in self._silent:
            return []
        rows = self._connection.execute(_LIST_RECEIPTS, (account, chat, message_id))
        found = [ReceiptRecord._make(row) for row in rows]
        if not found and not self._connection.execute(_ANY_RECEIPT, (account, chat)).fetchone()[0]:
            if len(self._silent) >= SILENT_MAX:
                self._silent.clear()
            self._silent.add((account, chat))
        return found

    def _add(self, sql: str, record: tuple[Any, ...]) -> bool:
        return self._connection.execute(sql, record).rowcount == 1
