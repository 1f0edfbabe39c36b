"""What is known of the history itself: how far it came, what is asked for, where it has gaps."""

import sqlite3
from typing import Final

from wigwag.archive.rowids import ARRIVAL_BITS
from wigwag.model.archived import (
    ChatGap,
    HistoryAnchor,
    HistoryProgress,
)
from wigwag.model.content import MessageKey
from wigwag.model.instant import ms_of, time_of
from wigwag.model.jid import parse_jid
from wigwag.model.record import HistoryRequestRecord

_SAVE_PROGRESS: Final = (
    "INSERT INTO history_syncs(account, sync_type, progress, chunk, messages, updated_ms, failed) "
    "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT(account, sync_type) DO UPDATE SET "
    "progress = excluded.progress, chunk = excluded.chunk, "
    "updated_ms = excluded.updated_ms, messages = messages + excluded.messages, "
    "failed = failed + excluded.failed"
)
_FIELDS: Final = ", ".join(HistoryRequestRecord._fields)
_SELECT: Final = f"SELECT {_FIELDS} FROM history_requests "  # noqa: S608
_SAVE_REQUEST: Final = (
    f"INSERT OR REPLACE INTO history_requests({_FIELDS}) "  # noqa: S608
    f"VALUES ({', '.join('?' * len(HistoryRequestRecord._fields))})"
)
_OPEN: Final = ("waiting", "asked")
_ANCHOR: Final = (
    "SELECT id, sender, is_from_me, timestamp_ms FROM messages "
    "WHERE account = ? AND chat_jid = ? AND rid >= ? AND kind <> 'undecryptable' "
    "AND coalesce(state, '') NOT IN ('queued', 'failed') ORDER BY rid LIMIT 1"
)
_GAPS: Final = (
    "SELECT chat_jid, count(*), min(timestamp_ms), max(timestamp_ms) FROM messages "
    "WHERE account = ? AND kind = 'undecryptable' AND timestamp_ms >= ? "
    "GROUP BY chat_jid ORDER BY 4 DESC LIMIT ?"
)


class HistoryRows:
    """Implements `ports.HistoryTable` for one writer."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def save_progress(self, account: str, progress: HistoryProgress) -> None:
        self._connection.execute(
            _SAVE_PROGRESS,
            (
                account,
                progress.sync_type,
                progress.progress,
                progress.chunk,
                progress.messages,
                ms_of(progress.updated_at),
                progress.failed,
            ),
        )

    def save_request(self, record: HistoryRequestRecord) -> None:
        self._connection.execute(_SAVE_REQUEST, record)

    def find_request(self, account: str, chat: str) -> HistoryRequestRecord | None:
        return find_request(self._connection, "chat_jid", account, chat)

    def find_asked(self, account: str, request_id: str) -> HistoryRequestRecord | None:
        return find_request(self._connection, "request_id", account, request_id)


def list_history(connection: sqlite3.Connection, account: str) -> list[HistoryProgress]:
    rows = connection.execute(
        "SELECT sync_type, progress, chunk, messages, updated_ms, failed FROM history_syncs "
        "WHERE account = ? ORDER BY updated_ms DESC",
        (account,),
    )
    return [
        HistoryProgress(
            sync_type=kind,
            progress=progress,
            chunk=chunk,
            messages=count,
            updated_at=time_of(ms),
            failed=failed,
        )
        for kind, progress, chunk, count, ms, failed in rows
    ]


def find_request(
    connection: sqlite3.Connection, where: str, account: str, value: str
) -> HistoryRequestRecord | None:
    """The request of an account whose column `where` has this value."""
    row = connection.execute(f"{_SELECT}WHERE account = ? AND {where} = ?", (account, value))
    found = row.fetchone()
    return HistoryRequestRecord._make(found) if found else None


def list_open_requests(
    connection: sqlite3.Connection, account: str, limit: int
) -> list[HistoryRequestRecord]:
    rows = connection.execute(
        _SELECT + "WHERE account = ? AND state IN (?, ?) ORDER BY created_ms LIMIT ?",
        (account, *_OPEN, limit),
    )
    return [HistoryRequestRecord._make(row) for row in rows]


def find_anchor(
    connection: sqlite3.Connection, account: str, chat: str, from_ms: int | None
) -> HistoryAnchor | None:
    first = 0 if from_ms is None else from_ms << ARRIVAL_BITS
    row = connection.execute(_ANCHOR, (account, chat, first)).fetchone()
    if row is None:
        return None
    message_id, sender, from_me, at_ms = row
    key = MessageKey(
        chat=parse_jid(chat), sender=parse_jid(sender), id=message_id, from_me=bool(from_me)
    )
    return HistoryAnchor(key=key, timestamp=time_of(at_ms))


def list_gaps(
    connection: sqlite3.Connection, account: str, since_ms: int, limit: int
) -> list[ChatGap]:
    rows = connection.execute(_GAPS, (account, since_ms, limit))
    return [
        ChatGap(chat_jid=chat, count=count, oldest=time_of(oldest), newest=time_of(newest))
        for chat, count, oldest, newest in rows
    ]
