"""Newsletters: following them, reading them, owning them (whatsmeow newsletter.go)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, BinaryIO, Final

import structlog
from msgspec.structs import replace

from wigwag.engine.common.newsletterchecks import (
    MAX_ASKED,
    check_emoji,
    check_words,
    checked_count,
    checked_number,
    link_code,
    newsletter_of,
)
from wigwag.engine.common.pictures import check_picture
from wigwag.engine.common.transfer import Transfer
from wigwag.engine.native.connection.stanzas import iq
from wigwag.engine.native.counts import told_counts
from wigwag.engine.native.link import Link
from wigwag.engine.native.receiving.batch import Batch
from wigwag.engine.native.receiving.ends import DropReason
from wigwag.engine.native.receiving.peer import MESSAGE
from wigwag.engine.native.receiving.posts import NEWSLETTER
from wigwag.engine.native.receiving.recorder import Recorder
from wigwag.engine.native.sending.envelope import EDIT_OWN_REVOKE
from wigwag.engine.native.social.asking import (
    TIMEOUT_S,
    ask,
    ask_for,
    ask_mex,
    refused,
    saying,
)
from wigwag.model.content import MediaKind, MediaRef, MessageKey
from wigwag.model.errors import InvalidInput, NotFound, WigwagError
from wigwag.model.event import (
    EngineEvent,
    MessageReceived,
    NewsletterKnown,
    NewsletterLeft,
    NewsletterMuted,
)
from wigwag.model.jid import Jid
from wigwag.model.message import Message
from wigwag.model.newsletter import (
    NewNewsletter,
    Newsletter,
    NewsletterRole,
    NewsletterSettings,
    Post,
)
from wigwag.wire import newsletters as wire
from wigwag.wire.ids import generate_message_id
from wigwag.wire.mex import read_mex_update
from wigwag.wire.newsletters import ANSWERS, NewsletterQuery
from wigwag.wire.nodes import AttrValue, Node

MAX_KNOWN: Final = 10_000
"""Newsletters of which it is remembered that they are known."""
ASK_AGAIN_S: Final = 600.0
_MAX_LIVE_S: Final = 86_400

_UNKNOWN: Final = "There is no such newsletter."
_log = structlog.get_logger(__name__)


class Newsletters:
    """Implements ports.newsletters.NewsletterActions, and reads what is told of newsletters."""

    def __init__(self, link: Link, recorder: Recorder, transfer: Transfer) -> None:
        self._link = link
        self._recorder = recorder
        self._transfer = transfer
        self._known: set[Jid] = set()
        self._asked_at: float | None = None

    # -- what it is -------------------------------------------------------------------------

    async def get(self, newsletter: Jid) -> Newsletter:
        key = str(newsletter_of(newsletter))
        return await self._learn(
            await self._query(NewsletterQuery.GET, wire.by_key(key, invite=False))
        )

    async def preview(self, link: str) -> Newsletter:
        found = await self._query(NewsletterQuery.GET, wire.by_key(link_code(link), invite=True))
        return _described(found)

    async def list_followed(self) -> list[Newsletter]:
        followed = wire.read_newsletters(await self._query(NewsletterQuery.FOLLOWED, {}))
        await self._record(*(NewsletterKnown(newsletter=one) for one in followed))
        return followed

    async def create(self, new: NewNewsletter) -> Newsletter:
        check_words(new.name, new.description)
        if new.picture:
            check_picture(new.picture)
        return await self._learn(await self._query(NewsletterQuery.CREATE, wire.creation(new)))

    async def set_settings(self, newsletter: Jid, settings: NewsletterSettings) -> None:
        check_words(settings.name, settings.description or "")
        if settings.picture:
            check_picture(settings.picture)
        await self._query(NewsletterQuery.UPDATE, wire.changes(newsletter_of(newsletter), settings))
        await self.get(newsletter)

    async def accept_terms(self) -> None:
        notice, stage = wire.TERMS
        await ask(self._link, iq("tos", "set", [Node("notice", {"id": notice, "stage": stage})]))

    # -- what the account is in it ----------------------------------------------------------

    async def follow(self, newsletter: Jid) -> None:
        joined = await self._query(NewsletterQuery.FOLLOW, wire.by_id(newsletter_of(newsletter)))
        found = wire.read_newsletter(joined) if joined is not None else None
        if found is None or not found.name:
            await self.get(newsletter)
            return
        if found.role is None:
            found = replace(found, role=NewsletterRole.SUBSCRIBER)
        await self._record(NewsletterKnown(newsletter=found))

    async def unfollow(self, newsletter: Jid) -> None:
        await self._query(NewsletterQuery.UNFOLLOW, wire.by_id(newsletter_of(newsletter)))
        await self._record(NewsletterLeft(jid=newsletter))

    async def set_muted(self, newsletter: Jid, *, muted: bool) -> None:
        query = NewsletterQuery.MUTE if muted else NewsletterQuery.UNMUTE
        await self._query(query, wire.by_id(newsletter_of(newsletter)))
        await self._record(NewsletterMuted(jid=newsletter, muted=muted))

    # -- posts ------------------------------------------------------------------------------

    async def upload(self, source: BinaryIO, kind: MediaKind) -> MediaRef:
        return await self._transfer.upload_plain(source, kind)

    async def react(self, newsletter: Jid, server_id: int, emoji: str) -> None:
        check_emoji(emoji)
        attrs: dict[str, AttrValue] = {
            "to": newsletter_of(newsletter),
            "id": generate_message_id(self._link.random),
            "server_id": str(checked_number(server_id)),
            "type": "reaction",
        }
        if not emoji:
            attrs["edit"] = EDIT_OWN_REVOKE
        reaction = Node("reaction", {"code": emoji} if emoji else {})
        await self._send(Node("message", attrs, [reaction]))

    async def mark_viewed(self, newsletter: Jid, server_ids: Sequence[int]) -> None:
        if not 0 < len(server_ids) <= MAX_ASKED:
            raise InvalidInput(f"Name 1 to {MAX_ASKED} posts.")
        items = [Node("item", {"server_id": str(checked_number(one))}) for one in server_ids]
        attrs: dict[str, AttrValue] = {"to": newsletter_of(newsletter), "type": "view"}
        await self._send(Node("receipt", attrs, [Node("list", {}, items)]))

    async def list_posts(self, newsletter: Jid, *, count: int = 50, before: int = 0) -> list[Post]:
        attrs: dict[str, AttrValue] = {"type": "jid", "jid": newsletter_of(newsletter)}
        attrs["count"] = str(checked_count(count))
        if before:
            attrs["before"] = str(checked_number(before))
        request = iq("newsletter", "get", [Node("messages", attrs)])
        answer = await self._ask_for(request, "messages")
        posts = wire.read_posts(answer, newsletter, self._own)
        messages = [self._message(newsletter, post) for post in posts if post.content is not None]
        await self._record(
            *(MessageReceived(message=message) for message in messages),
            *told_counts(newsletter, posts),
        )
        return posts

    async def list_counts(
        self,
        newsletter: Jid,
        *,
        count: int = 50,
        since: datetime | None = None,
        after: int = 0,
    ) -> list[Post]:
        attrs: dict[str, AttrValue] = {"count": str(checked_count(count))}
        if since is not None:
            attrs["since"] = str(int(since.timestamp()))
        if after:
            attrs["after"] = str(checked_number(after))
        request = iq(
            "newsletter", "get", [Node("message_updates", attrs)], to=newsletter_of(newsletter)
        )
        answer = await self._ask_for(request, "message_updates")
        messages = answer.child("messages")
        posts = wire.read_posts(messages, newsletter, self._own) if messages is not None else []
        await self._record(*told_counts(newsletter, posts))
        return posts

    async def follow_counts(self, newsletter: Jid) -> int:
        request = iq("newsletter", "set", [Node("live_updates")], to=newsletter_of(newsletter))
        answer = await self._ask_for(request, "live_updates")
        return min(max(answer.attr_int("duration"), 0), _MAX_LIVE_S)

    # -- what is told -----------------------------------------------------------------------

    def counted(self, node: Node, batch: Batch) -> None:
        """`<notification type="newsletter">`: live updates. Raises MalformedNode."""
        newsletter = node.require_jid("from")
        live = node.child("live_updates")
        if live is None or not newsletter.is_newsletter:
            batch.mark(None)
            batch.drop(DropReason.NOTIFICATION_NEWSLETTER)
            return
        # by whatsmeow directly in it, by whatsapp-rust in a list
        found = told_counts(
            newsletter, wire.read_posts(live.child("messages") or live, newsletter, self._own)
        )
        if not found:
            batch.mark(None)
            batch.drop(DropReason.NEWSLETTER_UPDATE)
        for event in found:
            batch.record(NEWSLETTER, event)

    def heard(self, newsletter: Jid) -> None:
        """A message of this newsletter came. Where nothing is known of it, all that are followed
        are asked for together, once in a while: the archive is to know their names."""
        now = self._link.clock.monotonic()
        recently = self._asked_at is not None and now < self._asked_at + ASK_AGAIN_S
        if newsletter not in self._known and not recently:
            self._asked_at = now
            self._link.spawn(self._ask_followed(), "newsletters")

    async def _ask_followed(self) -> None:
        try:
            await self.list_followed()
        except WigwagError as error:
            _log.info("newsletters_not_told", code=error.code)

    def notified(self, node: Node, batch: Batch) -> None:
        """`<notification type="mex">`: followed, left or muted elsewhere. Raises MalformedNode."""
        found: list[EngineEvent] = []
        for update in node.children_with("update"):
            found += wire.read_notices(read_mex_update(update))
        if not found:
            batch.mark(None)
            batch.drop(DropReason.NOTIFICATION_MEX)
        for event in found:
            batch.record(NEWSLETTER, event)

    # -- inside -----------------------------------------------------------------------------

    @property
    def _own(self) -> tuple[Jid, Jid]:
        return self._link.pn, self._link.lid

    async def _query(self, query: NewsletterQuery, variables: dict[str, Any]) -> object:
        with saying(_UNKNOWN):
            data = await ask_mex(self._link, query.value, variables)
        return data.get(ANSWERS[query])

    async def _ask_for(self, request: Node, tag: str) -> Node:
        with saying(_UNKNOWN):
            return await ask_for(self._link, request, tag)

    async def _learn(self, described: object) -> Newsletter:
        newsletter = _described(described)
        await self._record(NewsletterKnown(newsletter=newsletter))
        return newsletter

    async def _send(self, node: Node) -> None:
        """A stanza that is acknowledged. Raises Forbidden and the like for a refusal."""
        pending = await self._link.connection.begin(node)
        ack = await pending.reply(TIMEOUT_S)
        if code := ack.attr_int("error"):
            raise refused(code)

    async def _record(self, *events: EngineEvent) -> None:
        batch = self._recorder.open()
        for event in events:
            if isinstance(event, NewsletterKnown) and len(self._known) < MAX_KNOWN:
                self._known.add(event.newsletter.jid)
            batch.record(MESSAGE if isinstance(event, MessageReceived) else NEWSLETTER, event)
        await self._recorder.commit(batch)
        await self._recorder.handed()

    def _message(self, newsletter: Jid, post: Post) -> Message:
        """A fetched post as the archive takes it: history, whether it came live or not."""
        assert post.content is not None  # noqa: S101 - the caller chose by it
        sender = self._link.pn if post.from_me else newsletter
        key = MessageKey(chat=newsletter, sender=sender, id=post.id, from_me=post.from_me)
        return Message(
            key=key,
            timestamp=post.timestamp or self._link.clock.now(),
            content=post.content,
            from_history=True,
            server_id=post.server_id,
        )


def _described(described: object) -> Newsletter:
    if described is None:
        raise NotFound(_UNKNOWN)
    return wire.read_newsletter(described)
