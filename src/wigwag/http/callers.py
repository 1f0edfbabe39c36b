"""Who calls: the key of a request, and what a route asks of it.

The access rules put the key into the request's state before any route sees it. A route names the
scope that it asks for with `Annotated[ApiKey, needs(Scope.READ)]`; where its path names an account,
that has to be one the key reaches. What a key does not reach is not there for it: 404.
"""

from datetime import UTC, datetime
from typing import Any, Final

from fastapi import Depends
from starlette.requests import HTTPConnection

from wigwag.core.library import Library
from wigwag.model.errors import NotFound, ScopeMissing
from wigwag.model.key import ApiKey, Scope

EVERYBODY: Final = ApiKey(
    id="", name="", scopes=frozenset(Scope), created_at=datetime.fromtimestamp(0, UTC)
)
"""Whoever calls a server that asks for no keys."""


def caller_of(connection: HTTPConnection) -> ApiKey:
    """The key that the access rules found; a request that they never saw has no rights."""
    key = connection.scope.get("state", {}).get("caller")
    if not isinstance(key, ApiKey):
        raise ScopeMissing
    return key


def needs(scope: Scope) -> Any:
    """A dependency: the caller's key, which has this scope and reaches the path's account.

    Raises ScopeMissing, NotFound.
    """

    async def check(connection: HTTPConnection) -> ApiKey:
        key = caller_of(connection)
        if not key.may(scope):
            raise ScopeMissing(f"This key has not the scope {scope}; take one that has.")
        check_account(key, connection.path_params.get("account"))
        return key

    return Depends(check)


def check_account(key: ApiKey, account: str | None) -> None:
    """Raises NotFound for an account beyond the key's reach, as for one that is not there."""
    if account is not None and not key.reaches(account):
        raise NotFound(f"There is no account {account[:64]!a} here.")


async def check_address(library: Library, key: ApiKey, account: str, address: str) -> None:
    """Raises NotFound for a chat, as a caller writes it, beyond the key's reach; MalformedJid."""
    check_account(key, account)
    if key.chats:
        check_chat(key, await library.resolve(account, address))


def check_chat(key: ApiKey, chat_jid: str) -> None:
    """Raises NotFound for a chat (canonical JID) beyond the key's reach."""
    if not key.sees(chat_jid):
        raise NotFound("There is no such chat here.")
