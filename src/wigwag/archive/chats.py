"""Chat rows, written: touches are gathered, one statement per chat and transaction."""

import sqlite3
from typing import Final

from wigwag.model.instant import classic_time
from wigwag.model.record import ChatRecord, ClearingRecord

_TOUCH: Final = (
    "INSERT INTO chats(jid, name, last_message_time, account, last_message_ms, unread) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?7) ON CONFLICT(account, jid) DO UPDATE SET "
    "name = excluded.name, last_message_ms = max(last_message_ms, excluded.last_message_ms), "
    "last_message_time = max(coalesce(last_message_time, ''), excluded.last_message_time), "
    "unread = CASE WHEN ?6 THEN ?7 ELSE unread + ?7 END"
)
_COLUMNS: Final = ", ".join(ChatRecord._fields)
_SAVE: Final = (
    f"INSERT OR REPLACE INTO chats({_COLUMNS}, last_message_time) "  # noqa: S608
    f"VALUES ({', '.join('?' * len(ChatRecord._fields))}, ?)"
)
_FIND: Final = f"SELECT {_COLUMNS} FROM chats WHERE account = ? AND jid = ?"  # noqa: S608
_FIND_CLEARING: Final = (
    f"SELECT {', '.join(ClearingRecord._fields)} FROM chat_clearings "  # noqa: S608
    "WHERE account = ? AND chat_jid = ?"
)
_SAVE_CLEARING: Final = (
    f"INSERT OR REPLACE INTO chat_clearings({', '.join(ClearingRecord._fields)}) "  # noqa: S608
    "VALUES (?, ?, ?, ?, ?)"
)
CACHE_SIZE: Final = 20_000


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
        self._clearings: dict[tuple[str, str], ClearingRecord | None] = {}

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

    def find_clearing(self, account: str, jid: str) -> ClearingRecord | None:
        key = (account, jid)
        if key in self._clearings:
            return self._clearings[key]
        if len(self._clearings) >= CACHE_SIZE:
            self._clearings.clear()
        row = self._connection.execute(_FIND_CLEARING, key).fetchone()
        clearing = self._clearings[key] = ClearingRecord._make(row) if row else None
        return clearing

    def save_clearing(self, record: ClearingRecord) -> None:
        self._connection.execute(_SAVE_CLEARING, record)
        self.forget()

    def forget(self) -> None:
        """The rows of clearings may be others now."""
        self._clearings = {}

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
        self._touched = {}

    def clear(self) -> None:
        self._touched = {}
        self.forget()
