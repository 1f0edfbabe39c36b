"""Status updates: listed, posted, marked as viewed; and who sees the account's own."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from wigwag.core.naming import STATUS_CHAT
from wigwag.core.statuses import audience_view, status_view
from wigwag.http.answers import documented, page_response, view_response
from wigwag.http.callers import (
    READS,
    SENDS,
    Reader,
    Sender,
    check_address,
    check_unlimited,
)
from wigwag.http.models.statuses import (
    AudienceBody,
    AudienceShape,
    OutgoingStatus,
    StatusesQuery,
    StatusPage,
    ViewedQuery,
    ViewedShape,
    message_of,
)
from wigwag.http.outcomes import SENT, IdempotencyKey, idempotency_of, submitted_response
from wigwag.http.sending import submit
from wigwag.http.services import Services
from wigwag.model.appstate import StatusMode


def statuses_router(services: Services) -> APIRouter:
    """A key that is limited to chats reaches them when `status@broadcast` is one of these."""
    router = APIRouter(
        prefix="/v1/accounts/{account}/statuses",
        tags=["statuses"],
        dependencies=[READS],
    )

    @router.get("", summary="Status updates, the newest first", responses=documented(StatusPage))
    async def list_statuses(
        account: str, key: Reader, asked: Annotated[StatusesQuery, Query()]
    ) -> Response:
        await check_address(services.library, key, account, STATUS_CHAT)
        page = await services.statuses.list_statuses(
            account,
            sender=asked.sender,
            expired=asked.expired,
            cursor=asked.cursor,
            limit=asked.limit,
        )
        return page_response(map(status_view, page.items), page.next_cursor)

    @router.get(
        "/privacy", summary="Who sees the account's statuses", responses=documented(AudienceShape)
    )
    async def get_status_privacy(account: str, key: Reader) -> Response:
        check_unlimited(key)
        return view_response(audience_view(await services.statuses.audience(account)))

    return router


def status_changes_router(services: Services) -> APIRouter:
    router = APIRouter(
        prefix="/v1/accounts/{account}/statuses",
        tags=["statuses"],
        dependencies=[SENDS],
    )

    @router.post(
        "",
        summary="Post a status",
        status_code=201,
        response_class=Response,
        responses=SENT,
    )
    async def post_status(
        account: str,
        status: OutgoingStatus,
        request: Request,
        key: Sender,
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        idempotency = idempotency_of(key, idempotency_key, "statuses", status)
        submitted = await submit(services, account, message_of(status), key, idempotency)
        return submitted_response(request, account, submitted)

    @router.patch(
        "/privacy",
        summary="Say who sees the account's statuses",
        responses=documented(AudienceShape),
    )
    async def set_status_privacy(account: str, body: AudienceBody, key: Sender) -> Response:
        check_unlimited(key)
        mode, people = StatusMode(body.mode), tuple(body.people)
        audience = await services.statuses.set_audience(account, mode, people)
        return view_response(audience_view(audience))

    @router.post(
        "/{message_id}/viewed",
        summary="Tell the owner of a status that it was seen",
        responses=documented(ViewedShape),
    )
    async def mark_as_viewed(
        account: str, message_id: str, key: Sender, which: Annotated[ViewedQuery, Query()]
    ) -> Response:
        await check_address(services.library, key, account, STATUS_CHAT)
        status = await services.library.get_message(
            account, message_id, chat=STATUS_CHAT, sender=which.sender
        )
        await services.marking.seen(status)
        return view_response({"id": status.id, "sender": status.sender.jid})

    return router
