"""Time that passes only when it is told to: for QR codes, bans, delays and backoff in tests.

One `VirtualTime` can be the clock of a sandbox and of the engines in it, as long as they share a
process: then a minute passes for all of them at once, in no time.
"""

import asyncio
import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final

BEGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)


class VirtualTime:
    """Implements `ports.Clock`, and has timers."""

    def __init__(self, begin: datetime = BEGIN) -> None:
        self._begin = begin
        self._passed_s = 0.0
        self._timers: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = count()

    def now(self) -> datetime:
        return self._begin + timedelta(seconds=self._passed_s)

    def monotonic(self) -> float:
        return self._passed_s

    def time(self) -> float:
        """Now in Unix seconds."""
        return self.now().timestamp()

    async def sleep(self, delay_s: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.call_later(delay_s, lambda: None if future.done() else future.set_result(None))
        await future

    def call_later(self, delay_s: float, work: Callable[[], object]) -> None:
        """Do `work` when so much time has passed: soon, without a delay."""
        if delay_s <= 0:
            asyncio.get_running_loop().call_soon(work)
            return
        heapq.heappush(self._timers, (self._passed_s + delay_s, next(self._numbers), work))

    @property
    def next_s(self) -> float | None:
        """Seconds until the next timer; None when nothing waits."""
        return self._timers[0][0] - self._passed_s if self._timers else None

    def advance(self, seconds: float) -> None:
        """Let time pass. What falls due meanwhile is done in its order, each at its time."""
        end_s = self._passed_s + seconds
        while self._timers and self._timers[0][0] <= end_s:
            due_s, _, work = heapq.heappop(self._timers)
            self._passed_s = max(self._passed_s, due_s)
            work()
        self._passed_s = end_s
