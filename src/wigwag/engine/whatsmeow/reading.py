"""A child's facts as the events that every engine reports."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace

from wigwag.engine.whatsmeow.calls import Callers
from wigwag.engine.whatsmeow.facts import (
    CallEndFact,
    CallFact,
    CatchUpFact,
    Fact,
    GroupChangeFact,
    GroupFact,
    GroupTold,
    HistoryFact,
    IdentityFact,
    LostFact,
    Member,
    MessageFact,
    NewsletterFact,
    NewsletterLeftFact,
    NewsletterMutedFact,
    NewsletterTold,
    PictureFact,
    PrivacyFact,
    ReceiptFact,
    Source,
    UndecryptableFact,
)
from wigwag.model.account import CatchUp
from wigwag.model.chat import Group, Participant
from wigwag.model.content import Content, Edit, MessageKey, Unsupported
from wigwag.model.event import (
    CallEnd,
    CallEnded,
    CallOffered,
    CaughtUp,
    EngineEvent,
    GroupChanged,
    GroupChangeKind,
    GroupJoined,
    HistoryReceived,
    IdentityRenewed,
    MessageReceived,
    MessageUndecryptable,
    NewsletterKnown,
    NewsletterLeft,
    NewsletterMuted,
    PictureChanged,
    PrivacyChanged,
    ReceiptReceived,
)
from wigwag.model.jid import Jid
from wigwag.model.message import Message, SendState
from wigwag.model.newsletter import Newsletter, NewsletterRole
from wigwag.model.profile import PrivacySetting
from wigwag.model.receipt import Receipt, ReceiptKind
from wigwag.wire import claims
from wigwag.wire.content import decode_message
from wigwag.wire.errors import MalformedProtobuf
from wigwag.wire.history import HistoryBatch, HistoryReader

PORTION: Final = 1_000
"""Items of one part of a chunk of history."""
MALFORMED: Final = "malformed"

_RECEIPTS: Final = {
    "delivered": (ReceiptKind.DELIVERED, False),
    "read": (ReceiptKind.READ, False),
    "read_self": (ReceiptKind.READ, True),
    "played": (ReceiptKind.PLAYED, False),
}
"""Receipts that say something of a message. Neonize tells `played-self` as an error of the
server: it is none here."""
_CALL_ENDS: Final = {
    "accepted_elsewhere": CallEnd.ELSEWHERE,
    "rejected_elsewhere": CallEnd.REJECTED,
}
_ROLES: Final = {role.value: role for role in NewsletterRole}
_KINDS: Final = {kind.value: kind for kind in GroupChangeKind}
_SETTINGS: Final = {setting.value: setting for setting in PrivacySetting}


class Malformed(Exception):
    """A fact that names nobody, or nothing."""


class FactReader:
    """Reads the facts of one account. `own` gives its addresses, PN and LID, bare; `callers`
    hears who calls."""

    def __init__(self, own: Callable[[], tuple[Jid, ...]], callers: Callers) -> None:
        self._own = own
        self._callers = callers
        self._catch_up: CatchUp | None = None
        self._readers: dict[type, Callable[[Any], EngineEvent | None]] = {
            MessageFact: self._message,
            UndecryptableFact: _undecryptable,
            ReceiptFact: _receipt,
            GroupFact: lambda fact: GroupJoined(group=group_of(fact.group)),
            GroupChangeFact: _group_change,
            PictureFact: _picture,
            IdentityFact: _identity,
            PrivacyFact: lambda fact: PrivacyChanged(settings=settings_of(fact.settings)),
            NewsletterFact: lambda fact: NewsletterKnown(newsletter=newsletter_of(fact.newsletter)),
            NewsletterLeftFact: lambda fact: NewsletterLeft(jid=_jid(fact.jid)),
            NewsletterMutedFact: lambda fact: NewsletterMuted(jid=_jid(fact.jid), muted=fact.muted),
            CallFact: self._call,
            CallEndFact: _call_end,
            CatchUpFact: self._caught_up,
        }

    async def read(self, fact: Fact) -> list[EngineEvent]:
        """The events of a fact; nothing where it says nothing to anybody. Raises Malformed."""
        if isinstance(fact, LostFact):
            raise Malformed
        if isinstance(fact, HistoryFact):
            return await asyncio.to_thread(self._history, fact)
        event = self._readers[type(fact)](fact)
        return [event] if event is not None else []

    def _message(self, fact: MessageFact) -> EngineEvent | None:
        source, key = fact.source, _key(fact.source, fact.id)
        content: Content | None
        view_once = fact.view_once
        try:
            decoded = decode_message(fact.content, key, self._own())
        except MalformedProtobuf:
            content = Unsupported(fields=(MALFORMED,), raw=fact.content)
        else:
            content, view_once = decoded.content, view_once or decoded.view_once
        if content is None:
            return None
        if fact.edited:
            key, content = _edit_of(key, content, fact)
        chat_alt, sender_alt = _alternatives(source)
        message = Message(
            key=key,
            timestamp=claims.moment(fact.timestamp_s),
            content=content,
            push_name=claims.name(fact.push_name),
            chat_alt=chat_alt,
            sender_alt=sender_alt,
            view_once=view_once,
            state=SendState.SENT if key.from_me else None,
            server_id=max(fact.server_id, 0),
        )
        return MessageReceived(message=message)

    def _history(self, fact: HistoryFact) -> list[EngineEvent]:
        own = self._own()
        if not own:
            raise Malformed
        try:
            reader = HistoryReader(fact.blob, own[0], own[1] if len(own) > 1 else None)
            portions = list(reader.batches(PORTION)) or [HistoryBatch()]
        except MalformedProtobuf as error:
            raise Malformed from error
        events: list[EngineEvent] = []
        for at, portion in enumerate(portions):
            events.extend(portion.links)
            events.append(
                HistoryReceived(
                    sync_type=reader.sync_type,
                    progress=reader.progress,
                    chunk=reader.chunk,
                    chats=portion.chats,
                    messages=portion.messages,
                    contacts=portion.contacts,
                    receipts=portion.receipts,
                    last=at == len(portions) - 1,
                )
            )
        return events

    def _caught_up(self, fact: CatchUpFact) -> EngineEvent | None:
        at = claims.moment(fact.timestamp_s)
        if not fact.done:
            self._catch_up = CatchUp(expected=max(fact.count, 0), received=0, began_at=at)
            return CaughtUp(catch_up=self._catch_up) if fact.count > 0 else None
        begun = self._catch_up
        if begun is None or begun.completed_at is not None:
            return None
        self._catch_up = CatchUp(
            expected=begun.expected,
            received=max(fact.count, 0),
            began_at=begun.began_at,
            completed_at=at,
        )
        return CaughtUp(catch_up=self._catch_up)

    def _call(self, fact: CallFact) -> EngineEvent:
        call_id, caller, alt = _id(fact.id), _jid(fact.caller), claims.find_jid(fact.caller_alt)
        self._callers.hear(call_id, caller, alt)
        at = claims.moment(fact.timestamp_s)
        return CallOffered(
            id=call_id, caller=caller, caller_alt=alt, timestamp=at, video=fact.video
        )

    @property
    def catch_up(self) -> CatchUp | None:
        """That of the last connection, as far as it was told."""
        return self._catch_up


def _edit_of(post: MessageKey, content: Content, fact: MessageFact) -> tuple[MessageKey, Edit]:
    """The edit of a post, which has no id of its own: one of what it says, and when."""
    digest = hashlib.blake2b(fact.content, digest_size=8).hexdigest()
    ending = f"-{fact.timestamp_s}-{digest}"
    own_id = f"{post.id[: claims.ID_LIMIT - len(ending)]}{ending}"
    return replace(post, id=own_id), Edit(target=post, content=content)


def _undecryptable(fact: UndecryptableFact) -> EngineEvent | None:
    if fact.hidden:
        # part of the protocol, a reaction, an edit or a vote: it has no place of its own
        return None
    chat_alt, sender_alt = _alternatives(fact.source)
    return MessageUndecryptable(
        key=_key(fact.source, fact.id),
        timestamp=claims.moment(fact.timestamp_s),
        reason="unavailable" if fact.unavailable else "undecryptable",
        push_name=claims.name(fact.push_name),
        chat_alt=chat_alt,
        sender_alt=sender_alt,
    )


def _receipt(fact: ReceiptFact) -> EngineEvent | None:
    known = _RECEIPTS.get(fact.kind)
    ids = tuple(checked for told in fact.ids if (checked := claims.identifier(told)))
    if known is None or not ids:
        return None
    kind, by_me = known
    if fact.source.from_me and not by_me:
        # an own device that got or read the message says nothing of the others
        if kind is ReceiptKind.DELIVERED:
            return None
        by_me = True
    receipt = Receipt(
        kind=kind,
        chat=_jid(fact.source.chat),
        sender=_jid(fact.source.sender),
        ids=ids,
        timestamp=claims.moment(fact.timestamp_s),
        by_me=by_me,
    )
    return ReceiptReceived(receipt=receipt)


def _group_change(fact: GroupChangeFact) -> EngineEvent:
    kind = _KINDS.get(fact.kind, GroupChangeKind.OTHER)
    is_subject = kind is GroupChangeKind.SUBJECT
    return GroupChanged(
        chat=_jid(fact.chat),
        kind=kind,
        timestamp=claims.moment(fact.timestamp_s),
        author=claims.find_jid(fact.author),
        participants=tuple(jid for told in fact.people if (jid := claims.find_jid(told))),
        subject=claims.name(fact.text) if is_subject else "",
        text="" if is_subject else claims.text(fact.text),
        text_id=claims.identifier(fact.text_id),
        enabled=fact.enabled,
        ephemeral_s=max(fact.ephemeral_s, 0),
        group=claims.find_jid(fact.group),
        link_type=fact.link_type[:40],
    )


def _picture(fact: PictureFact) -> EngineEvent:
    return PictureChanged(
        jid=_jid(fact.jid),
        timestamp=claims.moment(fact.timestamp_s),
        removed=fact.removed,
        author=claims.find_jid(fact.author),
    )


def _identity(fact: IdentityFact) -> EngineEvent:
    return IdentityRenewed(
        jid=_jid(fact.jid),
        timestamp=claims.moment(fact.timestamp_s),
        announced=not fact.implicit,
    )


def _call_end(fact: CallEndFact) -> EngineEvent:
    return CallEnded(
        id=_id(fact.id),
        caller=_jid(fact.caller),
        caller_alt=claims.find_jid(fact.caller_alt),
        timestamp=claims.moment(fact.timestamp_s),
        reason=_CALL_ENDS.get(fact.reason, CallEnd.MISSED),
    )


def group_of(told: GroupTold) -> Group:
    """A group as the library tells it, which leaves out who may join and add. Raises Malformed."""
    people = (participant_of(one) for one in told.members if not one.error)
    participants = tuple(one for one in people if one is not None)
    return Group(
        jid=_jid(told.jid),
        subject=claims.name(told.subject),
        participants=participants,
        owner=claims.find_jid(told.owner),
        created_at=_created(told.created_s),
        lid_addressed=all(one.jid.is_lid for one in participants),
        description=claims.text(told.description),
        description_id=claims.identifier(told.description_id),
        announce=told.announce,
        locked=told.locked,
        ephemeral_s=max(told.ephemeral_s, 0),
        community=told.community,
        parent=claims.find_jid(told.parent),
        default_subgroup=told.default_subgroup,
    )


def participant_of(told: Member) -> Participant | None:
    """None for somebody without an address."""
    jid, alt = addresses_of(told)
    if jid is None:
        return None
    return Participant(jid=jid, alt=alt, admin=told.admin, superadmin=told.superadmin)


def addresses_of(told: Member) -> tuple[Jid | None, Jid | None]:
    """The address that somebody goes by, and the other one."""
    jid = claims.find_jid(told.jid)
    lid, pn = claims.find_jid(told.lid), claims.find_jid(told.pn)
    jid = jid or lid or pn
    if jid is None:
        return None, None
    other = pn if jid.is_lid else lid
    return jid.home, other.home if other is not None else None


def newsletter_of(told: NewsletterTold) -> Newsletter:
    """Raises Malformed."""
    return Newsletter(
        jid=_jid(told.jid),
        name=claims.name(told.name),
        description=claims.text(told.description),
        invite=claims.identifier(told.invite),
        subscribers=told.subscribers,
        created_at=_created(told.created_s),
        verified=told.verified,
        state=told.state,
        reactions=told.reactions,
        picture_path=claims.path(told.picture_path),
        preview_path=claims.path(told.preview_path),
        role=_ROLES.get(told.role),
        muted=told.muted,
    )


def settings_of(told: Sequence[tuple[str, str]]) -> tuple[tuple[PrivacySetting, str], ...]:
    """Privacy settings that are known here."""
    return tuple((_SETTINGS[name], value[:40]) for name, value in told if name in _SETTINGS)


def _created(seconds: int) -> datetime | None:
    return claims.moment(seconds) if seconds > 0 else None


def _key(source: Source, message_id: str) -> MessageKey:
    return MessageKey(
        chat=_jid(source.chat),
        sender=_jid(source.sender),
        id=_id(message_id),
        from_me=source.from_me,
    )


def _alternatives(source: Source) -> tuple[Jid | None, Jid | None]:
    """The other addresses of the chat, where it is of two, and of the sender."""
    sender_alt = claims.find_jid(source.sender_alt)
    if source.is_group:
        return None, sender_alt
    recipient_alt = claims.find_jid(source.recipient_alt)
    return (recipient_alt if source.from_me else sender_alt), sender_alt


def _jid(text: str) -> Jid:
    jid = claims.find_jid(text)
    if jid is None:
        raise Malformed
    return jid.home


def _id(text: str) -> str:
    message_id = claims.identifier(text)
    if not message_id:
        raise Malformed
    return message_id
