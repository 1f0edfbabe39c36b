"""History sync: what a phone tells a new companion, as a zlib stream of one HistorySync message.

A blob may hold years, so it is read piece by piece: one conversation and one batch of model values
are in memory at a time, and one message that is damaged spoils no other.
"""

import zlib
from collections import Counter
from collections.abc import Iterator
from typing import Final

from wigwag.model.chat import ChatSummary, Contact
from wigwag.model.event import IdentityLinked
from wigwag.model.jid import STATUS_JID, Jid, address_pair
from wigwag.model.message import Message
from wigwag.model.receipt import Receipt
from wigwag.model.value import Value
from wigwag.wire import claims
from wigwag.wire.errors import MalformedProtobuf
from wigwag.wire.history_writing import encode_history
from wigwag.wire.inflation import InflatedField, Inflater
from wigwag.wire.proto import history_pb2
from wigwag.wire.protobuf import BYTES, parse, scan_fields
from wigwag.wire.web_message import (
    SECRETS_LIMIT,
    MessageSecret,
    Place,
    decode_web_message,
    encode_web_message,
    read_history_message,
    read_secret,
)

__all__ = [
    "BATCH_ITEMS",
    "INFLATE_LIMIT",
    "NOTHING",
    "SECRETS_LIMIT",
    "HistoryBatch",
    "HistoryChunk",
    "HistoryReader",
    "decode_history",
    "decode_web_message",
    "encode_history",
    "encode_web_message",
]

INFLATE_LIMIT: Final = 1 << 30
"""Bytes that a blob may become. They are never in memory together."""

PART_LIMIT: Final = 128 << 20
"""Bytes of one conversation, or of any other part."""

MESSAGE_LIMIT: Final = 8 << 20
"""Bytes of one message, and of all else that a conversation says."""

CHATS_LIMIT: Final = 100_000
"""Conversations of one blob; those beyond count as malformed."""

BATCH_ITEMS: Final = 1_000

NOTHING: Final = zlib.compress(b"")
"""A blob that says nothing."""

_CONVERSATIONS: Final = 2
_STATUSES: Final = 3
_CHUNK_ORDER: Final = 5
_PROGRESS: Final = 6
_PUSHNAMES: Final = 7
_LID_MAPPINGS: Final = 15
_INLINE_CONTACTS: Final = 20
_MESSAGES: Final = 2
_IGNORED: Final = {
    8: "global_settings",
    11: "recent_stickers",
    12: "past_participants",
    13: "call_logs",
}
_TOKEN_LIMIT: Final = 1_024
_LAST_SECOND: Final = 253_402_300_799
_UNREAD_LIMIT: Final = 2**31

_Type = history_pb2.HistorySync.HistorySyncType


class PrivacyToken(Value):
    """What proves to the server that `user` wants to hear from us; times in Unix seconds."""

    user: Jid
    token: bytes
    timestamp: int
    sent_at: int = 0
    """When we gave the user ours."""


