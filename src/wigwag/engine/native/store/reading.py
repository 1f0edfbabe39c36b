"""Reading whatsapp.db: the cache first, then the reading connection."""

import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar, cast

from wigwag.engine.common.errors import StoreCorrupt, StoreFailed
from wigwag.engine.native.store.cache import MISSING, StoreCache
from wigwag.engine.native.store.writer import storage_error
from wigwag.engine.native.store.writes import CacheKey
from wigwag.model.errors import WigwagError

Row = tuple[Any, ...]
_T = TypeVar("_T")


class StoreReading:
    """What all parts of the store read with."""

    def __init__(self, reading: sqlite3.Connection, cache: StoreCache) -> None:
        self._reading = reading
        self._cache = cache

    def _find(
        self,
        key: CacheKey,
        sql: str,
        params: Row,
        decode: Callable[[Row], _T],
        *,
        keep: bool = True,
    ) -> _T | None:
        cached = self._cache.get(key)
        if cached is not MISSING:
            return cast("_T | None", cached)
        row = self._row(sql, params)
        if row is None:
            return None
        value = decode(row)
        if keep:
            self._cache.put(key, value)
        return value

    def _row(self, sql: str, params: Row) -> Row | None:
        try:
            return self._reading.execute(sql, params).fetchone()
        except sqlite3.Error as error:
            raise read_error(error) from error

    def _rows(self, sql: str, params: Row) -> list[Row]:
        try:
            return self._reading.execute(sql, params).fetchall()
        except sqlite3.Error as error:
            raise read_error(error) from error


def first(row: Row) -> bytes:
    """The one column of a row, bytes."""
    return row[0]


def first_text(row: Row) -> str:
    """The one column of a row, text."""
    return row[0]


def read_error(error: sqlite3.Error) -> WigwagError:
    """The error of the house for a failed read."""
    known = storage_error(error)
    return StoreCorrupt() if isinstance(known, StoreFailed) else known
