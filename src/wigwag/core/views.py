"""How things look in the API and in the data of events: one shape, made in one place.

Every view is a dict that any JSON encoder takes: texts, numbers, lists; times as RFC 3339 UTC,
unknown values as null.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec

from wigwag.core.rows import context_of
from wigwag.model.account import AccountState, CatchUp
from wigwag.model.archived import (
    ArchivedChat,
    ArchivedContact,
    ArchivedGroup,
    ArchivedLabel,
    ArchivedMessage,
    ArchivedNewsletter,
    ArchivedQuickReply,
    ArchivedReceipt,
    ArchivedSetting,
    FeedEvent,
    HistoryProgress,
    HistoryRequest,
    MessageContext,
    Person,
    Version,
)
from wigwag.model.content import (
    Contacts,
    Content,
    Context,
    Location,
    Poll,
    Quoted,
    Text,
    Unsupported,
)
from wigwag.ports.engine import Engine

View = dict[str, Any]

_ENCODER: Final = msgspec.json.Encoder()


def encode(view: View) -> bytes:
    """A view as JSON."""
    return _ENCODER.encode(view)


@lru_cache(1024)
def time_view(time: datetime) -> str:
    """RFC 3339 in UTC with `Z`; fractions only where there are any."""
    time = time.astimezone(UTC)
    text = time.isoformat(timespec="milliseconds" if time.microsecond else "seconds")
    return text.removesuffix("+00:00") + "Z"


def maybe_time_view(time: datetime | None) -> str | None:
    return None if time is None else time_view(time)


def person_view(person: Person) -> View:
    return {
        "jid": person.jid,
        "lid": person.lid or None,
        "phone": person.phone or None,
        "name": person.name or None,
    }


def newsletter_view(newsletter: ArchivedNewsletter) -> View:
    return {
        "chat_jid": newsletter.jid,
        "name": newsletter.name or None,
        "description": newsletter.description or None,
        "invite_code": newsletter.invite or None,
        "subscribers": newsletter.subscribers,
        "created_at": maybe_time_view(newsletter.created_at),
        "verified": newsletter.verified,
        "state": newsletter.state or None,
        "role": newsletter.role or None,
    }


def reactions_view(counted: Iterable[tuple[str, int]]) -> list[View]:
    """How often a post was reacted to, by emoji."""
    return [{"emoji": emoji, "count": count} for emoji, count in counted]


def media_view(message: ArchivedMessage) -> View | None:
    """The file of a message."""
    media = message.media
    if media is None:
        return None
    return {
        "kind": media.kind.value,
        "state": media.state.value,
        "mime": media.mime or None,
        "size_bytes": media.size_bytes,
        "filename": media.filename or None,
        "document_name": media.document_name or None,
        "path": media.path or None,
        "sha256": media.sha256.hex() or None,
        "duration_s": media.duration_s or None,
        "width": media.width or None,
        "height": media.height or None,
        "error": media.error or None,
        "url": media_url(message),
        "thumbnail": media_url(message, "thumbnail") if media.has_thumbnail else None,
    }


def message_view(message: ArchivedMessage) -> View:
    """A message as read."""
    content = message.content
    context = context_of(content) if content is not None else None
    view: View = {
        "id": message.id,
        "account": message.account,
        "chat_jid": message.chat_jid,
        "chat_name": message.chat_name or None,
        "sender": person_view(message.sender),
        "from_me": message.from_me,
        "type": message.kind.value,
        "text": message.text,
        "timestamp": time_view(message.timestamp),
        "state": message.state.value if message.state is not None else None,
        "mentions": mentions_view(context) if context is not None else [],
        "quoted": _quoted(context.quoted) if context is not None else None,
        "media": media_view(message),
        "reactions": [
            {
                "sender": person_view(reaction.person),
                "emoji": reaction.emoji,
                "timestamp": time_view(reaction.timestamp),
            }
            for reaction in message.reactions
        ],
        "edited_at": maybe_time_view(message.edited_at),
        "revoked": message.revoked_at is not None,
        "revoked_at": maybe_time_view(message.revoked_at),
        "forwarded": message.forwarded,
        "view_once": message.view_once,
        "ephemeral_seconds": message.ephemeral_s or None,
        "from_history": message.from_history,
        "starred": message.starred,
        "deleted_at": maybe_time_view(message.deleted_at),
        "pinned_in_chat": _pinned(message),
    }
    if message.snippet:
        view["snippet"] = [{"text": part.text, "match": part.match} for part in message.snippet]
    if message.error_code:
        view["error"] = {"code": message.error_code, "detail": message.error}
    if content is not None and not isinstance(content, Text):
        _add_kind(view, content)
    return view


def _pinned(message: ArchivedMessage) -> View | None:
    if message.pinned_at is None or message.pinned_until is None:
        return None
    return {"at": time_view(message.pinned_at), "until": time_view(message.pinned_until)}


def media_url(message: ArchivedMessage, what: str = "media") -> str:
    """Where the file of a message, or its thumbnail, is had on this server."""
    which = urlencode({"chat": message.chat_jid, "sender": message.sender.jid})
    place = f"/v1/accounts/{quote(message.account, safe='')}/messages/{quote(message.id, safe='')}"
    return f"{place}/{what}?{which}"


def message_context_view(context: MessageContext) -> View:
    return {
        "before": [message_view(message) for message in context.before],
        "message": message_view(context.message),
        "after": [message_view(message) for message in context.after],
    }


def mentions_view(context: Context) -> list[str]:
    return [str(jid.bare) for jid in context.mentions]


def _quoted(quoted: Quoted | None) -> View | None:
    if quoted is None:
        return None
    return {
        "id": quoted.id,
        "sender": str(quoted.sender.bare) if quoted.sender is not None else None,
        "text": quoted.text,
    }


def _add_kind(view: View, content: Content) -> None:
    """What only some kinds have, under the name of the kind."""
    if isinstance(content, Location):
        view["location"] = {
            "latitude": content.latitude,
            "longitude": content.longitude,
            "name": content.name or None,
            "address": content.address or None,
            "url": content.url or None,
            "live": content.live,
        }
    elif isinstance(content, Contacts):
        view["contacts"] = [{"name": card.name, "vcard": card.vcard} for card in content.cards]
    elif isinstance(content, Poll):
        view["poll"] = {
            "question": content.question,
            "options": list(content.options),
            "selectable": content.selectable,
        }
    elif isinstance(content, Unsupported):
        view["unsupported"] = {"fields": list(content.fields)}


def version_view(version: Version) -> View:
    return {"id": version.id, "text": version.text, "timestamp": time_view(version.timestamp)}


def receipt_view(receipt: ArchivedReceipt) -> View:
    return {
        "person": person_view(receipt.person),
        "kind": receipt.kind,
        "timestamp": time_view(receipt.timestamp),
    }


def chat_view(chat: ArchivedChat) -> View:
    return {
        "account": chat.account,
        "jid": chat.jid,
        "lid": chat.lid or None,
        "phone": chat.phone or None,
        "name": chat.name or None,
        "last_message_at": maybe_time_view(chat.last_message_at),
        "unread": chat.unread,
        "archived": chat.archived,
        "pinned_at": maybe_time_view(chat.pinned_at),
        "muted": chat.muted,
        "muted_until": maybe_time_view(chat.muted_until),
        "marked_unread": chat.marked_unread,
        "locked": chat.locked,
        "ephemeral_seconds": chat.ephemeral_s or None,
        "labels": list(chat.labels),
    }


def contact_view(contact: ArchivedContact) -> View:
    return {
        "account": contact.account,
        **person_view(contact.person),
        "full_name": contact.full_name or None,
        "first_name": contact.first_name or None,
        "push_name": contact.push_name or None,
        "business_name": contact.business_name or None,
        "about": contact.about or None,
        "blocked": contact.blocked,
    }


def group_summary_view(group: ArchivedGroup) -> View:
    """A group without its participants."""
    return {
        "account": group.account,
        "jid": group.jid,
        "subject": group.subject or None,
        "owner": group.owner or None,
        "created_at": maybe_time_view(group.created_at),
        "member": group.member,
        "description": group.description or None,
        "announce": group.announce,
        "locked": group.locked,
        "approval": group.approval,
        "admin_add": group.admin_add,
        "ephemeral_seconds": group.ephemeral_s or None,
        "suspended": group.suspended,
        "community": group.community,
        "parent_jid": group.parent_jid or None,
        "default_subgroup": group.default_subgroup,
    }


def group_view(group: ArchivedGroup) -> View:
    participants = [
        {**person_view(p.person), "admin": p.admin, "superadmin": p.superadmin}
        for p in group.participants
    ]
    return {**group_summary_view(group), "participants": participants}


def label_view(label: ArchivedLabel) -> View:
    return {
        "id": label.id,
        "name": label.name,
        "color": label.color,
        "chats": label.chats,
        "messages": label.messages,
    }


def quick_reply_view(reply: ArchivedQuickReply) -> View:
    return {
        "id": reply.id,
        "shortcut": reply.shortcut,
        "text": reply.text,
        "keywords": list(reply.keywords),
    }


def setting_view(setting: ArchivedSetting) -> View:
    return {
        "name": setting.name,
        "value": setting.value,
        "changed_at": time_view(setting.changed_at),
    }


def account_view(name: str, state: AccountState) -> View:
    return {
        "account": name,
        "state": state.state.value,
        "since": time_view(state.since),
        "reason": state.reason or None,
        "jid": str(state.jid.bare) if state.jid is not None else None,
        "lid": str(state.lid.bare) if state.lid is not None else None,
        "phone": "+" + state.jid.user if state.jid is not None and state.jid.is_pn else None,
        "push_name": state.push_name or None,
        "last_frame_in": maybe_time_view(state.last_frame_in),
        "last_frame_out": maybe_time_view(state.last_frame_out),
        "expires_at": maybe_time_view(state.expires_at),
        "next_attempt": maybe_time_view(state.next_attempt),
        "awaited": state.awaited,
        "sync": catch_up_view(state.catch_up),
        "last_message_at": maybe_time_view(state.last_message_at),
        "possible_gap": state.gap_since is not None,
        "gap_since": maybe_time_view(state.gap_since),
    }


def engine_view(engine: Engine) -> View:
    """The account as it stands, and what its engine can."""
    return {
        **account_view(engine.account, engine.state),
        "engine": engine.kind.value,
        "capabilities": sorted(engine.capabilities),
    }


def catch_up_view(catch_up: CatchUp | None) -> View | None:
    if catch_up is None:
        return None
    return {
        "state": "catching_up" if catch_up.completed_at is None else "complete",
        "expected": catch_up.expected,
        "received": catch_up.received,
        "began_at": time_view(catch_up.began_at),
        "completed_at": maybe_time_view(catch_up.completed_at),
    }


def history_view(progress: HistoryProgress) -> View:
    return {
        "sync_type": progress.sync_type,
        "progress": progress.progress,
        "chunk": progress.chunk,
        "messages": progress.messages,
        "failed": progress.failed,
        "updated_at": time_view(progress.updated_at),
    }


def history_request_view(request: HistoryRequest) -> View:
    return {
        "chat_jid": request.chat_jid,
        "state": request.state.value,
        "wanted": request.wanted,
        "received": request.received,
        "requested_at": time_view(request.requested_at),
        "updated_at": time_view(request.updated_at),
    }


def event_view(event: FeedEvent) -> View:
    """An event as streams and webhooks send it; encode it with `encode`."""
    return {
        "id": event.id,
        "seq": event.seq,
        "account": event.account,
        "type": event.type,
        "time": time_view(event.time),
        "data": event.data,
    }
