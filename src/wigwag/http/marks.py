"""Marks on messages: read, played, starred; and files that are fetched again."""

from fastapi import APIRouter
from starlette.responses import Response

from wigwag.core.views import message_view
from wigwag.http.answers import documented, view_response
from wigwag.http.callers import SENDS, Sender, check_address
from wigwag.http.changes import Which, find_message
from wigwag.http.models.changes import PlayedShape, ReadBody, ReadShape, RetriedShape
from wigwag.http.models.messages import MessageShape
from wigwag.http.services import Services
from wigwag.model.archived import ArchivedMessage
from wigwag.model.errors import NotFound


def marks_router(services: Services) -> APIRouter:
    router = APIRouter(
        prefix="/v1/accounts/{account}/messages",
        tags=["changes"],
        dependencies=[SENDS],
    )

    @router.post(
        "/read",
        summary="Mark messages as read, and tell their senders",
        responses=documented(ReadShape),
    )
    async def mark_as_read(account: str, body: ReadBody, key: Sender) -> Response:
        await check_address(services.library, key, account, body.chat)
        count = await services.marking.read(account, body.chat, body.ids)
        chat = await services.library.resolve(account, body.chat)
        return view_response({"chat_jid": chat, "read": count})

    async def starred(message: ArchivedMessage, *, starred: bool) -> Response:
        changed = await services.chat_state.star(
            message.account,
            message.id,
            starred=starred,
            chat=message.chat_jid,
            sender=message.sender.jid,
        )
        return view_response(message_view(changed))

    @router.post("/{message_id}/star", summary="Star a message", responses=documented(MessageShape))
    async def star_message(account: str, message_id: str, key: Sender, which: Which) -> Response:
        return await starred(
            await find_message(services, account, message_id, key, which), starred=True
        )

    @router.delete(
        "/{message_id}/star",
        summary="Take the star off a message",
        responses=documented(MessageShape),
    )
    async def unstar_message(account: str, message_id: str, key: Sender, which: Which) -> Response:
        return await starred(
            await find_message(services, account, message_id, key, which), starred=False
        )

    @router.post(
        "/{message_id}/played",
        summary="Tell that a voice note was played",
        responses=documented(PlayedShape),
    )
    async def mark_as_played(account: str, message_id: str, key: Sender, which: Which) -> Response:
        message = await find_message(services, account, message_id, key, which)
        await services.marking.played(message)
        return view_response({"id": message.id, "chat_jid": message.chat_jid})

    @router.post(
        "/{message_id}/media/retry",
        summary="Fetch the file of a message again",
        responses=documented(RetriedShape),
    )
    async def retry_media(account: str, message_id: str, key: Sender, which: Which) -> Response:
        message = await find_message(services, account, message_id, key, which)
        if message.media is None:
            raise NotFound("This message has no media file.")
        state = await services.media.retry(account, message.chat_jid, message.id)
        return view_response({"id": message.id, "chat_jid": message.chat_jid, "state": state.value})

    return router
