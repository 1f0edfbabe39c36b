"""Communities: the groups of one, and everybody in them."""

from fastapi import APIRouter
from starlette.responses import Response

from wigwag.core.groupviews import linked_view
from wigwag.core.views import person_view
from wigwag.http.answers import documented, page_response, view_response
from wigwag.http.callers import (
    READS,
    SENDS,
    Reader,
    Sender,
    check_address,
    check_unlimited,
)
from wigwag.http.models.groups import CommunityMemberPage, LinkedGroupPage, LinkShape
from wigwag.http.services import Services
from wigwag.model.key import ApiKey


def communities_router(services: Services) -> APIRouter:
    router = APIRouter(prefix="/v1/accounts/{account}/communities/{chat}", tags=["communities"])
    reads = [READS]
    sends = [SENDS]
    grouping, library = services.grouping, services.library

    @router.get(
        "/groups",
        summary="The groups of a community",
        dependencies=reads,
        responses=documented(LinkedGroupPage),
    )
    async def list_community_groups(account: str, chat: str, key: Reader) -> Response:
        await check_address(library, key, account, chat)
        groups = await grouping.list_subgroups(account, chat)
        return page_response([linked_view(one) for one in groups if key.sees(str(one.jid))], "")

    @router.get(
        "/participants",
        summary="Everybody in any group of a community",
        dependencies=reads,
        responses=documented(CommunityMemberPage),
    )
    async def list_community_participants(account: str, chat: str, key: Reader) -> Response:
        await check_address(library, key, account, chat)
        check_unlimited(key)
        people = await grouping.list_community_members(account, chat)
        return page_response(map(person_view, people), "")

    async def set_linked(
        account: str, chat: str, group: str, key: ApiKey, *, linked: bool
    ) -> Response:
        for address in (chat, group):
            await check_address(library, key, account, address)
        await grouping.set_linked(account, chat, group, linked=linked)
        return view_response(
            {
                "chat_jid": await library.resolve(account, chat),
                "group_jid": await library.resolve(account, group),
                "linked": linked,
            }
        )

    @router.put(
        "/groups/{group}",
        summary="Take a group into a community",
        dependencies=sends,
        responses=documented(LinkShape),
    )
    async def link_group(account: str, chat: str, group: str, key: Sender) -> Response:
        return await set_linked(account, chat, group, key, linked=True)

    @router.delete(
        "/groups/{group}",
        summary="Take a group out of a community",
        dependencies=sends,
        responses=documented(LinkShape),
    )
    async def unlink_group(account: str, chat: str, group: str, key: Sender) -> Response:
        return await set_linked(account, chat, group, key, linked=False)

    return router
