"""A limit for what may take too long, by the injected clock."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from wigwag.ports import Clock


@asynccontextmanager
async def time_limit(clock: Clock, limit_s: float) -> AsyncGenerator[None]:
    """As `asyncio.timeout`, but by this clock. Raises TimeoutError."""
    async with asyncio.timeout(None) as scope:
        loop = asyncio.get_running_loop()

        async def expire() -> None:
            await clock.sleep(limit_s)
            if not scope.expired():
                scope.reschedule(loop.time())

        alarm = loop.create_task(expire(), name="time-limit")
        try:
            yield
        finally:
            alarm.cancel()
