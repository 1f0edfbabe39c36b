"""The one writer: a thread that commits whatever waits as one transaction.

    callers --units--> queue --> BEGIN, unit, unit, unit, flush, COMMIT --> results to the callers

All units of a transaction first run without savepoints, which is how nearly every transaction
goes. When one of them fails, everything is rolled back and they run again, each in a savepoint of
its own, so that only the failing one is undone. A storage error fails the whole group; nothing of
it is kept, and the next group starts afresh.
"""

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import structlog

from wigwag.archive.connection import is_full, is_storage_failure, storage_error
from wigwag.archive.unit import Unit
from wigwag.core.measures import LOCK_PATIENCE_S, Histogram, Waiting
from wigwag.model.errors import StorageBusy, StorageFull, WigwagError
from wigwag.model.key import KeyRecord

MAX_GROUP: Final = 512
"""Units in one transaction; more wait for the next."""
PROBE_S: Final = 1.0
"""How often the database is tried while it fails and nobody writes."""

T = TypeVar("T")
_log = structlog.get_logger(__name__)


class _Job(Generic[T]):
    """A unit and who waits for it."""

    __slots__ = ("error", "future", "result", "unit")

    def __init__(self, unit: Callable[[Unit], T], future: "asyncio.Future[T]") -> None:
        self.unit = unit
        self.future = future
        self.result: T | None = None
        self.error: Exception | None = None


class Writer:
    """Owns the writing connection. Made in the event loop that its callers run in."""

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        on_commit: Callable[[int], None],
        on_move: Callable[[list[KeyRecord]], None],
    ) -> None:
        self._path = path
        self._connection = connection
        self._unit = Unit(connection)
        self._on_commit = on_commit
        self._on_move = on_move
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[_Job[Any] | None] = queue.SimpleQueue()
        self._closed = False
        self.last_seq = self._unit.feed.last_seq
        self._trouble = ""
        self._lock_wait = Waiting()
        self.commits = Histogram()
        self._thread = threading.Thread(target=self._run, name="archive-writer", daemon=True)
        self._thread.start()

    @property
    def trouble(self) -> str:
        """Code of what keeps the database from being written; empty when all is well."""
        return StorageBusy.code if self._lock_wait.seconds > LOCK_PATIENCE_S else self._trouble

    @property
    def backlog(self) -> int:
        """Units that wait."""
        return self._queue.qsize()

    async def write(self, unit: Callable[[Unit], T]) -> T:
        if self._closed:
            raise WigwagError("The archive is closed.")
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue.put(_Job(unit, future))
        return await future

    async def close(self) -> None:
        """Commit what waits, close the connection, end the thread."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        ending = False
        while not ending:
            jobs: list[_Job[Any]] = []
            job = self._next()
            while job is not None:
                jobs.append(job)
                if len(jobs) == MAX_GROUP:
                    break
                try:
                    job = self._queue.get_nowait()
                except queue.Empty:
                    break
            ending = job is None
            if jobs:
                began = time.perf_counter()
                self._commit(jobs)
                self.commits.observe(time.perf_counter() - began)
                self._answer(jobs)
        self._connection.close()

    def _next(self) -> _Job[Any] | None:
        """The next job; as long as the database fails it is tried again meanwhile."""
        while self._trouble:
            try:
                return self._queue.get(timeout=PROBE_S)
            except queue.Empty:
                self._probe()
        return self._queue.get()

    def _probe(self) -> None:
        """Write something that changes nothing."""
        try:
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
            self._connection.execute(f"PRAGMA user_version = {int(version)}")
        except sqlite3.Error as error:
            known = storage_error(error, self._path) or WigwagError()
            self._trouble = known.code
        else:
            self._recover()

    def _recover(self) -> None:
        """A write succeeded; on a full disk small ones may."""
        if self._trouble != StorageFull.code or not is_full(self._path):
            self._trouble = ""

    def _answer(self, jobs: list[_Job[Any]]) -> None:
        # A closed loop means that nobody waits any more.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(
                self._deliver, jobs, self._unit.feed.last_seq, self._unit.take_moved()
            )

    def _deliver(self, jobs: list[_Job[Any]], last_seq: int, moved: list[KeyRecord] | None) -> None:
        if moved is not None:
            self._on_move(moved)
        for job in jobs:
            if job.future.done():
                continue
            if job.error is not None:
                job.future.set_exception(job.error)
            else:
                job.future.set_result(job.result)
        if last_seq > self.last_seq:
            self.last_seq = last_seq
            self._on_commit(last_seq)

    def _commit(self, jobs: list[_Job[Any]]) -> None:
        try:
            self._together(jobs)
        except Exception as error:  # noqa: BLE001 - a unit may raise anything; its caller gets it
            self._roll_back()
            if is_storage_failure(error):
                self._fail(jobs, error)
                return
        else:
            self._recover()
            return
        try:
            self._apart(jobs)
        except Exception as error:  # noqa: BLE001 - as above
            self._roll_back()
            self._fail(jobs, error)
        else:
            self._recover()

    def _together(self, jobs: list[_Job[Any]]) -> None:
        unit = self._unit
        self._begin()
        for job in jobs:
            job.result = job.unit(unit)
        unit.flush()
        self._connection.execute("COMMIT")
        unit.committed()

    def _apart(self, jobs: list[_Job[Any]]) -> None:
        execute = self._connection.execute
        unit = self._unit
        self._begin()
        for job in jobs:
            execute("SAVEPOINT unit")
            unit.save()
            try:
                job.result = job.unit(unit)
                unit.flush_rows()
            except Exception as error:
                if is_storage_failure(error):
                    raise
                execute("ROLLBACK TO unit")
                unit.rewind()
                job.error = error
            execute("RELEASE unit")
        unit.flush()
        execute("COMMIT")
        unit.committed()

    def _begin(self) -> None:
        """Take the lock, which another program may hold for a while."""
        with self._lock_wait:
            self._connection.execute("BEGIN IMMEDIATE")

    def _roll_back(self) -> None:
        # SQLite may have rolled back by itself, for one when the disk was full.
        if self._connection.in_transaction:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
        self._unit.clear()

    def _fail(self, jobs: list[_Job[Any]], error: Exception) -> None:
        failure: Exception = error
        if isinstance(error, sqlite3.Error) and is_storage_failure(error):
            known = storage_error(error, self._path) or WigwagError("The archive failed.")
            known.__cause__ = error
            failure = known
            self._trouble = known.code
            name = getattr(error, "sqlite_errorname", "")
            _log.warning("archive_write_failed", code=known.code, sqlite=name, units=len(jobs))
        for job in jobs:
            job.error = failure
