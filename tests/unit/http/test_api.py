"""The whole interface over doubles: no body breaks it, and OpenAPI says what it does."""

import json
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import fields
from types import SimpleNamespace
from typing import Any, cast

import httpx
import msgspec
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from wigwag.core.accounts import Accounts
from wigwag.core.drafts import Draft
from wigwag.core.keys import KeyRing, digest_of
from wigwag.http.access import MAX_BODY_BYTES, AccessMiddleware, AccessPolicy, Doorkeeper
from wigwag.http.api import create_api
from wigwag.http.callers import EVERYBODY
from wigwag.http.document import NEEDED
from wigwag.http.front import FrontedApi
from wigwag.http.services import Services
from wigwag.model.errors import NotFound
from wigwag.model.key import Scope

SECRET = "a text that is nobody's business"


class Sending:
    """Takes every message; one text breaks it."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, Draft]] = []

    async def submit(self, _account: str, recipient: str, draft: Draft, **_options: object) -> Any:
        self.taken.append((recipient, draft))
        raise OSError(5, SECRET) if draft.text == SECRET else NotFound("There is no such person.")


async def fetch(*_arguments: object) -> Any:
    raise OSError(5, SECRET)


@pytest.fixture
def sending() -> Sending:
    return Sending()


@pytest.fixture
def api(sending: Sending) -> FastAPI:
    absent: dict[str, Any] = dict.fromkeys(field.name for field in fields(Services))
    given: dict[str, Any] = {
        "accounts": Accounts(),
        "sending": sending,
        "media": SimpleNamespace(fetch=fetch),
    }
    services = Services(**absent | given)
    return create_api(services, AccessPolicy())


@pytest.fixture
def bare_api(api: FrontedApi) -> FrontedApi:
    """The routes without the access rules before them."""
    api.user_middleware.clear()
    api.front = None
    return api


async def post(
    api: FastAPI, path: str, body: bytes | AsyncIterator[bytes], **headers: str
) -> httpx.Response:
    transport = httpx.ASGITransport(api, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.post(path, content=body, headers=headers)


ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
FIELDS = ("recipient", "message", "media_path", "message_id", "chat_jid")
BODIES = st.one_of(
    st.binary(max_size=40),
    ANY_JSON.map(lambda value: json.dumps(value).encode()),
    st.dictionaries(st.sampled_from(FIELDS), ANY_JSON, max_size=5).map(
        lambda value: json.dumps(value, ensure_ascii=True).encode()
    ),
)


@pytest.mark.parametrize("path", ["/api/send", "/api/download"])
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=BODIES)
async def test_every_body_has_a_classic_answer(api: FastAPI, path: str, body: bytes) -> None:
    answer = await post(api, path, body)
    assert answer.status_code in (400, 500)
    assert answer.json()["success"] is False
    assert "internal error" not in answer.json()["message"] or path == "/api/download"


@pytest.mark.parametrize(
    "body",
    [
        b'{"recipient": "\xff", "message": "x"}',
        b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"recipient": "\\ud800", "message": "x"}',
        b"",
        b"[]",
        b"null",
    ],
)
async def test_what_is_no_request_is_the_callers_mistake(api: FastAPI, body: bytes) -> None:
    for path in ("/api/send", "/api/download"):
        answer = await post(api, path, body)
        assert answer.status_code == 400
        assert answer.json()["success"] is False


async def test_null_is_as_good_as_nothing(api: FastAPI, sending: Sending) -> None:
    body = b'{"recipient": "15550001111", "message": null, "media_path": "/a.jpg"}'
    await post(api, "/api/send", body)
    assert sending.taken == [("15550001111", Draft(media_path="/a.jpg"))]


async def test_a_failure_of_ours_has_the_classic_shape_and_tells_nothing(
    api: FastAPI,
) -> None:
    for path, body in (
        ("/api/send", {"recipient": "15550001111", "message": SECRET}),
        ("/api/download", {"message_id": "A", "chat_jid": "15550001111"}),
    ):
        answer = await post(api, path, json.dumps(body).encode())
        assert answer.status_code == 500
        assert answer.json()["success"] is False
        assert SECRET not in answer.text


@pytest.mark.parametrize(
    ("path", "given", "place"),
    [
        ("/v1/keys", {}, ""),
        ("/v1/accounts/default/messages", {"type": "text", "to": "15550001111"}, "text: "),
    ],
)
async def test_no_fault_is_sought_in_each_of_countless_fields(
    api: FastAPI,
    path: str,
    given: dict[str, Any],
    place: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(api.state.accounts, "get", {"default": None}.get)
    body = json.dumps(given | {f"x{number}": 1 for number in range(101)}).encode()
    answer = await post(api, path, body, **{"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["detail"] == f"{place}an object has 100 fields at the most"


async def test_a_body_over_the_limit_is_refused(api: FastAPI) -> None:
    async def chunks() -> AsyncGenerator[bytes]:
        for _ in range(3):
            yield b" " * (MAX_BODY_BYTES // 2)

    for path in ("/api/send", "/api/download"):
        answer = await post(api, path, chunks())
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


async def refusals(api: FastAPI, *scopes: Scope) -> set[str]:
    """The operations that a key with these scopes may not do."""
    ring = KeyRing()
    ring.add(digest_of(SECRET), msgspec.structs.replace(EVERYBODY, scopes=frozenset(scopes)))
    transport = httpx.ASGITransport(
        cast("Any", AccessMiddleware(api, Doorkeeper(AccessPolicy(keys=ring)))),
        raise_app_exceptions=False,
    )
    found: set[str] = set()
    client = httpx.AsyncClient(transport=transport, base_url="http://localhost")
    with capture_logs():  # printing what the absent services break takes its time
        for path, operations in api.openapi()["paths"].items():
            for method in operations:
                answer = await client.request(
                    method, path.replace("{", "").replace("}", ""), headers={"x-api-key": SECRET}
                )
                if answer.status_code == 403:
                    assert answer.json()["code"] == "scope_missing"
                    found.add(f"{method.upper()} {path}")
    await client.aclose()
    return found


async def test_every_route_asks_for_a_scope(bare_api: FastAPI) -> None:
    every = {
        f"{method.upper()} {path}"
        for path, operations in bare_api.openapi()["paths"].items()
        for method in operations
    }
    assert len(every) > 8
    assert every - await refusals(bare_api) == {"GET /health/live", "GET /health/ready"}
    assert await refusals(bare_api, Scope.ADMIN) == set()
    changing = {
        operation
        for operation in every
        if not operation.startswith(("GET", "HEAD")) and operation != "POST /api/download"
    }
    assert changing <= await refusals(bare_api, Scope.READ)


def test_openapi_tells_the_answers_there_are(api: FastAPI) -> None:
    schema = api.openapi()
    for path in ("/api/send", "/api/download"):
        answers = schema["paths"][path]["post"]["responses"]
        assert {"200", "400", "500"} <= answers.keys()
    every = [
        operation["responses"]
        for operations in schema["paths"].values()
        for operation in operations.values()
    ]
    assert not any("422" in answers for answers in every)
    assert all("default" in answers for answers in every)
    assert api.openapi() is schema


def test_openapi_says_what_asks_for_a_capability_of_the_engine(api: FastAPI) -> None:
    operations = {
        operation["operationId"]: operation["responses"]
        for of_path in api.openapi()["paths"].values()
        for operation in of_path.values()
    }
    needing = {name for names in NEEDED.values() for name in names}
    assert needing == {name for name, answers in operations.items() if "501" in answers}
    assert "`media_retry`" in operations["retry_media"]["501"]["description"]


def test_openapi_says_which_routes_ask_for_a_key(api: FastAPI) -> None:
    schema = api.openapi()
    assert schema["security"] == [{"bearer": []}, {"header": []}]
    keyless = {
        path
        for path, operations in schema["paths"].items()
        for operation in operations.values()
        if operation.get("security") == []
    }
    assert keyless == {"/health/live"}


def test_operations_have_names_of_their_own(api: FastAPI) -> None:
    names = [
        operation["operationId"]
        for operations in api.openapi()["paths"].values()
        for operation in operations.values()
    ]
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() and name.islower() for name in names)


def test_every_address_has_its_pattern(api: FastAPI) -> None:
    asked = [
        (parameter["in"], parameter["name"], parameter["schema"])
        for path, operations in api.openapi()["paths"].items()
        if not path.startswith("/sandbox")
        for operation in operations.values()
        for parameter in operation.get("parameters", ())
    ]
    any_word = {
        name
        for place, name, schema in asked
        if place == "path" and not {"pattern", "enum", "$ref"} & schema.keys()
    }
    assert any_word == {"account", "event_id", "key_id", "label", "message_id", "webhook_id"}
    addresses = [schema for _, name, schema in asked if name in ("chat", "jid", "sender")]
    assert len(addresses) > 10
    assert all("pattern" in schema for schema in addresses)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/v1/accounts", "GET, POST"),
        ("/v1/accounts/default/messages", "GET, POST"),
        ("/v1/accounts/default/messages/read", "POST"),
        ("/v1/accounts/default/messages/3EB0", "DELETE, GET, PATCH"),
        ("/v1/accounts/default/messages/3EB0/media", "GET, HEAD"),
        ("/v1/keys/key_1", "DELETE, GET, PATCH"),
        ("/v1/accounts/default/groups", "GET, POST"),
        ("/v1/accounts/default/groups/120363000000000001@g.us", "GET, PATCH"),
    ],
)
async def test_a_wrong_method_is_told_the_right_ones(api: FastAPI, path: str, allowed: str) -> None:
    transport = httpx.ASGITransport(api)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.put(path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
