"""Newsletters on the wire: the queries about them, their description in JSON, their messages as
elements (whatsmeow newsletter.go, notification.go, types/newsletter.go)."""

import base64
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Final, TypeVar

import msgspec
from msgspec.structs import replace

from wigwag.model.content import MessageKey
from wigwag.model.event import NewsletterKnown, NewsletterLeft, NewsletterMuted
from wigwag.model.jid import Jid
from wigwag.model.newsletter import (
    NewNewsletter,
    Newsletter,
    NewsletterRole,
    NewsletterSettings,
    Post,
)
from wigwag.wire import claims
from wigwag.wire.content import decode_message
from wigwag.wire.content_sealed import EMOJI_LIMIT
from wigwag.wire.errors import MalformedNode, MalformedProtobuf
from wigwag.wire.nodes import Node

LINK_PREFIX: Final = "https://whatsapp.com/channel/"
TERMS: Final = ("20601218", "5")
"""Notice and stage of the terms for creating newsletters (whatsmeow AcceptTOSNotice)."""

MAX_FOLLOWED: Final = 10_000
MAX_POSTS: Final = 1000
MAX_REACTIONS: Final = 200
"""Kinds of reactions to one post that are read."""
_MAX_COUNT: Final = 2**53

_T = TypeVar("_T")


class NewsletterQuery(StrEnum):
    """The documents of w:mex about newsletters. Their numbers change with WhatsApp Web."""

    GET = "6563316087068696"
    FOLLOWED = "6388546374527196"
    CREATE = "6234210096708695"
    UPDATE = "24250201037901610"
    FOLLOW = "9926858900719341"
    UNFOLLOW = "6392786840836363"
    MUTE = "6274038279359549"
    UNMUTE = "6068417879924485"


ANSWERS: Final = {
    NewsletterQuery.GET: "xwa2_newsletter",
    NewsletterQuery.FOLLOWED: "xwa2_newsletter_subscribed",
    NewsletterQuery.CREATE: "xwa2_newsletter_create",
    NewsletterQuery.UPDATE: "xwa2_newsletter_update",
    NewsletterQuery.FOLLOW: "xwa2_newsletter_join_v2",
    NewsletterQuery.UNFOLLOW: "xwa2_newsletter_leave_v2",
    NewsletterQuery.MUTE: "xwa2_newsletter_mute_v2",
    NewsletterQuery.UNMUTE: "xwa2_newsletter_unmute_v2",
}
"""The field of the answer's data."""

NOTICES: Final = {
    "join": "xwa2_notify_newsletter_on_join",
    "leave": "xwa2_notify_newsletter_on_leave",
    "mute": "xwa2_notify_newsletter_on_mute_change",
}
"""The field of a notification's data."""


# -- questions ------------------------------------------------------------------------------


def by_key(key: str, *, invite: bool) -> dict[str, Any]:
    """The variables that ask for one newsletter; by a link, what we are in it is not told."""
    return {
        "fetch_creation_time": True,
        "fetch_full_image": True,
        "fetch_viewer_metadata": not invite,
        "input": {"key": key, "type": "INVITE" if invite else "JID"},
    }


def by_id(newsletter: Jid) -> dict[str, Any]:
    return {"newsletter_id": str(newsletter)}


def creation(new: NewNewsletter) -> dict[str, Any]:
    wanted: dict[str, Any] = {"name": new.name}
    if new.description:
        wanted["description"] = new.description
    if new.picture:
        wanted["picture"] = _base64(new.picture)
    return {"newsletter_input": wanted}


def changes(newsletter: Jid, settings: NewsletterSettings) -> dict[str, Any]:
    wanted: dict[str, Any] = {"settings": None}
    if settings.name is not None:
        wanted["name"] = settings.name
    if settings.description is not None:
        wanted["description"] = settings.description
    if settings.picture is not None:
        wanted["picture"] = _base64(settings.picture)
    return {**by_id(newsletter), "updates": wanted}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


