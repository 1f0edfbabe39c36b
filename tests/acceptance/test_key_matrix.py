"""Every route against every kind of key, on a whole server with two accounts that have something to
hide: no route answers without a key, none does what its key may not, and what a key does not reach
cannot be told from what is not there.

Routes are found by walking the application, so that a new one is asked, too.
"""

import json
import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, fields
from typing import Any
from unittest.mock import MagicMock

import aiohttp
import pytest
import pytest_asyncio
from fastapi.routing import iter_route_contexts

from peers.child import until
from peers.house import EMMA, SAM, Answer, House, open_house
from wigwag.http.access import AccessPolicy
from wigwag.http.api import create_api
from wigwag.http.services import Services

ADMIN = "the-key-of-the-settings"
OPEN = {("GET", "/health/live"), ("HEAD", "/health/live")}
NOBODY = "15550109999"
"""A number that nobody has."""
ENDLESS = frozenset({"/v1/events/stream"})
DEFAULTS_MARK = "mark-of-the-account-default"
EMMAS_MARK = "mark-of-emmas-chat"
OTHERS_MARK = "mark-of-the-account-other"
TOWNS_MARK = "mark-of-a-group-in-town"


def every_route() -> Iterator[tuple[str, str]]:
    """Method and path of each route of the application; those of the sandbox serve tests alone."""
    services = Services(**{each.name: MagicMock() for each in fields(Services)})
    api = create_api(services, AccessPolicy())
    for route in iter_route_contexts(api.routes):
        methods = getattr(route, "methods", None) or {"GET"}
        for method in sorted(methods):
            yield method, str(route.path)


ROUTES = sorted(set(every_route()))


@dataclass(frozen=True)
class Stage:
    """A server with two accounts, a key of each kind, and what stands for the names in paths."""

    house: House
    keys: dict[str, str]
    names: dict[str, str]
    other: dict[str, str]
    """What names things of the account `other`."""

    async def ask(
        self, method: str, path: str, key: str, names: dict[str, str], **headers: str
    ) -> Answer:
        target = re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: names.get(found[1], "x"), path)
        headers |= {"x-api-key": self.keys.get(key, key)} if key else {}
        body = b"{}" if method in {"POST", "PATCH", "PUT"} else None
        return await self.house.request(
            method, target, data=body, headers={"content-type": "application/json", **headers}
        )


async def link(house: House, account: str) -> str:
    """Make and link another account; its phone number."""
    headers = {"x-api-key": ADMIN}
    phone = (
        await house.request("POST", "/sandbox/phones", {"name": "Other"}, headers=headers)
    ).body
    await house.request("POST", "/v1/accounts", {"account": account}, headers=headers)
    codes: list[str] = []

    async def code() -> bool:
        answer = await house.get(f"/v1/accounts/{account}/qr.txt", x_api_key=ADMIN)
        codes.extend([answer.body.decode()] if answer.status == 200 else [])
        return bool(codes)

    await until(code, 20.0, "a code to scan")
    scan = {"qr": codes[-1], "phone": phone["phone"]}
    await house.request("POST", "/sandbox/scan", scan, headers=headers)

    async def connected() -> bool:
        view = await house.get(f"/v1/accounts/{account}", x_api_key=ADMIN)
        return view.body["state"] == "connected"

    await until(connected, 20.0, "the other account connected")
    return str(phone["phone"])


async def say(house: House, person: str, to: str, text: str) -> str:
    answer = await house.post(
        f"/sandbox/people/{person}/messages", {"to": to, "text": text}, x_api_key=ADMIN
    )
    assert answer.status < 300, answer.body
    await house.until_rows("SELECT 1 FROM messages WHERE content = ?", text)
    return str(answer.body["id"])


