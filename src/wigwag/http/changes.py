"""Messages are changed: edited, deleted, reacted to, pinned."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from wigwag.core.changing import Asked
from wigwag.core.views import message_view
from wigwag.http.answers import documented, view_response
from wigwag.http.callers import SENDS, Sender
from wigwag.http.models.changes import (
    DeleteQuery,
    EditBody,
    PinBody,
    ReactionBody,
    UnpinQuery,
)
from wigwag.http.models.messages import MessageShape, WhichQuery
from wigwag.http.outcomes import SENT, IdempotencyKey, idempotency_of, submitted_response
from wigwag.http.services import Services
from wigwag.model.archived import ArchivedMessage
from wigwag.model.key import ApiKey

Which = Annotated[WhichQuery, Query()]


async def find_message(
    services: Services, account: str, message_id: str, key: ApiKey, which: WhichQuery
) -> ArchivedMessage:
    """The one that is meant, within what the key reaches."""
    return await services.library.get_message(
        account, message_id, chat=which.chat, sender=which.sender, chats=key.chats
    )


def changes_router(services: Services) -> APIRouter:
    router = APIRouter(
        prefix="/v1/accounts/{account}/messages",
        tags=["changes"],
        dependencies=[SENDS],
    )
    changing, chat_state = services.changing, services.chat_state

    @router.patch("/{message_id}", summary="Edit an own message", status_code=201, responses=SENT)
    async def edit_message(
        account: str,
        message_id: str,
        *,
        body: EditBody,
        request: Request,
        key: Sender,
        which: Which,
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        message = await find_message(services, account, message_id, key, which)
        asked = Asked(
            wait_s=body.wait_s,
            idempotency=idempotency_of(key, idempotency_key, what_of("edit", message), body),
        )
        return submitted_response(request, account, await changing.edit(message, body.text, asked))

    @router.delete(
        "/{message_id}",
        summary="Delete a message, for everyone or for us alone",
        responses={**documented(MessageShape, 200, "It is deleted for us"), **SENT},
    )
    async def delete_message(
        account: str,
        message_id: str,
        *,
        request: Request,
        key: Sender,
        query: Annotated[DeleteQuery, Query()],
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        message = await find_message(services, account, message_id, key, query)
        if query.for_ == "me":
            return view_response(
                message_view(
                    await chat_state.delete_for_me(
                        account, message.id, chat=message.chat_jid, sender=message.sender.jid
                    )
                )
            )
        asked = Asked(
            wait_s=query.wait_s,
            idempotency=idempotency_of(key, idempotency_key, what_of("revoke", message), None),
        )
        return submitted_response(request, account, await changing.revoke(message, asked))

    @router.post(
        "/{message_id}/reactions", summary="React to a message", status_code=201, responses=SENT
    )
    async def react_to_message(
        account: str,
        message_id: str,
        *,
        body: ReactionBody,
        request: Request,
        key: Sender,
        which: Which,
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        message = await find_message(services, account, message_id, key, which)
        asked = Asked(
            wait_s=body.wait_s,
            idempotency=idempotency_of(key, idempotency_key, what_of("react", message), body),
        )
        return submitted_response(
            request, account, await changing.react(message, body.emoji, asked)
        )

    _add_pins(router, services)
    return router


def _add_pins(router: APIRouter, services: Services) -> None:
    @router.post(
        "/{message_id}/pin",
        summary="Pin a message for everybody in its chat",
        status_code=201,
        responses=SENT,
    )
    async def pin_message(
        account: str,
        message_id: str,
        *,
        body: PinBody,
        request: Request,
        key: Sender,
        which: Which,
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        message = await find_message(services, account, message_id, key, which)
        asked = Asked(
            wait_s=body.wait_s,
            idempotency=idempotency_of(key, idempotency_key, what_of("pin", message), body),
        )
        pinned = await services.changing.pin(message, body.duration_seconds, asked)
        return submitted_response(request, account, pinned)

    @router.delete(
        "/{message_id}/pin",
        summary="Take a pinned message down",
        status_code=201,
        responses=SENT,
    )
    async def unpin_message(
        account: str,
        message_id: str,
        *,
        request: Request,
        key: Sender,
        query: Annotated[UnpinQuery, Query()],
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        message = await find_message(services, account, message_id, key, query)
        asked = Asked(
            wait_s=query.wait_s,
            idempotency=idempotency_of(key, idempotency_key, what_of("unpin", message), None),
        )
        return submitted_response(request, account, await services.changing.pin(message, 0, asked))


def what_of(change: str, message: ArchivedMessage) -> str:
    """What a request is about, for the digest of its key."""
    return "/".join((change, message.chat_jid, message.sender.jid, message.id))
