"""A store is copied while it runs, and a new one made of the copy goes on."""

import asyncio
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from fault.flows import staged
from peers.child import until
from peers.house import EMMA, SAM, open_house
from peers.server import ServerProcess, running_server
from wigwag.app.backup import back_up, restore
from wigwag.archive import SqliteArchive
from wigwag.engine.native.store.store import EngineStore
from wigwag.model.errors import ConfigError
from wigwag.sandbox.samples import make_png

LIMIT_S = 60.0
STORE_ID = "SELECT value FROM meta WHERE key = 'store_id'"
MESSAGES = "/v1/accounts/default/messages"


def assert_private(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


async def test_a_running_store_is_copied_and_the_archive_goes_on(tmp_path: Path) -> None:
    copy, new = tmp_path / "backups" / "monday", tmp_path / "new"
    async with open_house(tmp_path / "store") as house:
        picture = await house.person_sends(SAM, make_png(7), kind="image")
        stored = "SELECT 1 FROM messages WHERE media_state = 'available' AND id = ?"
        await house.until_rows(stored, picture)
        writing = [asyncio.create_task(house.send(EMMA, f"while {n}")) for n in range(10)]
        told = await asyncio.to_thread(back_up, house.store, copy)
        assert all(answer.status == 200 for answer in await asyncio.gather(*writing))
        assert "both databases are sound" in told
        before = house.rows(
            "SELECT seq, (SELECT value FROM meta WHERE key = 'store_id') FROM events"
        )
    assert_private(copy)
    with pytest.raises(ConfigError, match="exists"):
        await asyncio.to_thread(back_up, tmp_path / "store", copy)

    told = await asyncio.to_thread(restore, copy, new, with_session=False)
    assert "Link the account again" in told
    assert not (new / "whatsapp.db").exists()
    assert_private(new)
    with pytest.raises(ConfigError, match="holds a store already"):
        await asyncio.to_thread(restore, copy, new, with_session=False)
    async with open_house(new) as house:
        (picture,) = (await house.get(f"{MESSAGES}?has_media=true&chat={SAM}&limit=1")).body[
            "items"
        ]
        assert picture["media"]["state"] == "available"
        file = await house.get(f"{MESSAGES}/{picture['id']}/media")
        assert (file.status, file.body) == (200, make_png(7))
        assert (await house.send(EMMA, "after")).status == 200
        await house.until_rows("SELECT 1 FROM messages WHERE content = 'after' AND NOT is_from_me")
        assert house.rows(STORE_ID) != before, "its events have other ids"
        assert house.rows("SELECT count(*) FROM outbox") == [(0,)]


async def test_with_the_session_no_linking_is_needed(tmp_path: Path) -> None:
    copy, new = tmp_path / "copy", tmp_path / "new"
    async with staged(tmp_path, 40) as (cast, old):
        await cast.speak(0, 2)
        await cast.wait_all_taken()
        await until(lambda: old.count("messages") == 20, LIMIT_S, old.tail)
        await asyncio.to_thread(back_up, old.store, copy)
        await old.terminate()
        await cast.speak(1, 2)
        await asyncio.to_thread(restore, copy, new, with_session=True)
        async with running_server(ServerProcess(new, cast.network)) as server:
            await server.ready()
            await cast.wait_all_archived(server)
            person = cast.people[0]
            assert (await server.send(person.jid, "from the new place")).status == 200
            await cast.network.wait_text(person, "from the new place")
            await server.terminate()
            cast.assert_all_archived(server)


async def test_sessions_of_the_second_engine_go_along(tmp_path: Path) -> None:
    store, copy = tmp_path / "store", tmp_path / "copy"
    folder = store / "whatsmeow" / "work"
    folder.mkdir(parents=True)
    EngineStore.open(store / "whatsapp.db").close()
    await (await SqliteArchive.open(store / "messages.db")).close()
    (folder / "available").touch()
    (folder / "download.part").write_bytes(b"half a file")
    with (
        closing(sqlite3.connect(folder / "session.db")) as session,
        closing(sqlite3.connect(folder / "spool.db")) as spool,
    ):
        for database in (session, spool):
            # their child has them open, and what it wrote last is in the log beside them
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("CREATE TABLE kept(word)")
            database.execute("INSERT INTO kept VALUES ('all')")
            database.commit()
        back_up(store, copy)
    for name, with_session in (("with", True), ("without", False)):
        restore(copy, tmp_path / name, with_session=with_session)
        assert_private(tmp_path / name)
    assert not (tmp_path / "without" / "whatsmeow").exists()
    restored = tmp_path / "with" / "whatsmeow" / "work"
    assert {path.name for path in restored.iterdir()} == {"session.db", "spool.db", "available"}
    for name in ("session.db", "spool.db"):
        with closing(sqlite3.connect(restored / name)) as database:
            assert database.execute("SELECT word FROM kept").fetchall() == [("all",)]


def test_what_is_no_backup_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no store in"):
        back_up(tmp_path / "nothing", tmp_path / "copy")
    assert list(tmp_path.iterdir()) == [], "nothing half done stays"
    (tmp_path / "messages.db").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(ConfigError):
        restore(tmp_path, tmp_path / "new", with_session=False)
    (tmp_path / "messages.db").unlink()
    with closing(sqlite3.connect(tmp_path / "messages.db")) as other:
        other.execute("CREATE TABLE things(x)")
    with pytest.raises(ConfigError, match="no archive of wigwag"):
        restore(tmp_path, tmp_path / "new", with_session=False)
    assert not (tmp_path / "new").exists()
