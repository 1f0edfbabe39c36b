"""Readers: a limit for each query, one snapshot for each, and no writing."""

# pyright: reportPrivateUsage=false

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest

from stored.desk import Desk
from stored.makers import received
from wigwag.archive import readers
from wigwag.archive.readers import READERS, Readers
from wigwag.archive.reading_people import fold
from wigwag.model.archived import MessageFilter
from wigwag.model.errors import InvalidInput, QueryTimeout, WigwagError

LIMIT_S = 30.0
COUNT = "SELECT count(*) FROM messages"
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
        first = count(connection)
        other = sqlite3.connect(desk.folder / "messages.db")
        other.execute("DELETE FROM messages")
        other.commit()
        other.close()
        return first, count(connection)

    assert await desk.archive._readers.run(twice) == (1, 1)


async def test_what_no_database_takes_is_the_callers_mistake(desk: Desk) -> None:
    for wanted in (MessageFilter(query="\ud800x"), MessageFilter(kinds=("\ud800",))):
        with pytest.raises(InvalidInput):
            await desk.library.list_messages("default", wanted)


def count(connection: sqlite3.Connection) -> int:
    found: int = connection.execute(COUNT).fetchone()[0]
    return found


class Slow:
    """Queries that are under way until they are let go."""

    def __init__(self) -> None:
        self.under_way = threading.Semaphore(0)
        self.go = threading.Event()

    def __call__(self, connection: sqlite3.Connection) -> int:
        found = count(connection)
        self.under_way.release()
        assert self.go.wait(LIMIT_S)
        return found

    async def begun(self) -> None:
        assert await asyncio.to_thread(self.under_way.acquire, timeout=LIMIT_S)


async def test_all_that_is_asked_at_once_is_answered(desk: Desk) -> None:
    async def ask(number: int) -> int:
        for _ in range(number % 4):
            await asyncio.sleep(0)
        row = await desk.archive._readers.run(lambda c: c.execute("SELECT ?", (number,)).fetchone())
        return int(row[0])

    async with asyncio.timeout(LIMIT_S):
        for _ in range(20):
            assert await asyncio.gather(*map(ask, range(50))) == list(range(50))


async def test_those_that_keep_coming_keep_nobody_waiting(desk: Desk) -> None:
    run = desk.archive._readers.run
    first = asyncio.create_task(run(count))
    others: list[asyncio.Task[int]] = []
    async with asyncio.timeout(LIMIT_S):
        while not first.done():
            others.append(asyncio.create_task(run(count)))
            await asyncio.sleep(0)
        assert await asyncio.gather(first, *others) == [0] * (len(others) + 1)


async def test_a_slow_query_keeps_nobody_waiting(desk: Desk) -> None:
    run, slow = desk.archive._readers.run, Slow()
    async with asyncio.timeout(LIMIT_S):
        under_way = [asyncio.create_task(run(slow)) for _ in range(READERS - 1)]
        for _ in under_way:
            await slow.begun()
        assert await run(count) == 0
        slow.go.set()
        assert await asyncio.gather(*under_way) == [0] * (READERS - 1)


async def test_more_than_there_are_threads_wait_their_turn(desk: Desk) -> None:
    run, slow = desk.archive._readers.run, Slow()
    async with asyncio.timeout(LIMIT_S):
        under_way = [asyncio.create_task(run(slow)) for _ in range(READERS)]
        for _ in under_way:
            await slow.begun()
        behind = [asyncio.create_task(run(count)) for _ in range(5)]
        slow.go.set()
        assert await asyncio.gather(*under_way, *behind) == [0] * (READERS + 5)
        assert len(desk.archive._readers._threads) == READERS


async def test_what_is_committed_is_seen_by_whoever_asks_next(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though a thread that has a snapshot from before is the one that reads on."""
    monkeypatch.setattr(readers, "PATIENCE_S", LIMIT_S)
    monkeypatch.setattr(readers, "TELL_S", LIMIT_S)
    run, slow = desk.archive._readers.run, Slow()
    async with asyncio.timeout(LIMIT_S):
        before = asyncio.create_task(run(slow))
        await slow.begun()
        await desk.take(received("A1"))
        after = asyncio.create_task(run(count))
        await asyncio.sleep(0)
        slow.go.set()
        assert await asyncio.gather(before, after) == [0, 1]
    assert len(desk.archive._readers._threads) == 1


async def test_a_query_that_fails_leaves_the_next_ones_alone(desk: Desk) -> None:
    def broken(connection: sqlite3.Connection) -> None:
        count(connection)
        raise ZeroDivisionError

    run = desk.archive._readers.run
    found = await asyncio.gather(run(broken), run(count), return_exceptions=True)
    assert isinstance(found[0], ZeroDivisionError)
    assert found[1] == 0


async def test_a_query_that_nobody_waits_for_is_not_run(desk: Desk) -> None:
    run, slow = desk.archive._readers.run, Slow()
    asked: list[int] = []
    async with asyncio.timeout(LIMIT_S):
        under_way = [asyncio.create_task(run(slow)) for _ in range(READERS)]
        for _ in under_way:
            await slow.begun()
        given_up = asyncio.create_task(run(lambda _: asked.append(1)))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.wait([given_up])
        slow.go.set()
        assert await run(count) == 0
    assert given_up.cancelled()
    assert not asked


async def test_what_waits_at_the_end_is_refused(desk: Desk) -> None:
    run, slow = desk.archive._readers.run, Slow()
    async with asyncio.timeout(LIMIT_S):
        under_way = [asyncio.create_task(run(slow)) for _ in range(READERS)]
        for _ in under_way:
            await slow.begun()
        behind = asyncio.create_task(run(count))
        await asyncio.sleep(0)
        closing = asyncio.create_task(desk.archive._readers.close())
        with pytest.raises(WigwagError, match="closed"):
            await behind
        slow.go.set()
        await closing
        assert await asyncio.gather(*under_way) == [0] * READERS
    with pytest.raises(WigwagError, match="closed"):
        await run(count)


async def test_a_file_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    absent = Readers(tmp_path / "absent" / "messages.db")
    for _ in range(2):
        with pytest.raises(WigwagError):
            await absent.run(count)
    await absent.close()


def test_folding() -> None:
    assert fold("Ação ÉCOLE Straße") == "acao ecole strasse"
    assert fold(None) == fold("") == ""
