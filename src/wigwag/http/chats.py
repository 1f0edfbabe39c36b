"""Chats, contacts, groups and newsletters as the archive knows them."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from wigwag.core.groupviews import post_view
from wigwag.core.views import (
    chat_view,
    contact_view,
    group_summary_view,
    group_view,
    history_request_view,
    newsletter_view,
)
from wigwag.http.answers import documented, page_response, view_response
from wigwag.http.callers import READS, Reader, check_address
from wigwag.http.models.chats import (
    ChatPage,
    ChatShape,
    ContactPage,
    ContactShape,
    FoundQuery,
    GroupPage,
    GroupShape,
    NewsletterPage,
    NewsletterShape,
)
from wigwag.http.models.chatstate import OlderShape
from wigwag.http.models.messages import ListQuery
from wigwag.http.models.newsletters import PostShape
from wigwag.http.services import Services
from wigwag.model.errors import NotFound

Found = Annotated[FoundQuery, Query()]


def chats_router(services: Services) -> APIRouter:
    router = APIRouter(
        prefix="/v1/accounts/{account}",
        tags=["chats"],
        dependencies=[READS],
    )
    library = services.library

    @router.get("/chats", summary="Chats, the latest first", responses=documented(ChatPage))
    async def list_chats(account: str, key: Reader, asked: Found) -> Response:
        page = await library.list_chats(
            account, query=asked.query, among=key.chats, cursor=asked.cursor, limit=asked.limit
        )
        return page_response(map(chat_view, page.items), page.next_cursor)

    @router.get("/chats/{chat}", summary="One chat", responses=documented(ChatShape))
    async def get_chat(account: str, chat: str, key: Reader) -> Response:
        await check_address(library, key, account, chat)
        return view_response(chat_view(await library.get_chat(account, chat)))

    @router.get(
        "/chats/{chat}/history",
        summary="How the newest request for older messages stands",
        responses=documented(OlderShape),
    )
    async def get_older(account: str, chat: str, key: Reader) -> Response:
        await check_address(library, key, account, chat)
        asked = await services.older.find(account, await library.resolve(account, chat))
        if asked is None:
            raise NotFound("Nobody has asked for older messages of this chat.")
        return view_response(history_request_view(asked))

    _add_contacts(router, services)
    _add_groups(router, services)
    return router


def _add_contacts(router: APIRouter, services: Services) -> None:
    library = services.library

    @router.get(
        "/contacts", summary="Contacts", tags=["contacts"], responses=documented(ContactPage)
    )
    async def list_contacts(account: str, key: Reader, asked: Found) -> Response:
        page = await library.list_contacts(
            account, query=asked.query, among=key.chats, cursor=asked.cursor, limit=asked.limit
        )
        return page_response(map(contact_view, page.items), page.next_cursor)

    @router.get(
        "/contacts/{jid}",
        summary="One contact",
        tags=["contacts"],
        responses=documented(ContactShape),
    )
    async def get_contact(account: str, jid: str, key: Reader) -> Response:
        await check_address(library, key, account, jid)
        return view_response(contact_view(await library.get_contact(account, jid)))


def _add_groups(router: APIRouter, services: Services) -> None:
    library = services.library

    @router.get(
        "/groups",
        summary="Groups, without their participants",
        tags=["groups"],
        responses=documented(GroupPage),
    )
    async def list_groups(account: str, key: Reader, asked: Found) -> Response:
        page = await library.list_groups(
            account, query=asked.query, among=key.chats, cursor=asked.cursor, limit=asked.limit
        )
        return page_response(map(group_summary_view, page.items), page.next_cursor)

    @router.get(
        "/groups/{chat}",
        summary="One group and who is in it",
        tags=["groups"],
        responses=documented(GroupShape),
    )
    async def get_group(account: str, chat: str, key: Reader) -> Response:
        await check_address(library, key, account, chat)
        return view_response(group_view(await library.get_group(account, chat)))

    @router.get(
        "/newsletters",
        summary="Newsletters",
        tags=["newsletters"],
        responses=documented(NewsletterPage),
    )
    async def list_newsletters(
        account: str, key: Reader, asked: Annotated[ListQuery, Query()]
    ) -> Response:
        page = await library.list_newsletters(
            account, among=key.chats, cursor=asked.cursor, limit=asked.limit
        )
        return page_response(map(newsletter_view, page.items), page.next_cursor)

    @router.get(
        "/newsletters/{chat}",
        summary="One newsletter",
        tags=["newsletters"],
        responses=documented(NewsletterShape),
    )
    async def get_newsletter(account: str, chat: str, key: Reader) -> Response:
        await check_address(library, key, account, chat)
        return view_response(newsletter_view(await library.get_newsletter(account, chat)))

    @router.get(
        "/newsletters/{chat}/posts/{message_id}",
        summary="How a post of a newsletter fares",
        tags=["newsletters"],
        responses=documented(PostShape),
    )
    async def get_post(account: str, chat: str, message_id: str, key: Reader) -> Response:
        await check_address(library, key, account, chat)
        post = await library.get_post(account, chat, message_id)
        return view_response(post_view(await library.resolve(account, chat), post))
