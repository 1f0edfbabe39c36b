"""Every version of the schema leads to the one of today, and a strange file is left alone."""

import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import OperationalError

from wigwag.archive import SqliteArchive
from wigwag.archive.connection import prepare_file
from wigwag.archive.migration import HEAD, SCRIPTS, current_version, migrate
from wigwag.archive.schema import CREATE_SEARCH, SEARCH_TABLE, metadata
from wigwag.model.errors import ConfigError, StorageBusy, StorageFull


def scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    return ScriptDirectory.from_config(config)


@pytest.fixture
def migrated(tmp_path: Path) -> Path:
    path = tmp_path / "messages.db"
    prepare_file(path)
    migrate(path, "")
    return path


def test_the_head_is_the_last_script() -> None:
    assert scripts().get_current_head() == HEAD


def test_the_versions_are_one_line_without_branches() -> None:
    assert len(scripts().get_heads()) == len(scripts().get_bases()) == 1


def test_the_migrated_schema_is_the_schema_of_the_code(migrated: Path) -> None:
    def ours(_object: Any, name: str | None, *_more: Any) -> bool:
        return not (name or "").startswith(SEARCH_TABLE)

    engine = sa.create_engine(f"sqlite:///{migrated}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_migrating_and_creating_make_the_same_tables(migrated: Path, tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'created.db'}")
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql(CREATE_SEARCH)
    engine.dispose()
    assert schema_of(migrated) == schema_of(tmp_path / "created.db")


def schema_of(path: Path) -> dict[str, list[str]]:
    """The words of every table and index, sorted: their order in the file does not matter."""
    connection = sqlite3.connect(path)
    found = {
        name: sorted(sql.replace(",", " ").split())
        for name, sql in connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"
        )
        if name != "alembic_version"
    }
    connection.close()
    return found


def test_the_classic_columns_have_the_classic_types(migrated: Path) -> None:
    connection = sqlite3.connect(migrated)
    messages = connection.execute("PRAGMA table_info(messages)").fetchall()
    chats = connection.execute("PRAGMA table_info(chats)").fetchall()
    connection.close()
    assert [(name, kind) for _, name, kind, *_ in messages[:13]] == [
        ("id", "TEXT"),
        ("chat_jid", "TEXT"),
        ("sender", "TEXT"),
        ("content", "TEXT"),
        ("timestamp", "TIMESTAMP"),
        ("is_from_me", "BOOLEAN"),
        ("media_type", "TEXT"),
        ("filename", "TEXT"),
        ("url", "TEXT"),
        ("media_key", "BLOB"),
        ("file_sha256", "BLOB"),
        ("file_enc_sha256", "BLOB"),
        ("file_length", "INTEGER"),
    ]
    assert [(name, kind) for _, name, kind, *_ in chats[:3]] == [
        ("jid", "TEXT"),
        ("name", "TEXT"),
        ("last_message_time", "TIMESTAMP"),
    ]


def test_migrating_again_changes_nothing(migrated: Path) -> None:
    before = schema_of(migrated)
    migrate(migrated, HEAD)
    assert schema_of(migrated) == before


async def test_a_file_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "messages.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE chats (jid TEXT PRIMARY KEY)")
    connection.close()
    with pytest.raises(ConfigError, match="another program"):
        await SqliteArchive.open(path)


async def test_a_file_of_a_newer_wigwag_is_left_alone(migrated: Path) -> None:
    connection = sqlite3.connect(migrated)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    with pytest.raises(ConfigError, match="newer wigwag"):
        await SqliteArchive.open(migrated)


async def test_what_is_no_database_is_said_to_be_none(tmp_path: Path) -> None:
    from wigwag.model.errors import WigwagError

    path = tmp_path / "messages.db"
    path.write_bytes(b"this is no database, however long it may be" * 100)
    with pytest.raises(WigwagError):
        await SqliteArchive.open(path)


def test_a_migration_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alembic import op

    path = tmp_path / "messages.db"
    prepare_file(path)
    execute = op.execute

    def failing(sql: str) -> None:
        if "VIRTUAL" in sql:
            raise RuntimeError("power cut")
        execute(sql)

    monkeypatch.setattr(op, "execute", failing)
    with pytest.raises(RuntimeError, match="power cut"):
        migrate(path, "")
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    assert current_version(connection) == ""
    connection.close()
    monkeypatch.setattr(op, "execute", execute)
    migrate(path, "")


@pytest.mark.parametrize("name", ["what?", "a#b", "50%41", "über uns", "a&b=c"])
async def test_any_folder_name_leads_to_its_own_file(tmp_path: Path, name: str) -> None:
    archive = await SqliteArchive.open(tmp_path / name / "messages.db")
    assert (await archive.counts())["messages"] == 0
    await archive.close()
    assert os.listdir(tmp_path) == [name]  # noqa: PTH208


async def test_a_new_file_that_another_program_locks_is_busy(tmp_path: Path) -> None:
    path = tmp_path / "messages.db"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA journal_mode=WAL")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageBusy):
        await SqliteArchive.open(path, busy_timeout_ms=50)
    other.close()


async def test_a_full_disk_at_the_first_start_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alembic import command

    def full(*_arguments: object) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise OperationalError("CREATE", {}, error)

    monkeypatch.setattr(command, "upgrade", full)
    with pytest.raises(StorageFull):
        await SqliteArchive.open(tmp_path / "messages.db")


async def test_a_path_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    (tmp_path / "messages.db").mkdir()
    with pytest.raises(ConfigError, match=r"messages\.db"):
        await SqliteArchive.open(tmp_path / "messages.db")
