"""`/v1/accounts`: making accounts, linking them to their phones, and letting them go."""

import io
from typing import Any, Final, Literal

import segno
from fastapi import APIRouter
from starlette.responses import Response

from wigwag.core.views import engine_view
from wigwag.http.answers import documented, view_response
from wigwag.http.callers import needs
from wigwag.http.models.accounts import (
    AccountChange,
    AccountShape,
    NewAccount,
    PairingCodeModel,
    PairingPhone,
)
from wigwag.http.services import Services
from wigwag.model.account import ConnectionState
from wigwag.model.errors import NotFound
from wigwag.model.key import Scope

_SCALE: Final = 8
"""Pixels of one module of a QR code."""
_ACCOUNT: Final = documented(AccountShape)
_TYPES: Final = {"svg": "image/svg+xml", "png": "image/png", "txt": "text/plain"}
_PICTURE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The code to scan; ask again every few seconds, since it changes",
        "content": {kind: {"schema": {"type": "string"}} for kind in _TYPES.values()},
    }
}


def draw(code: str, kind: Literal["svg", "png", "txt"]) -> bytes:
    """The QR code as a picture, or as its text. Raises NotFound when it is too long to be drawn."""
    if kind == "txt":
        return code.encode()
    out = io.BytesIO()
    try:
        segno.make_qr(code, error="l").save(out, kind=kind, scale=_SCALE, dark="#000", light="#fff")
    except ValueError as error:
        raise NotFound("This code is too long to be drawn; take qr.txt.") from error
    return out.getvalue()


def linking_router(services: Services) -> APIRouter:
    router = APIRouter(prefix="/v1/accounts", tags=["accounts"], dependencies=[needs(Scope.ADMIN)])

    def view(account: str, status: int = 200) -> Response:
        return view_response(engine_view(services.accounts.get(account)), status)

    @router.post(
        "",
        summary="Make an account, which begins to pair",
        status_code=201,
        responses=documented(AccountShape, 201),
    )
    async def create_account(asked: NewAccount) -> Response:
        await services.roster.create(asked.account, asked.engine)
        return view(asked.account, 201)

    @router.patch("/{account}", summary="Change the engine of an account", responses=_ACCOUNT)
    async def change_account(account: str, asked: AccountChange) -> Response:
        await services.roster.change_engine(account, asked.engine)
        return view(account)

    @router.delete("/{account}", summary="Unlink an account and serve it no more", status_code=204)
    async def delete_account(account: str) -> Response:
        await services.roster.delete(account)
        return Response(status_code=204)

    @router.post(
        "/{account}/pair",
        summary="Begin to pair, or show the current code again",
        responses=_ACCOUNT,
    )
    async def pair_account(account: str) -> Response:
        await services.accounts.get(account).linking.pair()
        return view(account)

    @router.post("/{account}/pair-code", summary="A code to type on the phone")
    async def make_pairing_code(account: str, asked: PairingPhone) -> PairingCodeModel:
        code = await services.accounts.get(account).pair_code(asked.phone)
        return PairingCodeModel(code=code)

    @router.post(
        "/{account}/logout",
        summary="Unlink from the phone; what is archived stays",
        responses=_ACCOUNT,
    )
    async def logout_account(account: str) -> Response:
        await services.accounts.get(account).logout()
        return view(account)

    @router.post(
        "/{account}/restart", summary="Connect anew, out of every state", responses=_ACCOUNT
    )
    async def restart_account(account: str) -> Response:
        await services.accounts.get(account).linking.restart()
        return view(account)

    @router.get(
        "/{account}/qr.{kind}",
        summary="The QR code to scan",
        response_class=Response,
        responses=_PICTURE,
    )
    async def get_qr(account: str, kind: Literal["svg", "png", "txt"]) -> Response:
        state = services.accounts.get(account).state.state
        code = services.pairings.find(account)
        if code is None or state is not ConnectionState.PAIRING:
            raise NotFound(f"There is no code to scan: the account is {state}.")
        return Response(draw(code.code, kind), media_type=_TYPES[kind])

    return router
