"""The full-text index, fed at the end of each transaction.

FTS5 starts a new segment whenever row numbers go backwards or a savepoint opens; collecting the
changes of a whole transaction and writing them in order costs one segment per commit.
"""

import sqlite3
from typing import Final

from wigwag.archive.statements import insert_rows

_INSERT: Final = "INSERT INTO messages_fts(rowid, content, document_name) VALUES (?, ?, ?)"
_DELETE: Final = (
    "INSERT INTO messages_fts(messages_fts, rowid, content, document_name) "
    "VALUES ('delete', ?, ?, ?)"
)

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
            self._connection.executemany(_DELETE, sorted(self._removed.values()))
        if self._added:
            rows = [self._added[row] for row in sorted(self._added)]
            insert_rows(self._connection, _INSERT, rows)
        self.clear()
