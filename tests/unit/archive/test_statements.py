"""Many rows by few statements: all of them, in their order, within what SQLite takes at once."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from wigwag.archive.statements import insert_rows

SQL = "INSERT INTO things(number, name) VALUES (?, ?)"


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE things(number INTEGER UNIQUE, name TEXT)")
        yield connection


@pytest.mark.parametrize("count", [0, 1, 15, 16, 127, 128, 300])
@pytest.mark.parametrize("limit", [32_766, 100, 16])
def test_every_row_is_inserted_once_in_its_order(
    connection: sqlite3.Connection, count: int, limit: int
) -> None:
    connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, limit)
    rows = [(5 * number % 301, f"row {number}") for number in range(count)]
    insert_rows(connection, SQL, rows)
    assert connection.execute("SELECT * FROM things ORDER BY rowid").fetchall() == rows


def test_many_rows_take_few_statements(connection: sqlite3.Connection) -> None:
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    insert_rows(connection, SQL, [(number, "") for number in range(128 + 16 + 1)])
    assert len([one for one in statements if one.startswith("INSERT")]) == 3


def test_a_row_that_is_refused_raises(connection: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        insert_rows(connection, SQL, [(number % 20, "") for number in range(40)])
