"""The full-text index of an archive, held against one that is made of the same messages anew."""

import sqlite3
from pathlib import Path

from wigwag.archive.schema import CREATE_SEARCH
from wigwag.archive.search import fill_index


def check_index(path: Path) -> None:
    """Raises AssertionError for an index that does not have exactly the words of the messages."""
    copy = sqlite3.connect(":memory:", isolation_level=None)
    with sqlite3.connect(path) as original:
        original.backup(copy)
    original.close()
    copy.execute("INSERT INTO messages_fts(messages_fts) VALUES ('integrity-check')")
    found = _words(copy)
    copy.execute("DROP TABLE messages_fts")
    copy.execute(CREATE_SEARCH)
    fill_index(copy)
    expected = _words(copy)
    copy.close()
    assert found == expected


def _words(connection: sqlite3.Connection) -> list[tuple[str, int, str, int]]:
    """Every word with its row, its column and its place."""
    connection.execute(
        "CREATE VIRTUAL TABLE temp.places USING fts5vocab(main, messages_fts, instance)"
    )
    found = connection.execute("SELECT * FROM temp.places ORDER BY 1, 2, 3, 4").fetchall()
    connection.execute("DROP TABLE temp.places")
    return found
