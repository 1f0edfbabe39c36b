"""Message rows, written: new rows are buffered and go in many at a time."""

import sqlite3
from collections.abc import Sequence
from operator import itemgetter
from typing import Final

from wigwag.archive.absent import Absent
from wigwag.archive.chats import ChatRows
from wigwag.archive.reading import load_message
from wigwag.archive.rowids import ARRIVAL_BITS, ARRIVAL_MASK
from wigwag.archive.search import SearchIndex
from wigwag.archive.statements import insert_rows, insert_sql
from wigwag.model.archived import ArchivedMessage
from wigwag.model.record import ClearingRecord, MessageHead, MessageRecord
from wigwag.ports import SqlValue

_COLUMNS: Final = MessageRecord._fields
_INSERT: Final = insert_sql("messages", (*_COLUMNS, "rid"))
_BARE: Final = (
    "id",
    "chat_jid",
    "sender",
    "content",
    "timestamp",
    "is_from_me",
    "account",
    "timestamp_ms",
    "kind",
    "push_name",
    "from_history",
    "rid",
)
_INSERT_BARE: Final = insert_sql("messages", _BARE)
"""For most messages: a text that came, without a quote or anything else about it."""
_STATE_AT: Final = _BARE.index("push_name")
_INSERT_OWN: Final = insert_sql("messages", (*_BARE[:_STATE_AT], "state", *_BARE[_STATE_AT:]))
"""The same, for one that was sent."""
_left_out = itemgetter(
    *(at for at, name in enumerate(_COLUMNS) if name not in _BARE and name != "state")
)
_DEFAULTS: Final = _left_out(
    (None,) * _COLUMNS.index("view_once") + (False, 0, False) + (None,) * 3
)
"""What the table has where a column is left out."""
HEAD_COLUMNS: Final = ("rid", *MessageHead._fields[1:])
_HEAD: Final = ", ".join(HEAD_COLUMNS)
FIND: Final = (
    f"SELECT {_HEAD} FROM messages "  # noqa: S608
    "WHERE account = ? AND id = ? AND chat_jid = ? AND sender = ?"
)
FIND_ALL: Final = f"SELECT {_HEAD} FROM messages WHERE account = ? AND id = ? LIMIT 100"  # noqa: S608
_REPLACED: Final = tuple(
    name
    for name in _COLUMNS
    if name not in ("account", "id", "chat_jid", "sender", "timestamp", "timestamp_ms")
)
_REPLACE: Final = (
    f"UPDATE messages SET {', '.join(f'{name} = ?' for name in _REPLACED)} WHERE rid = ?"  # noqa: S608
)
_COUNT_NEWER: Final = (
    "SELECT count(*) FROM (SELECT 1 FROM messages WHERE account = ? AND chat_jid = ? "
    "AND rid > ? AND is_from_me = 0 AND deleted_ms IS NULL LIMIT 1000)"
)
_UP_TO: Final = "WHERE account = ? AND chat_jid = ? AND rid <= ? AND deleted_ms IS NULL"
_NEWEST: Final = (
    "SELECT max(rid) FROM messages WHERE account = ? AND chat_jid = ? AND deleted_ms IS NULL"
)
_UNWANTED: Final = "media_state = CASE media_state WHEN 'pending' THEN 'gone' ELSE media_state END"

Key = tuple[str, str, str, str]


