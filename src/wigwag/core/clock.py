"""The time of the machine, as `ports.Clock`."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Final


class SystemClock:
    """Wall clock, monotonic clock and sleep of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, delay_s: float) -> None:
        await asyncio.sleep(delay_s)


SYSTEM_CLOCK: Final = SystemClock()
