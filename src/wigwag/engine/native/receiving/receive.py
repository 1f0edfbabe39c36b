"""Receiving: stanzas queue up, a batch is decrypted, committed once, and only then answered.

The next batch is decrypted while the former one commits. When a commit fails, nothing of it was
answered: its stanzas are processed again from what the store has.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

import structlog

from wigwag.engine.common.errors import StoreCorrupt, StoreFailed, WriteRefused
from wigwag.engine.common.failures import describe
from wigwag.engine.native.connection.stanzas import acknowledge
from wigwag.engine.native.link import Link
from wigwag.engine.native.people.sessions import Sessions
from wigwag.engine.native.receiving.batch import Batch
from wigwag.engine.native.receiving.catchup import CatchUpBook
from wigwag.engine.native.receiving.ends import DropReason, Ledger
from wigwag.engine.native.receiving.inbox import Inbox
from wigwag.engine.native.store.records import InboxRow
from wigwag.model.errors import StorageBusy, StorageFull, WigwagError
from wigwag.wire.errors import WireError
from wigwag.wire.nodes import Node

MAX_BATCH: Final = 128
"""Stanzas that are made durable together."""
QUEUE_HIGH: Final = 1024
QUEUE_LOW: Final = 256
"""Stanzas that wait before the socket is no longer read, and until it is read again."""
_BREATH: Final = 16
"""Stanzas after which other tasks get their turn."""
_FIRST_DELAY_S: Final = 0.2
_LAST_DELAY_S: Final = 3.0
"""A store that works again is noticed within so long."""
NACK_UNHANDLED: Final = 500

STORAGE_ERRORS: Final = (StorageFull, StorageBusy, StoreFailed, StoreCorrupt)
"""What holds a batch back until the store works again."""

Handler = Callable[[Node, Batch], None]
"""Reads one stanza into a batch; synchronous. Storage errors pass, WireErrors must not."""

_log = structlog.get_logger(__name__)


class Receiver:
    """The incoming stanzas of one account."""

    def __init__(
        self,
        link: Link,
        inbox: Inbox,
        sessions: Sessions,
        handlers: dict[str, Handler],
        on_history: Callable[[InboxRow], None],
        *,
        catch_up: CatchUpBook,
    ) -> None:
        self._link = link
        self._inbox = inbox
        self._sessions = sessions
        self._handlers = handlers
        self._on_history = on_history
        self._catch_up = catch_up
        self._queue: deque[Node] = deque()
        self._arrived = asyncio.Event()
        self._paused = False
        self._alone = 0
        """Stanzas that are made durable one by one, to find the one that cannot be."""
        self.ledger = Ledger()

    @property
    def waiting(self) -> int:
        """Stanzas that are not processed yet."""
        return len(self._queue)

    def accept(self, node: Node) -> None:
        """A stanza from the connection."""
        self.ledger.arrived[node.tag] += 1
        self._queue.append(node)
        self._arrived.set()
        if not self._paused and len(self._queue) >= QUEUE_HIGH:
            self._paused = True
            self._link.connection.pause_reading()

    def let_go(self, tag: str, reason: DropReason) -> None:
        """A stanza from the connection that nobody has to look at."""
        self.ledger.arrived[tag] += 1
        self.ledger.drop(reason)

    def forget_queue(self) -> None:
        """The stream ended: what was not processed comes again, in a new stream."""
        self.ledger.forget(len(self._queue))
        self._queue.clear()
        self._resume()

    def forget_all(self) -> None:
        """As `forget_queue`, with all that was being processed and never will be."""
        self._queue.clear()
        self.ledger.forget(self.ledger.under_way)
        self._resume()

    async def run(self) -> None:
        """Receive for ever; ends by cancellation."""
        failures = 0
        committing: _Flight | None = None
        while True:
            flight = await self._next(committing)
            if committing is not None:
                error = await committing.outcome()
                if error is not None:
                    failures += 1
                    refused = self._undo(committing, flight, error)
                    committing = None
                    if refused is not None:
                        await self._refuse(refused)
                        continue
                    delay_s = min(_FIRST_DELAY_S * 2 ** min(failures, 16), _LAST_DELAY_S)
                    await self._link.clock.sleep(delay_s)
                    continue
                failures = 0
                await self._complete(committing.batch)
                committing = None
            if flight is not None:
                flight.submit(self._link)
                self._sessions.trim()
                committing = flight

    async def _next(self, committing: "_Flight | None") -> "_Flight | None":
        """The next batch, decrypted; None when nothing waits and a commit is under way."""
        if committing is not None and not (self._queue and self._inbox.has_room):
            return None
        while not self._queue:
            self._arrived.clear()
            await self._arrived.wait()
        await self._inbox.room()
        flight = _Flight(self._link, self._sessions)
        self._sessions.receiving(flight.batch.changes)
        try:
            await self._read(flight)
        except STORAGE_ERRORS as error:
            flight.error = error
        return flight

    async def _read(self, flight: "_Flight") -> None:
        batch, queue = flight.batch, self._queue
        most = 1 if self._alone else MAX_BATCH
        while queue and len(flight.nodes) < most:
            node = queue.popleft()
            self._alone = max(0, self._alone - 1)
            flight.nodes.append(node)
            self._handle(node, batch)
            for _ in batch.link_waiting():
                await asyncio.sleep(0)
            if len(flight.nodes) % _BREATH == 0:
                await asyncio.sleep(0)
        if self._paused and len(queue) <= QUEUE_LOW:
            self._resume()

    def _handle(self, node: Node, batch: Batch) -> None:
        if "offline" in node.attrs:
            self._catch_up.came(batch)
        handler = self._handlers.get(node.tag)
        try:
            if handler is not None:
                handler(node, batch)
            else:
                batch.drop(DropReason.UNKNOWN_STANZA)
        except STORAGE_ERRORS:
            raise
        except WireError as error:
            _log.warning("stanza_not_handled", tag=node.tag, error=error.code)
        except Exception as error:  # noqa: BLE001 - one strange stanza must not end the stream
            _log.error("stanza_failed", tag=node.tag, **describe(error))
        else:
            batch.close_stanza()
            return
        batch.drop(DropReason.FAILED)
        batch.reply(acknowledge(node, NACK_UNHANDLED))
        batch.close_stanza()

    def _undo(
        self, failed: "_Flight", following: "_Flight | None", error: BaseException
    ) -> Node | None:
        """Put the stanzas back, in their order: they are decrypted again from the old state.

        A stanza that can never be made durable is returned instead.
        """
        _log.error("receive_commit_failed", kind=type(error).__name__, stanzas=len(failed.nodes))
        self._sessions.reset()
        for flight in (failed, following):
            if flight is not None:
                self._catch_up.undone(flight.batch)
        nodes = failed.nodes + (following.nodes if following is not None else [])
        refused = None
        if isinstance(error, WriteRefused):
            if len(failed.nodes) == 1:
                refused = nodes.pop(0)
            self._alone = max(self._alone, len(nodes))
        self._queue.extendleft(reversed(nodes))
        return refused

    async def _refuse(self, node: Node) -> None:
        """End a stanza that would hold back all others for ever."""
        _log.error("stanza_refused", tag=node.tag)
        self.ledger.drop(DropReason.REFUSED)
        try:
            await self._link.connection.send(acknowledge(node, NACK_UNHANDLED))
        except WigwagError as error:
            _log.debug("answers_not_sent", stanzas=1, code=error.code)

    async def _complete(self, batch: Batch) -> None:
        """What follows a durable batch: events to the pump, answers to WhatsApp, later work."""
        self._inbox.offer(batch.events)
        self.ledger.add(batch.tally, len(batch.events))
        if batch.replies:
            try:
                await self._link.connection.send_many(batch.replies)
            except WigwagError as error:
                # The server delivers again what was not answered; it is known then.
                _log.debug("answers_not_sent", stanzas=len(batch.replies), code=error.code)
        self._catch_up.durable(batch)
        for row in batch.histories:
            self._on_history(row)
        for work in batch.afterwards:
            work()

    def _resume(self) -> None:
        if self._paused:
            self._paused = False
            self._link.connection.resume_reading()


class _Flight:
    """A batch on its way into the store, with the stanzas it was made from."""

    __slots__ = ("_future", "_generation", "_sessions", "batch", "error", "nodes")

    def __init__(self, link: Link, sessions: Sessions) -> None:
        self._sessions = sessions
        self._generation = sessions.generation
        self.nodes: list[Node] = []
        self.batch = Batch(link.account, link.store)
        self.error: BaseException | None = None
        self._future: asyncio.Future[None] | None = None

    def submit(self, link: Link) -> None:
        """Hand the changes to the store; what fails here is void at once."""
        if self.error is None and self._generation != self._sessions.generation:
            self.error = StoreFailed("A commit failed before this one.")
        if self.error is None:
            try:
                self._future = link.store.submit(self.batch.writes())
            except STORAGE_ERRORS as error:
                self.error = error
            except Exception as error:  # noqa: BLE001 - a value that cannot be written down
                _log.error("batch_not_encoded", **describe(error))
                self.error = WriteRefused()
        if self.error is not None:
            self._sessions.reset()
        self._sessions.received()

    async def outcome(self) -> BaseException | None:
        """None when the batch is durable, else why it is not."""
        if self.error is not None or self._future is None:
            return self.error
        try:
            await self._future
        except STORAGE_ERRORS as error:
            return error
        return None
