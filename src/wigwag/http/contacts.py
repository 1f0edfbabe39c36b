"""Other people: who is on WhatsApp, what they show, and who is shut out."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from wigwag.core.profileviews import business_view, picture_view
from wigwag.http.answers import documented, page_response, view_response
from wigwag.http.callers import (
    READS,
    SENDS,
    Reader,
    Sender,
    check_address,
    check_unlimited,
)
from wigwag.http.models.contacts import (
    AboutShape,
    BlockedShape,
    BlocklistPage,
    BusinessShape,
    CheckBody,
    CheckedPage,
    ContactPictureShape,
    FollowedShape,
)
from wigwag.http.services import Services


def contacts_router(services: Services) -> APIRouter:
    """What WhatsApp is asked at the moment; contacts of the archive are told beside the chats."""
    router = APIRouter(
        prefix="/v1/accounts/{account}",
        tags=["contacts"],
        dependencies=[READS],
    )
    library = services.library

    @router.get(
        "/contacts/{jid}/picture",
        summary="Where a person's picture is",
        responses=documented(ContactPictureShape),
    )
    async def get_contact_picture(
        account: str,
        jid: str,
        key: Reader,
        preview: Annotated[bool, Query(description="the small one")] = False,
    ) -> Response:
        await check_address(library, key, account, jid)
        who, picture = await services.contact_book.picture(account, jid, preview=preview)
        return view_response({"jid": who, **picture_view(picture)})

    @router.get(
        "/contacts/{jid}/about",
        summary="What a person says of themselves",
        responses=documented(AboutShape),
    )
    async def get_contact_about(account: str, jid: str, key: Reader) -> Response:
        await check_address(library, key, account, jid)
        who, about = await services.contact_book.about(account, jid)
        return view_response({"jid": who, "about": about})

    @router.get(
        "/contacts/{jid}/business",
        summary="What a business says of itself",
        responses=documented(BusinessShape),
    )
    async def get_business(account: str, jid: str, key: Reader) -> Response:
        await check_address(library, key, account, jid)
        return view_response(business_view(*await services.contact_book.business(account, jid)))

    @router.get(
        "/blocklist", summary="Whom the account shuts out", responses=documented(BlocklistPage)
    )
    async def list_blocklist(account: str, key: Reader) -> Response:
        check_unlimited(key)
        return page_response(await services.contact_book.list_blocked(account), "")

    return router


def contact_changes_router(services: Services) -> APIRouter:
    router = APIRouter(
        prefix="/v1/accounts/{account}/contacts",
        tags=["contacts"],
        dependencies=[SENDS],
    )

    @router.post(
        "/check", summary="Which numbers are on WhatsApp", responses=documented(CheckedPage)
    )
    async def check_contacts(account: str, body: CheckBody, key: Sender) -> Response:
        check_unlimited(key)
        return view_response({"items": await services.contact_book.check(account, body.phones)})

    async def blocked(account: str, jid: str, key: Sender, *, blocked: bool) -> Response:
        await check_address(services.library, key, account, jid)
        who = await services.contact_book.set_blocked(account, jid, blocked=blocked)
        return view_response({"jid": who, "blocked": blocked})

    @router.post("/{jid}/block", summary="Shut a person out", responses=documented(BlockedShape))
    async def block_contact(account: str, jid: str, key: Sender) -> Response:
        return await blocked(account, jid, key, blocked=True)

    @router.post(
        "/{jid}/unblock", summary="Let a person in again", responses=documented(BlockedShape)
    )
    async def unblock_contact(account: str, jid: str, key: Sender) -> Response:
        return await blocked(account, jid, key, blocked=False)

    @router.post(
        "/{jid}/subscribe",
        summary="Be told when a person comes and goes (presence.updated)",
        responses=documented(FollowedShape),
    )
    async def subscribe_contact(account: str, jid: str, key: Sender) -> Response:
        await check_address(services.library, key, account, jid)
        return view_response({"jid": await services.presences.subscribe(account, jid)})

    return router
