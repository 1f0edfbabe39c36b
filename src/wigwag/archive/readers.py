"""The readers: a small pool of threads, each with its own connection, each query with a limit.

    callers --queries--> line --> the thread awake: query, query, query --> results to the callers

To hand a query to a thread and its result back takes longer than to read a message. So one thread
reads as long as it keeps up, and tells of all that it found in the line at once; for what waits
longer than `PATIENCE_S` one more is woken (docs/decisions/0016).
"""

import asyncio
import queue
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from wigwag.archive.connection import open_reader, storage_error
from wigwag.archive.reading_people import fold
from wigwag.model.errors import InvalidInput, QueryTimeout, WigwagError

READERS: Final = 3
TIME_LIMIT_S: Final = 5.0
PATIENCE_S: Final = 0.005
"""How long a query waits, at least, before one more thread is woken for it."""
TELL_S: Final = 0.002
"""How long a result waits, at most, for those of the queries behind it; and how long these share a
snapshot."""
_TURNS: Final = 4
"""For how many turns of the event loop, at most, a thread is not woken while more and more asks."""
_STEPS_BETWEEN_CHECKS: Final = 20_000

T = TypeVar("T")


class _Job(Generic[T]):
    """A query and who waits for it. `number` counts those that came to the line before it."""

    __slots__ = ("error", "future", "number", "query", "result")

    def __init__(
        self,
        query: Callable[[sqlite3.Connection], T],
        future: "asyncio.Future[T]",
        number: int,
    ) -> None:
        self.query = query
        self.future = future
        self.number = number
        self.result: T | None = None
        self.error: Exception | None = None


class Readers:
    """Runs queries beside the writer; each sees one consistent snapshot, with all that had been
    committed when it was asked. Made in the event loop that its callers run in."""

    def __init__(self, path: Path, time_limit_s: float = TIME_LIMIT_S) -> None:
        self._path = path
        self._time_limit_s = time_limit_s
        self._closed = False
        self._loop = asyncio.get_running_loop()
        self._line: deque[_Job[Any]] = deque()
        self._count = 0
        self._threads: list[threading.Thread] = []
        self._bell: queue.SimpleQueue[bool] = queue.SimpleQueue()
        """Rung once for each thread that shall wake (True) or end (False)."""
        self._lock = threading.Lock()
        """Held to see whether anything waits, and by that to wake a thread or to fall asleep."""
        self._awake = 0
        self._is_calling = False
        self._look: asyncio.TimerHandle | None = None
        self._count_seen = 0

    async def run(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """The result of `query`. Raises QueryTimeout, StorageBusy."""
        if self._closed:
            raise WigwagError("The archive is closed.")
        future: asyncio.Future[T] = self._loop.create_future()
        self._count += 1
        self._line.append(_Job(query, future, self._count))
        if not self._is_calling:
            self._is_calling = True
            self._loop.call_soon(self._call, self._count - 1, _TURNS)
        return await future

    async def close(self) -> None:
        """What is under way is ended; what waits still is refused."""
        self._closed = True
        if self._look is not None:
            self._look.cancel()
        with self._lock:
            refused = list(self._line)
            self._line.clear()
        for job in refused:
            job.error = WigwagError("The archive is closed.")
        _deliver(refused)
        for _ in self._threads:
            self._bell.put(False)
        for thread in self._threads:
            await asyncio.to_thread(thread.join)

    def _call(self, had_come: int, turns: int) -> None:
        """Have a thread read what came, after a turn of the event loop in which nothing more did: a
        thread that woke before would keep taking the interpreter from it."""
        if self._count != had_come and turns:
            self._loop.call_soon(self._call, self._count, turns - 1)
            return
        self._is_calling = False
        with self._lock:
            if not self._line:
                return
            if not self._awake:
                self._wake()
        if self._look is None:
            self._look_later()

    def _look_later(self) -> None:
        self._count_seen = self._count
        self._look = self._loop.call_later(PATIENCE_S, self._look_again)

    def _look_again(self) -> None:
        """Wake one more thread if a query of the last look waits still."""
        self._look = None
        with self._lock:
            if not self._line:
                return
            if self._line[0].number <= self._count_seen and self._awake < READERS:
                self._wake()
        self._look_later()

    def _wake(self) -> None:
        if self._awake < len(self._threads):
            self._bell.put(True)
        else:
            thread = threading.Thread(target=self._serve, name="archive-reader", daemon=True)
            thread.start()
            self._threads.append(thread)
        self._awake += 1

    def _serve(self) -> None:
        """What each thread does: reads what is in the line, then sleeps until the bell rings."""
        reader = _Reader(self._path, self._time_limit_s)
        self._read(reader)
        while self._bell.get():
            self._read(reader)
        reader.close()

    def _read(self, reader: "_Reader") -> None:
        done: list[_Job[Any]] = []
        since = time.monotonic()
        while (taken := self._take()) is not None:
            job, came = taken
            reader.run(job, came)
            done.append(job)
            if time.monotonic() - since > TELL_S:
                reader.let_go()
                self._tell(done)
                done, since = [], time.monotonic()
        reader.let_go()
        self._tell(done)

    def _take(self) -> tuple[_Job[Any], int] | None:
        """The next query, and how many had come by now; None where none waits, and from then on
        this thread counts as asleep."""
        with self._lock:
            if self._line:
                return self._line.popleft(), self._count
            self._awake -= 1
            return None

    def _tell(self, jobs: list[_Job[Any]]) -> None:
        # A closed loop means that nobody waits any more.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(_deliver, jobs)


class _Reader:
    """The connection of one thread.

    Queries in a row share a snapshot where it was taken after the last of them was asked.
    """

    def __init__(self, path: Path, time_limit_s: float) -> None:
        self._path = path
        self._time_limit_s = time_limit_s
        self._deadline = 0.0
        self._connection: sqlite3.Connection | None = None
        self._sees = 0
        """The last query that had come when the snapshot was taken; 0 without one."""

    def run(self, job: _Job[Any], came: int) -> None:
        """Run the query, when `came` had come. What it raises is kept in the job."""
        if job.future.cancelled():
            return
        try:
            self._deadline = time.monotonic() + self._time_limit_s
            connection = self._connection or self._open()
            if job.number > self._sees:
                self.let_go()
                connection.execute("BEGIN")
                self._sees = came
            job.result = job.query(connection)
        except Exception as error:  # noqa: BLE001 - a query may raise anything; its caller gets it
            job.error = self._told(error)
            self.let_go()

    def let_go(self) -> None:
        """Of the snapshot."""
        if self._sees and self._connection is not None:
            self._sees = 0
            # SQLite may have let go by itself, where it could not read.
            if self._connection.in_transaction:
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _open(self) -> sqlite3.Connection:
        connection = open_reader(self._path)
        connection.create_function("fold", 1, fold, deterministic=True)
        connection.set_progress_handler(self._is_late, _STEPS_BETWEEN_CHECKS)
        self._connection = connection
        return connection

    def _is_late(self) -> bool:
        return time.monotonic() > self._deadline

    def _told(self, error: Exception) -> Exception:
        """The error in our words, where it is one of the database."""
        told: Exception = error
        if isinstance(error, sqlite3.Error):
            if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT:
                told = QueryTimeout()
            else:
                told = storage_error(error, self._path) or WigwagError("A query failed.")
        elif isinstance(error, (UnicodeEncodeError, OverflowError)):
            told = InvalidInput("The question has a text or a number that none can be.")
        if told is not error:
            told.__cause__ = error
        return told


def _deliver(jobs: list[_Job[Any]]) -> None:
    for job in jobs:
        if job.future.done():
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)
