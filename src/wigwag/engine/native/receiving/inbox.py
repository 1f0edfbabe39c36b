"""The pump: hands what is durable in the inbox to the sink, in order, until the sink has it."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
import structlog

from wigwag.engine.common.errors import StoreFailed
from wigwag.engine.native.receiving.batch import HISTORY
from wigwag.engine.native.store.records import InboxRow, decode_event
from wigwag.engine.native.store.store import EngineStore
from wigwag.engine.native.store.writes import RemoveInbox
from wigwag.model.errors import StorageBusy, StorageFull
from wigwag.model.event import EngineEvent
from wigwag.ports import Clock, EngineSink

MAX_BUFFERED: Final = 4096
"""Events kept in memory for the sink; what is more is read back from the store."""
MAX_BACKLOG: Final = 50_000
"""Events that may wait for the sink before nothing more is received."""
MAX_HANDED: Final = 512
"""Events handed to the sink at once."""
MAX_TRANSIENT: Final = 1000

_FIRST_DELAY_S: Final = 0.1
_LAST_DELAY_S: Final = 3.0

_log = structlog.get_logger(__name__)

Entry = tuple[int, EngineEvent]


class Inbox:
    """The events of one account on their way to the sink.

    When the sink falls behind, events stay in the store only and are read back from `_spill_from`
    on. They are committed in the order of their numbers, so what is up to `_read_to` was read.
    """

    def __init__(
        self,
        account: str,
        store: EngineStore,
        sink: EngineSink,
        clock: Clock,
        on_history: Callable[[InboxRow], None],
    ) -> None:
        self._account = account
        self._store = store
        self._sink = sink
        self._clock = clock
        self._on_history = on_history
        self._buffer: deque[Entry] = deque()
        self._transient: deque[EngineEvent] = deque(maxlen=MAX_TRANSIENT)
        self._spill_from: int | None = 0
        self._read_to = 0
        # what a former life of the account received may still be on its way into the store
        self._reread = True
        self._backlog = 0
        self._limit = MAX_HANDED
        self._wakeup = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._handed_to = 0
        self._handed = asyncio.Event()

    def offer(self, entries: Sequence[Entry]) -> None:
        """Durable events in ascending order, to be handed over after those offered before."""
        if entries and entries[0][0] <= self._read_to:
            entries = [entry for entry in entries if entry[0] > self._read_to]
        if not entries:
            return
        self._backlog += len(entries)
        if self._spill_from is None and len(self._buffer) + len(entries) <= MAX_BUFFERED:
            self._buffer.extend(entries)
        else:
            first, known = entries[0][0], self._spill_from
            self._spill_from = first if known is None else min(known, first)
        if self._backlog > MAX_BACKLOG:
            self._room.clear()
        self._wakeup.set()

    def read_again(self) -> None:
        """Hand over what became durable and was never offered, in its place among the others."""
        self._reread = True
        self._wakeup.set()

    def tell(self, event: EngineEvent) -> None:
        """An event that is not durable: handed over once, dropped when the sink cannot take it."""
        self._transient.append(event)
        self._wakeup.set()

    @property
    def backlog(self) -> int:
        """How many events wait for the sink."""
        return self._backlog

    @property
    def has_room(self) -> bool:
        return self._room.is_set()

    async def room(self) -> None:
        """Wait until the backlog is short enough to receive more."""
        await self._room.wait()

    async def handed(self, seq: int, timeout_s: float) -> bool:
        """Wait until the sink has every event up to this number; whether it came to that."""
        try:
            async with asyncio.timeout(timeout_s):
                while self._handed_to < seq:
                    await self._handed.wait()
        except TimeoutError:
            return False
        return True

    async def run(self) -> None:
        """Hand over for ever; ends by cancellation."""
        attempt = 0
        while True:
            if self._reread:
                await self._begin_anew()
            if not self._buffer and not self._transient and not self._read_back():
                self._wakeup.clear()
                await self._wakeup.wait()
                continue
            if await self._hand_over():
                attempt = 0
                continue
            attempt += 1
            delay_s = min(_FIRST_DELAY_S * 2 ** min(attempt, 16), _LAST_DELAY_S)
            await self._clock.sleep(delay_s)

    async def _begin_anew(self) -> None:
        """Read everything from the store once what is handed over is out of it, and all that was
        on its way is in it: commits become durable in their order."""
        try:
            await self._store.commit([RemoveInbox(self._account, ())])
        except (StorageFull, StorageBusy, StoreFailed) as error:
            _log.warning("inbox_not_read_again", account=self._account, code=error.code)
            await self._clock.sleep(_LAST_DELAY_S)
            return
        self._reread = False
        self._buffer.clear()
        self._spill_from = 0

    async def _hand_over(self) -> bool:
        """Give the next events to the sink; False when it failed and has to be tried again."""
        entries = [self._buffer[at] for at in range(min(len(self._buffer), self._limit))]
        events = [*self._transient, *(event for _, event in entries)]
        self._transient.clear()
        try:
            await self._sink(self._account, events)
        except Exception as error:  # noqa: BLE001 - whatever the archive raises, the events stay
            _log.warning("sink_failed", kind=type(error).__name__, events=len(entries))
            # A smaller batch passes what lies before an event that cannot be recorded.
            self._limit = max(1, self._limit // 2)
            return not entries
        self._limit = min(MAX_HANDED, self._limit * 2)
        for _ in entries:
            self._buffer.popleft()
        if entries:
            self._handed_to = entries[-1][0]
            self._handed.set()
            self._handed.clear()
            self._store.defer([RemoveInbox(self._account, tuple(seq for seq, _ in entries))])
        self._passed(len(entries))
        return True

    def _read_back(self) -> bool:
        """Fill the buffer from the store; whether there is anything to hand over."""
        if self._spill_from is None:
            return False
        rows = self._store.list_inbox(self._account, self._spill_from - 1, MAX_HANDED)
        if not rows:
            self._spill_from = None
            self._backlog = 0
            self._room.set()
            return False
        self._read_to = rows[-1].seq
        self._spill_from = self._read_to + 1
        for row in rows:
            self._take(row)
        self._backlog = max(self._backlog, len(self._buffer))
        return True

    def _take(self, row: InboxRow) -> None:
        if row.kind == HISTORY:
            self._on_history(row)
            return
        try:
            self._buffer.append((row.seq, decode_event(row.payload)))
        except msgspec.DecodeError:
            # Written by another version: nobody can read it, and it would block all others.
            _log.error("inbox_row_unreadable", seq=row.seq)
            self._store.defer([RemoveInbox(self._account, (row.seq,))])

    def _passed(self, count: int) -> None:
        self._backlog = max(0, self._backlog - count)
        if self._backlog <= MAX_BACKLOG // 2:
            self._room.set()