async def group(house: House, body: dict[str, Any]) -> str:
    """The address of a group that is made."""
    answer = await house.post("/v1/accounts/default/groups", body, x_api_key=ADMIN)
    assert answer.status == 201, answer.body
    return str(answer.body["jid"])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Stage]:
    async with AsyncExitStack() as stack:
        folder = tmp_path_factory.mktemp("matrix")
        house = await stack.enter_async_context(open_house(folder / "store", api_key=ADMIN))
        own = (await house.get("/v1/accounts/default", x_api_key=ADMIN)).body["phone"]
        phone = await link(house, "other")
        names = {"account": "default", "chat": SAM, "jid": SAM, "kind": "txt", "label": "1"}
        names["message_id"] = await say(house, SAM, own, DEFAULTS_MARK)
        other = {**names, "chat": EMMA, "jid": EMMA}
        other["message_id"] = await say(house, EMMA, own, EMMAS_MARK)
        hidden = await say(house, SAM, phone, OTHERS_MARK)
        town = await group(house, {"subject": "Town", "community": True})
        inner = {"subject": TOWNS_MARK, "parent": town, "participants": [SAM]}
        other |= {"town": town, "group in town": await group(house, inner)}
        keys: dict[str, str] = {}
        limits: dict[str, dict[str, Any]] = {
            "reads": {"scopes": ["read"]},
            "sends": {"scopes": ["send"]},
            "admin": {"scopes": ["admin"]},
            "of default": {"scopes": ["read", "send"], "accounts": ["default"]},
            "admin of default": {"scopes": ["admin"], "accounts": ["default"]},
            "of sam": {"scopes": ["read", "send"], "accounts": ["default"], "chats": [SAM]},
            "of town": {"scopes": ["read", "send"], "accounts": ["default"], "chats": [town]},
        }
        for name, limit in limits.items():
            body = {"name": name, **limit}
            made = await house.post("/v1/keys", body, x_api_key=ADMIN)
            assert made.status == 201, made.body
            keys[name] = made.body["secret"]
        yield Stage(house, keys, names, {**other, "phone": phone, "hidden": hidden})


def told(answer: Answer, *names: str) -> str:
    """All that an answer says, but for its request id and the names that the question had."""
    body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
    text = re.sub(r'"request_id": ?"\w+"', "", body.decode(errors="replace"))
    for name in names:
        text = text.replace(name, "NAME")
    kept = {"content-type", "allow", "www-authenticate", "etag", "content-disposition"}
    headers = sorted((name, value) for name, value in answer.headers.items() if name in kept)
    return f"{answer.status} {headers} {text}"


@pytest.mark.asyncio(loop_scope="module")
async def test_no_route_answers_without_a_key(stage: Stage) -> None:
    assert len(ROUTES) > 60
    assert set(ROUTES) >= OPEN
    for method, path in ROUTES:
        for key in ("", "wgw_wrong"):
            answer = await stage.ask(method, path, key, stage.names)
            expected = 200 if (method, path) in OPEN else 401
            assert answer.status == expected, f"{method} {path}: {answer.status} {answer.body}"
    for headers in ({}, {"X-API-Key": "wgw_wrong"}):
        url = f"http://127.0.0.1:{stage.house.port}/v1/events/ws"
        async with aiohttp.ClientSession() as http:
            if headers:
                with pytest.raises(aiohttp.WSServerHandshakeError, match="401"):
                    await http.ws_connect(url, headers=headers)
            else:
                async with http.ws_connect(url) as socket:
                    await socket.send_json({"key": "wgw_wrong"})
                    assert (await socket.receive()).data == 4401


@pytest.mark.asyncio(loop_scope="module")
async def test_each_scope_does_its_own_alone(stage: Stage) -> None:
    """Whoever only reads changes nothing; no route is for those who read and for those who send."""
    for method, path in ROUTES:
        if not path.startswith("/v1") or path in ENDLESS or path.endswith("/ws"):
            continue
        keys = ("reads",) if method not in {"GET", "HEAD"} else ("sends", "reads")
        answers = [await stage.ask(method, path, key, stage.names) for key in keys]
        refused = [answer for answer in answers if answer.status == 403]
        assert refused, f"{method} {path}: {[answer.status for answer in answers]}"
        if method != "HEAD":
            assert refused[0].body["code"] == "scope_missing", f"{method} {path}"


@pytest.mark.asyncio(loop_scope="module")
async def test_another_account_is_like_one_that_is_not_there(stage: Stage) -> None:
    asked = 0
    for method, path in ROUTES:
        if "{account}" not in path:
            continue
        answers = [
            await stage.ask(method, path, "admin of default", {**stage.names, "account": account})
            for account in ("other", "nobody")
        ]
        there, absent = (told(one, "other", "nobody") for one in answers)
        assert there == absent, f"{method} {path}"
        assert answers[0].status == 404, f"{method} {path}"
        asked += 1
    assert asked > 40


