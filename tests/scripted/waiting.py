"""Waiting for a condition, and a clock whose sleeps a test can count."""

import asyncio
import heapq
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import count

LIMIT_S = 10.0


async def until(condition: Callable[[], object], limit_s: float = LIMIT_S) -> None:
    """Return as soon as the condition holds; fail when it does not in time."""
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        await asyncio.sleep(0.002)


async def until_async(condition: Callable[[], Awaitable[object]], limit_s: float = LIMIT_S) -> None:
    """The same, for a condition that has to be awaited."""
    deadline = time.monotonic() + limit_s
    while not await condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        await asyncio.sleep(0.002)


class RealClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, delay_s: float) -> None:
        await asyncio.sleep(delay_s)


class JumpingClock:
    """Sleeping takes no time, but the clock shows it."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=UTC)
        self.sleeps: list[float] = []

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    async def sleep(self, delay_s: float) -> None:
        self.sleeps.append(delay_s)
        self.time += timedelta(seconds=delay_s)
        await asyncio.sleep(0)


class VirtualClock:
    """Time that passes only when a test says so; sleepers wake in the order of their time."""

    def __init__(self) -> None:
        self._start = datetime.now(UTC)
        self._elapsed_s = 0.0
        self._suspended_s = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = count()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed_s + self._suspended_s)

    def monotonic(self) -> float:
        return self._elapsed_s

    async def sleep(self, delay_s: float) -> None:
        if delay_s <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed_s + delay_s, next(self._numbers), woken))
        await woken

    def suspend(self, seconds: float) -> None:
        """The machine sleeps: the time of day goes on, the steady clock stands still."""
        self._suspended_s += seconds

    async def advance(self, seconds: float) -> None:
        """Let so much time pass, and everything happen that falls into it."""
        end = self._elapsed_s + seconds
        await breathe()
        while self._sleepers and self._sleepers[0][0] <= end:
            due, _, woken = heapq.heappop(self._sleepers)
            if woken.done():
                continue
            self._elapsed_s = max(self._elapsed_s, due)
            woken.set_result(None)
            await breathe()
        self._elapsed_s = end

    async def until(self, condition: Callable[[], object], limit_s: float) -> float:
        """Let time pass in steps until the condition holds; the virtual seconds it took."""
        began = self._elapsed_s
        await breathe()
        while not condition():
            spent = self._elapsed_s - began
            assert spent < limit_s, f"the condition did not come true in {limit_s} s"
            next_at = self._sleepers[0][0] if self._sleepers else self._elapsed_s + 1
            await self.advance(min(max(next_at - self._elapsed_s, 0.001), limit_s - spent + 0.001))
        return self._elapsed_s - began


async def breathe(turns: int = 20) -> None:
    """Let everything happen that is ready to happen."""
    for _ in range(turns):
        await asyncio.sleep(0)
