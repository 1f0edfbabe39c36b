"""`/v1/keys`: who may call, and how far that goes."""

from fastapi import APIRouter
from msgspec import UNSET
from starlette.responses import Response

from wigwag.core.views import View, maybe_time_view, time_view
from wigwag.http.answers import documented, page_response, view_response
from wigwag.http.callers import needs
from wigwag.http.models.keys import CreatedKey, KeyChange, KeyModel, KeyPage, NewKey
from wigwag.http.services import Services
from wigwag.model.key import ApiKey, Scope


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

    @router.patch("/{key_id}", summary="Change a key", responses=documented(KeyModel))
    async def change_key(key_id: str, asked: KeyChange) -> Response:
        changed = await services.keys.change(
            key_id,
            name=asked.name,
            expires_at=asked.expires_at if "expires_at" in asked.model_fields_set else UNSET,
        )
        return view_response(key_view(changed))

    @router.delete("/{key_id}", summary="Take a key back", status_code=204)
    async def delete_key(key_id: str) -> Response:
        await services.keys.delete(key_id)
        return Response(status_code=204)

    return router
