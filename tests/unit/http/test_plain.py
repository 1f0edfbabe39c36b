"""Plain routes answer, word for word, as the framework answers that documents them."""

from collections.abc import AsyncIterator
from copy import copy
from typing import Annotated, Any
from urllib.parse import urlencode

import httpx
import pytest
from fastapi import APIRouter, Cookie, Depends, Header, Query, Request
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from stored.desk import Desk
from stored.doors import ADMIN, Doors, key_of
from stored.makers import ANN, BEN, received
from wigwag.http.callers import READS, Reader
from wigwag.http.plain import plain_route
from wigwag.http.routes import RouteIndex
from wigwag.model.key import ApiKey, Scope

FRAMEWORKS = {
    "/v1/events",
    "/v1/events/stream",
    "/v1/accounts/{account}/qr.{kind}",
    "/v1/accounts/{account}/chats/{chat}/export",
    "/v1/accounts/{account}/messages/{message_id}/media",
    "/v1/media/{sha256}",
}
"""Reads that take a seat, or a part of a word, or that answer with a stream."""
ONLY_BEN = key_of(Scope.READ, chats=(str(BEN),))
SENDER = key_of(Scope.SEND)
ELSEWHERE = key_of(Scope.READ, accounts=("other",))

PARTS = [
    ("limit", ["1", "2", "0", "201", "x", "", "1.5"]),
    ("kind", ["text", "novel", ""]),
    ("from", ["2026-03-01T12:00:05Z", "yesterday"]),
    ("from_", ["yesterday"]),
    ("from_me", ["true", "no", "2"]),
    ("q", ["tea", "x" * 1_001]),
    ("sender", [str(ANN), "nobody"]),
    ("chat", [str(BEN), "nobody", "+49 170 000-0001"]),
    ("cursor", ["x"]),
    ("unknown", ["1"]),
]
QUERIES = [
    "",
    *(urlencode([(name, value)]) for name, values in PARTS for value in values),
    "limit=1&limit=2",
    "limit=x&limit=2",
    "kind=text&kind=image",
    "kind=text&kind=novel&kind=poem",
    "limit=x&kind=novel&from=yesterday&chat=nobody&sender=nobody&q=%ff",
    "limit",
    "&&=&limit=1",
    "q=%00",
    "q=%ed%a0%80",
    "limit=%31",
]


class Both:
    """The interface, and the same without the plain routes."""

    def __init__(self, doors: Doors, framework: httpx.AsyncClient) -> None:
        self.doors = doors
        self.framework = framework

    async def same(self, path: str, *, key: ApiKey = ADMIN, method: str = "GET") -> int:
        """The status, where the answers are the same but for their names."""
        self.doors.key = key
        mine = await self.doors.client.request(method, path)
        theirs = await self.framework.request(method, path)
        assert _said(mine) == _said(theirs)
        return mine.status_code


def _said(answer: httpx.Response) -> tuple[Any, ...]:
    headers = dict(answer.headers)
    name = headers.pop("x-request-id")
    return answer.status_code, answer.text.replace(name, ""), headers


@pytest.fixture
async def both(desk: Desk, doors: Doors) -> AsyncIterator[Both]:
    await desk.take(
        received("A1", "tea"),
        received("A2", "coffee", from_me=True, seconds=10),
        received("B1", "tea time", chat=BEN, seconds=20),
        received("S/edits", "of an id with a slash", chat=BEN, seconds=20),
    )
    api = copy(doors.api)
    api.front = None
    transport = httpx.ASGITransport(api)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as framework:
        yield Both(doors, framework)


