"""What is learnt of newsletters: what they say of themselves, and how their posts fare."""

from typing import Final

import msgspec

from wigwag.core.appstate import change_chat
from wigwag.core.groups import show_group
from wigwag.core.identity import Recording
from wigwag.core.people import MAX_NAME
from wigwag.core.views import View, newsletter_view, reactions_view
from wigwag.model.appstate import ChatMuted
from wigwag.model.archived import ArchivedNewsletter, ArchivedPost
from wigwag.model.event import (
    NewsletterCounted,
    NewsletterKnown,
    NewsletterLeft,
    NewsletterMuted,
)
from wigwag.model.instant import maybe_time_of, ms_of, time_of
from wigwag.model.jid import Jid
from wigwag.model.newsletter import Newsletter, NewsletterRole, Post
from wigwag.model.record import EventType, NewsletterRecord, PostRecord

_FOLLOWING: Final = frozenset(
    {NewsletterRole.SUBSCRIBER.value, NewsletterRole.ADMIN.value, NewsletterRole.OWNER.value}
)
_ENCODE: Final = msgspec.json.Encoder().encode
_DECODE: Final = msgspec.json.Decoder(tuple[tuple[str, int], ...]).decode

NewsletterEvent = NewsletterKnown | NewsletterLeft | NewsletterMuted | NewsletterCounted


def record_newsletter(rec: Recording, event: NewsletterEvent) -> None:
    """Rows and events of one report. The same report twice changes nothing."""
    match event:
        case NewsletterKnown(newsletter=newsletter):
            _record_known(rec, newsletter)
        case NewsletterLeft(jid=jid):
            _record_left(rec, jid)
        case NewsletterMuted(jid=jid, muted=muted):
            change = ChatMuted(chat=jid, muted=muted)
            change_chat(rec, change, time_of(rec.now_ms), quiet=False)
        case NewsletterCounted(jid=jid, posts=posts):
            _record_counts(rec, str(jid), posts)


def note_post(rec: Recording, chat: str, message_id: str, server_id: int) -> None:
    """A message of a newsletter is the post with this number."""
    before = rec.tx.newsletters.find_post(rec.account, chat, server_id)
    if before is None or before.message_id != message_id:
        post = before or PostRecord(rec.account, chat, server_id, "", None, None)
        rec.tx.newsletters.save_post(post._replace(message_id=message_id))


def _record_known(rec: Recording, newsletter: Newsletter) -> None:
    """What it says of itself. How many follow it changes all the time, and is no event."""
    jid = str(newsletter.jid)
    before = rec.tx.newsletters.find(rec.account, jid)
    role = newsletter.role.value if newsletter.role is not None else ""
    created = newsletter.created_at
    after = NewsletterRecord(
        account=rec.account,
        jid=jid,
        name=newsletter.name[:MAX_NAME],
        description=newsletter.description,
        invite=newsletter.invite,
        subscribers=newsletter.subscribers,
        created_ms=ms_of(created) if created is not None else None,
        verified=newsletter.verified,
        state=newsletter.state,
        role=role or (before.role if before is not None else ""),
    )
    if after != before:
        _save(rec, after, before)
    if newsletter.muted is not None and after.role in _FOLLOWING:
        muted = NewsletterMuted(jid=newsletter.jid, muted=newsletter.muted)
        record_newsletter(rec, muted)


def _save(rec: Recording, after: NewsletterRecord, before: NewsletterRecord | None) -> None:
    rec.tx.newsletters.save(after)
    follows = after.role in _FOLLOWING
    if follows or rec.tx.chats.find(rec.account, after.jid) is not None:
        show_group(rec, after.jid)
    joined = follows and (before is None or before.role not in _FOLLOWING)
    if before is not None and after._replace(subscribers=before.subscribers) == before:
        return
    kind = EventType.NEWSLETTER_JOINED if joined else EventType.NEWSLETTER_UPDATED
    rec.tell(kind, newsletter_view(archived_newsletter(after)), after.jid)


def _record_left(rec: Recording, newsletter: Jid) -> None:
    jid = str(newsletter)
    before = rec.tx.newsletters.find(rec.account, jid)
    if before is None or before.role not in _FOLLOWING:
        return
    rec.tx.newsletters.save(before._replace(role=NewsletterRole.GUEST.value))
    rec.tell(EventType.NEWSLETTER_LEFT, {"chat_jid": jid, "name": before.name or None}, jid)


def _record_counts(rec: Recording, jid: str, posts: tuple[Post, ...]) -> None:
    """What was not told of a post stays as it was."""
    told: list[View] = []
    for post in posts:
        before = rec.tx.newsletters.find_post(rec.account, jid, post.server_id)
        base = before or PostRecord(rec.account, jid, post.server_id, post.id, None, None)
        after = base._replace(
            message_id=base.message_id or post.id,
            views=base.views if post.views is None else post.views,
            reactions=base.reactions
            if post.reactions is None
            else _ENCODE(post.reactions).decode(),
        )
        if after == before:
            continue
        rec.tx.newsletters.save_post(after)
        told.append(
            {
                "server_id": after.server_id,
                "id": after.message_id or None,
                "views": after.views,
                "reactions": reactions_view(_DECODE(after.reactions or "[]")),
            }
        )
    if told:
        rec.tell(EventType.NEWSLETTER_COUNTS, {"chat_jid": jid, "posts": told}, jid)


def archived_post(record: PostRecord) -> ArchivedPost:
    """A row as it is read."""
    return ArchivedPost(
        server_id=record.server_id,
        message_id=record.message_id,
        views=record.views,
        reactions=_DECODE(record.reactions) if record.reactions is not None else None,
    )


def archived_newsletter(record: NewsletterRecord) -> ArchivedNewsletter:
    """A row as it is read."""
    return ArchivedNewsletter(
        account=record.account,
        jid=record.jid,
        name=record.name,
        description=record.description,
        invite=record.invite,
        subscribers=record.subscribers,
        created_at=maybe_time_of(record.created_ms),
        verified=bool(record.verified),
        state=record.state,
        role=record.role,
    )
