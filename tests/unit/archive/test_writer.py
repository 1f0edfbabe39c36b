"""The writer: one transaction for many, an error for one alone, nothing half done."""

# pyright: reportPrivateUsage=false

import asyncio
import sqlite3
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scripted.waiting import until
from stored.desk import Desk
from stored.makers import received
from stored.searching import check_index
from wigwag.archive import SqliteArchive
from wigwag.archive import writer as writer_module
from wigwag.archive.connection import storage_error
from wigwag.model.archived import MessageFilter
from wigwag.model.errors import NotFound, StorageBusy, StorageFull, WigwagError
from wigwag.model.record import AccountRecord, EventType
from wigwag.ports import ArchiveTx


def saving(name: str) -> Callable[[ArchiveTx], str]:
    def unit(tx: ArchiveTx) -> str:
        tx.people.save_account(AccountRecord(name))
        tx.feed.add(name, EventType.ACCOUNT_STATE, b"{}", "", 0)
        return name

    return unit


def failing(error: Exception) -> Callable[[ArchiveTx], None]:
    def unit(tx: ArchiveTx) -> None:
        tx.people.save_account(AccountRecord("half"))
        tx.feed.add("half", EventType.ACCOUNT_STATE, b"{}", "", 0)
        raise error

    return unit


async def held(desk: Desk) -> Callable[[], None]:
    """Keep the writer busy, so that everything after waits for one transaction."""
    gate = threading.Event()
    started = asyncio.Event()
    loop = asyncio.get_running_loop()

    def unit(tx: ArchiveTx) -> None:
        del tx
        loop.call_soon_threadsafe(started.set)
        gate.wait(5)

    task = asyncio.create_task(desk.archive.write(unit))
    await started.wait()

    def release() -> None:
        gate.set()
        task.add_done_callback(lambda done: done.result())

    return release


async def together(desk: Desk, *units: Callable[[ArchiveTx], Any]) -> list[Any]:
    """The outcomes of units that share one transaction."""
    release = await held(desk)
    tasks = [asyncio.create_task(desk.archive.write(unit)) for unit in units]
    await asyncio.sleep(0)
    release()
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_many_units_share_a_transaction(desk: Desk) -> None:
    statements: list[str] = []
    desk.archive._writer._connection.set_trace_callback(statements.append)
    outcomes = await together(desk, *(saving(f"a{n}") for n in range(50)))
    assert outcomes == [f"a{n}" for n in range(50)]
    assert statements.count("COMMIT") == 2
    assert not any("SAVEPOINT" in statement for statement in statements)
    assert desk.count("accounts") == 50
    assert [row[0] for row in desk.rows("SELECT account FROM events ORDER BY seq")] == outcomes


async def test_an_error_undoes_its_own_unit_alone(desk: Desk) -> None:
    outcomes = await together(
        desk, saving("one"), failing(NotFound("mine")), saving("two"), failing(KeyError("x"))
    )
    assert outcomes[0] == "one"
    assert outcomes[2] == "two"
    assert isinstance(outcomes[1], NotFound)
    assert isinstance(outcomes[3], KeyError)
    assert {row[0] for row in desk.rows("SELECT account FROM accounts")} == {"one", "two"}
    assert [tuple(r) for r in desk.rows("SELECT seq, account FROM events")] == [
        (1, "one"),
        (2, "two"),
    ]
    assert desk.archive.last_seq == 2


async def test_messages_of_a_failed_unit_are_in_no_index(desk: Desk) -> None:
    from wigwag.core.identity import Recording
    from wigwag.core.incoming import record_message

    def unit(name: str, *, fails: bool) -> Callable[[ArchiveTx], None]:
        def run(tx: ArchiveTx) -> None:
            record_message(Recording(tx, "default", 0), received(name, f"word {name}").message)
            if fails:
                raise KeyError(name)

        return run

    await together(desk, unit("A1", fails=False), unit("B1", fails=True), unit("A2", fails=False))
    page = await desk.library.list_messages("default", MessageFilter(query="word"))
    assert {m.id for m in page.items} == {"A1", "A2"}
    assert desk.count("messages") == 2
    check_index(desk.folder / "messages.db")


