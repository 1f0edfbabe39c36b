"""Pages of strangers: what their browser may be made to send here is refused, whoever it pretends
to be. The server asks for no keys, as a sandbox does: nothing else stands in the way."""

from collections.abc import AsyncGenerator
from dataclasses import fields
from functools import cache
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from wigwag.core.accounts import Accounts
from wigwag.http.access import AccessPolicy
from wigwag.http.api import create_api
from wigwag.http.services import Services
from wigwag.model.capability import EngineKind
from wigwag.model.errors import NotFound

OWN = "localhost:8080"
REBOUND = (
    "evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.nip.io", "0.0.0.0",
    "0", "0x7f.1", "2130706433", "[::]", "10.0.0.1", "169.254.169.254", "localhost@evil.example",
    "evil.example#localhost", "evil.example/localhost", "", " ", "[::1", "localhost\u2024evil",
    "xn--localhost-", "127.1", "127.0.0.1:80@evil.example", "\\localhost.evil",
)  # fmt: skip
FOREIGN = (
    "http://evil.example", "https://evil.example", "null", "http://localhost.evil.example",
    "http://evil.example:8080", "http://127.0.0.1.nip.io", "file://", "http://", "",
    "http://localhost@evil.example", "http://evil.example#localhost", "http://[::1", "data:",
    "chrome-extension://abcdef", "http://10.0.0.1",
)  # fmt: skip
SIMPLE = (
    "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
    "text/plain; charset=utf-8", "",
)  # fmt: skip
"""Types that a form may post without asking first."""


class Roster:
    """Nothing of a stranger may come so far."""

    def __init__(self) -> None:
        self.made: list[str] = []

    async def create(self, name: str, kind: EngineKind | None) -> None:
        del kind
        self.made.append(name)
        raise NotFound


ROSTER = Roster()


@cache
def api() -> FastAPI:
    absent: dict[str, Any] = dict.fromkeys(each.name for each in fields(Services))
    given: dict[str, Any] = {"roster": ROSTER, "accounts": Accounts()}
    return create_api(Services(**absent | given), AccessPolicy())


@pytest.fixture
def roster() -> Roster:
    ROSTER.made.clear()
    return ROSTER


@pytest_asyncio.fixture
async def client() -> AsyncGenerator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api())) as http:
        yield http


async def post(client: httpx.AsyncClient, **headers: str) -> httpx.Response:
    told = {"host": OWN, "content-type": "application/json"}
    told |= {name.replace("_", "-"): value for name, value in headers.items()}
    raw = [(name.encode(), value.encode()) for name, value in told.items()]
    raw = [pair for pair in raw if pair != (b"content-type", b"")]
    return await client.post("http://x/v1/accounts", content=b'{"account": "a"}', headers=raw)


async def test_our_own_page_and_a_program_may(client: httpx.AsyncClient, roster: Roster) -> None:
    for headers in ({}, {"origin": f"http://{OWN}"}, {"origin": "http://127.0.0.1:3000"}):
        assert (await post(client, **headers)).status_code == 404
    assert roster.made == ["a"] * 3


@pytest.mark.parametrize("host", REBOUND)
async def test_a_name_that_was_bound_to_us_is_misdirected(
    client: httpx.AsyncClient, roster: Roster, host: str
) -> None:
    for path in ("/v1/accounts", "/openapi.json", "/docs", "/health/live", "/health/ready"):
        answer = await client.get(f"http://x{path}", headers=[(b"host", host.encode())])
        assert (answer.status_code, answer.json()["code"]) == (421, "wrong_host"), path
    assert (await post(client, host=host, origin=f"http://{host}")).status_code == 421
    assert roster.made == []


@pytest.mark.parametrize("origin", FOREIGN)
async def test_a_foreign_page_posts_nothing(
    client: httpx.AsyncClient, roster: Roster, origin: str
) -> None:
    for kind in ("application/json", *SIMPLE):
        answer = await post(client, origin=origin, content_type=kind)
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin"), kind
    for path in ("/api/send", "/api/download", "/v1/media"):
        answer = await client.post(f"http://x{path}", headers={"host": OWN, "origin": origin})
        assert answer.status_code == 403, path
    assert roster.made == []


@pytest.mark.parametrize("kind", SIMPLE)
async def test_only_json_is_json(client: httpx.AsyncClient, roster: Roster, kind: str) -> None:
    answer = await post(client, content_type=kind)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert roster.made == []


async def test_no_other_site_is_let_in_or_told_anything(client: httpx.AsyncClient) -> None:
    preflight = {
        "host": OWN,
        "origin": "http://evil.example",
        "access-control-request-method": "POST",
    }
    for method in ("OPTIONS", "GET", "POST"):
        answer = await client.request(method, "http://x/v1/accounts", headers=preflight)
        assert not [name for name in answer.headers if name.startswith("access-control-")], method
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
