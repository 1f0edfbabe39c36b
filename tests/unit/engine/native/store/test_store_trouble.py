"""The engine's store when things go wrong: full disks, locks, strange files, kill -9."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from scripted.waiting import until
from wigwag.engine.common.errors import StoreCorrupt, StoreFailed, StoreTooNew
from wigwag.engine.native.store import writer
from wigwag.engine.native.store.store import EngineStore
from wigwag.engine.native.store.writes import (
    DropNote,
    PutNote,
    PutSession,
)
from wigwag.model.errors import StorageBusy, StorageFull, StoreInUse

A = "default"


async def test_a_full_disk_fails_whoever_waits_and_loses_nothing(path: Path) -> None:
    store = EngineStore.open(path)
    await store.commit([PutNote(A, "before", b"x")])
    writing = store._writer._connection  # pyright: ignore[reportPrivateUsage]
    [pages] = writing.execute("PRAGMA page_count").fetchone()
    writing.execute(f"PRAGMA max_page_count = {pages + 2}")
    results = await asyncio.gather(
        store.commit([PutSession(A, "big:0", b"x" * 100_000)]),
        store.commit([PutNote(A, "small", b"y")]),
        return_exceptions=True,
    )
    assert isinstance(results[0], StorageFull)
    assert store.find_session(A, "big:0") is None
    assert store.find_note(A, "before") == b"x"
    writing.execute("PRAGMA max_page_count = 1000000")
    await store.commit([PutSession(A, "big:0", b"x" * 100_000)])
    assert store.find_session(A, "big:0") == b"x" * 100_000
    store.close()


async def test_trouble_ends_by_itself_when_the_disk_has_room(
    path: Path, store: EngineStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "PROBE_S", 0.005)
    room = False
    monkeypatch.setattr(writer, "_has_room", lambda folder: room)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    assert store.trouble == ""
    writing = store._writer._connection  # pyright: ignore[reportPrivateUsage]
    [pages] = writing.execute("PRAGMA page_count").fetchone()
    writing.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StorageFull):
        await store.commit([PutSession(A, "big:0", b"x" * 100_000)])
    await store.commit([PutNote(A, "small", b"y")])
    assert store.trouble == "disk_full"
    room = True
    await until(lambda: not store.trouble)


async def test_a_locked_database_is_busy_and_works_again_later(
    path: Path, store: EngineStore
) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as rival:
        rival.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageBusy):
            await store.commit([PutNote(A, "n", b"x")])
        assert store.find_note(A, "n") is None
        rival.execute("ROLLBACK")
    await store.commit([PutNote(A, "n", b"x")])
    assert store.find_note(A, "n") == b"x"


async def test_a_lock_that_lasts_is_told_while_it_is_waited_for(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "LOCK_PATIENCE_S", 0.02)
    store = EngineStore.open(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as rival:
        rival.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(store.commit([PutNote(A, "n", b"x")]))
        await until(lambda: store.trouble == "database_locked")
        assert not writing.done()
        rival.execute("ROLLBACK")
    await writing
    assert store.trouble == ""
    store.close()


async def test_a_small_cache_still_tells_the_truth(path: Path) -> None:
    store = EngineStore.open(path, cache_bytes=3000)
    await store.commit([PutSession(A, f"{n}:0", bytes([n]) * 500) for n in range(20)])
    assert [store.find_session(A, f"{n}:0") for n in range(20)] == [
        bytes([n]) * 500 for n in range(20)
    ]
    assert store._cache.size_bytes <= 3000  # pyright: ignore[reportPrivateUsage]
    store.close()


def test_files_are_private_and_power_loss_safe(path: Path, store: EngineStore) -> None:
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.with_name("whatsapp.db-wal").stat().st_mode & 0o777 == 0o600
    writing = store._writer._connection  # pyright: ignore[reportPrivateUsage]
    assert writing.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert writing.execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_second_owner_is_refused(path: Path, store: EngineStore) -> None:
    with pytest.raises(StoreInUse):
        EngineStore.open(path)
    code = (
        "import sys; from pathlib import Path\n"
        "from wigwag.engine.native.store.store import EngineStore\n"
        "from wigwag.model.errors import StoreInUse\n"
        "try:\n EngineStore.open(Path(sys.argv[1]))\n"
        "except StoreInUse:\n sys.exit(7)\n"
    )
    child = subprocess.run([sys.executable, "-c", code, str(path)], check=False, timeout=60)
    assert child.returncode == 7


def test_a_newer_or_damaged_file_is_refused_and_unlocked(path: Path) -> None:
    EngineStore.open(path).close()
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreTooNew):
        EngineStore.open(path)
    path.write_bytes(b"this is no database, but it is long enough to be taken for one" * 100)
    for _ in range(2):
        with pytest.raises(StoreCorrupt):
            EngineStore.open(path)


async def test_a_closed_store_says_so(path: Path) -> None:
    store = EngineStore.open(path)
    store.close()
    store.close()
    with pytest.raises(StoreFailed):
        await store.commit([DropNote(A, "n")])


WRITER = """
import asyncio, sys
from pathlib import Path
from wigwag.engine.native.store.store import EngineStore
from wigwag.engine.native.store.writes import AddInbox, PutSession

async def main():
    store = EngineStore.open(Path(sys.argv[1]))
    async def caller(number):
        for turn in range(1_000_000):
            data = f"{turn}".encode()
            seq = store.next_seq()
            await store.commit([
                PutSession("default", f"{number}:0", data),
                AddInbox("default", seq, "message", "c", str(number), str(turn), data),
            ])
            print(number, turn, flush=True)
    await asyncio.gather(*(caller(number) for number in range(8)))

asyncio.run(main())
"""


def test_what_was_confirmed_survives_kill_nine(path: Path) -> None:
    for _ in range(3):
        child = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        confirmed: dict[str, int] = {}
        for count, line in enumerate(child.stdout):
            if not line.endswith("\n"):
                break
            number, turn = line.split()
            confirmed[number] = int(turn)
            if count == 200:
                os.kill(child.pid, signal.SIGKILL)
        child.stdout.close()
        child.wait(timeout=30)
        store = EngineStore.open(path)
        rows = store.list_inbox(A, 0, 1_000_000)
        for number, turn in confirmed.items():
            turns = [int(row.id) for row in rows if row.sender == number]
            assert turns == list(range(len(turns)))
            assert turns[-1] >= turn
            # both writes of a commit are there, or none
            assert store.find_session(A, f"{number}:0") == str(turns[-1]).encode()
        with closing(sqlite3.connect(path)) as reader:
            assert reader.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        store.close()
        path.unlink()
