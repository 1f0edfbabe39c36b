"""Readers: a limit for each query, one snapshot for each, and no writing."""

# pyright: reportPrivateUsage=false

import sqlite3

import pytest

from stored.desk import Desk
from stored.makers import received
from wigwag.archive.reading_people import fold
from wigwag.model.archived import MessageFilter
from wigwag.model.errors import InvalidInput, QueryTimeout, WigwagError

FOREVER = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t"


async def test_a_query_has_an_end(desk: Desk) -> None:
    await desk.close()
    desk = await Desk.open(desk.folder, query_limit_s=0.05)
    with pytest.raises(QueryTimeout):
        await desk.archive._readers.run(lambda c: c.execute(FOREVER).fetchall())
    await desk.take(received("A1"))
    assert len((await desk.library.list_messages("default", MessageFilter())).items) == 1
    await desk.close()


async def test_a_reader_does_not_write(desk: Desk) -> None:
    with pytest.raises(WigwagError):
        await desk.archive._readers.run(lambda c: c.execute("DELETE FROM messages"))


async def test_a_read_sees_one_snapshot(desk: Desk) -> None:
    await desk.take(received("A1"))

    def twice(connection: sqlite3.Connection) -> tuple[int, int]:
        sql = "SELECT count(*) FROM messages"
        first = connection.execute(sql).fetchone()[0]
        other = sqlite3.connect(desk.folder / "messages.db")
        other.execute("DELETE FROM messages")
        other.commit()
        other.close()
        return first, connection.execute(sql).fetchone()[0]

    assert await desk.archive._readers.run(twice) == (1, 1)


async def test_what_no_database_takes_is_the_callers_mistake(desk: Desk) -> None:
    for wanted in (MessageFilter(query="\ud800x"), MessageFilter(kinds=("\ud800",))):
        with pytest.raises(InvalidInput):
            await desk.library.list_messages("default", wanted)


def test_folding() -> None:
    assert fold("Ação ÉCOLE Straße") == "acao ecole strasse"
    assert fold(None) == fold("") == ""
