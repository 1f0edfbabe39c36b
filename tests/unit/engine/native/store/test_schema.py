"""Migrations of whatsapp.db go forward, each as a whole."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from wigwag.engine.common.errors import StoreTooNew
from wigwag.engine.native.store.schema import MIGRATIONS, migrate


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        yield connection


def version(connection: sqlite3.Connection) -> int:
    return connection.execute("PRAGMA user_version").fetchone()[0]


def test_migrations_are_applied_once_and_continued(connection: sqlite3.Connection) -> None:
    migrate(connection)
    assert version(connection) == len(MIGRATIONS)
    migrate(connection)
    migrate(connection, (*MIGRATIONS, "CREATE TABLE further (a); CREATE TABLE more (b)"))
    assert version(connection) == len(MIGRATIONS) + 1
    connection.execute("SELECT a FROM further")


def test_a_failing_migration_leaves_nothing(connection: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.Error):
        migrate(connection, ("CREATE TABLE one (a); CREATE TABLE one (a)",))
    assert version(connection) == 0
    migrate(connection, ("CREATE TABLE one (a)",))


def test_a_newer_schema_is_refused(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises(StoreTooNew):
        migrate(connection)
