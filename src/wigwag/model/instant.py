"""Times as the archive keeps them: milliseconds since 1970 UTC, and the classic text.

WhatsApp counts seconds, so a burst of messages has few instants: those of late are remembered.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

MAX_MS: Final = (1 << 42) - 1
"""The last instant that is kept, in the year 2109; what claims to be later is set to it."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(1024)
def time_of(ms: int) -> datetime:
    """The aware UTC time of a count of milliseconds."""
    return _EPOCH + timedelta(milliseconds=ms)


def maybe_time_of(ms: int | None) -> datetime | None:
    return None if ms is None else time_of(ms)


@lru_cache(1024)
def ms_of(time: datetime) -> int:
    """Milliseconds of an aware time, within 0 and MAX_MS."""
    return min(max(round(time.timestamp() * 1000), 0), MAX_MS)


def ms_of_second(time: datetime) -> int:
    """The last millisecond of the second in which an aware time lies, within 0 and MAX_MS.

    Ranges of messages are told in whole seconds.
    """
    return min(ms_of(time) + 999, MAX_MS)


@lru_cache(1024)
def classic_time(ms: int) -> str:
    """`YYYY-MM-DD HH:MM:SS+00:00`: sorts by time, read by `datetime.fromisoformat`."""
    return time_of(ms).isoformat(" ", "seconds")
