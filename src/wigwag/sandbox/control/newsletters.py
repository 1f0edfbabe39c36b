"""Control routes of newsletters: who owns and follows them, what they say, how often it is seen."""

from datetime import UTC, datetime
from pathlib import Path

from fastapi import APIRouter

from wigwag.model.content import Text
from wigwag.model.errors import NotFound
from wigwag.model.jid import parse_jid
from wigwag.sandbox.control import models
from wigwag.sandbox.control.messages import attachment_of, read_media
from wigwag.sandbox.control.views import Json, page, show_time
from wigwag.sandbox.network.newsletters import Newsletter, Post
from wigwag.sandbox.sandbox import Sandbox
from wigwag.wire.content import encode_content
from wigwag.wire.newsletters import LINK_PREFIX

CREATED = 201


def add_newsletters(router: APIRouter, sandbox: Sandbox, media_root: Path) -> None:
    """The noun /newsletters."""
    _add_themselves(router, sandbox)
    _add_posts(router, sandbox, media_root)


def _add_themselves(router: APIRouter, sandbox: Sandbox) -> None:
    newsletters, find_person = sandbox.network.newsletters, sandbox.network.directory.get

    @router.get("/newsletters")
    async def list_newsletters() -> Json:
        return page([show_newsletter(one) for one in newsletters.all()])

    @router.post("/newsletters", status_code=CREATED)
    async def add_newsletter(body: models.NewNewsletter) -> Json:
        made = sandbox.create_newsletter(body.owner, body.name, body.description)
        return show_newsletter(made)

    @router.get("/newsletters/{jid}")
    async def get_newsletter(jid: str) -> Json:
        return show_newsletter(newsletters.get(parse_jid(jid)))

    @router.post("/newsletters/{jid}/followers", status_code=CREATED)
    async def add_follower(jid: str, body: models.NewFollower) -> Json:
        newsletter = newsletters.get(parse_jid(jid))
        newsletters.follow(newsletter, find_person(body.person))
        sandbox.hurry()
        return show_newsletter(newsletter)

    _ = list_newsletters, add_newsletter, get_newsletter, add_follower


def _add_posts(router: APIRouter, sandbox: Sandbox, media_root: Path) -> None:
    newsletters, find_person = sandbox.network.newsletters, sandbox.network.directory.get

    def find(jid: str) -> Newsletter:
        return newsletters.get(parse_jid(jid))

    @router.post("/newsletters/{jid}/posts", status_code=CREATED)
    async def add_post(jid: str, body: models.NewPost) -> Json:
        """Its owner posts, changes a post, or takes it back."""
        newsletter = find(jid)
        if body.server_id is not None:
            post = _find_post(newsletter, body.server_id)
            raw = encode_content(Text(text=body.text)) if body.text is not None else b""
            newsletters.edit(newsletter, post, raw)
            sandbox.hurry()
            return show_post(post)
        if body.media is None:
            return show_post(sandbox.post(newsletter.jid, Text(text=body.text or "")))
        data = await read_media(body.media, media_root)
        file = sandbox.surroundings.media.upload_plain(data, attachment_of(body.media))
        return show_post(sandbox.post(newsletter.jid, file))

    @router.get("/newsletters/{jid}/posts")
    async def list_posts(jid: str) -> Json:
        return page([show_post(post) for post in find(jid).posts.values()])

    @router.post("/newsletters/{jid}/opinions", status_code=CREATED)
    async def add_opinion(jid: str, body: models.NewOpinion) -> Json:
        newsletter, person = find(jid), find_person(body.person)
        posts = [_find_post(newsletter, number) for number in body.server_ids]
        newsletters.view(newsletter, body.server_ids, person)
        if body.emoji is not None:
            for post in posts:
                newsletters.react(newsletter, post, person, body.emoji)
        sandbox.hurry()
        return page([show_post(post) for post in posts])

    _ = add_post, list_posts, add_opinion


def _find_post(newsletter: Newsletter, number: int) -> Post:
    post = newsletter.posts.get(number)
    if post is None:
        raise NotFound("This newsletter has no such post.")
    return post


def show_newsletter(newsletter: Newsletter) -> Json:
    return {
        "jid": str(newsletter.jid),
        "name": newsletter.name,
        "description": newsletter.description,
        "link": LINK_PREFIX + newsletter.invite,
        "owner": str(newsletter.owner.lid),
        "followers": [str(lid) for lid in newsletter.followers],
        "posts": len(newsletter.posts),
        "created": show_time(datetime.fromtimestamp(newsletter.created, UTC)),
    }


def show_post(post: Post) -> Json:
    return {
        "server_id": post.server_id,
        "id": post.id,
        "type": post.kind,
        "revoked": not post.plaintext,
        "sent": show_time(datetime.fromtimestamp(post.sent, UTC)),
        "views": len(post.viewers),
        "reactions": {str(lid): emoji for lid, emoji in post.reactions.items()},
    }