class HistoryBatch(Value):
    """A part of a chunk, of about BATCH_ITEMS items; a chat comes before its messages. Secrets are
    those of messages in groups, and no items."""

    chats: tuple[ChatSummary, ...] = ()
    messages: tuple[Message, ...] = ()
    contacts: tuple[Contact, ...] = ()
    links: tuple[IdentityLinked, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    tokens: tuple[PrivacyToken, ...] = ()
    secrets: tuple[MessageSecret, ...] = ()


class HistoryChunk(HistoryBatch):
    """A whole chunk."""

    sync_type: str
    """In lower case, as `initial_bootstrap`; `unknown` when we know no name of it."""
    chunk: int
    progress: int
    """Percent, as the phone claims."""
    stubs: int = 0
    """Messages without content: system notes, and what the phone cannot read either."""
    malformed: int = 0
    """Messages and chats that were left out because they are damaged."""


class HistoryReader:
    """Reads one blob. The counts grow while the batches are taken."""

    def __init__(
        self,
        blob: bytes,
        own: Jid,
        own_lid: Jid | None = None,
        *,
        limit_bytes: int = INFLATE_LIMIT,
    ) -> None:
        """`own` and `own_lid` are our bare addresses.

        The whole blob is inflated once to see that it is sound, and again while it is read.
        Raises MalformedProtobuf when it does not inflate, within the limit, to a message.
        """
        self._blob = blob
        self._limit_bytes = limit_bytes
        self._own = own
        self._own_lid = own_lid
        self.sync_type = "unknown"
        self.chunk = 0
        self.progress = 0
        self.stubs = 0
        self.malformed = 0
        self.ignored: Counter[str] = Counter()
        """Parts that mean nothing here, by name."""
        for field in self._fields():
            if field.number == 1:
                self.sync_type = _type_name(field.value)
            elif field.number == _CHUNK_ORDER:
                self.chunk = field.value & 0xFFFFFFFF
            elif field.number == _PROGRESS:
                self.progress = min(field.value, 100)

    def _fields(self) -> Iterator[InflatedField]:
        return Inflater(self._blob, self._limit_bytes, PART_LIMIT).fields()

    def batches(self, items: int = BATCH_ITEMS) -> Iterator[HistoryBatch]:
        """Everything in the blob, in batches of at least `items` items (the last may be smaller)
        that exceed it only by the reactions of one message."""
        pile = _Pile()
        for item in self._items():
            pile.add(item)
            if pile.count >= items:
                yield pile.take()
        if pile.count:
            yield pile.take()

    def _items(self) -> Iterator["_Item"]:
        chats = 0
        for field in self._fields():
            if field.wire_type != BYTES:
                continue
            try:
                if field.number == _CONVERSATIONS:
                    chats += 1
                    if chats > CHATS_LIMIT:
                        raise MalformedProtobuf("a history has too many conversations")
                    yield from self._conversation(field.data)
                elif field.number == _STATUSES:
                    yield from self._status(field.data)
                elif field.number in _READERS:
                    yield from _READERS[field.number](field.data)
                elif field.number in _IGNORED:
                    self.ignored[_IGNORED[field.number]] += 1
            except MalformedProtobuf:
                self.malformed += 1

    def _conversation(self, data: bytes) -> Iterator["_Item"]:
        """The chat first (its fields may lie behind its messages), then message by message."""
        wire = _conversation_head(data)
        chat = claims.find_jid(wire.ID)
        if chat is None:
            raise MalformedProtobuf("a conversation has no address")
        alt = claims.find_jid(wire.lidJID if chat.is_pn else wire.pnJID)
        alt = alt if alt is not None and alt.is_person and chat.is_person and alt != chat else None
        yield from _link(chat, alt)
        yield _summary(wire, chat, alt)
        if chat.is_person and 0 < len(wire.tcToken) <= _TOKEN_LIMIT:
            yield _token(wire, alt if alt is not None and alt.is_lid else chat)
        place = Place(chat, alt, self._own, self._own_lid)
        secrets = SECRETS_LIMIT if chat.is_group else 0
        for field in scan_fields(data):
            if field.number == _MESSAGES and field.wire_type == BYTES:
                try:
                    if field.end - field.start > MESSAGE_LIMIT:
                        raise MalformedProtobuf("a message in history is larger than allowed")
                    raw = data[field.start : field.end]
                    web = parse(history_pb2.HistorySyncMsg, raw).message
                    if secrets and (secret := read_secret(web, place)) is not None:
                        secrets -= 1
                        yield secret
                    yield from self._message(web, place)
                except MalformedProtobuf:
                    self.malformed += 1

    def _status(self, raw: bytes) -> Iterator["_Item"]:
        place = Place(STATUS_JID, None, self._own, self._own_lid)
        yield from self._message(parse(history_pb2.WebMessageInfo, raw), place)

    def _message(self, web: history_pb2.WebMessageInfo, place: Place) -> Iterator["_Item"]:
        told = read_history_message(web, place)
        if not told:
            self.stubs += 1
        yield from told


_Item = ChatSummary | Message | Contact | IdentityLinked | Receipt | PrivacyToken | MessageSecret


class _Pile:
    """Items of a batch to be."""

    def __init__(self) -> None:
        self.count = 0
        self._messages: list[Message] = []
        self._chats: list[ChatSummary] = []
        self._contacts: list[Contact] = []
        self._links: list[IdentityLinked] = []
        self._receipts: list[Receipt] = []
        self._tokens: list[PrivacyToken] = []
        self._secrets: list[MessageSecret] = []

    def _clear(self) -> None:
        self.count = 0
        for items in (
            self._messages,
            self._chats,
            self._contacts,
            self._links,
            self._receipts,
            self._tokens,
            self._secrets,
        ):
            items.clear()

    def add(self, item: _Item) -> None:
        if isinstance(item, MessageSecret):
            self._secrets.append(item)
            return
        self.count += 1
        if isinstance(item, Message):
            self._messages.append(item)
        elif isinstance(item, ChatSummary):
            self._chats.append(item)
        elif isinstance(item, Contact):
            self._contacts.append(item)
        elif isinstance(item, Receipt):
            self._receipts.append(item)
        elif isinstance(item, PrivacyToken):
            self._tokens.append(item)
        else:
            self._links.append(item)

    def take(self) -> HistoryBatch:
        batch = HistoryBatch(
            chats=tuple(self._chats),
            messages=tuple(self._messages),
            contacts=tuple(self._contacts),
            links=tuple(self._links),
            receipts=tuple(self._receipts),
            tokens=tuple(self._tokens),
            secrets=tuple(self._secrets),
        )
        self._clear()
        return batch


def decode_history(
    blob: bytes, own: Jid, own_lid: Jid | None = None, *, limit_bytes: int = INFLATE_LIMIT
) -> HistoryChunk:
    """A whole chunk at once, for one that is small; arguments and errors as for HistoryReader."""
    reader = HistoryReader(blob, own, own_lid, limit_bytes=limit_bytes)
    batches = list(reader.batches())
    return HistoryChunk(
        sync_type=reader.sync_type,
        chunk=reader.chunk,
        progress=reader.progress,
        chats=tuple(chat for batch in batches for chat in batch.chats),
        messages=tuple(message for batch in batches for message in batch.messages),
        contacts=tuple(contact for batch in batches for contact in batch.contacts),
        links=tuple(link for batch in batches for link in batch.links),
        receipts=tuple(receipt for batch in batches for receipt in batch.receipts),
        tokens=tuple(token for batch in batches for token in batch.tokens),
        secrets=tuple(secret for batch in batches for secret in batch.secrets),
        stubs=reader.stubs,
        malformed=reader.malformed,
    )


def _type_name(number: int) -> str:
    return _Type.Name(number).lower() if number in _Type.values() else "unknown"


def _conversation_head(data: bytes) -> history_pb2.Conversation:
    """The conversation without its messages."""
    head = bytearray()
    begin = 0
    for field in scan_fields(data):
        if field.number != _MESSAGES:
            head += data[begin : field.end]
            if len(head) > MESSAGE_LIMIT:
                raise MalformedProtobuf("a conversation says too much of itself")
        begin = field.end
    return parse(history_pb2.Conversation, bytes(head))


def _token(wire: history_pb2.Conversation, user: Jid) -> PrivacyToken:
    return PrivacyToken(
        user=user,
        token=wire.tcToken,
        timestamp=min(wire.tcTokenTimestamp, _LAST_SECOND),
        sent_at=min(wire.tcTokenSenderTimestamp, _LAST_SECOND),
    )


def _complete(wire: history_pb2.Conversation) -> bool | None:
    if wire.HasField("endOfHistoryTransferType"):
        kind = history_pb2.Conversation.EndOfHistoryTransferType
        return wire.endOfHistoryTransferType in (
            kind.COMPLETE_AND_NO_MORE_MESSAGE_REMAIN_ON_PRIMARY,
            kind.COMPLETE_ON_DEMAND_SYNC_WITH_MORE_MSG_ON_PRIMARY_BUT_NO_ACCESS,
        )
    return None


def _summary(wire: history_pb2.Conversation, chat: Jid, alt: Jid | None) -> ChatSummary:
    last = wire.conversationTimestamp or wire.lastMsgTimestamp
    return ChatSummary(
        jid=chat,
        alt=alt,
        name=claims.name(wire.name) or claims.name(wire.displayName),
        last_message_time=claims.moment(last) if last else None,
        unread=wire.unreadCount if wire.unreadCount < _UNREAD_LIMIT else 0,
        archived=wire.archived,
        complete=_complete(wire),
        ephemeral_s=wire.ephemeralExpiration,
        ephemeral_at=claims.moment(set_at) if (set_at := wire.ephemeralSettingTimestamp) else None,
    )


def _read_pushname(raw: bytes) -> Iterator[_Item]:
    wire = parse(history_pb2.Pushname, raw)
    jid = claims.find_jid(wire.ID)
    if jid is not None and wire.pushname:
        yield Contact(jid=jid, push_name=claims.name(wire.pushname))


def _read_link(raw: bytes) -> Iterator[_Item]:
    wire = parse(history_pb2.PhoneNumberToLIDMapping, raw)
    pn, lid = claims.find_jid(wire.pnJID), claims.find_jid(wire.lidJID)
    yield from _link(lid, pn)


def _link(one: Jid | None, other: Jid | None) -> Iterator[_Item]:
    pair = address_pair(one, other)
    if pair is not None:
        yield IdentityLinked(lid=pair[0], pn=pair[1])


def _read_contact(raw: bytes) -> Iterator[_Item]:
    wire = parse(history_pb2.InlineContact, raw)
    pn, lid = claims.find_jid(wire.pnJID), claims.find_jid(wire.lidJID)
    jid = pn or lid
    yield from _link(lid, pn)
    if jid is not None:
        yield Contact(
            jid=jid,
            alt=lid if pn is not None else None,
            full_name=claims.name(wire.fullName),
            first_name=claims.name(wire.firstName),
        )


_READERS: Final = {
    _PUSHNAMES: _read_pushname,
    _LID_MAPPINGS: _read_link,
    _INLINE_CONTACTS: _read_contact,
}
