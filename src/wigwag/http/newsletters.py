"""Newsletters (channels) are made, followed, read and reacted to."""

from fastapi import APIRouter
from starlette.responses import Response

from wigwag.core.views import newsletter_view
from wigwag.http.answers import documented, view_response
from wigwag.http.callers import SENDS, Sender, check_address, check_unlimited
from wigwag.http.models.chats import NewsletterShape
from wigwag.http.models.groups import LinkBody
from wigwag.http.models.newsletters import (
    FetchBody,
    FetchedShape,
    LiveShape,
    NewNewsletterBody,
    NewsletterChangeBody,
    NewsletterMutedShape,
    PostReactionBody,
    ReactedShape,
    SeenBody,
    SeenShape,
)
from wigwag.http.outcomes import IdempotencyKey, idempotency_of
from wigwag.http.services import Services
from wigwag.model.key import ApiKey
from wigwag.model.newsletter import NewNewsletter, NewsletterSettings


def newsletters_router(services: Services) -> APIRouter:
    router = APIRouter(
        prefix="/v1/accounts/{account}/newsletters",
        tags=["newsletters"],
        dependencies=[SENDS],
    )
    _add_owning(router, services)
    _add_following(router, services)
    _add_posts(router, services)
    return router


def _add_owning(router: APIRouter, services: Services) -> None:
    channels = services.channels

    async def picture_of(key: ApiKey, media_id: str | None) -> bytes | None:
        return await services.uploads.read_picture(key.id, media_id) if media_id else None

    @router.post(
        "",
        summary="Make a newsletter",
        status_code=201,
        responses=documented(NewsletterShape, 201),
    )
    async def create_newsletter(
        account: str, body: NewNewsletterBody, key: Sender, idempotency_key: IdempotencyKey = None
    ) -> Response:
        check_unlimited(key)
        new = NewNewsletter(
            name=body.name,
            description=body.description,
            picture=await picture_of(key, body.media_id) or b"",
        )
        made = await services.makings.newsletter(
            account,
            new,
            accept_terms=body.accept_terms,
            key=idempotency_of(key, idempotency_key, "newsletters", body),
        )
        return view_response(newsletter_view(made), 201)

    @router.patch(
        "/{chat}",
        summary="Change the name, the description or the picture of a newsletter",
        responses=documented(NewsletterShape),
    )
    async def change_newsletter(
        account: str, chat: str, body: NewsletterChangeBody, key: Sender
    ) -> Response:
        await check_address(services.library, key, account, chat)
        settings = NewsletterSettings(
            name=body.name,
            description=body.description,
            picture=await picture_of(key, body.media_id) or (b"" if body.remove_picture else None),
        )
        return view_response(newsletter_view(await channels.change(account, chat, settings)))


def _add_following(router: APIRouter, services: Services) -> None:
    channels, library = services.channels, services.library

    @router.post(
        "/preview",
        summary="The newsletter that a link leads to",
        responses=documented(NewsletterShape),
    )
    async def preview_newsletter(account: str, body: LinkBody, key: Sender) -> Response:
        check_unlimited(key)
        return view_response(newsletter_view(await channels.preview(account, body.link)))

    async def follow(account: str, chat: str, key: ApiKey, *, followed: bool) -> Response:
        await check_address(library, key, account, chat)
        changed = await channels.set_followed(account, chat, followed=followed)
        return view_response(newsletter_view(changed))

    @router.post(
        "/{chat}/follow", summary="Follow a newsletter", responses=documented(NewsletterShape)
    )
    async def follow_newsletter(account: str, chat: str, key: Sender) -> Response:
        return await follow(account, chat, key, followed=True)

    @router.delete(
        "/{chat}/follow",
        summary="Follow a newsletter no longer",
        responses=documented(NewsletterShape),
    )
    async def unfollow_newsletter(account: str, chat: str, key: Sender) -> Response:
        return await follow(account, chat, key, followed=False)

    async def set_muted(account: str, chat: str, key: ApiKey, *, muted: bool) -> Response:
        await check_address(library, key, account, chat)
        jid = await channels.set_muted(account, chat, muted=muted)
        return view_response({"chat_jid": jid, "muted": muted})

    @router.post(
        "/{chat}/mute", summary="Mute a newsletter", responses=documented(NewsletterMutedShape)
    )
    async def mute_newsletter(account: str, chat: str, key: Sender) -> Response:
        return await set_muted(account, chat, key, muted=True)

    @router.delete(
        "/{chat}/mute",
        summary="Mute a newsletter no longer",
        responses=documented(NewsletterMutedShape),
    )
    async def unmute_newsletter(account: str, chat: str, key: Sender) -> Response:
        return await set_muted(account, chat, key, muted=False)

    @router.post(
        "/{chat}/live",
        summary="Have changes of views and reactions told for a while",
        responses=documented(LiveShape),
    )
    async def follow_counts(account: str, chat: str, key: Sender) -> Response:
        await check_address(library, key, account, chat)
        seconds = await channels.follow_counts(account, chat)
        jid = await library.resolve(account, chat)
        return view_response({"chat_jid": jid, "seconds": seconds})


def _add_posts(router: APIRouter, services: Services) -> None:
    channels, library = services.channels, services.library

    @router.post(
        "/{chat}/posts/fetch",
        summary="Fetch posts into the archive",
        responses=documented(FetchedShape),
    )
    async def fetch_posts(account: str, chat: str, body: FetchBody, key: Sender) -> Response:
        await check_address(library, key, account, chat)
        count = await channels.fetch_posts(account, chat, body.count, body.before or "")
        jid = await library.resolve(account, chat)
        return view_response({"chat_jid": jid, "fetched": count})

    @router.post(
        "/{chat}/posts/seen", summary="Count posts as seen", responses=documented(SeenShape)
    )
    async def mark_posts_seen(account: str, chat: str, body: SeenBody, key: Sender) -> Response:
        await check_address(library, key, account, chat)
        count = await channels.mark_viewed(account, chat, body.ids)
        return view_response({"chat_jid": await library.resolve(account, chat), "seen": count})

    @router.post(
        "/{chat}/posts/{message_id}/reactions",
        summary="React to a post",
        responses=documented(ReactedShape),
    )
    async def react_to_post(
        account: str, chat: str, message_id: str, body: PostReactionBody, key: Sender
    ) -> Response:
        await check_address(library, key, account, chat)
        post = await channels.react(account, chat, message_id, body.emoji)
        jid = await library.resolve(account, chat)
        return view_response({"chat_jid": jid, "id": post.message_id, "emoji": body.emoji})
