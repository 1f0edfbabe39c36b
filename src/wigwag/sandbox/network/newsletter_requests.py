"""What clients ask about newsletters, and what they say to them."""

import base64
from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec

from wigwag.model.jid import Jid
from wigwag.sandbox.network.directory import Account, Device
from wigwag.sandbox.network.mex import Json, MexAnswer, MexRefusal
from wigwag.sandbox.network.newsletters import Newsletter, Newsletters, Post
from wigwag.sandbox.network.stanzas import iq_error, iq_result, make_ack, with_attrs
from wigwag.sandbox.network.switchboard import Switchboard
from wigwag.wire import claims
from wigwag.wire.newsletters import ANSWERS, NewsletterQuery, read_post
from wigwag.wire.nodes import AttrValue, Node

_FOREIGN: Final = {
    NewsletterQuery.GET: ("7272540469429201", "25383075034668475", "30328461880085868"),
    NewsletterQuery.FOLLOWED: ("33101596156151910",),
    NewsletterQuery.CREATE: ("8823471724422422", "25149874324715067"),
    NewsletterQuery.UPDATE: ("7150902998257522",),
    NewsletterQuery.FOLLOW: ("24404358912487870",),
    NewsletterQuery.UNFOLLOW: ("9767147403369991",),
    NewsletterQuery.MUTE: ("29766401636284406",),
    NewsletterQuery.UNMUTE: ("9864994326891137",),
}
"""The numbers under which other versions and other clients (Baileys, whatsapp-rust) ask."""

QUERIES: Final = {query.value: query for query in NewsletterQuery} | {
    number: query for query, numbers in _FOREIGN.items() for number in numbers
}

_MAX_LISTED: Final = 300
_MAX_ITEMS: Final = 1000


class _Wanted(msgspec.Struct, frozen=True):
    """What is asked for, or what is to be. A picture is base64."""

    key: str = ""
    type: str = ""
    name: str | None = None
    description: str | None = None
    picture: str | None = None


_NOTHING: Final = _Wanted()


class _Asked(msgspec.Struct):
    """The variables of all queries about newsletters."""

    newsletter_id: str = ""
    fetch_viewer_metadata: bool = False
    input: _Wanted = _NOTHING
    newsletter_input: _Wanted = _NOTHING
    updates: _Wanted = _NOTHING


