"""Groups are made, changed, entered and left."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from wigwag.core.groupviews import made_view, outcomes_view, waiting_view
from wigwag.core.views import group_view
from wigwag.http.answers import documented, page_response, view_response
from wigwag.http.callers import (
    READS,
    SENDS,
    Reader,
    Sender,
    check_address,
    check_unlimited,
)
from wigwag.http.models.chats import GroupShape
from wigwag.http.models.groups import (
    GroupChangeBody,
    InviteLinkShape,
    JoinedShape,
    LeftShape,
    LinkBody,
    MadeShape,
    NewGroupBody,
    OutcomesShape,
    PeopleBody,
    PictureBody,
    PictureShape,
    WaitingPage,
)
from wigwag.http.outcomes import IdempotencyKey, idempotency_of
from wigwag.http.services import Services
from wigwag.model.chat import MemberChange


def groups_router(services: Services) -> APIRouter:
    place: dict[str, Any] = {"prefix": "/v1/accounts/{account}/groups", "tags": ["groups"]}
    changing = APIRouter(**place, dependencies=[SENDS])
    _add_coming_and_going(changing, services)
    _add_changes(changing, services)
    _add_members(changing, services)
    _add_links(changing, services)
    reading = APIRouter(**place, dependencies=[READS])
    _add_requests(reading, services)
    router = APIRouter()
    router.include_router(changing)
    router.include_router(reading)
    return router


def _add_coming_and_going(router: APIRouter, services: Services) -> None:
    grouping = services.grouping

    @router.post(
        "",
        summary="Make a group or a community",
        status_code=201,
        responses=documented(MadeShape, 201),
    )
    async def create_group(
        account: str, body: NewGroupBody, key: Sender, idempotency_key: IdempotencyKey = None
    ) -> Response:
        check_unlimited(key)
        made = await services.makings.group(
            account,
            body.wanted(),
            body.participants,
            parent=body.parent or "",
            key=idempotency_of(key, idempotency_key, "groups", body),
        )
        return view_response(made_view(made), 201)

    @router.post(
        "/preview",
        summary="The group that a link leads to, without joining it",
        responses=documented(GroupShape),
    )
    async def preview_group(account: str, body: LinkBody, key: Sender) -> Response:
        check_unlimited(key)
        return view_response(group_view(await grouping.preview(account, body.link)))

    @router.post("/join", summary="Join a group by its link", responses=documented(JoinedShape))
    async def join_group(account: str, body: LinkBody, key: Sender) -> Response:
        check_unlimited(key)
        joined = await grouping.join(account, body.link)
        state = "waiting" if joined.waiting else "joined"
        return view_response({"chat_jid": str(joined.jid), "state": state})

    @router.post("/{chat}/leave", summary="Leave a group", responses=documented(LeftShape))
    async def leave_group(account: str, chat: str, key: Sender) -> Response:
        await check_address(services.library, key, account, chat)
        return view_response({"chat_jid": await grouping.leave(account, chat)})


def _add_changes(router: APIRouter, services: Services) -> None:
    grouping, library = services.grouping, services.library

    @router.patch(
        "/{chat}",
        summary="Change the subject, the description or the settings of a group",
        responses=documented(GroupShape),
    )
    async def change_group(account: str, chat: str, body: GroupChangeBody, key: Sender) -> Response:
        await check_address(library, key, account, chat)
        return view_response(group_view(await grouping.change(account, chat, body.changes())))

    @router.put(
        "/{chat}/picture",
        summary="Set the picture of a group",
        responses=documented(PictureShape),
    )
    async def set_group_picture(
        account: str, chat: str, body: PictureBody, key: Sender
    ) -> Response:
        await check_address(library, key, account, chat)
        jpeg = await services.uploads.read_picture(key.id, body.media_id)
        picture_id = await grouping.set_picture(account, chat, jpeg)
        return await shown(account, chat, picture_id)

    @router.delete(
        "/{chat}/picture",
        summary="Remove the picture of a group",
        responses=documented(PictureShape),
    )
    async def remove_group_picture(account: str, chat: str, key: Sender) -> Response:
        await check_address(library, key, account, chat)
        await grouping.set_picture(account, chat, None)
        return await shown(account, chat, "")

    async def shown(account: str, chat: str, picture_id: str) -> Response:
        jid = await library.resolve(account, chat)
        return view_response({"chat_jid": jid, "picture_id": picture_id or None})


def _add_members(router: APIRouter, services: Services) -> None:
    grouping, library = services.grouping, services.library

    @router.post(
        "/{chat}/participants/{change}",
        summary="Add, remove, promote or demote people; one outcome for each",
        responses=documented(OutcomesShape),
    )
    async def change_participants(
        account: str, chat: str, change: MemberChange, body: PeopleBody, key: Sender
    ) -> Response:
        await check_address(library, key, account, chat)
        outcomes = await grouping.change_members(account, chat, change, body.people)
        return view_response(outcomes_view(await library.resolve(account, chat), outcomes))

    async def answer(
        account: str, chat: str, body: PeopleBody, key: Sender, *, approve: bool
    ) -> Response:
        await check_address(library, key, account, chat)
        outcomes = await grouping.answer_requests(account, chat, body.people, approve=approve)
        return view_response(outcomes_view(await library.resolve(account, chat), outcomes))

    @router.post(
        "/{chat}/requests/approve",
        summary="Let people in who asked for it",
        responses=documented(OutcomesShape),
    )
    async def approve_requests(account: str, chat: str, body: PeopleBody, key: Sender) -> Response:
        return await answer(account, chat, body, key, approve=True)

    @router.post(
        "/{chat}/requests/reject",
        summary="Do not let people in who asked for it",
        responses=documented(OutcomesShape),
    )
    async def reject_requests(account: str, chat: str, body: PeopleBody, key: Sender) -> Response:
        return await answer(account, chat, body, key, approve=False)


def _add_requests(router: APIRouter, services: Services) -> None:
    grouping, library = services.grouping, services.library

    @router.get(
        "/{chat}/requests",
        summary="Who asks to be let into a group",
        responses=documented(WaitingPage),
    )
    async def list_join_requests(account: str, chat: str, key: Reader) -> Response:
        await check_address(library, key, account, chat)
        return page_response(map(waiting_view, await grouping.list_requests(account, chat)), "")


def _add_links(router: APIRouter, services: Services) -> None:
    grouping, library = services.grouping, services.library

    async def told(account: str, chat: str, *, reset: bool) -> Response:
        link = await grouping.invite_link(account, chat, reset=reset)
        return view_response({"chat_jid": await library.resolve(account, chat), "link": link})

    @router.get(
        "/{chat}/invite",
        summary="The link that leads into a group",
        responses=documented(InviteLinkShape),
    )
    async def get_invite_link(account: str, chat: str, key: Sender) -> Response:
        await check_address(library, key, account, chat)
        return await told(account, chat, reset=False)

    @router.post(
        "/{chat}/invite/reset",
        summary="Make a new link into a group, and void the former one",
        responses=documented(InviteLinkShape),
    )
    async def reset_invite_link(account: str, chat: str, key: Sender) -> Response:
        await check_address(library, key, account, chat)
        return await told(account, chat, reset=True)
