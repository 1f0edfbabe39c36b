"""Labels, quick replies and settings, written."""

import sqlite3
from typing import Final

from wigwag.model.record import LabelRecord, QuickReplyRecord

_FIND_LABEL: Final = "SELECT account, id, name, color FROM labels WHERE account = ? AND id = ?"
_SAVE_LABEL: Final = "INSERT OR REPLACE INTO labels(account, id, name, color) VALUES (?, ?, ?, ?)"
_ASSIGN: Final = (
    "INSERT INTO label_assignments(account, label_id, chat_jid, message_id) "
    "VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
_UNASSIGN: Final = (
    "DELETE FROM label_assignments "
    "WHERE account = ? AND label_id = ? AND chat_jid = ? AND message_id = ?"
)
_FIND_REPLY: Final = (
    "SELECT account, id, shortcut, text, keywords FROM quick_replies WHERE account = ? AND id = ?"
)
_SAVE_REPLY: Final = (
    "INSERT OR REPLACE INTO quick_replies(account, id, shortcut, text, keywords) "
    "VALUES (?, ?, ?, ?, ?)"
)
_SAVE_SETTING: Final = (
    "INSERT INTO settings(account, name, value, changed_ms) VALUES (?, ?, ?, ?) "
    "ON CONFLICT(account, name) DO UPDATE SET value = excluded.value, "
    "changed_ms = excluded.changed_ms WHERE value <> excluded.value"
)


class AppStateRows:
    """What app state keeps of an account itself, of one writer."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def find_label(self, account: str, label_id: str) -> LabelRecord | None:
        row = self._connection.execute(_FIND_LABEL, (account, label_id)).fetchone()
        return LabelRecord._make(row) if row else None

    def save_label(self, record: LabelRecord) -> None:
        self._connection.execute(_SAVE_LABEL, record)

    def remove_label(self, account: str, label_id: str) -> bool:
        at = (account, label_id)
        self._connection.execute(
            "DELETE FROM label_assignments WHERE account = ? AND label_id = ?", at
        )
        gone = self._connection.execute("DELETE FROM labels WHERE account = ? AND id = ?", at)
        return gone.rowcount > 0

    def assign_label(
        self, account: str, label_id: str, chat: str, message_id: str, *, assigned: bool
    ) -> bool:
        sql = _ASSIGN if assigned else _UNASSIGN
        return self._connection.execute(sql, (account, label_id, chat, message_id)).rowcount > 0

    def find_quick_reply(self, account: str, reply_id: str) -> QuickReplyRecord | None:
        row = self._connection.execute(_FIND_REPLY, (account, reply_id)).fetchone()
        return QuickReplyRecord._make(row) if row else None

    def save_quick_reply(self, record: QuickReplyRecord) -> None:
        self._connection.execute(_SAVE_REPLY, record)

    def remove_quick_reply(self, account: str, reply_id: str) -> bool:
        gone = self._connection.execute(
            "DELETE FROM quick_replies WHERE account = ? AND id = ?", (account, reply_id)
        )
        return gone.rowcount > 0

    def save_setting(self, account: str, name: str, value: bytes, at_ms: int) -> bool:
        saved = self._connection.execute(_SAVE_SETTING, (account, name, value.decode(), at_ms))
        return saved.rowcount > 0
