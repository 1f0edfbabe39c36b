"""The connection of an account as a state machine: values, one table, pure functions.

What happens is a `Signal`, or an ended attempt with its `Ending`; what comes of it is the next
`Standing`. Clocks, sockets and chance stay outside.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from wigwag.engine.common.backoff import Backoff, Redial
from wigwag.engine.common.states import Ending, decide
from wigwag.model.account import ConnectionState
from wigwag.model.value import Value

S = ConnectionState


class Signal(StrEnum):
    """What happens to a connection besides its end."""

    START = "start"
    """Somebody wants it to be connected."""
    DIAL = "dial"
    """An attempt begins."""
    OFFER = "offer"
    """The server offers codes to pair with."""
    ONLINE = "online"
    """The login is complete."""
    UNLINK = "unlink"
    """The identity was given up by request."""
    STOP = "stop"
    """Nothing is wanted any more."""


_UNDER_WAY: Final = frozenset({S.STARTING, S.CONNECTING, S.PAIRING, S.CONNECTED, S.RECONNECTING})

TABLE: Final[dict[Signal, dict[ConnectionState, ConnectionState]]] = {
    Signal.START: {state: S.STARTING for state in S if state not in _UNDER_WAY},
    Signal.DIAL: {
        S.STARTING: S.CONNECTING,
        S.PAIRING: S.CONNECTING,
        S.CONNECTED: S.RECONNECTING,
        S.REPLACED: S.RECONNECTING,
        S.BANNED: S.RECONNECTING,
        S.OUTDATED: S.RECONNECTING,
    },
    Signal.OFFER: dict.fromkeys((S.STARTING, S.CONNECTING, S.RECONNECTING), S.PAIRING),
    Signal.ONLINE: dict.fromkeys((S.STARTING, S.CONNECTING, S.RECONNECTING), S.CONNECTED),
    Signal.UNLINK: dict.fromkeys(S, S.LOGGED_OUT),
    Signal.STOP: dict.fromkeys(S, S.STOPPED),
}
"""The state after a signal; where it names none, the state stays as it is."""


class Standing(Value):
    """Where the connection stands and what it is about to do.

    `next_attempt` is set while it waits to dial by itself; without it, and without an attempt
    under way, it rests until somebody starts it.
    """

    state: ConnectionState
    since: datetime
    reason: str = ""
    expires_at: datetime | None = None
    next_attempt: datetime | None = None
    failures: int = 0
    """Attempts in a row that did not last."""
    evictions: int = 0
    """How often another connection of this identity took its place, without a stable one since."""


class Persistence(Value):
    """When to come back out of a state that ends a connection.

    One that another took the place of waits for `returns_s`, once each, and then rests: two
    servers with one identity come to rest instead of throwing each other out for ever. The count
    begins anew after `settled_s` online, which is longer than any of these waits.
    """

    returns_s: tuple[float, ...] = (60.0, 300.0, 900.0)
    settled_s: float = 3600.0
    after_ban_s: float = 60.0
    outdated_s: float = 6 * 3600.0


def after_signal(standing: Standing, signal: Signal, now: datetime, reason: str = "") -> Standing:
    """What a signal makes of the standing."""
    state = TABLE[signal].get(standing.state)
    if state is None:
        # nothing new, but an attempt that begins, or is asked for, waits no more
        waits = signal not in (Signal.DIAL, Signal.START)
        return standing if waits else msgspec.structs.replace(standing, next_attempt=None)
    if signal is Signal.DIAL:
        reason = standing.reason
    moved = _moved(standing, state, reason, now)
    if signal is Signal.START:
        return msgspec.structs.replace(moved, failures=0, evictions=0)
    return moved


class Outcome(Value):
    """What an ended attempt leads to: the standing, how long to wait (None: rest), whether the
    identity is gone."""

    standing: Standing
    wait_s: float | None
    forget: bool = False


def after_ending(
    standing: Standing,
    ending: Ending,
    persistence: Persistence,
    backoff: Backoff,
    *,
    paired: bool,
    online_s: float,
    fraction: float,
    looks_up: bool,
    now: datetime,
) -> Outcome:
    """What an ended attempt makes of the standing.

    `online_s` is how long it was logged in, `fraction` is random in [0, 1), `looks_up` says
    whether a newer version may turn up by itself.
    """
    verdict = decide(ending, paired=paired, now=now)
    failures = backoff.failures_after(standing.failures, online_s)
    evictions = 0 if online_s >= persistence.settled_s else standing.evictions
    wait_s: float | None = None
    if verdict.redial is not Redial.NEVER:
        wait_s = backoff.delay_s(verdict.redial, failures, fraction)
    elif verdict.state is S.REPLACED:
        if evictions < len(persistence.returns_s):
            wait_s = persistence.returns_s[evictions] * (1 + fraction / 4)
        evictions += 1
    elif verdict.state is S.BANNED and verdict.expires_at is not None:
        left_s = (verdict.expires_at - now).total_seconds()
        wait_s = left_s + persistence.after_ban_s * (1 + fraction)
    elif verdict.state is S.OUTDATED and looks_up:
        wait_s = persistence.outdated_s * (1 + fraction / 4)
    moved = _moved(standing, verdict.state, verdict.reason, now)
    return Outcome(
        standing=msgspec.structs.replace(
            moved,
            expires_at=verdict.expires_at,
            next_attempt=None if wait_s is None else now + timedelta(seconds=wait_s),
            failures=failures + 1,
            evictions=evictions,
        ),
        wait_s=wait_s,
        forget=verdict.forget,
    )


def _moved(standing: Standing, state: ConnectionState, reason: str, now: datetime) -> Standing:
    since = standing.since if state is standing.state else now
    return Standing(
        state=state,
        since=since,
        reason=reason,
        failures=standing.failures,
        evictions=standing.evictions,
    )