# -- what is said of a newsletter -----------------------------------------------------------


class _Text(msgspec.Struct):
    text: str = ""


class _Picture(msgspec.Struct):
    direct_path: str | None = None


class _Type(msgspec.Struct):
    type: str = ""


class _Value(msgspec.Struct):
    value: str = ""


class _Settings(msgspec.Struct):
    reaction_codes: _Value | None = None


class _Thread(msgspec.Struct):
    creation_time: str | int = 0
    invite: str | None = None
    name: _Text | None = None
    description: _Text | None = None
    subscribers_count: str | int = 0
    verification: str | None = None
    picture: _Picture | None = None
    preview: _Picture | None = None
    settings: _Settings | None = None


class _Viewer(msgspec.Struct):
    mute: str | None = None
    role: str | None = None


class _Described(msgspec.Struct):
    id: str
    state: _Type | None = None
    thread_metadata: _Thread | None = None
    viewer_metadata: _Viewer | None = None


class _Notice(msgspec.Struct):
    id: str
    mute: str = ""


def read_newsletter(described: object) -> Newsletter:
    """What an answer says of a newsletter. Raises MalformedNode."""
    read = _convert(described, _Described)
    thread = read.thread_metadata or _Thread()
    viewer = read.viewer_metadata or _Viewer()
    created = _number(thread.creation_time)
    reactions = thread.settings.reaction_codes if thread.settings is not None else None
    return Newsletter(
        jid=_jid_of(read.id),
        name=claims.name(thread.name.text) if thread.name is not None else "",
        description=claims.text(thread.description.text) if thread.description is not None else "",
        invite=claims.identifier(thread.invite or ""),
        subscribers=_number(thread.subscribers_count),
        created_at=claims.moment(created) if created else None,
        verified=(thread.verification or "").upper() == "VERIFIED",
        state=_word(read.state.type) if read.state is not None else "",
        reactions=_word(reactions.value) if reactions is not None else "",
        picture_path=_path(thread.picture),
        preview_path=_path(thread.preview),
        role=_role(viewer.role),
        muted=viewer.mute.upper() == "ON" if viewer.mute else None,
    )


def read_newsletters(described: object) -> list[Newsletter]:
    """What a list of newsletters says; bad ones are left out. Raises MalformedNode."""
    found: list[Newsletter] = []
    for one in _convert(described or [], list[Any])[:MAX_FOLLOWED]:
        try:
            found.append(read_newsletter(one))
        except MalformedNode:
            continue
    return found


def read_notices(data: dict[str, Any]) -> list[NewsletterKnown | NewsletterLeft | NewsletterMuted]:
    """What a notification says: followed, left or muted. Raises MalformedNode."""
    joined, left, muted = (data.get(NOTICES[name]) for name in ("join", "leave", "mute"))
    if joined is not None:
        return [NewsletterKnown(newsletter=read_newsletter(joined))]
    if left is not None:
        return [NewsletterLeft(jid=_jid_of(_convert(left, _Notice).id))]
    if muted is not None:
        notice = _convert(muted, _Notice)
        return [NewsletterMuted(jid=_jid_of(notice.id), muted=notice.mute.upper() == "ON")]
    return []


def _convert(value: object, kind: type[_T]) -> _T:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise MalformedNode("an answer of w:mex has not the known form") from error


def _jid_of(text: str) -> Jid:
    jid = claims.find_jid(text)
    if jid is None or not jid.is_newsletter:
        raise MalformedNode("a newsletter has no address")
    return jid


def _number(value: str | int) -> int:
    text = str(value)
    return min(int(text), _MAX_COUNT) if text.isascii() and text.isdigit() and len(text) < 17 else 0


def _word(text: str) -> str:
    return claims.identifier(text).lower()


def _path(picture: _Picture | None) -> str:
    path = claims.path(picture.direct_path or "") if picture is not None else ""
    return path if path.startswith("/") else ""


