"""The one thread that writes to the engine's database: group commit.

Whatever waits is one transaction and one fsync. When it fails, the transaction is made again with
a savepoint around every request, so that only the culprits fail. A request that touches a key of
a failed one fails too, until the loop has taken the lost values out of its cache (`heal`): it may
have been computed from them.
"""

import shutil
import sqlite3
import threading
import time
from asyncio import AbstractEventLoop, Future
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import chain, groupby
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

import structlog

from wigwag.core.measures import LOCK_PATIENCE_S, Histogram, Waiting
from wigwag.engine.common.errors import StoreFailed, WriteRefused
from wigwag.engine.common.failures import describe
from wigwag.engine.native.store.schema import KEPT
from wigwag.engine.native.store.writes import AddSeen, AddSent, CacheKey, Write
from wigwag.model.errors import StorageBusy, StorageFull, WigwagError

MAX_REQUESTS: Final = 1024
MAX_WRITES: Final = 8192
"""Bounds of one transaction."""

STACKS: Final = (128, 16)
"""Rows that one statement inserts, where so many of a kind follow each other."""

PROBE_S: Final = 1.0
"""How often the database is tried while it fails and nobody writes."""

_ROOM_FOR_A_COMMIT: Final = 1024 * 1024
_PRUNE_EVERY: Final = 512
_FULL_CODES: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE})
_BUSY_CODES: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_VALUE_ERRORS: Final = (
    OverflowError,
    TypeError,
    ValueError,
    sqlite3.DataError,
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
)
"""What a write with an impossible value fails with, however often it is tried."""
_PRUNED: Final[dict[type[Write], str]] = {AddSeen: "seen", AddSent: "sent_messages"}

_log = structlog.get_logger(__name__)


class Request:
    """Writes that belong together, and who waits for them."""

    __slots__ = ("future", "loop", "ticket", "writes")

    def __init__(
        self,
        ticket: int,
        writes: Sequence[Write],
        loop: AbstractEventLoop | None,
        future: "Future[None] | None",
    ) -> None:
        self.ticket = ticket
        self.writes = writes
        self.loop = loop
        self.future = future


class Heal:
    """Requests after this one were computed without the lost values of these keys."""

    __slots__ = ("keys",)

    def __init__(self, keys: frozenset[CacheKey]) -> None:
        self.keys = keys


Outcome = tuple[Request, WigwagError | None]
Publish = Callable[[list[Outcome]], None]


def storage_error(error: sqlite3.Error) -> WigwagError:
    """The error of the house for one of the driver."""
    code = getattr(error, "sqlite_errorcode", 0)
    if code in _FULL_CODES or code & 0xFF == sqlite3.SQLITE_FULL:
        return StorageFull()
    if code & 0xFF in _BUSY_CODES:
        return StorageBusy()
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    return StoreFailed(f"The engine's database refused a write ({name}); nothing of it was saved.")


