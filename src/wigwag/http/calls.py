"""Calls are turned away. They are told by events, and kept in no list."""

from fastapi import APIRouter
from starlette.responses import Response

from wigwag.http.callers import SENDS, Sender, check_address
from wigwag.http.models.calls import CallId, RejectBody
from wigwag.http.services import Services


def calls_router(services: Services) -> APIRouter:
    router = APIRouter(
        prefix="/v1/accounts/{account}/calls",
        tags=["calls"],
        dependencies=[SENDS],
    )

    @router.post("/{call_id}/reject", summary="Turn a call away", status_code=204)
    async def reject_call(account: str, call_id: CallId, body: RejectBody, key: Sender) -> Response:
        await check_address(services.library, key, account, body.caller)
        await services.calls.reject(account, body.caller, call_id)
        return Response(status_code=204)

    return router
