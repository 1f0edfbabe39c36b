"""Chat rows, written: touches are gathered, one statement per chat and transaction."""

import sqlite3
from typing import Final

from wigwag.model.instant import classic_time
from wigwag.model.record import ChatRecord

_TOUCH: Final = (
    "INSERT INTO chats(jid, name, last_message_time, account, last_message_ms, unread) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?7) ON CONFLICT(account, jid) DO UPDATE SET "
    "name = excluded.name, last_message_ms = max(last_message_ms, excluded.last_message_ms), "
    "last_message_time = max(coalesce(last_message_time, ''), excluded.last_message_time), "
    "unread = CASE WHEN ?6 THEN ?7 ELSE unread + ?7 END"
)
_SAVE: Final = (
    "INSERT OR REPLACE INTO "
    "chats(account, jid, name, last_message_ms, unread, archived, last_message_time) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_FIND: Final = (
    "SELECT account, jid, name, last_message_ms, unread, archived FROM chats "
    "WHERE account = ? AND jid = ?"
)


class _Touch:
    """What the messages of one transaction do to one chat."""

    __slots__ = ("last_ms", "name", "reset", "unread")

    def __init__(self, name: str) -> None:
        self.name = name
        self.last_ms = 0
        self.reset = False
        self.unread = 0


class ChatRows:
    """The chat table of one writer."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._touched: dict[tuple[str, str], _Touch] = {}

    def find(self, account: str, jid: str) -> ChatRecord | None:
        if (account, jid) in self._touched:
            self.flush()
        row = self._connection.execute(_FIND, (account, jid)).fetchone()
        return ChatRecord._make(row) if row else None

    def touch(self, account: str, jid: str, name: str, last_ms: int, unread: int | None) -> None:
        touch = self._touched.get((account, jid))
        if touch is None:
            touch = self._touched[account, jid] = _Touch(name)
        touch.name = name
        touch.last_ms = max(touch.last_ms, last_ms)
        if unread is None:
            touch.reset = True
            touch.unread = 0
        else:
            touch.unread += unread

    def save(self, record: ChatRecord) -> None:
        self.flush()
        time = classic_time(record.last_message_ms) if record.last_message_ms else None
        self._connection.execute(_SAVE, (*record, time))

    def remove(self, account: str, jid: str) -> None:
        self.flush()
        self._connection.execute("DELETE FROM chats WHERE account = ? AND jid = ?", (account, jid))

    def flush(self) -> None:
        if not self._touched:
            return
        self._connection.executemany(
            _TOUCH,
            [
                (jid, t.name, classic_time(t.last_ms), account, t.last_ms, t.reset, t.unread)
                for (account, jid), t in self._touched.items()
            ],
        )
        self.clear()

    def clear(self) -> None:
        self._touched = {}
