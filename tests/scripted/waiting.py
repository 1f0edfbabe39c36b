"""Waiting for a condition, and a clock whose sleeps a test can count."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

LIMIT_S = 10.0


async def until(condition: Callable[[], object], limit_s: float = LIMIT_S) -> None:
    """Return as soon as the condition holds; fail when it does not in time."""
    deadline = time.monotonic() + limit_s
    while not condition():
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
