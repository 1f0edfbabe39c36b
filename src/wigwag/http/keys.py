"""`/v1/keys`: who may call, and how far that goes."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import Response

from wigwag.core.keys import MAX_CHATS, MAX_NAME
from wigwag.core.views import View, maybe_time_view, time_view
from wigwag.http.answers import documented, page_response, view_response
from wigwag.http.callers import needs
from wigwag.http.services import Services
from wigwag.model.key import ApiKey, Scope

MAX_ACCOUNTS = 100
_Address = Annotated[str, Field(min_length=1, max_length=128)]


class NewKey(BaseModel):
    """`accounts` and `chats` limit what the key reaches; without them it reaches everything.

    `chats` are JIDs or phone numbers, and ask for the `accounts` whose chats they are.
    """

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))]
    accounts: Annotated[list[str], Field(max_length=MAX_ACCOUNTS)] = []
    chats: Annotated[list[_Address], Field(max_length=MAX_CHATS)] = []
    expires_at: AwareDatetime | None = None


class KeyModel(BaseModel):
    """A key without its secret."""

    model_config = ConfigDict(extra="forbid")

    id: str
    name: str
    scopes: list[Scope]
    accounts: list[str]
    chats: list[str]
    created_at: datetime
    expires_at: datetime | None


class CreatedKey(KeyModel):
    """`secret` is told this once; only a digest of it is kept."""

    secret: str


class KeyPage(BaseModel):
    items: list[KeyModel]
    next_cursor: None


def key_view(key: ApiKey) -> View:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "accounts": sorted(key.accounts),
        "chats": sorted(key.chats),
        "created_at": time_view(key.created_at),
        "expires_at": maybe_time_view(key.expires_at),
    }


def keys_router(services: Services) -> APIRouter:
    router = APIRouter(prefix="/v1/keys", tags=["keys"], dependencies=[needs(Scope.ADMIN)])

    @router.get("", summary="All keys, without their secrets", responses=documented(KeyPage))
    async def list_keys() -> Response:
        return page_response([key_view(key) for key in services.keys.list()], "")

    @router.post("", summary="Make a key", status_code=201, responses=documented(CreatedKey, 201))
    async def create_key(asked: NewKey) -> Response:
        key, secret = await services.keys.create(
            asked.name,
            asked.scopes,
            accounts=asked.accounts,
            chats=await services.library.resolve_all(asked.accounts, asked.chats),
            expires_at=asked.expires_at,
        )
        return view_response({**key_view(key), "secret": secret}, 201)

    @router.get("/{key_id}", summary="One key, without its secret", responses=documented(KeyModel))
    async def get_key(key_id: str) -> Response:
        return view_response(key_view(services.keys.get(key_id)))

    @router.delete("/{key_id}", summary="Take a key back", status_code=204)
    async def delete_key(key_id: str) -> Response:
        await services.keys.delete(key_id)
        return Response(status_code=204)

    return router
