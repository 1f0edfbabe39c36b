"""When a delivery is tried again, and what an answer means for it: decisions without I/O."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from typing import Final

from wigwag.model.webhook import GONE

PAUSES_S: Final = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""After each failed attempt, as Standard Webhooks proposes: the last one comes after 75 hours."""
MAX_ATTEMPTS: Final = len(PAUSES_S) + 1
JITTER: Final = 0.1
"""By which part of itself a pause may be longer, so that receivers are not hit all at once."""
MAX_RETRY_AFTER_S: Final = 86_400


class Verdict(Enum):
    """What becomes of a delivery after an attempt. GONE: the receiver wants no more at all."""

    DELIVERED = auto()
    AGAIN = auto()
    DEAD = auto()
    GONE = auto()


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """An attempt's end. `status` is 0 where there was no answer, which `error` then explains."""

    status: int = 0
    error: str = ""
    retry_after: str = ""


def pause_ms(attempts: int, random: Callable[[], float]) -> int:
    """How long to wait after so many attempts, in milliseconds. `random` gives 0.0 to 1.0."""
    pause = PAUSES_S[min(attempts, len(PAUSES_S)) - 1]
    return int(pause * (1 + JITTER * random()) * 1000)


def judge(outcome: Outcome, attempts: int) -> Verdict:
    if 200 <= outcome.status < 300:
        return Verdict.DELIVERED
    if outcome.status == GONE:
        return Verdict.GONE
    return Verdict.DEAD if attempts >= MAX_ATTEMPTS else Verdict.AGAIN


def retry_after_ms(header: str, now: datetime) -> int:
    """What a `Retry-After` asks for: seconds or a date; 0 when it says nothing, a day at most."""
    seconds = 0.0
    if header.isascii() and header.isdigit():
        seconds = float(header[:9])
    elif header:
        try:
            seconds = (parsedate_to_datetime(header).astimezone(UTC) - now).total_seconds()
        except (ValueError, OverflowError):
            return 0
    return int(min(max(seconds, 0), MAX_RETRY_AFTER_S) * 1000)