class NewsletterRequests:
    """Answers w:mex as far as it is about newsletters, and the namespace `newsletter`; takes the
    messages and receipts that go to a newsletter."""

    def __init__(
        self, board: Switchboard, newsletters: Newsletters, keep_picture: Callable[[bytes], str]
    ) -> None:
        """`keep_picture` puts a picture on the media host; its direct path."""
        self._board = board
        self._newsletters = newsletters
        self._keep_picture = keep_picture
        self._answers: dict[NewsletterQuery, Callable[[Device, _Asked], object]] = {
            NewsletterQuery.GET: self._get,
            NewsletterQuery.FOLLOWED: self._followed,
            NewsletterQuery.CREATE: self._create,
            NewsletterQuery.UPDATE: self._update,
            NewsletterQuery.FOLLOW: self._follow,
            NewsletterQuery.UNFOLLOW: self._unfollow,
            NewsletterQuery.MUTE: lambda device, asked: self._mute(device, asked, muted=True),
            NewsletterQuery.UNMUTE: lambda device, asked: self._mute(device, asked, muted=False),
        }

    # -- w:mex --

    def queries(self) -> dict[str, MexAnswer]:
        """The documents of w:mex that are answered here, by number."""
        return {number: partial(self._answer_query, query) for number, query in QUERIES.items()}

    def _answer_query(self, query: NewsletterQuery, device: Device, variables: Json) -> Json:
        asked = msgspec.convert(variables, _Asked)
        return {ANSWERS[query]: self._answers[query](device, asked)}

    def _get(self, device: Device, asked: _Asked) -> Json:
        wanted = asked.input
        if wanted.type == "INVITE":
            found = self._newsletters.find_invite(wanted.key)
        else:
            found = self._find(wanted.key)
        if found is None:
            raise MexRefusal(404)
        return found.describe(device.account if asked.fetch_viewer_metadata else None)

    def _followed(self, device: Device, _asked: _Asked) -> list[Json]:
        account = device.account
        return [one.describe(account) for one in self._newsletters.followed_by(account)]

    def _create(self, device: Device, asked: _Asked) -> Json:
        wanted = asked.newsletter_input if asked.newsletter_input.name else asked.input
        made = self._newsletters.create(
            device.account, wanted.name or "", wanted.description or "", by=device
        )
        self._set_picture(made, wanted.picture)
        return made.describe(device.account)

    def _update(self, device: Device, asked: _Asked) -> Json:
        found, wanted = self._asked(asked), asked.updates
        if found.owner is not device.account:
            raise MexRefusal(403)
        found.name = wanted.name or found.name
        if wanted.description is not None:
            found.description = wanted.description
        self._set_picture(found, wanted.picture)
        return found.describe(None)

    def _follow(self, device: Device, asked: _Asked) -> Json:
        found = self._asked(asked)
        self._newsletters.follow(found, device.account, device)
        return found.describe(device.account)

    def _unfollow(self, device: Device, asked: _Asked) -> Json:
        found = self._asked(asked)
        if found.owner is device.account:
            raise MexRefusal(403)
        self._newsletters.unfollow(found, device.account, device)
        return {"id": str(found.jid)}

    def _mute(self, device: Device, asked: _Asked, *, muted: bool) -> Json:
        found = self._asked(asked)
        if device.account.lid not in found.followers:
            raise MexRefusal(403)
        self._newsletters.mute(found, device.account, muted, device)
        return {"id": str(found.jid)}

    def _asked(self, asked: _Asked) -> Newsletter:
        found = self._find(asked.newsletter_id)
        if found is None:
            raise MexRefusal(404)
        return found

    def _find(self, text: str) -> Newsletter | None:
        jid = claims.find_jid(text)
        return self._newsletters.find(jid) if jid is not None else None

    def _set_picture(self, newsletter: Newsletter, picture: str | None) -> None:
        """Base64; an empty text removes it."""
        if picture is None:
            return
        data = base64.b64decode(picture, validate=True)
        newsletter.picture_path = self._keep_picture(data) if data else ""

    # -- the namespace newsletter --

    def answer(self, device: Device, iq: Node) -> Node:
        request = iq.kids[0] if iq.kids else Node("")
        jid = request.attr_jid("jid") or iq.attr_jid("to")
        found = self._newsletters.find(jid) if jid is not None else None
        if found is None:
            return iq_error(iq, 404, "item-not-found")
        if request.tag == "live_updates":
            duration = str(self._newsletters.watch(found, device))
            return iq_result(iq, Node("live_updates", {"duration": duration}))
        if request.tag == "message_updates":
            listed = self._list(found, device.account, request, counts_only=True)
            return iq_result(iq, Node("message_updates", {}, [listed]))
        if request.tag == "messages":
            return iq_result(iq, self._list(found, device.account, request, counts_only=False))
        return iq_error(iq, 400, "bad-request")

    def _list(
        self, newsletter: Newsletter, reader: Account, request: Node, *, counts_only: bool
    ) -> Node:
        """The newest posts that were asked for, oldest first."""
        before, after = request.attr_int("before"), request.attr_int("after")
        since = request.attr_int("since")
        posts = [
            post
            for number, post in newsletter.posts.items()
            if (not before or number < before) and number > after and post.changed >= since
        ]
        count = min(request.attr_int("count") or _MAX_LISTED, _MAX_LISTED)
        listed: list[Node] = [
            newsletter.post_node(post, reader, counts_only=counts_only)
            for post in posts[-max(count, 1) :]
        ]
        attrs: dict[str, AttrValue] = {"jid": newsletter.jid, "t": self._board.stamp()}
        return Node("messages", attrs, listed)

    # -- messages and receipts --

    def take(self, device: Device, node: Node, to: Jid) -> Node:
        """A message to a newsletter; its acknowledgement."""
        newsletter = self._newsletters.find(to)
        stamp = self._board.stamp()
        if newsletter is None:
            return make_ack(node, stamp, 404)
        if node.attr("type") == "reaction":
            return make_ack(node, stamp, self._react(newsletter, device.account, node))
        if newsletter.owner is not device.account:
            return make_ack(node, stamp, 403)
        plain = node.child("plaintext")
        if plain is None:
            return make_ack(node, stamp, 487)
        post = self._publish(newsletter, device, node, plain)
        if post is None:
            return make_ack(node, stamp, 404)
        return with_attrs(make_ack(node, stamp), server_id=str(post.server_id))

    def _publish(
        self, newsletter: Newsletter, device: Device, node: Node, plain: Node
    ) -> Post | None:
        """The post that was made or changed; None when there is none to change."""
        message_id = node.attr("id")
        known = next((post for post in newsletter.posts.values() if post.id == message_id), None)
        if node.attr("edit"):
            if known is not None:
                self._newsletters.edit(newsletter, known, plain.data, device)
            return known
        return known or self._newsletters.publish(
            newsletter,
            plain.data,
            kind=node.attr("type") or "text",
            media_type=plain.attr("mediatype"),
            message_id=message_id,
            by=device,
        )

    def _react(self, newsletter: Newsletter, account: Account, node: Node) -> int:
        """The error code, 0 when it was taken."""
        post = newsletter.posts.get(read_post(node).server_id)
        reaction = node.child("reaction")
        if post is None or reaction is None:
            return 404
        emoji = claims.text(reaction.attr("code"), 64)
        self._newsletters.react(newsletter, post, account, emoji)
        return 0

    def receipt(self, device: Device, node: Node, to: Jid) -> None:
        """A receipt to a newsletter: `view` counts."""
        newsletter = self._newsletters.find(to)
        items = node.child("list")
        if newsletter is None or node.attr("type") != "view" or items is None:
            return
        numbers = [read_post(item).server_id for item in items.kids[:_MAX_ITEMS]]
        self._newsletters.view(newsletter, numbers, device.account)
