"""INSERTs as the plain SQL that the writer runs: compiled once from the tables."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, bindparam
from sqlalchemy.dialects.sqlite import dialect, insert

_DIALECT = dialect(paramstyle="qmark")


def insert_sql(table: Table, columns: Sequence[str], *, or_ignore: bool = False) -> str:
    """An INSERT of these columns, `?` in their order."""
    statement = insert(table).values({name: bindparam(name) for name in columns})
    if or_ignore:
        statement = statement.on_conflict_do_nothing()
    result: Any = statement.compile(dialect=_DIALECT)
    if list(result.positiontup) != list(columns):
        raise AssertionError(f"columns of {table.name} are not in the order of the table")
    return str(result)
