"""How long to wait before the next attempt to connect."""

from enum import Enum

from wigwag.model.value import Value


class Redial(Enum):
    """Whether, and how soon, to connect again."""

    NOW = "now"
    BACKOFF = "backoff"
    SLOW = "slow"
    NEVER = "never"


class Backoff(Value):
    """Exponential with a cap and full jitter: the first retry is immediate.

    A connection that lasted `stable_s` makes the next retry a first one again.
    """

    first_s: float = 2.0
    cap_s: float = 60.0
    slow_s: float = 300.0
    least_s: float = 0.25
    stable_s: float = 60.0

    def delay_s(self, redial: Redial, failures: int, fraction: float) -> float:
        """The wait after this many failures in a row; `fraction` is random in [0, 1)."""
        if redial is Redial.SLOW:
            return self.slow_s * (1 + fraction) / 2
        if failures <= 0 or (redial is Redial.NOW and failures == 1):
            return 0.0
        doublings = min(failures - 1, 32)
        return max(self.least_s, min(self.cap_s, self.first_s * 2**doublings) * fraction)

    def failures_after(self, failures: int, online_s: float) -> int:
        """How many failures count, after a connection that was online for so long."""
        return 0 if online_s >= self.stable_s else failures
