"""Tells the sink what is told only once: states, pairing codes, presence."""

import asyncio
from collections import deque
from typing import Final

import structlog

from wigwag.engine.common.failures import describe
from wigwag.model.event import EngineEvent
from wigwag.ports import Clock, EngineSink

MAX_WAITING: Final = 1000
MAX_BATCH: Final = 100
TRIES: Final = 5
_LAST_WORDS_S: Final = 2.0

_log = structlog.get_logger(__name__)


class Announcer:
    """Events of one account in order, in the background; the oldest go when too many wait."""

    def __init__(self, account: str, sink: EngineSink, clock: Clock) -> None:
        self._account = account
        self._sink = sink
        self._clock = clock
        self._waiting: deque[EngineEvent] = deque(maxlen=MAX_WAITING)
        self._task: asyncio.Task[None] | None = None

    def tell(self, *events: EngineEvent) -> None:
        """Queue events; returns at once."""
        self._waiting.extend(events)
        if self._waiting and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(
                self._run(), name=f"announcer-{self._account}"
            )

    async def close(self) -> None:
        """Tell what waits, within a moment, and end."""
        task, self._task = self._task, None
        if task is None:
            return
        _, unfinished = await asyncio.wait({task}, timeout=_LAST_WORDS_S)
        if unfinished:
            _log.warning("events_untold", account=self._account, count=len(self._waiting))
            task.cancel()
            await asyncio.wait({task})

    async def _run(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(MAX_BATCH, len(self._waiting)))]
            await self._hand_over(batch)

    async def _hand_over(self, batch: list[EngineEvent]) -> None:
        for attempt in range(TRIES):
            try:
                await self._sink(self._account, batch)
            except Exception as error:  # noqa: BLE001 - whatever the sink has, it is tried again
                _log.warning("sink_failed", account=self._account, **describe(error))
                await self._clock.sleep(0.1 * 2**attempt)
            else:
                return
        _log.error("events_dropped", account=self._account, count=len(batch))
