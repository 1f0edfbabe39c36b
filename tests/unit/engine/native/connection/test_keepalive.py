"""Liveness is judged by answers."""

import pytest

from wigwag.engine.native.connection.keepalive import KeepAlivePolicy, Pulse

POLICY = KeepAlivePolicy()


@pytest.mark.parametrize(
    ("pulse", "now", "mute"),
    [
        (Pulse(0.0), 1000.0, False),
        (Pulse(0.0, 1), 35.0, False),
        (Pulse(0.0, 2), 89.9, False),
        (Pulse(0.0, 3), 90.0, True),
    ],
)
def test_a_connection_is_mute_after_failed_pings(pulse: Pulse, now: float, *, mute: bool) -> None:
    assert POLICY.is_mute(pulse, now) is mute


def test_an_answer_forgives_failures() -> None:
    pulse = Pulse(0.0).after(answered=False, now=25.0).after(answered=False, now=60.0)
    assert pulse == Pulse(0.0, 2)
    assert pulse.after(answered=True, now=70.0) == Pulse(70.0)


def test_pings_are_not_in_step() -> None:
    intervals = {POLICY.interval_s() for _ in range(50)}
    assert len(intervals) > 40
    assert all(20.0 <= interval <= 30.0 for interval in intervals)