class StoreWriter:
    """Owns the writing connection. `publish` is called in the loop of the requests.

    A full disk is trouble until there is room again: small writes may succeed on it.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path, publish: Publish) -> None:
        self._trouble = ""
        self._lock_wait = Waiting()
        self.commits = Histogram()
        self._connection = connection
        self._folder = path.parent
        self._publish = publish
        self._queue: SimpleQueue[Request | Heal | None] = SimpleQueue()
        self._lost: set[CacheKey] = set()
        self._added: Counter[tuple[str, str]] = Counter()
        self._thread = threading.Thread(target=self._run, name="whatsapp.db", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def trouble(self) -> str:
        """Code of what keeps the database from being written; empty when all is well."""
        return StorageBusy.code if self._lock_wait.seconds > LOCK_PATIENCE_S else self._trouble

    @property
    def backlog(self) -> int:
        """Requests that wait."""
        return self._queue.qsize()

    def submit(self, item: Request | Heal) -> None:
        """Queue a request; requests become durable in the order of this call."""
        self._queue.put(item)

    def stop(self, timeout_s: float) -> None:
        """Write what waits, and end; the connection is closed by the thread."""
        self._queue.put(None)
        self._thread.join(timeout_s)

    def _run(self) -> None:
        running = True
        while running:
            batch, running = self._collect()
            if batch:
                began = time.perf_counter()
                outcomes = self._write_guarded(batch)
                self.commits.observe(time.perf_counter() - began)
                self._announce(outcomes)
        try:
            self._connection.close()
        except sqlite3.Error as error:
            _log.warning("store_close_failed", error=type(error).__name__)

    def _collect(self) -> tuple[list[Request | Heal], bool]:
        """Wait for a request, then take what else waits."""
        batch: list[Request | Heal] = []
        writes = 0
        item = self._next()
        while item is not None:
            batch.append(item)
            writes += len(item.writes) if isinstance(item, Request) else 0
            if len(batch) >= MAX_REQUESTS or writes >= MAX_WRITES:
                return batch, True
            try:
                item = self._queue.get_nowait()
            except Empty:
                return batch, True
        return batch, False

    def _next(self) -> Request | Heal | None:
        """The next item; as long as the database fails it is tried again meanwhile."""
        while self._trouble:
            try:
                return self._queue.get(timeout=PROBE_S)
            except Empty:
                self._probe()
        return self._queue.get()

    def _probe(self) -> None:
        """Write something that changes nothing."""
        try:
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
            self._connection.execute(f"PRAGMA user_version = {int(version)}")
        except sqlite3.Error as error:
            self._trouble = storage_error(error).code
        else:
            self._recover()

    def _recover(self) -> None:
        """A write succeeded."""
        if self._trouble != StorageFull.code or _has_room(self._folder):
            self._trouble = ""

    def _write_guarded(self, batch: list[Request | Heal]) -> list[Outcome]:
        """The thread outlives every error: whoever waits is told."""
        try:
            return self._write(batch)
        except Exception as error:  # noqa: BLE001 - the thread goes on
            _log.error("store_writer_failed", **describe(error))
            self._rollback()
            return self._all_failed(batch, StoreFailed())

    def _write(self, batch: list[Request | Heal]) -> list[Outcome]:
        if not self._lost:
            requests = [item for item in batch if isinstance(item, Request)]
            if self._try_together(requests):
                return [(request, None) for request in requests]
        return self._write_singly(batch)

    def _try_together(self, requests: list[Request]) -> bool:
        """The common case: everything succeeds."""
        try:
            self._begin()
            self._execute(chain.from_iterable(request.writes for request in requests))
            self._prune()
            self._connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - tried again singly, where it is told
            self._rollback()
            _log.debug("store_batch_failed", error=type(error).__name__)
            return False
        self._recover()
        return True

    def _write_singly(self, batch: list[Request | Heal]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        try:
            self._begin()
            for item in batch:
                if isinstance(item, Heal):
                    self._lost -= item.keys
                else:
                    outcomes.append((item, self._savepoint(item)))
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._rollback()
            return self._all_failed(batch, storage_error(error))
        self._recover()
        return outcomes

    def _savepoint(self, request: Request) -> WigwagError | None:
        if self._lost and not self._lost.isdisjoint(_keys(request.writes)):
            self._lost.update(_keys(request.writes))
            return StoreFailed("A write was built on one that failed; nothing of it was saved.")
        self._connection.execute("SAVEPOINT request")
        try:
            self._execute(request.writes)
        except Exception as error:
            if isinstance(error, sqlite3.Error) and not isinstance(
                storage_error(error), StoreFailed
            ):
                raise
            if not self._connection.in_transaction:
                raise
            self._connection.execute("ROLLBACK TO request")
            self._connection.execute("RELEASE request")
            self._lost.update(_keys(request.writes))
            _log.warning("store_write_refused", error=type(error).__name__)
            if isinstance(error, _VALUE_ERRORS):
                return WriteRefused()
            return storage_error(error) if isinstance(error, sqlite3.Error) else StoreFailed()
        self._connection.execute("RELEASE request")
        return None

    def _all_failed(self, batch: list[Request | Heal], error: WigwagError) -> list[Outcome]:
        _log.warning("store_commit_failed", code=error.code)
        self._trouble = error.code
        outcomes: list[Outcome] = []
        for item in batch:
            if isinstance(item, Heal):
                self._lost -= item.keys
            else:
                self._lost.update(_keys(item.writes))
                outcomes.append((item, type(error)(error.detail)))
        return outcomes

    def _execute(self, writes: Iterable[Write]) -> None:
        execute = self._connection.execute
        for kind, group in groupby(writes, _kind):
            rows = list(group)
            if kind.STACKS:
                self._insert(kind, rows)
            else:
                for write in rows:
                    for sql, params in write.statements():
                        execute(sql, params)
            table = _PRUNED.get(kind)
            if table is not None:
                self._added.update((table, write.account) for write in rows)

    def _insert(self, kind: type[Write], rows: Sequence[Write]) -> None:
        """Many rows by each statement: after each one this thread queues for the interpreter."""
        start = 0
        for size in (*STACKS, 1):
            while len(rows) - start >= size:
                stack = rows[start : start + size]
                params = chain.from_iterable(write.params() for write in stack)
                self._connection.execute(_stacked(kind, size), tuple(params))
                start += size

    def _prune(self) -> None:
        """Remove the oldest rows of tables that remember only the recent past."""
        due = [at for at, count in self._added.items() if count >= _PRUNE_EVERY]
        for table, account in due:
            self._connection.execute(
                f"DELETE FROM {table} WHERE account = ? AND number <= ("  # noqa: S608
                f"SELECT number FROM {table} WHERE account = ?"
                " ORDER BY number DESC LIMIT 1 OFFSET ?)",
                (account, account, KEPT[table]),
            )
            del self._added[table, account]

    def _begin(self) -> None:
        """Take the lock, which another program may hold for a while."""
        with self._lock_wait:
            self._connection.execute("BEGIN IMMEDIATE")

    def _rollback(self) -> None:
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            _log.warning("store_rollback_failed", error=type(error).__name__)

    def _announce(self, outcomes: list[Outcome]) -> None:
        """Tell every loop about its requests; a loop that is closed waits for nothing."""
        by_loop: dict[AbstractEventLoop, list[Outcome]] = {}
        for outcome in outcomes:
            if (loop := outcome[0].loop) is not None:
                by_loop.setdefault(loop, []).append(outcome)
        for loop, part in by_loop.items():
            try:
                loop.call_soon_threadsafe(self._publish, part)
            except RuntimeError:
                _log.debug("store_loop_closed")


def _has_room(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free >= _ROOM_FOR_A_COMMIT
    except OSError:
        return True


def _kind(write: Write) -> type[Write]:
    return type(write)


@cache
def _stacked(kind: type[Write], size: int) -> str:
    row = kind.SQL[kind.SQL.rindex("(") :]
    return kind.SQL + f", {row}" * (size - 1)


def _keys(writes: Iterable[Write]) -> list[CacheKey]:
    return [key for write in writes for key, _ in write.entries()]
