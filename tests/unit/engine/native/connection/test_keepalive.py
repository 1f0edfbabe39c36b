"""When a connection is pinged, and when it counts as mute: decisions on values."""

import pytest

from wigwag.engine.native.connection.keepalive import KeepAlivePolicy

POLICY = KeepAlivePolicy()


@pytest.mark.parametrize(
    ("waited_s", "silent_s", "mute"),
    [
        (0, 1000, False),
        (9.9, 20, False),
        (10, 20, True),
        (12, 9, False),
        (14.9, 0, False),
        (15, 0, True),
    ],
)
def test_silence_ends_a_connection_and_frames_win_it_time(
    waited_s: float, silent_s: float, *, mute: bool
) -> None:
    assert POLICY.is_mute(waited_s, silent_s) is mute


@pytest.mark.parametrize(("waited_s", "silent_s"), [(0, 0), (3, 1), (9, 4), (12, 3), (14.5, 1)])
def test_it_is_judged_again_as_soon_as_it_can_be_mute(waited_s: float, silent_s: float) -> None:
    wait_s = POLICY.judged_in_s(waited_s, silent_s)
    assert not POLICY.is_mute(waited_s + wait_s - 0.01, silent_s + wait_s - 0.01)
    assert POLICY.is_mute(waited_s + wait_s, silent_s + wait_s)


def test_silence_is_noticed_within_half_a_minute() -> None:
    assert POLICY.longest_s + POLICY.deadline_s <= 30
    assert POLICY.longest_s + POLICY.patience_s <= 30
    assert all(POLICY.shortest_s <= POLICY.interval_s() <= POLICY.longest_s for _ in range(100))


@pytest.mark.parametrize(
    ("now", "awaited", "due"),
    [
        (50.0, None, False),
        (60.0, None, True),
        (50.0, 46.0, False),
        (50.0, 45.0, True),
        (50.0, 40.0, False),
    ],
)
def test_an_overdue_answer_is_asked_about_once(
    now: float, awaited: float | None, *, due: bool
) -> None:
    assert POLICY.is_due(now, due_at=60.0, pinged_at=40.0, awaited=awaited) is due


def test_a_jump_of_the_clock_is_no_step() -> None:
    assert POLICY.has_jumped(3600, 5)
    assert not POLICY.has_jumped(6, 5)
