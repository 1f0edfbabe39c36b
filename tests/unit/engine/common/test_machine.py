"""The state machine of a connection, as values."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wigwag.engine.common.backoff import Backoff
from wigwag.engine.common.machine import (
    TABLE,
    Outcome,
    Persistence,
    Signal,
    Standing,
    after_ending,
    after_signal,
)
from wigwag.engine.common.states import (
    DialRefused,
    Ending,
    LoginRefused,
    PairingEnded,
    PairingRefused,
    StreamErrored,
    StreamLost,
    VersionRenewed,
)
from wigwag.model.account import ConnectionState

S = ConnectionState
T0 = datetime(2026, 1, 1, tzinfo=UTC)
POLICY = Persistence()
REPLACED = StreamErrored(code=0, conflict="replaced")
OUTDATED = LoginRefused(reason=405)
ENDINGS: list[Ending] = [
    DialRefused(code="unreachable"),
    StreamLost(why="mute"),
    StreamErrored(code=515),
    StreamErrored(code=503),
    StreamErrored(code=401, conflict="device_removed"),
    REPLACED,
    *(LoginRefused(reason=code) for code in (401, 403, 406, 409, 500, 503)),
    LoginRefused(reason=402, expire_s=3600),
    LoginRefused(reason=402),
    OUTDATED,
    PairingEnded(),
    PairingRefused(code="pairing"),
    VersionRenewed(),
]
standings = st.builds(
    Standing,
    state=st.sampled_from(S),
    since=st.just(T0),
    failures=st.integers(0, 100),
    evictions=st.integers(0, 5),
    next_attempt=st.sampled_from([None, T0]),
)


def standing(state: ConnectionState = S.CONNECTED, evictions: int = 0) -> Standing:
    return Standing(state=state, since=T0, evictions=evictions)


def ended(
    at: Standing,
    ending: Ending,
    *,
    online_s: float = 0.0,
    fraction: float = 0.0,
    looks_up: bool = False,
) -> Outcome:
    return after_ending(
        at,
        ending,
        POLICY,
        Backoff(),
        paired=True,
        online_s=online_s,
        fraction=fraction,
        looks_up=looks_up,
        now=T0,
    )


@given(standings, st.sampled_from(ENDINGS), st.booleans(), st.floats(0, 1e6), st.floats(0, 0.999))
def test_every_ending_leads_to_another_attempt_or_to_rest(
    at: Standing, ending: Ending, looks_up: bool, online_s: float, fraction: float
) -> None:
    outcome = ended(at, ending, online_s=online_s, fraction=fraction, looks_up=looks_up)
    after = outcome.standing
    assert after.state not in (S.CONNECTED, S.PAIRING, S.STARTING, S.STOPPED)
    assert after.reason
    assert (outcome.wait_s is None) == (after.next_attempt is None)
    if outcome.wait_s is None:
        assert after.state not in (S.CONNECTING, S.RECONNECTING), "nobody waits for ever"
    else:
        assert after.state not in (S.LOGGED_OUT, S.PAIRING_EXPIRED)
        assert after.next_attempt == T0 + timedelta(seconds=outcome.wait_s)
    assert outcome.forget == (after.state is S.LOGGED_OUT)


@given(standings, st.sampled_from(Signal))
def test_a_signal_moves_as_the_table_says_and_no_other_way(at: Standing, signal: Signal) -> None:
    after = after_signal(at, signal, T0 + timedelta(seconds=5))
    assert after.state is TABLE[signal].get(at.state, at.state)
    assert after.since == (at.since if after.state is at.state else T0 + timedelta(seconds=5))
    if signal in (Signal.START, Signal.DIAL):
        assert after.next_attempt is None


@given(st.lists(st.sampled_from([*Signal, *ENDINGS]), max_size=12))
def test_from_everywhere_a_start_leads_to_a_dial_and_a_code(
    happened: list[Signal | Ending],
) -> None:
    at = Standing(state=S.STOPPED, since=T0)
    for one in happened:
        at = after_signal(at, one, T0) if isinstance(one, Signal) else ended(at, one).standing
    for signal in (Signal.UNLINK, Signal.START, Signal.DIAL, Signal.OFFER):
        at = after_signal(at, signal, T0)
    assert at.state is S.PAIRING


def test_the_first_retry_is_immediate_and_then_it_slows_down_to_a_cap() -> None:
    at, waits = standing(), list[float | None]()
    for _ in range(8):
        outcome = ended(at, StreamLost(why="closed"), fraction=0.5)
        at = outcome.standing
        waits.append(outcome.wait_s)
    assert waits == [0, 1, 2, 4, 8, 16, 30, 30]
    assert ended(at, StreamLost(why="closed"), online_s=3600).wait_s == 0, "a stable one counts"


def test_an_hour_of_refusals_is_a_hundred_attempts_not_thousands() -> None:
    at, spent_s = standing(), 0.0
    for _ in range(125):
        outcome = ended(at, DialRefused(code="unreachable"), fraction=0.5)
        at = outcome.standing
        spent_s += outcome.wait_s or 0.0
    assert spent_s > 3600


def test_a_restart_after_pairing_is_immediate_but_not_for_ever() -> None:
    at, waits = standing(S.PAIRING), list[float | None]()
    for _ in range(4):
        outcome = ended(at, StreamErrored(code=515), fraction=0.5)
        at = outcome.standing
        waits.append(outcome.wait_s)
    assert waits == [0, 0, 2, 4]


def test_the_one_that_is_replaced_comes_back_ever_later_and_then_rests() -> None:
    at, waits = standing(), list[float | None]()
    for _ in range(4):
        outcome = ended(at, REPLACED, online_s=30)
        assert outcome.standing.state is S.REPLACED
        at = after_signal(outcome.standing, Signal.DIAL, T0)
        waits.append(outcome.wait_s)
    assert waits == [60, 300, 900, None]
    assert at.state is S.RECONNECTING
    assert ended(at, REPLACED, online_s=POLICY.settled_s).wait_s == 60, "long ago is forgotten"


@pytest.mark.parametrize(("mine", "theirs"), list(product((0.0, 0.3, 0.999), repeat=2)))
def test_two_servers_with_one_identity_come_to_rest(mine: float, theirs: float) -> None:
    """Each that connects throws the other out; within an hour one keeps the place."""
    now_s, online = 0.0, 0
    at = [standing(), standing()]
    since, due, fractions = [0.0, 0.0], dict[int, float](), (mine, theirs)
    due[1] = 5.0
    swaps = 0
    while due:
        comer = min(due, key=lambda one: due[one])
        now_s = due.pop(comer)
        loser, online = online, comer
        swaps += 1
        assert swaps <= 8
        lasted_s, since[comer] = now_s - since[loser], now_s
        outcome = ended(at[loser], REPLACED, online_s=lasted_s, fraction=fractions[loser])
        at[loser] = outcome.standing
        if outcome.wait_s is not None:
            due[loser] = now_s + outcome.wait_s
    assert now_s < 3600
    assert at[1 - online].state is S.REPLACED
    assert POLICY.settled_s > 1.25 * max(POLICY.returns_s), "a return is no settling"


def test_a_ban_is_waited_out() -> None:
    outcome = ended(standing(), LoginRefused(reason=402, expire_s=3600))
    assert outcome.standing.state is S.BANNED
    assert outcome.standing.expires_at == T0 + timedelta(hours=1)
    assert outcome.wait_s == 3660
    unknown = ended(standing(), LoginRefused(reason=402))
    assert unknown.wait_s is None
    assert unknown.standing.expires_at is None


def test_an_outdated_client_rests_unless_it_may_look_for_a_newer_version() -> None:
    assert ended(standing(), OUTDATED).wait_s is None
    assert ended(standing(), OUTDATED, looks_up=True).wait_s == 6 * 3600
    assert ended(standing(), VersionRenewed()).wait_s == 0


def test_unknown_refusals_are_retried_slowly() -> None:
    assert ended(standing(), LoginRefused(reason=409), fraction=0.5).wait_s == 225
