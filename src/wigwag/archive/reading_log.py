"""Reading the event log, what is due, and the counts."""

import json
import sqlite3
from collections.abc import Collection
from typing import Final

import msgspec

from wigwag.archive.addresses import every_address
from wigwag.archive.cursors import MAX_PAGE_CHARS
from wigwag.model.archived import ArchiveLag, FeedEvent, FeedFilter, FeedPage
from wigwag.model.instant import time_of
from wigwag.model.record import MediaState, PendingMedia, RowKind

_LISTED: Final = "IN (SELECT value FROM json_each(?))"
"""A list of any length in one value."""
MAX_SEARCHED: Final = 20_000
"""Events that one question looks through for those that are wanted: some 20 ms."""
_COUNTS: Final = {
    "messages": "SELECT count(*) FROM messages",
    "chats": "SELECT count(*) FROM chats",
    "events": "SELECT count(*) FROM events",
    "outbox": "SELECT count(*) FROM outbox",
    "rejected": "SELECT count(*) FROM rejected",
}

_LAG: Final = (
    "SELECT min(timestamp_ms) FROM outbox",
    "SELECT count(*) FROM messages WHERE media_state = 'pending'",
    "SELECT count(*) FROM rejected",
    "SELECT coalesce(min(seq), 0) FROM events",
    "SELECT min(cursor) FROM webhooks WHERE enabled",
)
"""The columns of ArchiveLag."""


def list_events(
    connection: sqlite3.Connection,
    store_id: str,
    wanted: FeedFilter,
    *,
    after: int,
    upto: int,
    limit: int,
) -> FeedPage:
    row = connection.execute("SELECT min(seq) FROM events").fetchone()
    oldest = upto + 1 if row[0] is None else int(row[0])
    begin = max(after, oldest - 1)
    if wanted.chats:
        # events keep the address that they were told under
        chats = every_address(connection, wanted.accounts, wanted.chats)
        wanted = msgspec.structs.replace(wanted, chats=chats)
    where, values = _event_conditions(wanted)
    end = min(upto, begin + MAX_SEARCHED) if where else upto
    rows = connection.execute(
        "SELECT seq, account, type, time_ms, chat_jid, data FROM events "  # noqa: S608
        f"WHERE seq > ? AND seq <= ?{where} ORDER BY seq LIMIT ?",
        (begin, end, *values, limit),
    )
    events: list[FeedEvent] = []
    size = 0
    for row in rows:
        events.append(_event(store_id, row))
        size += len(row[-1])
        if len(events) == limit or size >= MAX_PAGE_CHARS:
            end = events[-1].seq
            break
    return FeedPage(
        after=after,
        reached=max(end, begin),
        events=tuple(events),
        lost=0 < after < begin,
        oldest=oldest,
    )


def _event_conditions(wanted: FeedFilter) -> tuple[str, list[str]]:
    columns = {"account": wanted.accounts, "chat_jid": wanted.chats, "type": wanted.types}
    used = {column: chosen for column, chosen in columns.items() if chosen}
    where = "".join(f" AND {column} {_LISTED}" for column in used)
    return where, [json.dumps(sorted(chosen)) for chosen in used.values()]


def _event(store_id: str, row: tuple[int, str, str, int, str, str]) -> FeedEvent:
    seq, account, kind, ms, chat, data = row
    return FeedEvent(
        id=f"evt_{store_id}{seq:x}",
        seq=seq,
        account=account,
        type=kind,
        time=time_of(ms),
        chat_jid=chat,
        data=msgspec.Raw(data.encode()),
    )


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


def lag(connection: sqlite3.Connection) -> ArchiveLag:
    return ArchiveLag(*(connection.execute(sql).fetchone()[0] for sql in _LAG))


def counts(connection: sqlite3.Connection) -> dict[str, int]:
    found = {name: int(connection.execute(sql).fetchone()[0]) for name, sql in _COUNTS.items()}
    found["media_pending"] = _count(connection, "media_state", MediaState.PENDING)
    found["undecryptable"] = _count(connection, "kind", RowKind.UNDECRYPTABLE)
    return found


def _count(connection: sqlite3.Connection, column: str, value: str) -> int:
    sql = f"SELECT count(*) FROM messages WHERE {column} = '{value}'"  # noqa: S608
    return int(connection.execute(sql).fetchone()[0])
