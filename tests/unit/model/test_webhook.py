"""What can be done about a delivery that failed."""

import re
from pathlib import Path

import pytest

from wigwag.model.webhook import DeliveryError, next_step

PAGE = Path(__file__).parents[3] / "docs/howto/webhooks.md"


def test_every_error_has_a_next_step_and_is_on_the_page() -> None:
    page = PAGE.read_text()
    for error in DeliveryError:
        assert next_step(0, error), error
        assert f"| `{error}` |" in page, error
    codes = re.findall(r"^\| `([a-z_]+)` \|", page, re.MULTILINE)
    assert sorted(codes) == sorted(DeliveryError)


@pytest.mark.parametrize(
    ("status", "word"),
    [(302, "Redirects"), (410, "The receiver wants no more"), (404, ""), (503, "")],
)
def test_an_answer_has_a_next_step_where_the_receiver_does_not_know_it(
    status: int, word: str
) -> None:
    step = next_step(status, f"the receiver answered {status}")
    assert step.startswith(word)
    assert bool(step) == bool(word)
