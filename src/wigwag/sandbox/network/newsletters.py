"""Newsletters: who follows them, what they said, and how often that was seen and reacted to."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from wigwag.model import newsletter as model
from wigwag.model.errors import InvalidInput, NotFound
from wigwag.model.jid import NEWSLETTER_SERVER, SERVER_JID, Jid
from wigwag.model.newsletter import NewsletterRole
from wigwag.sandbox.network.directory import Account, Device
from wigwag.sandbox.network.stanzas import notification
from wigwag.sandbox.network.switchboard import Switchboard
from wigwag.wire.mex import mex_result
from wigwag.wire.newsletters import NOTICES, counts_nodes, describe_newsletter
from wigwag.wire.nodes import AttrValue, Node

LIVE_S = 300
"""How long changes of counts are told live, once a client asked for it."""

_MAX_NEWSLETTERS = 1000
_MAX_POSTS = 10_000
"""Of one newsletter; older ones go."""
_CODE = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CODE_LENGTH = 22


@dataclass(slots=True, eq=False)
class Post:
    """One message of a newsletter, in the clear; without `plaintext` it was taken back."""

    server_id: int
    id: str
    author: Account
    sent: int
    kind: str
    plaintext: bytes
    media_type: str = ""
    edited_ms: int = 0
    changed: int = 0
    """When its content or its counts changed last, in seconds."""
    viewers: set[Jid] = field(default_factory=set[Jid])
    reactions: dict[Jid, str] = field(default_factory=dict[Jid, str])
    """Emoji by the LID of who reacted, in order."""

    def counts(self) -> list[Node]:
        counted: dict[str, int] = {}
        for emoji in self.reactions.values():
            counted[emoji] = counted.get(emoji, 0) + 1
        return counts_nodes(len(self.viewers), counted.items())


@dataclass(slots=True, eq=False)
class Newsletter:
    """One newsletter. `followers` are LIDs, and whether they muted it; the owner is among them."""

    jid: Jid
    name: str
    owner: Account
    created: int
    description: str = ""
    invite: str = ""
    picture_path: str = ""
    followers: dict[Jid, bool] = field(default_factory=dict[Jid, bool])
    posts: dict[int, Post] = field(default_factory=dict[int, Post])
    next_id: int = 100
    live: dict[Jid, float] = field(default_factory=dict[Jid, float])
    """Devices (by LID) that are told of counts, and until when."""

    def role_of(self, account: Account) -> NewsletterRole:
        if account is self.owner:
            return NewsletterRole.OWNER
        followed = account.lid in self.followers
        return NewsletterRole.SUBSCRIBER if followed else NewsletterRole.GUEST

    def describe(self, viewer: Account | None) -> dict[str, Any]:
        """What the server says of it, to somebody or to anybody."""
        described = model.Newsletter(
            jid=self.jid,
            name=self.name,
            description=self.description,
            invite=self.invite,
            subscribers=len(self.followers),
            created_at=datetime.fromtimestamp(self.created, UTC),
            state="active",
            reactions="all",
            picture_path=self.picture_path,
            preview_path=self.picture_path,
            role=self.role_of(viewer) if viewer is not None else None,
            muted=self.followers.get(viewer.lid, False) if viewer is not None else None,
        )
        return describe_newsletter(described)

    def post_node(self, post: Post, reader: Account, *, counts_only: bool = False) -> Node:
        """A post in a list, as the server shows it to `reader`."""
        attrs: dict[str, AttrValue] = {
            "server_id": str(post.server_id),
            "id": post.id,
            "type": post.kind,
            "t": str(post.sent),
        }
        if post.author is reader:
            attrs["is_sender"] = "true"
        counts = post.counts()
        return Node("message", attrs, counts if counts_only else [*_plain(post), *counts])


class Newsletters:
    """All newsletters of the network. The changes here check nothing but existence: who may do
    what is decided where a client asks for it."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        self._newsletters: dict[Jid, Newsletter] = {}

    def find(self, jid: Jid) -> Newsletter | None:
        return self._newsletters.get(jid)

    def get(self, jid: Jid) -> Newsletter:
        """Raises NotFound."""
        found = self._newsletters.get(jid)
        if found is None:
            raise NotFound("There is no such newsletter on this network.")
        return found

    def find_invite(self, code: str) -> Newsletter | None:
        return next((one for one in self._newsletters.values() if one.invite == code), None)

    def all(self) -> list[Newsletter]:
        return list(self._newsletters.values())

    def followed_by(self, account: Account) -> list[Newsletter]:
        return [one for one in self._newsletters.values() if account.lid in one.followers]

    def restore(self, newsletter: Newsletter) -> None:
        """Put back a newsletter that was saved; nobody is told."""
        self._newsletters[newsletter.jid] = newsletter

    # -- changes, told to whom they concern --

    def create(
        self, owner: Account, name: str, description: str = "", *, by: Device | None = None
    ) -> Newsletter:
        """A new newsletter; the owner's devices are told, but for `by`. Raises InvalidInput."""
        if len(self._newsletters) >= _MAX_NEWSLETTERS or not name.strip():
            raise InvalidInput("A newsletter needs a name, and there may be too many.")
        rng = self._board.rng
        made = Newsletter(
            jid=Jid(f"12036{rng.randrange(10**12, 10**13)}", NEWSLETTER_SERVER),
            name=name,
            owner=owner,
            created=int(self._board.now()),
            description=description,
            invite="".join(rng.choice(_CODE) for _ in range(_CODE_LENGTH)),
        )
        made.followers[owner.lid] = False
        self._newsletters[made.jid] = made
        self._tell(owner, "join", made.describe(owner), by)
        return made

    def follow(self, newsletter: Newsletter, account: Account, by: Device | None = None) -> None:
        if account.lid not in newsletter.followers:
            newsletter.followers[account.lid] = False
            self._tell(account, "join", newsletter.describe(account), by)

    def unfollow(self, newsletter: Newsletter, account: Account, by: Device | None = None) -> None:
        if newsletter.followers.pop(account.lid, None) is not None:
            left = {"id": str(newsletter.jid), "role": newsletter.role_of(account).upper()}
            self._tell(account, "leave", left, by)

    def mute(
        self, newsletter: Newsletter, account: Account, muted: bool, by: Device | None = None
    ) -> None:
        if newsletter.followers.get(account.lid, muted) != muted:
            newsletter.followers[account.lid] = muted
            state = {"id": str(newsletter.jid), "mute": "ON" if muted else "OFF"}
            self._tell(account, "mute", state, by)

    # -- posts --

    def publish(
        self,
        newsletter: Newsletter,
        plaintext: bytes,
        *,
        kind: str = "text",
        media_type: str = "",
        message_id: str = "",
        by: Device | None = None,
    ) -> Post:
        """A post of the owner, delivered to the clients of all followers but `by`."""
        now = int(self._board.now())
        number, newsletter.next_id = newsletter.next_id, newsletter.next_id + 1
        message_id = message_id or f"3EB0{self._board.rng.randbytes(9).hex().upper()}"
        post = Post(number, message_id, newsletter.owner, now, kind, plaintext, media_type)
        post.changed = now
        newsletter.posts[number] = post
        while len(newsletter.posts) > _MAX_POSTS:
            del newsletter.posts[next(iter(newsletter.posts))]
        self._deliver(newsletter, post, by)
        return post

    def edit(
        self, newsletter: Newsletter, post: Post, plaintext: bytes, by: Device | None = None
    ) -> None:
        """Change a post, or with nothing in it take it back."""
        now = self._board.now()
        post.plaintext, post.changed, post.edited_ms = plaintext, int(now), int(now * 1000)
        self._deliver(newsletter, post, by, edit="3" if plaintext else "8")

    def react(self, newsletter: Newsletter, post: Post, account: Account, emoji: str) -> None:
        """A reaction, or with no emoji none any more."""
        if emoji:
            post.reactions[account.lid] = emoji
        else:
            post.reactions.pop(account.lid, None)
        self._count(newsletter, [post])

    def view(self, newsletter: Newsletter, numbers: Iterable[int], account: Account) -> None:
        """Somebody saw these posts; each counts once for each account."""
        seen = [
            post
            for number in numbers
            if (post := newsletter.posts.get(number)) is not None
            and account.lid not in post.viewers
        ]
        for post in seen:
            post.viewers.add(account.lid)
        if seen:
            self._count(newsletter, seen)

    def watch(self, newsletter: Newsletter, device: Device) -> int:
        """Tell a device of counts live; for how many seconds."""
        newsletter.live[device.lid] = self._board.now() + LIVE_S
        return LIVE_S

    # -- inside --

    def _count(self, newsletter: Newsletter, posts: list[Post]) -> None:
        """Counts changed: whoever asked for it is told, others read it later."""
        now = self._board.now()
        for post in posts:
            post.changed = int(now)
        for lid, until in list(newsletter.live.items()):
            device = self._board.directory.find_device(lid)
            if device is None or until < now:
                del newsletter.live[lid]
                continue
            told: list[Node] = [
                newsletter.post_node(post, device.account, counts_only=True) for post in posts
            ]
            live = Node("live_updates", {}, told)
            self._board.post(device, notification("newsletter", newsletter.jid, [live]))

    def _deliver(
        self, newsletter: Newsletter, post: Post, by: Device | None, edit: str = ""
    ) -> None:
        """To the clients; phones and people of the sandbox do not read newsletters."""
        for lid in newsletter.followers:
            account = self._board.directory.get(lid)
            attrs: dict[str, AttrValue] = {
                "from": newsletter.jid,
                "id": post.id,
                "server_id": str(post.server_id),
                "type": post.kind,
                "t": str(post.sent),
            }
            content = _plain(post)
            if account is post.author:
                attrs["is_sender"] = "true"
            if edit:
                attrs["edit"] = edit
                times = {"msg_edit_t": str(post.edited_ms), "original_msg_t": str(post.sent)}
                content = [*content, Node("meta", {**times})]
            for device in account.companions:
                if device is not by:
                    self._board.post(device, Node("message", attrs, content))

    def _tell(self, account: Account, notice: str, data: dict[str, Any], by: Device | None) -> None:
        """What the own devices are told by w:mex."""
        body = mex_result({NOTICES[notice]: data}).data
        for device in account.companions:
            if device is not by:
                update = Node(
                    "update", {"op_name": f"NotificationNewsletter{notice.title()}"}, body
                )
                self._board.post(device, notification("mex", SERVER_JID, [update]))


def _plain(post: Post) -> list[Node]:
    attrs: dict[str, AttrValue] = {"mediatype": post.media_type} if post.media_type else {}
    return [Node("plaintext", attrs, post.plaintext)]
