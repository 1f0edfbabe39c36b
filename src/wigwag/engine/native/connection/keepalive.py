"""Whether the connection is alive, judged by answers to pings, not by an open socket."""

import random
from typing import Final

from wigwag.model.value import Value

INTERVAL_S: Final = (20.0, 30.0)
DEADLINE_S: Final = 10.0
"""Interval and deadline of pings as whatsmeow keepalive.go has them."""

MUTE_AFTER_S: Final = 90.0
"""Without an answer for so long, the connection is given up; whatsmeow waits 180 s."""


class Pulse(Value, kw_only=False):
    """When the last ping was answered (monotonic seconds), and how many failed since."""

    answered_at: float
    failures: int = 0

    def after(self, answered: bool, now: float) -> "Pulse":
        return Pulse(now) if answered else Pulse(self.answered_at, self.failures + 1)


class KeepAlivePolicy(Value):
    """How often to ping, how long to wait for each answer, and when to give up."""

    shortest_s: float = INTERVAL_S[0]
    longest_s: float = INTERVAL_S[1]
    deadline_s: float = DEADLINE_S
    mute_after_s: float = MUTE_AFTER_S

    def interval_s(self) -> float:
        """The time to the next ping: never the same, so that accounts do not ping in step."""
        return random.uniform(self.shortest_s, self.longest_s)

    def is_mute(self, pulse: Pulse, now: float) -> bool:
        """Whether to reconnect: pings failed, and the last answer is too long ago."""
        return pulse.failures > 0 and now - pulse.answered_at >= self.mute_after_s
