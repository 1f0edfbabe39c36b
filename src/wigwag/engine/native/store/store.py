"""whatsapp.db: what the engine must remember, for all accounts of the process, in one file."""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Final

import structlog

from wigwag.core.measures import Histogram
from wigwag.engine.common.errors import StoreFailed
from wigwag.engine.common.failures import describe
from wigwag.engine.native.store.cache import StoreCache
from wigwag.engine.native.store.keys import KeyReads
from wigwag.engine.native.store.people import PeopleReads
from wigwag.engine.native.store.reading import read_error
from wigwag.engine.native.store.schema import migrate
from wigwag.engine.native.store.storelock import FileLock
from wigwag.engine.native.store.traffic import TrafficReads
from wigwag.engine.native.store.writer import Heal, Outcome, Request, StoreWriter
from wigwag.engine.native.store.writes import Write

CACHE_BYTES: Final = 16 * 2**20
BUSY_TIMEOUT_S: Final = 5.0
DEFERRED_MAX: Final = 256
_CLOSE_TIMEOUT_S: Final = 30.0

_log = structlog.get_logger(__name__)


class EngineStore(KeyReads, PeopleReads, TrafficReads):
    """Reads are synchronous and cheap; `commit` is the only way to change anything.

    Keyed reads (`find_`, `was_seen`) see what was handed to `commit` at once, also before it is
    durable. `list_` and `count_` read what is durable. Every method names the account. A method
    that reads raises StoreCorrupt when the database cannot be read.
    """

    def __init__(
        self,
        path: Path,
        lock: FileLock,
        writing: sqlite3.Connection,
        reading: sqlite3.Connection,
        cache_bytes: int,
    ) -> None:
        super().__init__(reading, StoreCache(cache_bytes))
        self.folder = path.parent
        """Where large temporary files belong: on the disk that is meant for them."""
        self._lock = lock
        self._tickets = count(1)
        self._deferred: list[Write] = []
        self._listeners: dict[str, list[Callable[[], None]]] = {}
        self._closed = False
        self._seqs = count(self._last_seq() + 1)
        self._writer = StoreWriter(writing, path, self._settle)
        self._writer.start()

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        cache_bytes: int = CACHE_BYTES,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
    ) -> "EngineStore":
        """Open or make the database file (mode 0600) and lock it for this process.

        Raises StoreInUse, StoreTooNew, StoreCorrupt, StorageFull, StorageBusy.
        """
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FileLock(path.with_name(path.name + ".lock"))
        lock.hold()
        try:
            writing = _open_writing(path, busy_timeout_s)
            return cls(path, lock, writing, _open_reading(path, busy_timeout_s), cache_bytes)
        except sqlite3.Error as error:
            lock.release()
            raise read_error(error) from error
        except BaseException:
            lock.release()
            raise

    def close(self) -> None:
        """Write what waits, close the file, give the lock back. Blocks for a moment."""
        if self._closed:
            return
        if self._deferred:
            self._submit_deferred(None)
        self._closed = True
        self._writer.stop(_CLOSE_TIMEOUT_S)
        self._reading.close()
        self._lock.release()

    @property
    def trouble(self) -> str:
        """Code of the error that the database met last; empty when it can be written."""
        return self._writer.trouble

    @property
    def backlog(self) -> int:
        """Requests that wait for the writer."""
        return self._writer.backlog

    @property
    def commits(self) -> Histogram:
        """How long commits took."""
        return self._writer.commits

    # -- writing ---------------------------------------------------------------------------

    async def commit(self, writes: Sequence[Write]) -> None:
        """Make all of these writes durable, or none; returns after the fsync.

        Calls become durable in the order they were made, and share transactions. Raises
        StorageFull, StorageBusy or StoreFailed; then nothing of this call was saved, the caches
        are as before it, and what was queued meanwhile on the same keys fails as well.
        """
        if writes:
            await self.submit(writes)

    def submit(self, writes: Sequence[Write]) -> "asyncio.Future[None]":
        """The synchronous part of `commit`: queued on return; the future has the outcome.

        For whoever goes on working while his writes become durable. Raises StoreFailed.
        """
        if self._closed:
            raise StoreFailed("The engine's store is closed.")
        loop = asyncio.get_running_loop()
        if self._deferred:
            self._submit_deferred(loop)
        future: asyncio.Future[None] = loop.create_future()
        if writes:
            self._submit(writes, loop, future)
        else:
            future.set_result(None)
        return future

    def defer(self, writes: Sequence[Write]) -> None:
        """Write these with the next commit (or at close): for what may also be done twice."""
        self._deferred.extend(writes)
        if len(self._deferred) >= DEFERRED_MAX and not self._closed:
            self._submit_deferred(asyncio.get_running_loop())

    def next_seq(self) -> int:
        """The next sequence number of the inbox; never given twice."""
        return next(self._seqs)

    def on_failure(self, account: str, callback: Callable[[], None]) -> None:
        """Call this when a commit of the account failed, before anyone else learns it."""
        self._listeners.setdefault(account, []).append(callback)

    def forget_listeners(self, account: str) -> None:
        self._listeners.pop(account, None)

    def _submit(
        self,
        writes: Sequence[Write],
        loop: asyncio.AbstractEventLoop | None,
        future: "asyncio.Future[None] | None",
    ) -> None:
        ticket = next(self._tickets)
        self._cache.submit(ticket, writes)
        self._writer.submit(Request(ticket, writes, loop, future))

    def _submit_deferred(self, loop: asyncio.AbstractEventLoop | None) -> None:
        writes, self._deferred = self._deferred, []
        self._submit(writes, loop, None)

    def _settle(self, outcomes: list[Outcome]) -> None:
        """In the loop: caches first, then whoever keeps copies, then whoever waits."""
        failed: set[str] = set()
        for request, error in outcomes:
            self._cache.settle(request.ticket, request.writes, durable=error is None)
            if error is not None:
                failed.update(write.account for write in request.writes)
                keys = (key for write in request.writes for key, _ in write.entries())
                self._writer.submit(Heal(frozenset(keys)))
                if request.future is None:
                    self._deferred.extend(request.writes[:DEFERRED_MAX])
        for account in failed:
            self._notify(account)
        for request, error in outcomes:
            if request.future is not None and not request.future.done():
                if error is None:
                    request.future.set_result(None)
                else:
                    request.future.set_exception(error)

    def _notify(self, account: str) -> None:
        for callback in self._listeners.get(account, ()):
            try:
                callback()
            except Exception as error:  # noqa: BLE001 - one listener must not silence the others
                _log.error("store_listener_failed", **describe(error))

    def _last_seq(self) -> int:
        row = self._row("SELECT seq FROM sqlite_sequence WHERE name = 'inbox'", ())
        return row[0] if row else 0


def _open_writing(path: Path, busy_timeout_s: float) -> sqlite3.Connection:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    path.chmod(0o600)
    connection = _connect(path, busy_timeout_s)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA journal_size_limit = 67108864")
        migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _open_reading(path: Path, busy_timeout_s: float) -> sqlite3.Connection:
    connection = _connect(path, busy_timeout_s)
    connection.execute("PRAGMA query_only = 1")
    return connection


def _connect(path: Path, busy_timeout_s: float) -> sqlite3.Connection:
    # the writing connection moves to its thread after the schema is there
    connection = sqlite3.connect(
        path, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA cache_size = -4000")
    return connection
