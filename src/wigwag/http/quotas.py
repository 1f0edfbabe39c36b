"""How often one caller may ask: a bucket of requests for each key, filled at a steady rate."""

import time
from collections.abc import Callable
from typing import Final

BURST_S: Final = 2.0
"""A bucket holds what comes in so many seconds."""
MAX_CALLERS: Final = 10_000


class Quotas:
    """The buckets of all callers. `rate` is requests a second; 0 lets everybody ask at will."""

    def __init__(self, rate: float = 0.0, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._monotonic = monotonic
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, caller: str) -> float:
        """Take one request out of the caller's bucket; the seconds to wait when it is empty, else
        0."""
        if not self._rate:
            return 0.0
        now = self._monotonic()
        full = max(self._rate * BURST_S, 1.0)
        left, at = self._buckets.pop(caller, (full, now))
        left = min(full, left + (now - at) * self._rate)
        wait_s = 0.0 if left >= 1 else (1 - left) / self._rate
        self._buckets[caller] = (left if wait_s else left - 1, now)
        if len(self._buckets) > MAX_CALLERS:
            # the one that asked the longest ago: its bucket is the fullest
            del self._buckets[next(iter(self._buckets))]
        return wait_s
