"""The full-text index, fed at the end of each transaction.

It keeps words alone (`search_words`), not the texts: what is taken out is told by its old text.
FTS5 starts a new segment whenever row numbers go backwards or a savepoint opens; collecting the
changes of a whole transaction and writing them in order costs one segment per commit.
"""

import sqlite3
from typing import Final

from wigwag.archive.search_words import indexed
from wigwag.archive.statements import insert_rows

_INSERT: Final = "INSERT INTO messages_fts(rowid, content, document_name) VALUES (?, ?, ?)"
_DELETE: Final = (
    "INSERT INTO messages_fts(messages_fts, rowid, content, document_name) "
    "VALUES ('delete', ?, ?, ?)"
)

_NEXT: Final = (
    "SELECT rid, content, document_name FROM messages "
    "WHERE rid > ? AND (content <> '' OR document_name <> '') ORDER BY rid LIMIT ?"
)
STEP: Final = 2_000
"""Messages that are read at once to be indexed anew."""

SearchRow = tuple[int, str, str | None]


class SearchIndex:
    """Pending changes of the index. Texts must be exactly those of the message row."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._added: dict[int, SearchRow] = {}
        self._removed: dict[int, SearchRow] = {}
        self._saved: tuple[dict[int, SearchRow], dict[int, SearchRow]] = ({}, {})

    def add(self, row: int, content: str, document_name: str | None) -> None:
        if content or document_name:
            self._added[row] = (row, content, document_name or "")

    def remove(self, row: int, content: str, document_name: str | None) -> None:
        """Take out what is indexed for the row; only the first of several removals counts."""
        if self._added.pop(row, None) is None and (content or document_name):
            self._removed.setdefault(row, (row, content, document_name))

    def save(self) -> None:
        """Remember this point; `rewind` comes back to it."""
        self._saved = (dict(self._added), dict(self._removed))

    def rewind(self) -> None:
        self._added, self._removed = dict(self._saved[0]), dict(self._saved[1])

    def clear(self) -> None:
        self._added = {}
        self._removed = {}

    def flush(self) -> None:
        if self._removed:
            removed = (self._removed[row] for row in sorted(self._removed))
            self._connection.executemany(_DELETE, map(_words, removed))
        if self._added:
            added = (self._added[row] for row in sorted(self._added))
            insert_rows(self._connection, _INSERT, list(map(_words, added)))
        self.clear()


def fill_index(connection: sqlite3.Connection) -> None:
    """Put all messages into an empty index, some at a time, in the transaction of the caller."""
    after = -1
    while rows := connection.execute(_NEXT, (after, STEP)).fetchall():
        insert_rows(connection, _INSERT, [_words(row) for row in rows])
        after = rows[-1][0]


def _words(row: SearchRow) -> SearchRow:
    number, content, document_name = row
    return number, indexed(content), indexed(document_name or "")