def _role(word: str | None) -> NewsletterRole | None:
    try:
        return NewsletterRole((word or "").lower())
    except ValueError:
        return None


def describe_newsletter(newsletter: Newsletter) -> dict[str, Any]:
    """A newsletter as the server describes it; `viewer_metadata` only where a role is known."""
    created = newsletter.created_at
    thread: dict[str, Any] = {
        "creation_time": str(int(created.timestamp()) if created is not None else 0),
        "invite": newsletter.invite,
        "name": {"text": newsletter.name, "id": "1", "update_time": "0"},
        "description": {"text": newsletter.description, "id": "1", "update_time": "0"},
        "subscribers_count": str(newsletter.subscribers),
        "verification": "VERIFIED" if newsletter.verified else "UNVERIFIED",
        "picture": _picture("IMAGE", newsletter.picture_path),
        "preview": _picture("PREVIEW", newsletter.preview_path),
        "settings": {"reaction_codes": {"value": newsletter.reactions}},
    }
    described: dict[str, Any] = {
        "id": str(newsletter.jid),
        "state": {"type": newsletter.state.upper()},
        "thread_metadata": thread,
    }
    if newsletter.role is not None:
        mute = "ON" if newsletter.muted else "OFF"
        described["viewer_metadata"] = {"mute": mute, "role": newsletter.role.value.upper()}
    return described


def _picture(kind: str, path: str) -> dict[str, str]:
    return {"type": kind, "id": "1", "direct_path": path}


# -- posts ----------------------------------------------------------------------------------


def read_posts(parent: Node, newsletter: Jid, own: tuple[Jid, Jid]) -> list[Post]:
    """The `<message>` elements of an answer or of live updates; bad ones are left out.

    `own` are our bare addresses, PN and LID.
    """
    found: list[Post] = []
    for node in parent.children_with("message")[:MAX_POSTS]:
        try:
            post = read_post(node)
            if post.server_id:
                found.append(_with_content(post, node, newsletter, own))
        except (MalformedNode, MalformedProtobuf):
            continue
    return found


def read_post(node: Node) -> Post:
    """What a `<message>` of a newsletter says besides its content. Raises MalformedNode."""
    number, seconds = node.attr_int("server_id"), node.attr_int("t")
    views, reactions = node.child("views_count"), node.child("reactions")
    return Post(
        server_id=number if 0 < number <= _MAX_COUNT else 0,
        id=claims.identifier(node.attr("id")),
        timestamp=claims.moment(seconds) if seconds > 0 else None,
        from_me=node.attr("is_sender") == "true",
        views=_count(views) if views is not None else None,
        reactions=_reactions(reactions) if reactions is not None else None,
    )


def _with_content(post: Post, node: Node, newsletter: Jid, own: tuple[Jid, Jid]) -> Post:
    plain = node.child("plaintext")
    if plain is None or not plain.data or not post.id:
        return post
    sender = own[0] if post.from_me else newsletter
    key = MessageKey(chat=newsletter, sender=sender, id=post.id, from_me=post.from_me)
    return replace(post, content=decode_message(plain.data, key, own).content)


def _count(node: Node) -> int:
    return min(max(node.attr_int("count"), 0), _MAX_COUNT)


def _reactions(node: Node) -> tuple[tuple[str, int], ...]:
    return tuple(
        (claims.text(kid.attr("code"), EMOJI_LIMIT), _count(kid))
        for kid in node.children_with("reaction")[:MAX_REACTIONS]
        if kid.attr("code")
    )


def counts_nodes(views: int, reactions: Iterable[tuple[str, int]]) -> list[Node]:
    """How often a post was seen and reacted to, as the server tells it."""
    told: list[Node] = [
        Node("reaction", {"code": emoji, "count": str(count)}) for emoji, count in reactions
    ]
    return [Node("views_count", {"count": str(views)}), Node("reactions", {}, told)]
