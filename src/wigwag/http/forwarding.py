"""Messages are sent on to another chat."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from wigwag.core.changing import Asked
from wigwag.http.callers import SENDS, Sender, check_address
from wigwag.http.changes import Which, find_message, what_of
from wigwag.http.models.changes import ForwardBody
from wigwag.http.outcomes import SENT, IdempotencyKey, idempotency_of, submitted_response
from wigwag.http.services import Services


def forwarding_router(services: Services) -> APIRouter:
    router = APIRouter(
        prefix="/v1/accounts/{account}/messages",
        tags=["messages"],
        dependencies=[SENDS],
    )

    @router.post(
        "/{message_id}/forward",
        summary="Send a message on to another chat",
        status_code=201,
        responses=SENT,
    )
    async def forward_message(
        account: str,
        message_id: str,
        *,
        body: ForwardBody,
        request: Request,
        key: Sender,
        which: Which,
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        """The key has to reach both chats."""
        message = await find_message(services, account, message_id, key, which)
        await check_address(services.library, key, account, body.to)
        asked = Asked(
            wait_s=body.wait_s,
            idempotency=idempotency_of(key, idempotency_key, what_of("forward", message), body),
        )
        submitted = await services.forwarding.forward(message, body.to, asked)
        return submitted_response(request, account, submitted)

    return router
