"""The HTTP interface over a desk: the real use cases and archive, asked as callers ask."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import fields
from functools import cache
from typing import Any, ClassVar, cast

import httpx

from stored.desk import Desk
from stored.engine import SINCE, StoredEngine
from wigwag.http.access import AccessPolicy
from wigwag.http.api import create_api
from wigwag.http.front import FrontedApi
from wigwag.http.services import Services
from wigwag.model.key import ApiKey, Scope


def key_of(*scopes: Scope, accounts: tuple[str, ...] = (), chats: tuple[str, ...] = ()) -> ApiKey:
    return ApiKey(
        id="key_1",
        name="bot",
        scopes=frozenset(scopes or (Scope.READ,)),
        created_at=SINCE,
        accounts=frozenset(accounts),
        chats=frozenset(chats),
    )


ADMIN = key_of(Scope.ADMIN)


class Doors:
    """Whatever secret comes, it is that of `key`."""

    def __init__(self) -> None:
        self.key = ADMIN
        self.client: httpx.AsyncClient
        self.api: FrontedApi

    def find(self, _secret: str) -> ApiKey:
        return self.key

    async def get(self, path: str, *, key: ApiKey = ADMIN, **query: Any) -> httpx.Response:
        """`path` is below /v1/accounts/default, unless it begins with /v1."""
        self.key = key
        full = path if path.startswith("/v1") else f"/v1/accounts/default{path}"
        given = {name.rstrip("_"): value for name, value in query.items()}
        return await self.client.get(full, params=given or None)

    async def ask(
        self, method: str, path: str, body: Any = None, *, key: ApiKey = ADMIN, **more: Any
    ) -> httpx.Response:
        """Any request with a JSON body; `path` as in `get`."""
        self.key = key
        full = path if path.startswith("/v1") else f"/v1/accounts/default{path}"
        headers = {"content-type": "application/json", **more.pop("headers", {})}
        data = json.dumps(body).encode() if body is not None else more.pop("content", None)
        return await self.client.request(method, full, content=data, headers=headers, **more)

    async def view(self, path: str, **options: Any) -> Any:
        answer = await self.get(path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def ids(self, path: str, *, of: str = "id", **options: Any) -> list[str]:
        """The ids of a page's items."""
        return [item[of] for item in (await self.view(path, **options))["items"]]

    async def problem(self, path: str, **options: Any) -> tuple[int, str]:
        """The status and the code."""
        answer = await self.get(path, **options)
        return answer.status_code, answer.json()["code"]


class _Standing:
    """A service that is whatever service of this name the doors that are open have."""

    current: ClassVar[dict[str, Any]] = {}

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self.current[self._name], attribute)


class _Reception:
    """Asks the doors that are open whose key it is."""

    doors: ClassVar[Doors]

    def find(self, secret: str) -> ApiKey:
        return self.doors.find(secret)


def _make_api() -> FrontedApi:
    services: dict[str, Any] = {field.name: _Standing(field.name) for field in fields(Services)}
    return create_api(Services(**services), AccessPolicy(keys=cast("Any", _Reception())))


@cache
def _api() -> FrontedApi:
    """One for all tests: putting it together takes longer than most of them."""
    return _make_api()


@asynccontextmanager
async def open_doors(desk: Desk, *, fresh: bool = False, **services: Any) -> AsyncGenerator[Doors]:
    """Over these `services`, and none but accounts and library besides; `fresh` with an interface
    that nobody has asked anything yet."""
    if desk.accounts.find("default") is None:
        desk.accounts.add(StoredEngine())
    doors = Doors()
    _Standing.current = {"accounts": desk.accounts, "library": desk.library, **services}
    _Reception.doors = doors
    api = _make_api() if fresh else _api()
    transport = httpx.ASGITransport(api)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        doors.client, doors.api = client, api
        yield doors