@pytest.mark.asyncio(loop_scope="module")
async def test_another_chat_is_like_one_that_is_not_there(stage: Stage) -> None:
    """By its address, and by the id of a message in it."""
    for method, path in ROUTES:
        for name, absent in (("chat", NOBODY), ("jid", NOBODY), ("message_id", "3EB0NOBODYS")):
            if f"{{{name}}}" not in path or "{account}" not in path:
                continue
            there = await stage.ask(
                method, path, "of sam", {**stage.names, name: stage.other[name]}
            )
            nobody = await stage.ask(method, path, "of sam", {**stage.names, name: absent})
            names = (stage.other[name], absent)
            assert told(there, *names) == told(nobody, *names), f"{method} {path}"


@pytest.mark.asyncio(loop_scope="module")
async def test_no_answer_tells_of_what_the_key_does_not_reach(stage: Stage) -> None:
    """Whatever is read: nothing of the other account, and with one of a chat nothing of others."""
    hidden = [OTHERS_MARK, stage.other["phone"], stage.other["hidden"], "account other", '"other"']
    emmas = [EMMAS_MARK, stage.other["message_id"], EMMA]
    read = 0
    for method, path in ROUTES:
        if method != "GET" or path in ENDLESS or path.endswith("/ws") or path == "/openapi.json":
            continue
        for key, secrets in (
            ("admin of default", hidden),
            ("of sam", [*hidden, *emmas]),
        ):
            answer = await stage.ask(method, path, key, stage.names)
            said = told(answer)
            found = [secret for secret in secrets if secret in said]
            assert not found, f"GET {path} with the key {key!r} tells {found}"
            read += answer.status == 200
    assert read > 25
    for key, secrets, own in (
        ("of default", hidden, EMMAS_MARK),
        ("of sam", [*hidden, *emmas], DEFAULTS_MARK),
    ):
        page = await stage.house.get("/v1/events?after=0&limit=1000", x_api_key=stage.keys[key])
        said = told(page)
        assert own in said
        assert [secret for secret in secrets if secret in said] == [], key


@pytest.mark.asyncio(loop_scope="module")
async def test_a_community_tells_nothing_of_groups_that_the_key_does_not_reach(
    stage: Stage,
) -> None:
    town = {**stage.names, "chat": stage.other["town"]}
    hidden = [TOWNS_MARK, stage.other["group in town"]]
    read = 0
    for method, path in ROUTES:
        if method != "GET" or "{chat}" not in path:
            continue
        answer = await stage.ask(method, path, "of town", town)
        found = [secret for secret in hidden if secret in told(answer)]
        assert not found, f"GET {path} tells {found}"
        read += answer.status == 200
    assert read > 3


@pytest.mark.asyncio(loop_scope="module")
async def test_streams_tell_no_more_than_lists(stage: Stage) -> None:
    hidden = [OTHERS_MARK, EMMAS_MARK, stage.other["hidden"], stage.other["message_id"]]
    header = {"X-API-Key": stage.keys["of sam"]}
    base = f"http://127.0.0.1:{stage.house.port}/v1/events"
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as http:
        async with http.get(f"{base}/stream?after=0", headers=header) as stream:
            said = ""
            async for line in stream.content:
                said += line.decode()
                if DEFAULTS_MARK in said and said.endswith(": \n"):
                    break
        async with http.ws_connect(f"{base}/ws?after=0", headers=header) as socket:
            framed = ""
            while '"feed.cursor"' not in framed or DEFAULTS_MARK not in framed:
                framed += (await socket.receive()).data
    for stream_said in (said, framed):
        assert DEFAULTS_MARK in stream_said
        assert [secret for secret in hidden if secret in stream_said] == []


@pytest.mark.asyncio(loop_scope="module")
async def test_an_admin_of_one_account_is_no_admin_of_the_server(stage: Stage) -> None:
    for method, path in ROUTES:
        if not path.startswith(("/v1/keys", "/v1/webhooks")):
            continue
        answer = await stage.ask(method, path, "admin of default", stage.names)
        assert (answer.status, answer.body["code"]) == (403, "scope_missing"), f"{method} {path}"