class MessageRows:
    """The message table of one writer."""

    def __init__(
        self, connection: sqlite3.Connection, search: SearchIndex, chats: ChatRows
    ) -> None:
        self._connection = connection
        self._search = search
        self._chats = chats
        self._absent = Absent(connection, "messages", "id")
        self._new: list[tuple[SqlValue, ...]] = []
        self._bare: list[tuple[SqlValue, ...]] = []
        self._own: list[tuple[SqlValue, ...]] = []
        self._new_by_key: dict[Key, tuple[int, MessageRecord]] = {}
        row = connection.execute("SELECT value FROM meta WHERE key = 'arrivals'").fetchone()
        self._arrivals = int(row[0]) if row else 0
        columns = connection.execute("SELECT name FROM pragma_table_info('messages')")
        self._changeable = {name for (name,) in columns} - {"rid"}

    def find(self, account: str, chat: str, sender: str, message_id: str) -> MessageHead | None:
        new = self._new_by_key.get((account, message_id, chat, sender))
        if new is not None:
            return _head_of_new(*new)
        if (account, message_id) in self._absent:
            return None
        row = self._connection.execute(FIND, (account, message_id, chat, sender)).fetchone()
        return MessageHead._make(row) if row else None

    def expect(self, account: str, message_ids: Sequence[str]) -> None:
        self.flush()
        self._absent.look_up(account, message_ids)

    def find_all(self, account: str, message_id: str) -> list[MessageHead]:
        self.flush()
        rows = self._connection.execute(FIND_ALL, (account, message_id))
        return [MessageHead._make(row) for row in rows]

    def add(self, record: MessageRecord) -> int:
        self._arrivals += 1
        row = record.timestamp_ms << ARRIVAL_BITS | self._arrivals & ARRIVAL_MASK
        if _left_out(record) != _DEFAULTS:
            self._new.append((*record, row))
        elif record.state is None:
            self._bare.append(_bare_values(record, row))
        else:
            values = _bare_values(record, row)
            self._own.append((*values[:_STATE_AT], str(record.state), *values[_STATE_AT:]))
        self._absent.add(record.account, record.id)
        self._new_by_key[record.account, record.id, record.chat_jid, record.sender] = (row, record)
        self._search.add(row, record.content, record.document_name)
        return row

    def replace(self, head: MessageHead, record: MessageRecord) -> None:
        self.flush()
        values = [value for name, value in zip(_COLUMNS, record, strict=True) if name in _REPLACED]
        self._connection.execute(_REPLACE, (*values, head.row))
        self._reindex(head, record.content, record.document_name)

    def change(self, head: MessageHead, **values: SqlValue) -> None:
        if not values.keys() <= self._changeable:
            raise ValueError("not a column of messages")
        self.flush()
        assignments = ", ".join(f"{name} = ?" for name in values)
        self._connection.execute(
            f"UPDATE messages SET {assignments} WHERE rid = ?",  # noqa: S608
            (*values.values(), head.row),
        )
        if "id" in values:
            self._absent.add(head.account, str(values["id"]))
        if "content" in values:
            self._reindex(head, str(values["content"]), head.document_name)

    def remove(self, head: MessageHead) -> None:
        self.flush()
        self._connection.execute("DELETE FROM messages WHERE rid = ?", (head.row,))
        self._search.remove(head.row, head.content, head.document_name)

    def load(self, head: MessageHead) -> ArchivedMessage:
        self.flush()
        self._chats.flush()
        return load_message(self._connection, head.row)

    def count_newer(self, account: str, chat: str, row: int) -> int:
        self.flush()
        return int(self._connection.execute(_COUNT_NEWER, (account, chat, row)).fetchone()[0])

    def count_after(self, account: str, chat: str, at_ms: int) -> int:
        return self.count_newer(account, chat, at_ms << ARRIVAL_BITS | ARRIVAL_MASK)

    def newest_ms(self, account: str, chat: str) -> int | None:
        self.flush()
        row = self._connection.execute(_NEWEST, (account, chat)).fetchone()
        return row[0] >> ARRIVAL_BITS if row[0] is not None else None

    def hide(self, record: ClearingRecord, at_ms: int) -> int:
        self.flush()
        changes = "deleted_ms = ?" + (f", {_UNWANTED}" if record.delete_media else "")
        kept = " AND starred = 0" if record.keep_starred else ""
        end = record.until_ms << ARRIVAL_BITS | ARRIVAL_MASK
        hidden = self._connection.execute(
            f"UPDATE messages SET {changes} {_UP_TO}{kept}",  # noqa: S608
            (at_ms, record.account, record.chat_jid, end),
        )
        return hidden.rowcount

    def flush(self) -> None:
        if not self._new_by_key:
            return
        insert_rows(self._connection, _INSERT_BARE, self._bare)
        insert_rows(self._connection, _INSERT_OWN, self._own)
        insert_rows(self._connection, _INSERT, self._new)
        self._connection.execute(
            "INSERT INTO meta(key, value) VALUES ('arrivals', ?) "
            "ON CONFLICT(key) DO UPDATE SET value = excluded.value",
            (str(self._arrivals),),
        )
        self.clear()

    def clear(self) -> None:
        self._new = []
        self._bare = []
        self._own = []
        self._new_by_key = {}

    def forget(self) -> None:
        """The unit is over, or undone: what was looked up for it may not be so any more."""
        self._absent.clear()

    def _reindex(self, head: MessageHead, content: str, document_name: str | None) -> None:
        self._search.remove(head.row, head.content, head.document_name)
        self._search.add(head.row, content, document_name)


def _bare_values(record: MessageRecord, row: int) -> tuple[SqlValue, ...]:
    """As plain numbers and texts: for anything else, None too, sqlite3 looks for an adapter, which
    takes longer than to bind ten of these."""
    return (
        record.id,
        record.chat_jid,
        record.sender,
        record.content,
        record.timestamp,
        int(record.is_from_me),
        record.account,
        record.timestamp_ms,
        str(record.kind),
        record.push_name,
        int(record.from_history),
        row,
    )


def _head_of_new(row: int, record: MessageRecord) -> MessageHead:
    return MessageHead(
        row=row,
        account=record.account,
        id=record.id,
        chat_jid=record.chat_jid,
        sender=record.sender,
        is_from_me=record.is_from_me,
        kind=record.kind,
        content=record.content,
        document_name=record.document_name,
        timestamp_ms=record.timestamp_ms,
        state=record.state,
        from_history=record.from_history,
        edited_ms=None,
        revoked_ms=None,
        media_state=record.media_state,
        media_attempts=0,
        media_asks=0,
        starred=False,
        deleted_ms=None,
    )
