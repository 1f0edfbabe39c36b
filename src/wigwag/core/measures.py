"""What is measured while the server works: durations and outcomes, read by whoever watches."""

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import Final

QUICK_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Bounds for what happens within this machine."""
LOCK_PATIENCE_S: Final = 1.0
"""How long the lock of another program is no trouble yet."""
NETWORK_S: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
"""Bounds for what others answer."""


class Histogram:
    """Durations, counted by upper bounds. Observed by one thread, read by any."""

    def __init__(self, bounds_s: Sequence[float] = QUICK_S) -> None:
        self.bounds_s = tuple(bounds_s)
        self.total_s = 0.0
        self._counts = [0] * (len(self.bounds_s) + 1)

    def observe(self, seconds: float) -> None:
        self._counts[bisect_left(self.bounds_s, seconds)] += 1
        self.total_s += seconds

    @property
    def count(self) -> int:
        return sum(self._counts)

    def cumulative(self) -> list[tuple[str, float]]:
        """Upper bounds as texts, and how many durations were at most that long."""
        found: list[tuple[str, float]] = []
        so_far = 0
        names = [str(bound) for bound in self.bounds_s]
        for name, count in zip([*names, "+Inf"], self._counts, strict=True):
            so_far += count
            found.append((name, float(so_far)))
        return found


class Waiting:
    """How long something is waited for by now. Entered by one thread, read by any."""

    def __init__(self) -> None:
        self._since: float | None = None

    def __enter__(self) -> None:
        self._since = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self._since = None

    @property
    def seconds(self) -> float:
        since = self._since
        return 0.0 if since is None else time.monotonic() - since


class Measures:
    """What the use cases measure. Names of outcomes are words, of which there are few."""

    def __init__(self) -> None:
        self.send_s = Histogram(NETWORK_S)
        """From handing a message to the engine to WhatsApp's acknowledgement."""
        self.sends: Counter[str] = Counter()
        """Attempts to send, by outcome: sent, failed, again."""
        self.downloads: Counter[str] = Counter()
        """Attempts to fetch a file, by outcome: available, or the state it is left in."""
        self.deliveries: Counter[str] = Counter()
        """Attempts to deliver an event to a webhook, by verdict."""


class Rising:
    """Sums of counters of several parts that may begin anew, as those of an account do.

    A sum never falls: what a part had counted before it began anew is kept.
    """

    def __init__(self) -> None:
        self._totals: Counter[str] = Counter()
        self._seen: dict[tuple[str, str], int] = {}

    def add(self, part: str, counts: dict[str, int]) -> None:
        """The counters of one part, as they stand now."""
        for name, now in counts.items():
            before = self._seen.get((part, name), 0)
            self._totals[name] += now - before if now >= before else now
            self._seen[part, name] = now

    def forget(self, parts: Sequence[str]) -> None:
        """Remember nothing of other parts than these, but their sums."""
        kept = set(parts)
        self._seen = {at: count for at, count in self._seen.items() if at[0] in kept}

    @property
    def totals(self) -> dict[str, int]:
        return dict(self._totals)
