"""Readiness over HTTP: the status, the reasons, and what a key hears of."""

from typing import Any

import pytest

from stored.desk import Desk
from stored.doors import ADMIN, Doors, key_of, open_doors
from wigwag.http.health import readiness
from wigwag.model.health import Check, CheckState

FULL = Check(name="messages.db", state=CheckState.FAILED, code="disk_full", detail="it is full")
LOW = Check(name="disk", state=CheckState.DEGRADED, code="disk_low", detail="nearly full")
AWAY = Check(name="account", state=CheckState.FAILED, code="stopped", detail="b", account="b")
FINE = Check(name="account", account="default")


class Health:
    def __init__(self, *checks: Check) -> None:
        self.found = checks

    async def checks(self) -> tuple[Check, ...]:
        return self.found


async def ready(desk: Desk, *checks: Check, key: Any = ADMIN) -> tuple[int, Any]:
    async with open_doors(desk, health=Health(*checks)) as doors:
        doors.key = key
        answer = await doors.client.get("/health/ready")
        return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("checks", "status", "state"),
    [((FINE,), 200, "ok"), ((FINE, LOW), 200, "degraded"), ((FINE, LOW, FULL), 503, "failed")],
)
async def test_degraded_is_ready_and_failed_is_not(
    desk: Desk, checks: tuple[Check, ...], status: int, state: str
) -> None:
    got, body = await ready(desk, *checks)
    assert (got, body["state"], body["ready"]) == (status, state, status == 200)
    assert len(body["checks"]) == len(checks)


def test_every_reason_is_told() -> None:
    found = readiness([FINE, LOW, FULL])
    assert (found.problems, found.warnings) == (["it is full"], ["nearly full"])
    assert found.checks[2].code == "disk_full"


async def test_a_key_hears_of_the_accounts_that_it_reaches(desk: Desk) -> None:
    assert (await ready(desk, FINE, AWAY))[0] == 503
    status, body = await ready(desk, FINE, AWAY, key=key_of(accounts=("default",)))
    assert (status, len(body["checks"])) == (200, 1)


def test_openapi_names_both_answers(doors: Doors) -> None:
    answers = doors.api.openapi()["paths"]["/health/ready"]["get"]["responses"]
    for status in ("200", "503"):
        schema = answers[status]["content"]["application/json"]["schema"]
        assert schema["$ref"].endswith("/Readiness")
