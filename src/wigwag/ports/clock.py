"""Time, injected."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Time, injected. `now` is aware UTC; `monotonic` is seconds for intervals."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...

    async def sleep(self, delay_s: float) -> None: ...
