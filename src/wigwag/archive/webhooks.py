"""Webhooks and their deliveries, written and read."""

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from wigwag.archive.cursors import Number, format_cursor, parse_cursor
from wigwag.archive.statements import insert_sql
from wigwag.model.archived import Page
from wigwag.model.webhook import DeliveryLag, DeliveryRecord, DeliveryState, WebhookRecord

_COLUMNS: Final = DeliveryRecord._fields[:-1]
_SELECT: Final = f"SELECT {', '.join(DeliveryRecord._fields)} FROM deliveries "  # noqa: S608
_ADD: Final = insert_sql("webhooks", WebhookRecord._fields)
_ADD_DELIVERY: Final = (
    insert_sql("deliveries", _COLUMNS)
    + " ON CONFLICT(webhook_id, event_id) DO UPDATE SET state = 'pending', attempts = 0, "
    "next_ms = 0, lane = excluded.lane WHERE state = 'dead'"
)
_HEADS: Final = (
    "SELECT lane, min(number), next_ms FROM deliveries "
    "WHERE webhook_id = ? AND state = 'pending' GROUP BY lane"
)
"""The first of each lane: SQLite takes `next_ms` from the row of the minimum."""
_DUE: Final = (
    _SELECT + "WHERE webhook_id = ? AND state = 'pending' "  # noqa: S608
    f"AND lane IN (SELECT lane FROM ({_HEADS}) WHERE next_ms <= ?) ORDER BY number LIMIT ?"
)
_NEXT: Final = f"SELECT min(next_ms) FROM ({_HEADS})"  # noqa: S608
_CHANGE: Final = (
    "UPDATE deliveries SET state = ?, attempts = ?, next_ms = ?, status = ?, error = ? "
    "WHERE number = ? AND attempts = ?"
)

_REMOVE_ORPHANS: Final = (
    "DELETE FROM deliveries WHERE webhook_id IN "
    "(SELECT DISTINCT webhook_id FROM deliveries EXCEPT SELECT id FROM webhooks)"
)
_PENDING: Final = (
    "SELECT count(*), min(created_ms) FROM deliveries WHERE state = 'pending' "
    "AND webhook_id IN (SELECT id FROM webhooks WHERE enabled)"
)
_DEAD: Final = (
    "SELECT count(*) FROM deliveries WHERE state = 'dead' "
    "AND webhook_id IN (SELECT id FROM webhooks)"
)


class WebhookRows:
    """The tables of webhooks, of one writer."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, record: WebhookRecord) -> None:
        self._connection.execute(_ADD, record)

    def change(self, webhook_id: str, **values: str | int) -> bool:
        columns = ", ".join(f"{name} = ?" for name in values)
        sql = f"UPDATE webhooks SET {columns} WHERE id = ?"  # noqa: S608 - names of our own
        return self._connection.execute(sql, (*values.values(), webhook_id)).rowcount == 1

    def find(self, webhook_id: str) -> WebhookRecord | None:
        return find_webhook(self._connection, webhook_id)

    def remove(self, webhook_id: str) -> bool:
        self._connection.execute("DELETE FROM deliveries WHERE webhook_id = ?", (webhook_id,))
        removed = self._connection.execute("DELETE FROM webhooks WHERE id = ?", (webhook_id,))
        return removed.rowcount == 1

    def remove_orphans(self) -> int:
        return self._connection.execute(_REMOVE_ORPHANS).rowcount

    def add_deliveries(self, records: Sequence[DeliveryRecord]) -> None:
        self._connection.executemany(_ADD_DELIVERY, [record[:-1] for record in records])

    def due(self, webhook_id: str, now_ms: int, limit: int) -> list[DeliveryRecord]:
        rows = self._connection.execute(_DUE, (webhook_id, webhook_id, now_ms, limit))
        return [DeliveryRecord._make(row) for row in rows]

    def next_ms(self, webhook_id: str) -> int | None:
        (found,) = self._connection.execute(_NEXT, (webhook_id,)).fetchone()
        return None if found is None else int(found)

    def change_deliveries(self, changes: Sequence[tuple[DeliveryRecord, DeliveryRecord]]) -> None:
        self._connection.executemany(
            _CHANGE,
            [
                (d.state, d.attempts, d.next_ms, d.status, d.error, was.number, was.attempts)
                for was, d in changes
            ],
        )

    def remove_deliveries(self, numbers: Sequence[int]) -> None:
        self._connection.executemany(
            "DELETE FROM deliveries WHERE number = ?", [(number,) for number in numbers]
        )

    def revive(self, webhook_id: str, event_id: str) -> bool:
        revived = self._connection.execute(
            "UPDATE deliveries SET state = ?, attempts = 0, next_ms = 0 "
            "WHERE webhook_id = ? AND event_id = ?",
            (DeliveryState.PENDING, webhook_id, event_id),
        )
        return revived.rowcount == 1


def list_webhooks(connection: sqlite3.Connection) -> list[WebhookRecord]:
    rows = connection.execute(
        f"SELECT {', '.join(WebhookRecord._fields)} FROM webhooks ORDER BY created_ms, id"  # noqa: S608
    )
    return [WebhookRecord._make(row) for row in rows]


def find_webhook(connection: sqlite3.Connection, webhook_id: str) -> WebhookRecord | None:
    row = connection.execute(
        f"SELECT {', '.join(WebhookRecord._fields)} FROM webhooks WHERE id = ?",  # noqa: S608
        (webhook_id,),
    ).fetchone()
    return WebhookRecord._make(row) if row else None


def count_pending(connection: sqlite3.Connection, webhook_id: str) -> int:
    row = connection.execute(
        "SELECT count(*) FROM deliveries WHERE webhook_id = ? AND state = 'pending'", (webhook_id,)
    ).fetchone()
    return int(row[0])


def delivery_lag(connection: sqlite3.Connection) -> DeliveryLag:
    pending, oldest_ms = connection.execute(_PENDING).fetchone()
    (dead,) = connection.execute(_DEAD).fetchone()
    return DeliveryLag(pending, oldest_ms, dead)


def list_deliveries(
    connection: sqlite3.Connection, webhook_id: str, state: str, cursor: str, limit: int
) -> Page[DeliveryRecord]:
    where = "webhook_id = ?"
    given: list[Any] = [webhook_id]
    if state:
        where += " AND state = ?"
        given.append(state)
    if cursor:
        where += " AND number < ?"
        given.extend(parse_cursor(cursor, tuple[Number]))
    sql = f"{_SELECT}WHERE {where} ORDER BY number DESC LIMIT ?"
    found = [DeliveryRecord._make(row) for row in connection.execute(sql, (*given, limit + 1))]
    items = found[:limit]
    more = format_cursor((items[-1].number,)) if len(found) > limit else ""
    return Page(items=tuple(items), next_cursor=more)
