"""What is asked of a plain route is answered, counted and logged before the framework sees it."""

from dataclasses import fields
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from stored.desk import Desk
from stored.doors import open_doors
from stored.makers import ANN
from wigwag.core.keys import KeyRing
from wigwag.http.access import AccessPolicy
from wigwag.http.api import create_api
from wigwag.http.services import Services

SECRET = "a text that is nobody's business"
PATH = "/v1/accounts/default/chats"


class Broken:
    """A service of which nothing works."""

    def __getattr__(self, name: str) -> Any:
        raise OSError(5, SECRET)


def broken_api(keys: KeyRing | None = None) -> Any:
    services: dict[str, Any] = {field.name: Broken() for field in fields(Services)}
    return create_api(Services(**services), AccessPolicy(keys=keys))


async def ask(api: Any, path: str) -> httpx.Response:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(api), base_url="http://localhost"
    ) as client:
        return await client.get(path)


async def test_a_failure_of_ours_is_a_problem_that_the_log_explains() -> None:
    with capture_logs() as told:
        answer = await ask(broken_api(), PATH)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert SECRET not in answer.text
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    events = {entry["event"]: entry for entry in told}
    assert events["http.unexpected_error"]["error"] == "OSError"
    counted = events["http.request"]
    assert (counted["route"], counted["status"]) == ("/v1/accounts/{account}/chats", 500)


async def test_who_is_not_let_in_learns_nothing_of_routes() -> None:
    with capture_logs() as told:
        answers = [await ask(broken_api(KeyRing()), path) for path in (PATH, "/v1/nowhere")]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert [entry["route"] for entry in told if entry["event"] == "http.request"] == [
        "unmatched"
    ] * 2


@pytest.mark.parametrize("path", [PATH, f"{PATH}/{ANN}", "/v1/nowhere"])
async def test_every_answer_has_the_same_headers(desk: Desk, path: str) -> None:
    async with open_doors(desk) as doors:
        answer = await doors.client.get(path)
    for name, value in (
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
    ):
        assert answer.headers.get_list(name) == [value]
    assert len(answer.headers["x-request-id"]) == 32
