"""Newsletters and how their posts fare, written and read."""

import sqlite3
from collections.abc import Collection
from typing import Final

from wigwag.archive.cursors import page_of, parse_cursor
from wigwag.core.newsletters import archived_newsletter, archived_post
from wigwag.model.archived import ArchivedNewsletter, ArchivedPost, Page
from wigwag.model.record import NewsletterRecord, PostRecord

_COLUMNS: Final = ", ".join(NewsletterRecord._fields)
_POST_COLUMNS: Final = ", ".join(PostRecord._fields)
_LIST: Final = f"SELECT {_COLUMNS} FROM newsletters WHERE account = ?"  # noqa: S608
_FIND: Final = _LIST + " AND jid = ?"
_SAVE: Final = (
    f"INSERT OR REPLACE INTO newsletters({_COLUMNS}) "  # noqa: S608
    f"VALUES ({', '.join('?' * len(NewsletterRecord._fields))})"
)
_POST: Final = f"SELECT {_POST_COLUMNS} FROM newsletter_posts WHERE account = ?"  # noqa: S608
_FIND_POST: Final = _POST + " AND newsletter_jid = ? AND server_id = ?"
_FIND_BY_ID: Final = _POST + " AND newsletter_jid = ? AND message_id = ? LIMIT 1"
_SAVE_POST: Final = (
    f"INSERT OR REPLACE INTO newsletter_posts({_POST_COLUMNS}) "  # noqa: S608
    f"VALUES ({', '.join('?' * len(PostRecord._fields))})"
)


class NewsletterRows:
    """The tables of newsletters, of one writer."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def find(self, account: str, jid: str) -> NewsletterRecord | None:
        row = self._connection.execute(_FIND, (account, jid)).fetchone()
        return NewsletterRecord._make(row) if row else None

    def save(self, record: NewsletterRecord) -> None:
        self._connection.execute(_SAVE, record)

    def find_post(self, account: str, newsletter: str, server_id: int) -> PostRecord | None:
        row = self._connection.execute(_FIND_POST, (account, newsletter, server_id)).fetchone()
        return PostRecord._make(row) if row else None

    def save_post(self, record: PostRecord) -> None:
        self._connection.execute(_SAVE_POST, record)


def find_newsletter(
    connection: sqlite3.Connection, account: str, jid: str
) -> ArchivedNewsletter | None:
    row = connection.execute(_FIND, (account, jid)).fetchone()
    return archived_newsletter(NewsletterRecord._make(row)) if row else None


def list_newsletters(
    connection: sqlite3.Connection,
    account: str,
    cursor: str,
    limit: int,
    *,
    among: Collection[str] = (),
) -> Page[ArchivedNewsletter]:
    sql = _LIST
    values = [account, *among]
    if among:
        sql += f" AND jid IN ({', '.join('?' * len(among))})"
    if cursor:
        sql += " AND jid > ?"
        values.append(parse_cursor(cursor, str))
    rows = connection.execute(sql + f" ORDER BY jid LIMIT {limit + 1}", values)
    return page_of(
        rows, limit, lambda row: archived_newsletter(NewsletterRecord._make(row)), lambda n: n.jid
    )


def find_post(
    connection: sqlite3.Connection, account: str, newsletter: str, message_id: str
) -> ArchivedPost | None:
    row = connection.execute(_FIND_BY_ID, (account, newsletter, message_id)).fetchone()
    return archived_post(PostRecord._make(row)) if row else None
