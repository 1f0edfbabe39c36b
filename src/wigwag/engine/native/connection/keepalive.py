"""When to ask whether a connection is alive, and when to give it up: pure decisions.

An open socket proves nothing. An answer to something that was sent proves both directions; a frame
that comes proves one.
"""

import random
from typing import Final

from wigwag.model.value import Value

INTERVAL_S: Final = (10.0, 15.0)
"""Time from one ping to the next: whatsmeow's is 20 to 30 s, that of WhatsApp's own web client 15
to 30 s; theirs find a mute socket later."""

DEADLINE_S: Final = 10.0
"""How long a ping may be unanswered while nothing else comes (whatsmeow keepalive.go)."""

PATIENCE_S: Final = 15.0
"""How long it may be unanswered while frames come, the answer perhaps behind them."""

OVERDUE_S: Final = 5.0
"""An answer that is awaited for so long is reason to ping early."""

JUMP_S: Final = 10.0
"""A step of the clock that is longer by so much was no step: the machine slept."""

_SHORTEST_S: Final = 0.001


class KeepAlivePolicy(Value):
    """How often to ping, and how long to wait for each answer.

    With the defaults a mute socket is noticed within `longest_s + deadline_s` = 25 s, one that
    brings frames and takes none within `longest_s + patience_s` = 30 s.
    """

    shortest_s: float = INTERVAL_S[0]
    longest_s: float = INTERVAL_S[1]
    deadline_s: float = DEADLINE_S
    patience_s: float = PATIENCE_S
    overdue_s: float = OVERDUE_S
    jump_s: float = JUMP_S

    def interval_s(self) -> float:
        """The time to the next ping: never the same, so that accounts do not ping in step."""
        return random.uniform(self.shortest_s, self.longest_s)

    def step_s(self, due_at: float, now: float) -> float:
        """How long to sleep before looking again."""
        return max(0.0, min(due_at - now, self.overdue_s))

    def is_due(self, now: float, *, due_at: float, pinged_at: float, awaited: float | None) -> bool:
        """Whether to ping now: it is time, or an answer to what left since the last ping (begun
        at `awaited`) is overdue. All are monotonic seconds."""
        if now >= due_at:
            return True
        return awaited is not None and awaited > pinged_at and now - awaited >= self.overdue_s

    def has_jumped(self, slept_s: float, step_s: float) -> bool:
        """Whether a sleep of `step_s` took so much longer that the machine was suspended."""
        return slept_s - step_s >= self.jump_s

    def judged_in_s(self, waited_s: float, silent_s: float) -> float:
        """How soon `is_mute` can become true, if nothing comes."""
        silence_s = self.deadline_s - min(waited_s, silent_s)
        return max(_SHORTEST_S, min(self.patience_s - waited_s, silence_s))

    def is_mute(self, waited_s: float, silent_s: float) -> bool:
        """Whether to give up a ping that is unanswered for `waited_s`, the last `silent_s` of
        which nothing came at all."""
        return waited_s >= self.patience_s or min(waited_s, silent_s) >= self.deadline_s