async def test_a_lonely_unit_that_fails_leaves_nothing(desk: Desk) -> None:
    with pytest.raises(KeyError):
        await desk.archive.write(failing(KeyError("x")))
    assert (desk.count("accounts"), desk.archive.last_seq) == (0, 0)
    assert desk.archive.trouble == ""


async def test_caches_forget_what_was_undone(desk: Desk) -> None:
    def unit(tx: ArchiveTx) -> None:
        tx.people.link("default", "1@lid", "1@s.whatsapp.net")
        raise KeyError

    with pytest.raises(KeyError):
        await desk.archive.write(unit)
    assert await desk.archive.write(lambda tx: tx.people.pn_of("default", "1@lid")) is None


async def test_a_cancelled_caller_harms_nobody(desk: Desk) -> None:
    release = await held(desk)
    one = asyncio.create_task(desk.archive.write(saving("one")))
    two = asyncio.create_task(desk.archive.write(saving("two")))
    await asyncio.sleep(0)
    one.cancel()
    release()
    assert await two == "two"
    assert desk.count("accounts") == 2


async def test_listeners_hear_of_new_events_only(desk: Desk) -> None:
    heard: list[int] = []
    leave = desk.archive.subscribe(heard.append)
    await desk.archive.write(saving("one"))
    await desk.archive.write(lambda tx: tx.people.save_account(AccountRecord("two")))
    leave()
    await desk.archive.write(saving("three"))
    assert heard == [1]


async def test_closing_commits_what_waits(desk: Desk) -> None:
    release = await held(desk)
    task = asyncio.create_task(desk.archive.write(saving("one")))
    await asyncio.sleep(0)
    release()
    await desk.close()
    assert await task == "one"
    with pytest.raises(WigwagError, match="closed"):
        await desk.archive.write(saving("two"))
    assert desk.count("accounts") == 1


async def test_a_full_database_keeps_nothing_and_goes_on_by_itself(desk: Desk) -> None:
    connection = desk.archive._writer._connection
    pages = int(connection.execute("PRAGMA page_count").fetchone()[0])
    connection.execute(f"PRAGMA max_page_count={pages + 4}")
    big = "x" * 200_000
    with pytest.raises(StorageFull):
        await desk.take(received("A1", big), received("A2", big))
    assert desk.archive.trouble == "disk_full"
    assert (desk.count("messages"), desk.count("events")) == (0, 0)
    page = await desk.library.list_messages("default", MessageFilter())
    assert page.items == ()
    connection.execute("PRAGMA max_page_count=1000000")
    await desk.take(received("A1", big), received("A2", big))
    assert desk.archive.trouble == ""
    assert (desk.count("messages"), desk.archive.last_seq) == (2, 2)


async def test_a_full_disk_is_one_until_there_is_room_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "PROBE_S", 0.005)
    full = True
    monkeypatch.setattr(writer_module, "is_full", lambda path: full)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    connection = desk.archive._writer._connection
    pages = int(connection.execute("PRAGMA page_count").fetchone()[0])
    connection.execute(f"PRAGMA max_page_count={pages + 4}")
    with pytest.raises(StorageFull):
        await desk.take(received("A1", "x" * 200_000))
    await desk.archive.write(saving("small enough"))
    assert desk.archive.trouble == "disk_full"
    full = False
    await until(lambda: not desk.archive.trouble)


async def test_a_full_database_fails_the_group_and_not_the_next(desk: Desk) -> None:
    connection = desk.archive._writer._connection
    pages = int(connection.execute("PRAGMA page_count").fetchone()[0])
    connection.execute(f"PRAGMA max_page_count={pages + 4}")

    def greedy(tx: ArchiveTx) -> None:
        tx.feed.add_rejected("a", "big", bytes(500_000), 0)

    outcomes = await together(desk, saving("one"), greedy)
    assert [type(outcome) for outcome in outcomes] == [StorageFull, StorageFull]
    assert await desk.archive.write(saving("two")) == "two"
    assert desk.count("accounts") == 1


