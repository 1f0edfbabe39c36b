"""What a route asks of a caller: the scope, the account, the chat."""

from types import SimpleNamespace
from typing import Annotated, Any, cast

import httpx
import pytest
from fastapi import FastAPI

from scripted.waiting import VirtualClock
from stored.engine import StoredEngine
from wigwag.core.accounts import Accounts
from wigwag.core.keys import KeyRing, digest_of
from wigwag.core.library import Library
from wigwag.http.access import AccessMiddleware, AccessPolicy, Doorkeeper
from wigwag.http.callers import check_address, check_chat, needs
from wigwag.http.problems import install_problem_handlers
from wigwag.model.errors import NotFound
from wigwag.model.jid import Jid
from wigwag.model.key import ApiKey, Scope

CHAT = "15550001111@s.whatsapp.net"
LID = "77@lid"
"""Another address of the same chat."""


async def resolve(_account: str, jid: Jid) -> str:
    return CHAT if str(jid) in (LID, CHAT) else str(jid)


LIBRARY = Library(cast("Any", SimpleNamespace(resolve=resolve)))
ACCOUNTS = Accounts()
for name in ("default", "work"):
    ACCOUNTS.add(StoredEngine(name))


def key_of(*scopes: Scope, accounts: tuple[str, ...] = (), chats: tuple[str, ...] = ()) -> ApiKey:
    return ApiKey(
        id="key_1",
        name="bot",
        scopes=frozenset(scopes),
        created_at=VirtualClock().now(),
        accounts=frozenset(accounts),
        chats=frozenset(chats),
    )


async def answer(key: ApiKey, path: str, *, guarded: bool = True) -> tuple[int, str]:
    """The status, and the code of a problem or the id of the caller."""
    api = FastAPI()
    install_problem_handlers(api)

    @api.get("/send")
    async def send(caller: Annotated[ApiKey, needs(Scope.SEND)]) -> str:  # pyright: ignore[reportUnusedFunction]
        return caller.id

    @api.get("/accounts/{account}/chats")
    async def chats(account: str, caller: Annotated[ApiKey, needs(Scope.READ)]) -> str:  # pyright: ignore[reportUnusedFunction]
        return " ".join(caller.chats)

    @api.get("/accounts/{account}")
    async def look(account: str, caller: Annotated[ApiKey, needs(Scope.READ)]) -> str:  # pyright: ignore[reportUnusedFunction]
        return caller.id

    @api.get("/keys", dependencies=[needs(Scope.ADMIN)])
    async def keys() -> str:  # pyright: ignore[reportUnusedFunction]
        return "all"

    @api.get("/accounts/{account}/qr", dependencies=[needs(Scope.ADMIN)])
    async def code(account: str) -> str:  # pyright: ignore[reportUnusedFunction]
        return account

    ring = KeyRing()
    ring.add(digest_of("s"), key)
    api.state.accounts, api.state.library = ACCOUNTS, LIBRARY
    app: Any = AccessMiddleware(api, Doorkeeper(AccessPolicy(keys=ring)))
    transport = httpx.ASGITransport(app if guarded else api)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        found = await client.get(path, headers={"x-api-key": "s"})
    body = found.json()
    return found.status_code, body if isinstance(body, str) else body["code"]


@pytest.mark.parametrize(
    ("scopes", "expected"),
    [
        ((Scope.SEND,), (200, "key_1")),
        ((Scope.ADMIN,), (200, "key_1")),
        ((Scope.READ,), (403, "scope_missing")),
        ((), (403, "scope_missing")),
    ],
)
async def test_a_route_asks_for_its_scope(
    scopes: tuple[Scope, ...], expected: tuple[int, str]
) -> None:
    assert await answer(key_of(*scopes), "/send") == expected


async def test_an_account_beyond_reach_is_not_there() -> None:
    key = key_of(Scope.READ, accounts=("work",))
    assert await answer(key, "/accounts/work") == (200, "key_1")
    assert await answer(key, "/accounts/default") == (404, "not_found")


async def test_an_account_that_is_not_served_is_not_there() -> None:
    assert await answer(key_of(Scope.READ), "/accounts/other") == (404, "not_found")


async def test_an_admin_with_limits_reaches_no_more_than_his_accounts() -> None:
    admin = key_of(Scope.ADMIN, accounts=("work",))
    assert await answer(key_of(Scope.ADMIN), "/keys") == (200, "all")
    assert await answer(admin, "/keys") == (403, "scope_missing")
    assert await answer(admin, "/accounts/work/qr") == (200, "work")
    assert await answer(admin, "/accounts/default/qr") == (404, "not_found")
    of_one_chat = key_of(Scope.ADMIN, accounts=("work",), chats=(CHAT,))
    assert await answer(of_one_chat, "/accounts/work/qr") == (403, "scope_missing")


async def test_a_request_that_no_rule_saw_has_no_rights() -> None:
    assert await answer(key_of(Scope.ADMIN), "/send", guarded=False) == (403, "scope_missing")


async def test_the_chats_of_a_key_by_their_addresses_of_today() -> None:
    key = key_of(Scope.READ, chats=(LID,))
    assert await answer(key, "/accounts/default/chats") == (200, CHAT)


async def test_a_chat_beyond_reach_is_not_there() -> None:
    await check_address(LIBRARY, key_of(chats=(CHAT,)), "default", "+1 555 000-1111")
    check_chat(key_of(), CHAT)
    with pytest.raises(NotFound):
        await check_address(LIBRARY, key_of(chats=("1@lid",)), "default", "+1 555 000-1111")
    await check_address(LIBRARY, key_of(chats=(LID,)), "default", "+1 555 000-1111")
    with pytest.raises(NotFound):
        await check_address(LIBRARY, key_of(accounts=("work",)), "default", "+15550001111")
