"""A caller may ask at a steady rate, with a burst; others are not touched by it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wigwag.http import quotas as module
from wigwag.http.quotas import BURST_S, Quotas


class Watch:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_and_then_the_rate() -> None:
    watch = Watch()
    quotas = Quotas(10, watch)
    assert [quotas.take("a") for _ in range(20)] == [0.0] * 20
    assert quotas.take("a") == pytest.approx(0.1)
    assert quotas.take("b") == 0.0
    watch.now += 0.1
    assert quotas.take("a") == 0.0
    assert quotas.take("a") > 0


def test_no_rate_is_no_limit() -> None:
    quotas = Quotas()
    assert not any(quotas.take("a") for _ in range(10_000))


def test_callers_are_forgotten_at_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CALLERS", 2)
    quotas = Quotas(0.1, Watch())
    assert quotas.take("a") == 0.0
    assert quotas.take("a") > 0
    for other in ("b", "c"):
        quotas.take(other)
    assert quotas.take("a") == 0.0


@given(
    rate=st.floats(0.5, 1_000),
    steps=st.lists(st.floats(0, 3, allow_nan=False), min_size=1, max_size=200),
)
def test_never_more_than_burst_and_rate_allow(rate: float, steps: list[float]) -> None:
    watch = Watch()
    quotas = Quotas(rate, watch)
    begun, allowed = watch.now, 0
    for step in steps:
        watch.now += step
        wait_s = quotas.take("a")
        assert wait_s >= 0
        allowed += not wait_s
    assert allowed <= max(rate * BURST_S, 1) + rate * (watch.now - begun) + 1e-6
