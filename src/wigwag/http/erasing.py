"""Erasing a person from the archive of an account."""

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from wigwag.http.answers import documented, view_response
from wigwag.http.callers import needs
from wigwag.http.models.erasing import ErasedShape
from wigwag.http.services import Services
from wigwag.model.key import Scope


def erasing_router(services: Services) -> APIRouter:
    router = APIRouter(
        prefix="/v1/accounts/{account}",
        tags=["contacts"],
        dependencies=[needs(Scope.ADMIN)],
    )

    @router.post(
        "/contacts/{jid}/erase",
        summary="Erase a person",
        responses=documented(ErasedShape),
        description="Messages from and to them, names, reactions, votes, receipts, files that no "
        "other message has, and what the event log and deliveries to webhooks say of them. It "
        "cannot be undone.",
    )
    async def erase_contact(account: str, jid: str) -> Response:
        erased = await services.erasing.erase(account, jid)
        return view_response(msgspec.structs.asdict(erased))

    return router