async def test_a_lock_is_waited_for_and_then_reported(desk: Desk) -> None:
    await desk.close()
    desk = await Desk.open(desk.folder, busy_timeout_ms=30)
    other = sqlite3.connect(desk.folder / "messages.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageBusy):
        await desk.archive.write(saving("one"))
    assert (await desk.library.list_chats("default")).items == ()
    other.execute("COMMIT")
    other.close()
    assert await desk.archive.write(saving("two")) == "two"
    await desk.close()


async def test_a_lock_that_lasts_is_told_while_it_is_waited_for(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "LOCK_PATIENCE_S", 0.02)
    other = sqlite3.connect(desk.folder / "messages.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writing = asyncio.create_task(desk.archive.write(saving("one")))
    await until(lambda: desk.archive.trouble == "database_locked")
    assert not writing.done()
    other.execute("COMMIT")
    other.close()
    assert await writing == "one"
    assert desk.archive.trouble == ""


async def test_opening_a_locked_database_says_so(tmp_path: Path, desk: Desk) -> None:
    await desk.close()
    other = sqlite3.connect(desk.folder / "messages.db", isolation_level=None)
    other.execute("PRAGMA locking_mode=EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StorageBusy):
        await SqliteArchive.open(tmp_path / "messages.db", busy_timeout_ms=30)
    other.execute("ROLLBACK")
    other.close()


async def test_the_files_are_private_and_the_settings_are_durable(tmp_path: Path) -> None:
    archive = await SqliteArchive.open(tmp_path / "store" / "messages.db")
    await archive.write(saving("one"))
    for path in (tmp_path / "store").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
    assert stat.S_IMODE((tmp_path / "store").stat().st_mode) == 0o700
    connection = archive._writer._connection
    assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2
    await archive.close()


async def test_groups_are_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "MAX_GROUP", 10)
    statements: list[str] = []
    desk.archive._writer._connection.set_trace_callback(statements.append)
    outcomes = await together(desk, *(saving(f"a{n}") for n in range(25)))
    assert outcomes == [f"a{n}" for n in range(25)]
    assert statements.count("COMMIT") == 4


@pytest.mark.parametrize(
    ("code", "known"),
    [
        (sqlite3.SQLITE_FULL, StorageFull),
        (sqlite3.SQLITE_BUSY, StorageBusy),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, StorageBusy),
        (sqlite3.SQLITE_LOCKED, StorageBusy),
        (sqlite3.SQLITE_CONSTRAINT, type(None)),
        (sqlite3.SQLITE_CORRUPT, type(None)),
    ],
)
def test_errors_of_sqlite_in_our_words(tmp_path: Path, code: int, known: type) -> None:
    error = sqlite3.OperationalError("x")
    error.sqlite_errorcode = code
    assert type(storage_error(error, tmp_path / "x.db")) is known


async def test_who_watches_hears_of_a_move_before_the_results_of_its_transaction(
    desk: Desk,
) -> None:
    told: list[str] = []
    end = desk.archive.watch_moves(lambda _keys: told.append("moved"))

    async def write(unit: Callable[[ArchiveTx], object]) -> None:
        await desk.archive.write(unit)
        told.append("done")

    release = await held(desk)
    units = [
        asyncio.create_task(write(lambda tx: tx.merge("default", "a@lid", "a@s.whatsapp.net"))),
        asyncio.create_task(write(saving("default"))),
    ]
    await until(lambda: desk.archive.backlog == 2)
    release()
    await asyncio.gather(*units)
    await write(saving("default"))
    assert told == ["moved", "done", "done", "done"]
    end()
    await write(lambda tx: tx.merge("default", "a@lid", "a@s.whatsapp.net"))
    assert told[-1] == "done"
    assert told.count("moved") == 1
