"""Stores from before the index folded words itself: all they have is found, whatever happens."""

import asyncio
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from stored.desk import Desk
from stored.makers import BEN, edit, key, picture, received
from stored.searching import check_index
from wigwag.archive import search
from wigwag.archive.migration import HEAD, current_version, migrate
from wigwag.model.archived import MessageFilter

TEXTS = ("In der Straße", "你好世界", "", "plain words")
OLD_INDEX = (
    "DROP TABLE messages_fts",
    (
        "CREATE VIRTUAL TABLE messages_fts USING fts5("
        "content, document_name, content='messages', content_rowid='rid', "
        "tokenize='unicode61 remove_diacritics 2')"
    ),
    "INSERT INTO messages_fts(messages_fts) VALUES ('rebuild')",
    "UPDATE alembic_version SET version_num = '0017'",
)
STOPS = """
import signal, sys
from pathlib import Path
from wigwag.archive import migration, search

def indexed(text):
    if text == "plain words":
        print("in the middle", flush=True)
        signal.pause()
    return text

search.STEP, search.indexed = 1, indexed
migration.migrate(Path(sys.argv[1]), "0017")
"""


@pytest.fixture
async def old(tmp_path: Path) -> Path:
    """A store as it was before, with messages, one of which is empty, and a document."""
    desk = await Desk.open(tmp_path)
    await desk.take(
        *(received(f"A{n}", text, seconds=n) for n, text in enumerate(TEXTS)),
        received("D1", picture(None, filename="Łódź.pdf"), chat=BEN, seconds=9),
    )
    await desk.close()
    with closing(sqlite3.connect(tmp_path / "messages.db")) as connection, connection:
        for sql in OLD_INDEX:
            connection.execute(sql)
    return tmp_path


async def found(folder: Path, query: str) -> list[str]:
    desk = await Desk.open(folder)
    page = await desk.library.list_messages("default", MessageFilter(query=query))
    await desk.close()
    return [message.id for message in page.items]


async def test_what_an_old_store_has_is_found_now(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "STEP", 2)
    for query, ids in (("STRASSE", ["A0"]), ("世界", ["A1"]), ("words", ["A3"]), ("lodz", ["D1"])):
        assert await found(old, query) == ids
    check_index(old / "messages.db")


async def test_what_a_message_of_an_old_store_said_leaves_the_index_with_an_edit(old: Path) -> None:
    desk = await Desk.open(old)
    await desk.take(received("R1", edit(key("A0"), "another"), seconds=20))
    await desk.close()
    assert await found(old, "strasse") == []
    check_index(old / "messages.db")


async def test_a_server_that_is_killed_meanwhile_leaves_the_old_index(old: Path) -> None:
    path = old / "messages.db"
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", STOPS, str(path), stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    assert await child.stdout.readline() == b"in the middle\n"
    child.kill()
    await child.wait()
    with closing(sqlite3.connect(path)) as connection:
        assert current_version(connection) == "0017"
        sql = "INSERT INTO messages_fts(messages_fts, rank) VALUES ('integrity-check', 1)"
        connection.execute(sql)
    migrate(path, "0017")
    with closing(sqlite3.connect(path)) as connection:
        assert current_version(connection) == HEAD
    check_index(path)
    assert await found(old, "世界") == ["A1"]
