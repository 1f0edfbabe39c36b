"""Who may call: every rule of the access policy, and the middleware that applies it."""

import asyncio
import json
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from wigwag.core.keys import CONFIGURED, KeyRing, configured_key, digest_of
from wigwag.http.access import MAX_BODY_BYTES, AccessMiddleware, AccessPolicy, Doorkeeper
from wigwag.http.callers import EVERYBODY
from wigwag.http.problems import Problem
from wigwag.model.key import ApiKey, Scope

KEY = "a-key-of-some-length"
OPEN = AccessPolicy()
RING = KeyRing()
RING.add(digest_of(KEY), configured_key())
KEYED = AccessPolicy(keys=RING)
PUBLIC = AccessPolicy(any_address=True, hosts=frozenset({"wa.example"}), keys=RING)


def judge(
    policy: AccessPolicy, path: str = "/v1/accounts", method: str = "GET", **headers: str
) -> Problem | None:
    """What is wrong; None when there is a caller."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    found = policy.judge(method=method, path=path, headers={"host": "127.0.0.1:8080", **named})
    return found if isinstance(found, Problem) else None


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8080", "127.0.0.1:1", "[::1]:8080", "LOCALHOST."]
)
def test_loopback_names_are_answered(host: str) -> None:
    assert judge(OPEN, host=host) is None


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8080",
        "127.0.0.1.evil.example",
        "",
        "[::1",
        "10.0.0.1",
        "a@localhost.evil",
    ],
)
def test_other_names_are_misdirected(host: str) -> None:
    problem = judge(OPEN, host=host)
    assert problem is not None
    assert problem.status == 421


def test_configured_names_and_addresses_beyond_loopback() -> None:
    assert judge(PUBLIC, host="wa.example", x_api_key=KEY) is None
    assert judge(PUBLIC, host="192.0.2.7:8080", x_api_key=KEY) is None
    assert judge(PUBLIC, host="other.example", x_api_key=KEY) is not None


def test_a_foreign_page_cannot_send() -> None:
    problem = judge(OPEN, method="POST", origin="https://evil.example")
    assert problem is not None
    assert problem.status == 403
    assert judge(OPEN, method="POST", origin="null") is not None
    assert judge(OPEN, method="POST", origin="http://localhost:8080") is None
    assert judge(OPEN, method="GET", origin="https://evil.example") is None


@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": "Bearer wrong"}, {"authorization": f"Basic {KEY}"}, {"x_api_key": ""}],
)
def test_without_the_key_nothing_but_live_is_answered(headers: dict[str, str]) -> None:
    for path in ("/v1/accounts", "/docs", "/openapi.json", "/health/ready", "/sandbox", "/nowhere"):
        problem = judge(KEYED, path, **headers)
        assert problem is not None
        assert problem.status == 401
    assert judge(KEYED, "/health/live", **headers) is None


@pytest.mark.parametrize(
    "headers",
    [{"authorization": f"Bearer {KEY}"}, {"authorization": f"bearer {KEY}"}, {"x_api_key": KEY}],
)
def test_the_key_opens(headers: dict[str, str]) -> None:
    assert judge(KEYED, **headers) is None


def test_who_calls() -> None:
    headers = {"host": "localhost"}
    assert OPEN.judge(method="GET", path="/v1/accounts", headers=headers) is EVERYBODY
    keyed = KEYED.judge(method="GET", path="/v1/accounts", headers={**headers, "x-api-key": KEY})
    assert isinstance(keyed, ApiKey)
    assert (keyed.id, keyed.may(Scope.SEND)) == (CONFIGURED, True)


async def call(
    policy: AccessPolicy, headers: list[tuple[bytes, bytes]], chunks: list[bytes]
) -> tuple[int, dict[bytes, bytes], bytes]:
    """One POST through the middleware to an application that echoes the length of the body."""
    return await call_app(
        AccessMiddleware(Starlette(routes=ROUTES), Doorkeeper(policy)), headers, chunks
    )


async def echo(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


ROUTES = [Route("/", echo, methods=["POST"])]


async def call_app(
    app: AccessMiddleware, headers: list[tuple[bytes, bytes]], chunks: list[bytes]
) -> tuple[int, dict[bytes, bytes], bytes]:
    scope: dict[str, Any] = {
        "type": "http", "method": "POST", "path": "/", "raw_path": b"/", "query_string": b"",
        "headers": headers, "http_version": "1.1", "scheme": "http", "root_path": "",
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8080),
    }  # fmt: skip
    body = [
        {"type": "http.request", "body": chunk, "more_body": index + 1 < len(chunks)}
        for index, chunk in enumerate(chunks)
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        return body.pop(0) if body else await asyncio.Future()

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


HOST = (b"host", b"localhost")


async def test_answers_carry_the_security_headers_and_a_request_id() -> None:
    status, headers, body = await call(OPEN, [HOST], [b"12345"])
    assert (status, body) == (200, b"5")
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert headers[b"cache-control"] == b"no-store"
    assert len(headers[b"x-request-id"]) == 32


def test_who_sends_no_key_is_told_how_and_who_sends_another_that_it_opens_nothing() -> None:
    expired = ApiKey(
        id="key_1",
        name="bot",
        scopes=frozenset({Scope.READ}),
        created_at=EVERYBODY.created_at,
        expires_at=EVERYBODY.created_at,
    )
    ring = KeyRing()
    ring.add(digest_of("expired"), expired)
    none = judge(AccessPolicy(keys=ring))
    wrong = judge(AccessPolicy(keys=ring), x_api_key="wrong")
    assert none is not None
    assert wrong is not None
    assert "X-API-Key: <key>" in none.detail
    assert "opens nothing here" in wrong.detail
    assert "POST /v1/keys" in wrong.detail
    assert judge(AccessPolicy(keys=ring), authorization="Bearer expired") == wrong


async def test_a_refusal_is_a_problem_document_with_the_same_request_id() -> None:
    status, headers, body = await call(KEYED, [HOST], [b""])
    problem = json.loads(body)
    assert status == problem["status"] == 401
    assert headers[b"content-type"] == b"application/problem+json"
    assert headers[b"www-authenticate"] == b"Bearer"
    assert problem["code"] == "unauthorized"
    assert problem["request_id"].encode() == headers[b"x-request-id"]


async def test_a_declared_length_over_the_limit_is_refused_before_it_is_read() -> None:
    length = str(MAX_BODY_BYTES + 1).encode()
    status, _, body = await call(OPEN, [HOST, (b"content-length", length)], [b"x"])
    assert status == 413
    assert str(MAX_BODY_BYTES) in json.loads(body)["detail"]


async def test_a_body_that_grows_over_the_limit_is_stopped() -> None:
    status, _, _ = await call(OPEN, [HOST], [b"x" * 1_000_000] * 3)
    assert status == 413


async def test_a_key_that_asks_too_often_is_told_when_to_come_again() -> None:
    policy = AccessPolicy(keys=RING, rate_limit=1)
    named = [HOST, (b"x-api-key", KEY.encode())]
    app = AccessMiddleware(Starlette(routes=ROUTES), Doorkeeper(policy))
    answers = [await call_app(app, named, [b""]) for _ in range(50)]
    assert answers[0][0] == 200
    answers = [answer for answer in answers if answer[0] != 200]
    _, headers, body = answers[-1]
    assert headers[b"retry-after"] == b"1"
    assert json.loads(body)["code"] == "rate_limited"


async def test_two_hosts_are_one_too_many() -> None:
    status, _, body = await call(OPEN, [HOST, (b"host", b"evil.example")], [b""])
    assert (status, json.loads(body)["code"]) == (400, "invalid_input")


async def test_a_length_with_thousands_of_digits_is_too_large() -> None:
    status, _, _ = await call(OPEN, [HOST, (b"content-length", b"9" * 5_000)], [b"x"])
    assert status == 413


def test_an_address_is_nobodys_proof_of_being_ours() -> None:
    foreign = judge(
        PUBLIC, method="POST", host="192.0.2.7", origin="http://192.0.2.66", x_api_key=KEY
    )
    assert foreign is not None
    assert foreign.status == 403
    own = {"host": "192.0.2.7:8080", "origin": "http://192.0.2.7:8080", "x_api_key": KEY}
    assert judge(PUBLIC, method="POST", **own) is None


def test_old_clients_may_do_without_a_key() -> None:
    policy = AccessPolicy(keys=RING, classic_open=True)
    assert judge(policy, "/api/send", "POST") is None
    assert judge(policy, "/api/download", "POST") is None
    assert judge(policy, "/api/send", "POST", origin="https://evil.example") is not None
    assert judge(policy, "/v1/accounts") is not None


def test_a_foreign_page_opens_no_websocket() -> None:
    problem = judge(OPEN, method="WEBSOCKET", origin="https://evil.example")
    assert problem is not None
    assert problem.status == 403


async def test_a_bad_content_length_is_refused() -> None:
    status, _, _ = await call(OPEN, [HOST, (b"content-length", b"-1")], [b""])
    assert status == 400
