"""How long to wait: a table."""

import pytest

from wigwag.engine.common.backoff import Backoff, Redial

BACKOFF = Backoff(first_s=2, cap_s=60, slow_s=300, least_s=0.25, stable_s=60)


@pytest.mark.parametrize(
    ("redial", "failures", "fraction", "delay_s"),
    [
        (Redial.BACKOFF, 0, 0.99, 0.0),
        (Redial.BACKOFF, 1, 0.5, 1.0),
        (Redial.BACKOFF, 1, 0.0, 0.25),
        (Redial.BACKOFF, 2, 0.5, 2.0),
        (Redial.BACKOFF, 3, 0.5, 4.0),
        (Redial.BACKOFF, 6, 0.5, 30.0),
        (Redial.BACKOFF, 10**9, 0.5, 30.0),
        (Redial.NOW, 0, 0.9, 0.0),
        (Redial.NOW, 1, 0.9, 0.0),
        (Redial.NOW, 2, 0.5, 2.0),
        (Redial.SLOW, 0, 0.0, 150.0),
        (Redial.SLOW, 9, 1.0, 300.0),
    ],
)
def test_delays(redial: Redial, failures: int, fraction: float, delay_s: float) -> None:
    assert BACKOFF.delay_s(redial, failures, fraction) == delay_s


@pytest.mark.parametrize(("online_s", "failures"), [(0, 5), (59.9, 5), (60, 0), (1e6, 0)])
def test_a_stable_time_forgives(online_s: float, failures: int) -> None:
    assert BACKOFF.failures_after(5, online_s) == failures
