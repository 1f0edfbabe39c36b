"""Reading the event log, what is due, and the counts."""

import sqlite3
from collections.abc import Collection
from typing import Any, Final

import msgspec

from wigwag.model.archived import FeedEvent
from wigwag.model.instant import time_of
from wigwag.model.record import MediaState, PendingMedia, RowKind

_COUNTS: Final = {
    "messages": "SELECT count(*) FROM messages",
    "chats": "SELECT count(*) FROM chats",
    "events": "SELECT count(*) FROM events",
    "outbox": "SELECT count(*) FROM outbox",
    "rejected": "SELECT count(*) FROM rejected",
}


def list_events(
    connection: sqlite3.Connection,
    store_id: str,
    after: int,
    limit: int,
    *,
    account: str,
    types: Collection[str],
) -> list[FeedEvent]:
    where = ["seq > ?"]
    values: list[Any] = [after]
    if account:
        where.append("account = ?")
        values.append(account)
    if types:
        where.append(f"type IN ({', '.join('?' * len(types))})")
        values.extend(types)
    rows = connection.execute(
        "SELECT seq, account, type, time_ms, chat_jid, data FROM events "  # noqa: S608
        f"WHERE {' AND '.join(where)} ORDER BY seq LIMIT ?",
        (*values, limit),
    )
    return [
        FeedEvent(
            id=f"evt_{store_id}{seq:x}",
            seq=seq,
            account=of,
            type=kind,
            time=time_of(ms),
            chat_jid=chat,
            data=msgspec.Raw(data.encode()),
        )
        for seq, of, kind, ms, chat, data in rows
    ]


def list_pending_media(
    connection: sqlite3.Connection, accounts: Collection[str], now_ms: int, limit: int
) -> list[PendingMedia]:
    """Due downloads, those of the newest messages first among the 1,000 that waited longest."""
    marks = ", ".join("?" * len(accounts))
    rows = connection.execute(
        "SELECT * FROM (SELECT rid, account, chat_jid, sender, id, media_attempts, timestamp_ms "  # noqa: S608
        f"FROM messages WHERE media_state = 'pending' AND account IN ({marks}) "
        "AND media_next_ms <= ? ORDER BY media_next_ms LIMIT 1000) ORDER BY rid DESC LIMIT ?",
        (*accounts, now_ms, limit),
    )
    return [
        PendingMedia(
            row=rid,
            account=account,
            chat_jid=chat,
            sender=sender,
            id=message_id,
            attempts=attempts,
            timestamp_ms=ms,
        )
        for rid, account, chat, sender, message_id, attempts, ms in rows
    ]


def next_media_ms(connection: sqlite3.Connection, accounts: Collection[str]) -> int | None:
    marks = ", ".join("?" * len(accounts))
    row = connection.execute(
        "SELECT min(media_next_ms) FROM messages "  # noqa: S608
        f"WHERE media_state = 'pending' AND account IN ({marks})",
        tuple(accounts),
    ).fetchone()
    return None if row[0] is None else int(row[0])


def counts(connection: sqlite3.Connection) -> dict[str, int]:
    found = {name: int(connection.execute(sql).fetchone()[0]) for name, sql in _COUNTS.items()}
    found["media_pending"] = _count(connection, "media_state", MediaState.PENDING)
    found["undecryptable"] = _count(connection, "kind", RowKind.UNDECRYPTABLE)
    return found


def _count(connection: sqlite3.Connection, column: str, value: str) -> int:
    sql = f"SELECT count(*) FROM messages WHERE {column} = '{value}'"  # noqa: S608
    return int(connection.execute(sql).fetchone()[0])
