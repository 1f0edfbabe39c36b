"""Durations by bounds, and sums that never fall."""

from hypothesis import given
from hypothesis import strategies as st

from wigwag.core.measures import Histogram, Rising


def test_a_duration_counts_for_every_bound_that_it_fits() -> None:
    histogram = Histogram((0.1, 1.0))
    for seconds in (0.05, 0.1, 0.5, 7.0):
        histogram.observe(seconds)
    assert histogram.cumulative() == [("0.1", 2.0), ("1.0", 3.0), ("+Inf", 4.0)]
    assert histogram.count == 4
    assert histogram.total_s == 7.65


@given(st.lists(st.floats(0, 1000, allow_nan=False)))
def test_the_last_bound_has_them_all(durations: list[float]) -> None:
    histogram = Histogram()
    for seconds in durations:
        histogram.observe(seconds)
    counts = [count for _, count in histogram.cumulative()]
    assert counts == sorted(counts)
    assert counts[-1] == histogram.count == len(durations)


def test_a_part_that_begins_anew_takes_nothing_away() -> None:
    rising = Rising()
    rising.add("a", {"message": 5})
    rising.add("b", {"message": 2, "ack": 1})
    rising.add("a", {"message": 7})
    assert rising.totals == {"message": 9, "ack": 1}
    rising.add("a", {"message": 1})
    assert rising.totals == {"message": 10, "ack": 1}
    rising.forget(["a"])
    assert rising.totals == {"message": 10, "ack": 1}
    rising.add("b", {"message": 3})
    assert rising.totals == {"message": 13, "ack": 1}


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 9))))
def test_sums_never_fall(steps: list[tuple[str, int]]) -> None:
    rising, last = Rising(), 0
    for part, count in steps:
        rising.add(part, {"x": count})
        assert rising.totals["x"] >= last
        last = rising.totals["x"]