async def test_every_query_is_answered_the_same(both: Both) -> None:
    account = "/v1/accounts/default"
    statuses = {
        await both.same(f"{account}{path}?{query}")
        for path in ("/messages", f"/chats/{ANN}/messages", "/messages/A1")
        for query in QUERIES
    }
    assert statuses == {200, 400, 404}


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [
        ("/v1/accounts", ADMIN, 200),
        ("/v1/accounts/", ADMIN, 307),
        ("/v1/accounts/default/chats", ADMIN, 200),
        ("/v1/accounts/default/chats?limit=x", SENDER, 403),
        ("/v1/accounts/default/chats", ELSEWHERE, 404),
        ("/v1/accounts/nobody/chats?limit=x", ADMIN, 404),
        ("/v1/accounts/default/chats", ONLY_BEN, 200),
        (f"/v1/accounts/default/chats/{ANN}", ONLY_BEN, 404),
        (f"/v1/accounts/default/chats/{ANN}/", ADMIN, 307),
        ("/v1/accounts/default/chats/%2B49%20170%20000-0001", ADMIN, 200),
        ("/v1/accounts/default/chats/a%2Fb", ADMIN, 400),
        ("/v1/accounts/default%2Fchats", ADMIN, 404),
        ("/v1/accounts/default/messages/A1%2Fedits", ADMIN, 404),
        ("/v1/accounts/default/messages/A1%2Fedits/edits", ADMIN, 404),
        ("/v1/accounts/default/messages/S%2Fedits", ADMIN, 200),
        ("/v1/accounts/default/messages/S%2Fedits/edits", ADMIN, 200),
        ("/v1/accounts/default/chats/%ff", ADMIN, 400),
        ("/v1/accounts//chats", ADMIN, 404),
        ("/v1/accounts/default/messages/none", ADMIN, 404),
        ("/health/live", ADMIN, 200),
    ],
)
async def test_every_caller_is_answered_the_same(
    both: Both, path: str, key: ApiKey, status: int
) -> None:
    assert await both.same(path, key=key) == status


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "TRACE", "NONE"])
async def test_another_method_is_answered_the_same(both: Both, method: str) -> None:
    assert await both.same("/v1/accounts/default/chats", method=method) == 405


async def test_all_that_is_read_is_plain(doors: Doors) -> None:
    """Whoever adds a read that wants more than plain ones do, names it here."""
    index = doors.api.router.middleware_stack
    assert isinstance(index, RouteIndex)

    def is_plain(path: str) -> bool:
        scope = {"method": "GET", "path": path}
        found = index.find_plain(scope)
        return found is not None and found.route.path == path

    paths = [
        route.path
        for route in doors.api.routes
        if isinstance(route, APIRoute) and "GET" in (route.methods or ())
    ]
    assert len(paths) > 40
    assert {path for path in paths if not is_plain(path)} == FRAMEWORKS


class Settled(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Named(BaseModel):
    word: str = Field(default="", validation_alias="other")


class Asked(BaseModel):
    limit: int = 1


async def helper() -> None: ...


async def of_header(x: Annotated[str, Header()] = "") -> Response: ...
async def of_cookie(x: Annotated[str, Cookie()] = "") -> Response: ...
async def of_body(x: Asked) -> Response: ...
async def of_helper(x: Annotated[None, Depends(helper)]) -> Response: ...
async def of_settled(x: Annotated[Settled, Query()]) -> Response: ...
async def of_named(x: Annotated[Named, Query()]) -> Response: ...
async def of_list(x: Annotated[list[int] | None, Query()] = None) -> Response: ...
async def of_need(x: Annotated[int, Query()]) -> Response: ...
async def of_value() -> Asked: ...
def of_thread() -> Response: ...


@pytest.mark.parametrize(
    "endpoint",
    [
        of_header,
        of_cookie,
        of_body,
        of_helper,
        of_settled,
        of_named,
        of_list,
        of_need,
        of_value,
        of_thread,
    ],
)
def test_a_route_that_wants_more_is_the_frameworks(endpoint: Any) -> None:
    assert plain_route(made(endpoint)) is None


async def test_a_route_that_may_read_a_body_is_the_frameworks() -> None:
    async def of_request(request: Request) -> Response: ...

    assert plain_route(made(of_request)) is not None
    assert plain_route(made(of_request, "POST")) is None


async def of_all(
    request: Request, key: Reader, account: str, asked: Annotated[Asked, Query()]
) -> Response: ...
async def of_words(word: Annotated[str, Query(max_length=3)] = "", number: int = 5) -> Response: ...


@pytest.mark.parametrize("endpoint", [of_all, of_words])
def test_a_route_of_path_query_and_key_is_plain(endpoint: Any) -> None:
    assert plain_route(made(endpoint)) is not None


def made(endpoint: Any, method: str = "GET") -> APIRoute:
    router = APIRouter(dependencies=[READS])
    router.add_api_route("/{account}", endpoint, methods=[method])
    (route,) = router.routes
    assert isinstance(route, APIRoute)
    return route
