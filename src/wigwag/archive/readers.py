"""The readers: a small pool of threads, each with its own connection, each query with a limit."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from wigwag.archive.connection import open_reader, storage_error
from wigwag.archive.reading_people import fold
from wigwag.model.errors import InvalidInput, QueryTimeout, WigwagError

READERS: Final = 3
TIME_LIMIT_S: Final = 5.0
_STEPS_BETWEEN_CHECKS: Final = 20_000

T = TypeVar("T")


class Readers:
    """Runs queries beside the writer; each sees one consistent snapshot."""

    def __init__(self, path: Path, time_limit_s: float = TIME_LIMIT_S) -> None:
        self._path = path
        self._time_limit_s = time_limit_s
        self._closed = False
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="archive-reader")

    async def run(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """The result of `query`. Raises QueryTimeout, StorageBusy."""
        if self._closed:
            raise WigwagError("The archive is closed.")
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._run, query)

    async def close(self) -> None:
        self._closed = True
        await asyncio.to_thread(self._pool.shutdown, wait=True, cancel_futures=True)
        for connection in self._opened:
            connection.close()

    def _run(self, query: Callable[[sqlite3.Connection], T]) -> T:
        deadline = time.monotonic() + self._time_limit_s
        try:
            connection = self._connection()
            connection.set_progress_handler(
                lambda: time.monotonic() > deadline, _STEPS_BETWEEN_CHECKS
            )
            connection.execute("BEGIN")
            try:
                return query(connection)
            finally:
                connection.set_progress_handler(None, 0)
                connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT:
                raise QueryTimeout from error
            raise storage_error(error, self._path) or WigwagError("A query failed.") from error
        except (UnicodeEncodeError, OverflowError) as error:
            raise InvalidInput("The question has a text or a number that none can be.") from error

    def _connection(self) -> sqlite3.Connection:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = open_reader(self._path)
            connection.create_function("fold", 1, fold, deterministic=True)
            self._local.connection = connection
            self._opened.append(connection)
        return connection
