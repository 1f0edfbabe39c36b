"""When a delivery is tried again, and what an answer means."""

from datetime import UTC, datetime

import pytest

from wigwag.deliver.schedule import (
    MAX_ATTEMPTS,
    PAUSES_S,
    Outcome,
    Verdict,
    judge,
    pause_ms,
    retry_after_ms,
)

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def test_the_attempts_are_spread_over_75_hours() -> None:
    pauses = [pause_ms(attempt, lambda: 0.0) for attempt in range(1, MAX_ATTEMPTS)]
    assert pauses == [pause * 1000 for pause in PAUSES_S]
    assert 75 <= sum(pauses) / 3_600_000 < 76
    assert pause_ms(1, lambda: 1.0) == 5_500
    assert pause_ms(99, lambda: 0.0) == 86_400_000


@pytest.mark.parametrize(
    ("outcome", "attempts", "verdict"),
    [
        (Outcome(status=200), 1, Verdict.DELIVERED),
        (Outcome(status=204), MAX_ATTEMPTS, Verdict.DELIVERED),
        (Outcome(status=302), 1, Verdict.AGAIN),
        (Outcome(status=401), 1, Verdict.AGAIN),
        (Outcome(status=503), MAX_ATTEMPTS - 1, Verdict.AGAIN),
        (Outcome(status=503), MAX_ATTEMPTS, Verdict.DEAD),
        (Outcome(error="timeout"), 1, Verdict.AGAIN),
        (Outcome(error="timeout"), MAX_ATTEMPTS, Verdict.DEAD),
        (Outcome(status=410), 1, Verdict.GONE),
        (Outcome(status=410), MAX_ATTEMPTS, Verdict.GONE),
    ],
)
def test_what_an_answer_means(outcome: Outcome, attempts: int, verdict: Verdict) -> None:
    assert judge(outcome, attempts) is verdict


@pytest.mark.parametrize(
    ("header", "ms"),
    [
        ("", 0),
        ("120", 120_000),
        ("-5", 0),
        ("9" * 5_000, 86_400_000),
        ("Sun, 01 Mar 2026 12:01:00 GMT", 60_000),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
        ("Mon, 01 Mar 2027 12:00:00 GMT", 86_400_000),
        ("soon", 0),
        ("\u0663", 0),
        ("Sun, 99 Mar 2026 99:99:99 GMT", 0),
    ],
)
def test_what_retry_after_asks_for(header: str, ms: int) -> None:
    assert retry_after_ms(header, NOW) == ms
