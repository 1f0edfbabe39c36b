"""Messages that wait for their time: listed, moved, cancelled."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from wigwag.core.scheduled import scheduled_view
from wigwag.http.answers import documented, page_response, view_response
from wigwag.http.callers import READS, SENDS, Reader, Sender, check_address
from wigwag.http.models.scheduled import (
    MoveBody,
    ScheduledPage,
    ScheduledQuery,
    ScheduledShape,
)
from wigwag.http.services import Services
from wigwag.model.key import ApiKey


def scheduled_router(services: Services) -> APIRouter:
    router = APIRouter(
        prefix="/v1/accounts/{account}/scheduled",
        tags=["scheduled"],
        dependencies=[READS],
    )

    @router.get(
        "",
        summary="Messages that wait for their time",
        responses=documented(ScheduledPage),
    )
    async def list_scheduled(
        account: str, key: Reader, query: Annotated[ScheduledQuery, Query()]
    ) -> Response:
        among = key.chats
        if query.chat:
            await check_address(services.library, key, account, query.chat)
            among = frozenset({await services.library.resolve(account, query.chat)})
        page = await services.schedule.list(account, query.cursor, query.limit, among=among)
        return page_response(map(scheduled_view, page.items), page.next_cursor)

    @router.get(
        "/{message_id}",
        summary="One message that waits for its time",
        responses=documented(ScheduledShape),
    )
    async def get_scheduled(account: str, message_id: str, key: Reader) -> Response:
        found = await services.schedule.get(account, message_id, among=key.chats)
        return view_response(scheduled_view(found))

    return router


def scheduled_changes_router(services: Services) -> APIRouter:
    router = APIRouter(
        prefix="/v1/accounts/{account}/scheduled",
        tags=["scheduled"],
        dependencies=[SENDS],
    )

    async def check(account: str, message_id: str, key: ApiKey) -> None:
        """What became of a message beyond its reach, a key is not told."""
        if key.chats:
            await services.schedule.get(account, message_id, among=key.chats)

    @router.patch(
        "/{message_id}", summary="Give it another time", responses=documented(ScheduledShape)
    )
    async def move_scheduled(
        account: str, message_id: str, body: MoveBody, key: Sender
    ) -> Response:
        await check(account, message_id, key)
        moved = await services.schedule.move(account, message_id, body.send_at)
        return view_response(scheduled_view(moved))

    @router.delete("/{message_id}", summary="Do not send it", status_code=204)
    async def cancel_scheduled(account: str, message_id: str, key: Sender) -> Response:
        await check(account, message_id, key)
        await services.schedule.cancel(account, message_id)
        return Response(status_code=204)

    return router
