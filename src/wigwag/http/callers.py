"""Who calls: the key of a request, and what a route asks of it.

The access rules put the key into the request's state before any route sees it. A route names the
scope that it asks for with `Annotated[ApiKey, needs(Scope.READ)]`; where its path names an account,
that has to be one that is served and that the key reaches. What a key does not reach is not there
for it: 404.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import Depends
from msgspec.structs import replace
from starlette.requests import HTTPConnection
from starlette.types import Scope as ASGIScope

from wigwag.core.accounts import Accounts
from wigwag.core.keys import KeyRing
from wigwag.core.library import Library
from wigwag.model.errors import NotFound, ScopeMissing
from wigwag.model.key import ApiKey, Scope

EVERYBODY: Final = ApiKey(
    id="", name="", scopes=frozenset(Scope), created_at=datetime.fromtimestamp(0, UTC)
)
"""Whoever calls a server that asks for no keys."""

_NO_CHAT: Final = "There is no such chat here."


def caller_of(connection: HTTPConnection) -> ApiKey:
    """The key that the access rules found; a request that they never saw has no rights."""
    return _caller_in(connection.scope)


def _caller_in(scope: ASGIScope) -> ApiKey:
    key = scope.get("state", {}).get("caller")
    if not isinstance(key, ApiKey):
        raise ScopeMissing
    return key


class Gate:
    """What a route asks of its caller."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    async def __call__(self, connection: HTTPConnection) -> ApiKey:
        """The caller's key. Raises ScopeMissing, NotFound."""
        return await self.admit(connection.scope)

    async def admit(self, scope: ASGIScope) -> ApiKey:
        """The same of the scope of a request."""
        key = _caller_in(scope)
        if not key.may(self.scope):
            raise ScopeMissing(f"This key has not the scope {self.scope}; take one that has.")
        account = scope.get("path_params", {}).get("account")
        check_account(key, account)
        if self.scope is Scope.ADMIN and (key.chats or (key.accounts and account is None)):
            raise ScopeMissing("This belongs to the whole server; take a key without limits.")
        if account is None:
            return key
        served = scope["app"].state
        accounts: Accounts = served.accounts
        accounts.get(account)
        if not key.chats:
            return key
        library: Library = served.library
        return replace(key, chats=await _chats_of(library, key, account))


def is_still_valid(connection: HTTPConnection, key: ApiKey) -> bool:
    """Whether the key that a stream was opened with has neither expired nor been deleted."""
    ring: KeyRing | None = connection.scope["state"]["keys"]
    return ring is None or ring.holds(key)


def needs(scope: Scope) -> Any:
    """A dependency: the caller's key, which has this scope and reaches the path's account."""
    return Depends(Gate(scope))


READS: Final = needs(Scope.READ)
Reader = Annotated[ApiKey, READS]
SENDS: Final = needs(Scope.SEND)
Sender = Annotated[ApiKey, SENDS]


def check_account(key: ApiKey, account: str | None) -> None:
    """Raises NotFound for an account beyond the key's reach, as for one that is not there."""
    if account is not None and not key.reaches(account):
        raise NotFound(f"There is no account {account[:64]!a} here.")


async def check_address(library: Library, key: ApiKey, account: str, address: str) -> None:
    """Raises NotFound for a chat, as a caller writes it, beyond the key's reach; MalformedJid."""
    check_account(key, account)
    if key.chats and (
        await library.resolve(account, address) not in await _chats_of(library, key, account)
    ):
        raise NotFound(_NO_CHAT)


def check_chat(key: ApiKey, chat_jid: str) -> None:
    """Raises NotFound for a chat (canonical JID) beyond the key's reach."""
    if not key.sees(chat_jid):
        raise NotFound(_NO_CHAT)


def check_unlimited(key: ApiKey) -> None:
    """Raises ScopeMissing for a key that is limited to chats, where a whole account is meant."""
    if key.chats:
        raise ScopeMissing("This key is limited to chats, and this belongs to the whole account.")


async def _chats_of(library: Library, key: ApiKey, account: str) -> frozenset[str]:
    """The chats of a key by the addresses of today: some may have got another one since."""
    return await library.resolve_all((account,), key.chats)
