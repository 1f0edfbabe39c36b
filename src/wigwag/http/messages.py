"""Messages as the archive has them: lists and searches, one by its id, and what hangs on it."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from wigwag.core.library import Where
from wigwag.core.views import message_context_view, message_view, receipt_view, version_view
from wigwag.http.answers import documented, page_response, view_response
from wigwag.http.callers import READS, Reader, check_address
from wigwag.http.models.messages import (
    ChatMessagesQuery,
    ContextQuery,
    ContextShape,
    MessagePage,
    MessageShape,
    MessagesQuery,
    ReceiptPage,
    VersionPage,
    WhichQuery,
)
from wigwag.http.services import Services
from wigwag.model.archived import MessageFilter
from wigwag.model.key import ApiKey


def messages_router(services: Services) -> APIRouter:
    router = APIRouter(
        prefix="/v1/accounts/{account}",
        tags=["messages"],
        dependencies=[READS],
    )
    library = services.library

    @router.get(
        "/messages", summary="Messages, the newest first", responses=documented(MessagePage)
    )
    async def list_messages(
        account: str, key: Reader, query: Annotated[MessagesQuery, Query()]
    ) -> Response:
        return await _list(services, key, account, query.chat, query)

    @router.get(
        "/chats/{chat}/messages",
        summary="Messages of a chat, the newest first",
        responses=documented(MessagePage),
    )
    async def list_chat_messages(
        account: str, chat: str, key: Reader, query: Annotated[ChatMessagesQuery, Query()]
    ) -> Response:
        return await _list(services, key, account, chat, query)

    @router.get("/messages/{message_id}", summary="One message", responses=documented(MessageShape))
    async def get_message(
        account: str, message_id: str, key: Reader, which: Annotated[WhichQuery, Query()]
    ) -> Response:
        return view_response(
            message_view(await library.get_message(account, message_id, **where_of(key, which)))
        )

    @router.get(
        "/messages/{message_id}/edits",
        summary="What a message said before and after its edits",
        responses=documented(VersionPage),
    )
    async def list_message_edits(
        account: str, message_id: str, key: Reader, which: Annotated[WhichQuery, Query()]
    ) -> Response:
        versions = await library.list_edits(account, message_id, **where_of(key, which))
        return page_response(map(version_view, versions), "")

    @router.get(
        "/messages/{message_id}/receipts",
        summary="Who got, read or played a message",
        responses=documented(ReceiptPage),
    )
    async def list_message_receipts(
        account: str, message_id: str, key: Reader, which: Annotated[WhichQuery, Query()]
    ) -> Response:
        receipts = await library.list_receipts(account, message_id, **where_of(key, which))
        return page_response(map(receipt_view, receipts), "")

    @router.get(
        "/messages/{message_id}/context",
        summary="A message among its neighbours in the chat",
        responses=documented(ContextShape),
    )
    async def get_message_context(
        account: str, message_id: str, key: Reader, query: Annotated[ContextQuery, Query()]
    ) -> Response:
        context = await library.get_context(
            account, message_id, query.before, query.after, **where_of(key, query)
        )
        return view_response(message_context_view(context))

    return router


def where_of(key: ApiKey, which: WhichQuery) -> Where:
    """Where to look for an id: what the caller named, within what the key reaches."""
    return Where(chat=which.chat, sender=which.sender, chats=key.chats)


async def _list(
    services: Services, key: ApiKey, account: str, chat: str, query: ChatMessagesQuery
) -> Response:
    if chat:
        await check_address(services.library, key, account, chat)
    wanted = MessageFilter(
        chat=chat,
        chats=tuple(sorted(key.chats)),
        sender=query.sender,
        kinds=tuple(query.kind),
        after=query.from_,
        before=query.to,
        has_media=query.has_media,
        from_me=query.from_me,
        starred=query.starred,
        label=query.label,
        query=query.q,
    )
    page = await services.library.list_messages(
        account, wanted, cursor=query.cursor, limit=query.limit
    )
    return page_response(map(message_view, page.items), page.next_cursor)
