"""Chats are changed, cleared and deleted; shown that we type; and asked for older messages."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from wigwag.core.chatwishes import ChatWishes
from wigwag.core.views import chat_view, history_request_view
from wigwag.http.answers import documented, view_response
from wigwag.http.callers import SENDS, Sender, check_address
from wigwag.http.models.chats import ChatShape
from wigwag.http.models.chatstate import (
    ACTIVITIES,
    ActivityBody,
    ActivityShape,
    ChatChangeBody,
    ClearBody,
    OlderBody,
    OlderShape,
)
from wigwag.http.services import Services
from wigwag.model.archived import ArchivedChat
from wigwag.model.instant import ms_of
from wigwag.model.key import ApiKey


def chat_state_router(services: Services) -> APIRouter:
    router = APIRouter(
        prefix="/v1/accounts/{account}/chats/{chat}",
        tags=["chats"],
        dependencies=[SENDS],
    )

    async def chat_of(account: str, chat: str, key: ApiKey) -> ArchivedChat:
        """The chat that is meant, within what the key reaches."""
        await check_address(services.library, key, account, chat)
        return await services.library.get_chat(account, chat)

    @router.patch(
        "", summary="Archive, pin, mute a chat, or mark it", responses=documented(ChatShape)
    )
    async def change_chat(account: str, chat: str, body: ChatChangeBody, key: Sender) -> Response:
        found = await chat_of(account, chat, key)
        wishes = ChatWishes(**body.model_dump(exclude={"ephemeral_seconds"}))
        changed = await services.chat_state.change(account, found.jid, wishes)
        if body.ephemeral_seconds is not None:
            changed = await services.disappearing.set_timer(changed, body.ephemeral_seconds)
        return view_response(chat_view(changed))

    @router.delete("", summary="Delete a chat for us", status_code=204)
    async def delete_chat(
        account: str,
        chat: str,
        key: Sender,
        delete_media: Annotated[bool, Query(description="have the devices delete files")] = False,
    ) -> Response:
        found = await chat_of(account, chat, key)
        await services.chat_state.delete(account, found.jid, delete_media=delete_media)
        return Response(status_code=204)

    @router.post("/clear", summary="Delete a chat's messages so far for us", status_code=204)
    async def clear_chat(account: str, chat: str, body: ClearBody, key: Sender) -> Response:
        found = await chat_of(account, chat, key)
        await services.chat_state.clear(
            account, found.jid, keep_starred=body.keep_starred, delete_media=body.delete_media
        )
        return Response(status_code=204)

    @router.post(
        "/presence",
        summary="Show a chat that we type or record",
        responses=documented(ActivityShape),
    )
    async def show_activity(account: str, chat: str, body: ActivityBody, key: Sender) -> Response:
        await check_address(services.library, key, account, chat)
        jid = await services.presences.set_activity(account, chat, ACTIVITIES[body.state])
        return view_response({"chat_jid": jid, "state": body.state.value})

    @router.post(
        "/history",
        summary="Ask the phone for older messages",
        status_code=202,
        responses=documented(OlderShape, 202),
    )
    async def ask_for_older(account: str, chat: str, body: OlderBody, key: Sender) -> Response:
        found = await chat_of(account, chat, key)
        before_ms = ms_of(body.before) if body.before is not None else None
        asked = await services.older.request(account, found.jid, body.count, before_ms=before_ms)
        return view_response(history_request_view(asked), 202)

    return router
