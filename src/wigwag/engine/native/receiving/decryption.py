"""Message stanzas: what is decrypted, what it means, and how each of them ends.

Every stanza ends as a message, as an undecryptable one, or as a counted drop, and is answered
with what ends its redelivery (whatsmeow message.go).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from wigwag.engine.native.connection.stanzas import acknowledge
from wigwag.engine.native.people.sessions import Sessions
from wigwag.engine.native.receiving.batch import Batch, Names
from wigwag.engine.native.receiving.peer import MESSAGE, PeerParts
from wigwag.engine.native.receiving.receipts import delivery_receipt, protocol_receipt, stanza_time
from wigwag.engine.native.receiving.retry import RetryRequests
from wigwag.engine.native.receiving.source import Source, parse_source
from wigwag.engine.native.store.writes import AddSeen
from wigwag.engine.native.sync.phone import Phone
from wigwag.model.content import Content, MessageKey
from wigwag.model.event import MessageReceived, MessageUndecryptable
from wigwag.model.jid import NEWSLETTER_SERVER, PN_SERVER, Jid
from wigwag.model.message import Message, SendState
from wigwag.wire import claims
from wigwag.wire.content import Decoded, SenderKeyDistribution, decode_message
from wigwag.wire.errors import (
    DuplicateMessage,
    MalformedNode,
    MalformedProtobuf,
    NoSenderKey,
    SignalFailure,
    WireError,
)
from wigwag.wire.nodes import Node
from wigwag.wire.padding import unpad
from wigwag.wire.signal.sender_keys import group_decrypt, process_distribution

NACK_PARSING = 487
NACK_UNRECOGNIZED = 488
NACK_PROTOBUF = 491
NACK_MISSING_SECRET = 495

UNDECRYPTABLE = "undecryptable"

_MAX_ENCS = 8


@dataclass(slots=True)
class Info:
    """What a message stanza says besides its ciphertext. `device` is the Signal address of the
    sender: its LID where one is known."""

    node: Node
    source: Source
    key: MessageKey
    timestamp: datetime
    push_name: str
    device: Jid
    category: str

    @property
    def names(self) -> Names:
        """Chat, sender and id as the store keeps them."""
        return str(self.key.chat), str(self.key.sender), self.key.id


class Decryption:
    """Reads the message stanzas of one account into batches. Synchronous, no I/O."""

    def __init__(
        self,
        own: Callable[[], tuple[Jid, Jid]],
        *,
        sessions: Sessions,
        retries: RetryRequests,
        phone: Phone,
        peer: PeerParts,
        is_active: Callable[[], bool] = lambda: False,
    ) -> None:
        """`is_active` tells whether we show ourselves online; then others see deliveries."""
        self._own = own
        self._sessions = sessions
        self._retries = retries
        self._phone = phone
        self._peer = peer
        self._is_active = is_active

    def read(self, node: Node, batch: Batch) -> None:
        """One `<message>` (or `<appdata>`, `<status>`) stanza."""
        try:
            info = self._info(node, batch)
        except MalformedNode:
            batch.reply(acknowledge(node, NACK_PARSING))
            batch.drop("malformed")
            return
        encs = node.children_with("enc")
        if encs:
            self._read_encs(info, encs[:_MAX_ENCS], batch)
        elif node.child("unavailable") is not None:
            self._unavailable(info, batch)
        elif info.source.chat.server == NEWSLETTER_SERVER:
            batch.reply(acknowledge(node))
            batch.drop("newsletter")
        else:
            batch.reply(acknowledge(node, NACK_UNRECOGNIZED))
            batch.drop("unrecognized")

    def _info(self, node: Node, batch: Batch) -> Info:
        pn, lid = self._own()
        source = parse_source(node, pn, lid)
        message_id = claims.identifier(node.attr("id"))
        if not message_id:
            raise MalformedNode("a message has no id")
        timestamp = stanza_time(node)
        batch.link(source.sender_alt, source.sender)
        batch.link(source.chat_alt, source.chat)
        device = source.sender
        if device.server == PN_SERVER:
            if source.sender_alt is None:
                source.sender_alt = batch.lid_of(device)
            device = source.sender_alt or device
        key = MessageKey(
            chat=source.chat,
            sender=source.sender.bare,
            id=message_id,
            from_me=source.from_me,
        )
        return Info(
            node=node,
            source=source,
            key=key,
            timestamp=timestamp,
            push_name=claims.name(node.attr("notify")),
            device=device,
            category=node.attr("category"),
        )

    def _read_encs(self, info: Info, encs: list[Node], batch: Batch) -> None:
        outcome = _Outcome()
        for enc in encs:
            if not _is_readable(info, enc):
                outcome.unknown = enc.attr("type")
                continue
            try:
                raw = self._open(info, enc, batch)
            except DuplicateMessage:
                outcome.duplicate = True
                continue
            except SignalFailure as error:
                self._undecryptable(info, encs, enc, error, batch)
                return
            try:
                self._take(info, decode_message(raw, info.key, self._own()), batch, outcome)
            except MalformedProtobuf:
                outcome.broken = True
        self._finish(info, encs, outcome, batch)

    def _open(self, info: Info, enc: Node, batch: Batch) -> bytes:
        """The plaintext of one `<enc>`. Raises SignalFailure."""
        kind = enc.attr("type")
        if kind == "skmsg":
            record = self._sessions.sender_key(info.source.chat, info.device)
            padded = group_decrypt(record, enc.data)
            self._sessions.changed_sender_key(info.source.chat, info.device, batch.changes)
        else:
            padded = self._sessions.decrypt(
                info.device, enc.data, batch.changes, is_prekey=kind == "pkmsg"
            )
        return unpad(padded)

    def _take(self, info: Info, decoded: Decoded, batch: Batch, outcome: "_Outcome") -> None:
        if decoded.sender_key is not None:
            self._learn_sender_key(info, decoded.sender_key, batch)
        if decoded.protocol is not None:
            outcome.protocol = True
            if info.source.from_me:
                self._peer.take(decoded.protocol, info.source.sender, info.names, batch)
        if decoded.content is not None:
            outcome.content = decoded.content
            outcome.view_once = decoded.view_once
            chat = decoded.device_sent_to
            if chat is not None and info.source.from_me and "recipient" not in info.node.attrs:
                outcome.chat = chat.bare

    def _learn_sender_key(self, info: Info, sent: SenderKeyDistribution, batch: Batch) -> None:
        if not info.source.is_group:
            batch.drop("sender_key_outside_group")
            return
        record = self._sessions.sender_key(info.source.chat, info.device)
        try:
            process_distribution(record, sent.data)
        except WireError:
            batch.drop("sender_key_malformed")
            return
        self._sessions.changed_sender_key(info.source.chat, info.device, batch.changes)

    def _finish(self, info: Info, encs: list[Node], outcome: "_Outcome", batch: Batch) -> None:
        """Everything was decrypted, or had been before."""
        node = info.node
        if outcome.content is not None:
            self._record(info, encs, outcome.content, outcome, batch)
        elif outcome.broken:
            batch.reply(acknowledge(node, NACK_PROTOBUF))
            batch.drop("malformed_protobuf")
            return
        elif outcome.duplicate and not self._was_seen(info, batch):
            batch.reply(acknowledge(node))
            batch.drop("duplicate_unknown")
            return
        elif outcome.unknown is not None:
            error = NACK_MISSING_SECRET if outcome.unknown == "msmsg" else 0
            batch.reply(acknowledge(node, error))
            batch.drop("unknown_encryption")
            return
        elif outcome.duplicate:
            batch.drop("duplicate")
        else:
            batch.drop("protocol" if outcome.protocol else "without_content")
            if outcome.protocol:
                self._mark_seen(info.names, batch)
        self._confirm(info, batch)

    def _record(
        self, info: Info, encs: list[Node], content: Content, outcome: "_Outcome", batch: Batch
    ) -> None:
        source, key = info.source, info.key
        if outcome.chat is not None:
            key = MessageKey(chat=outcome.chat, sender=key.sender, id=key.id, from_me=True)
            info.key = key
        if encs[0].attr("count") and self._was_seen(info, batch):
            # Sent again on request, and the first copy came nevertheless.
            batch.drop("duplicate")
            return
        message = Message(
            key=key,
            timestamp=info.timestamp,
            content=content,
            push_name=info.push_name,
            chat_alt=source.chat_alt,
            sender_alt=source.sender_alt.bare if source.sender_alt is not None else None,
            view_once=outcome.view_once,
            state=SendState.SENT if source.from_me else None,
        )
        names = info.names
        batch.record(MESSAGE, MessageReceived(message=message), names)
        self._mark_seen(names, batch)
        self._retries.settled(names)

    def _confirm(self, info: Info, batch: Batch) -> None:
        """The receipts that end the redelivery of a message we have."""
        source = info.source
        batch.reply(delivery_receipt(info.node, from_me=source.from_me, active=self._is_active()))
        if source.from_me and info.category == "peer":
            batch.reply(protocol_receipt(info.key.id, "peer_msg", self._own()[0]))

    def _undecryptable(
        self, info: Info, encs: list[Node], failed: Node, error: SignalFailure, batch: Batch
    ) -> None:
        if self._was_seen(info, batch):
            batch.drop("duplicate")
            self._confirm(info, batch)
            return
        no_key = failed.attr("type") == "skmsg" and isinstance(error, NoSenderKey)
        direct = any(enc.attr("type") in ("msg", "pkmsg") for enc in encs)
        with_keys = no_key and not direct
        self._retries.request(info.node, info.key, info.names, batch, with_keys=with_keys)
        batch.reply(acknowledge(info.node))
        if info.category == "peer" or any(enc.attr("decrypt-fail") == "hide" for enc in encs):
            # Part of the protocol, a reaction, an edit or a vote: a placeholder would stand for
            # nothing that is shown.
            batch.drop("undecryptable_hidden")
            return
        self._placeholder(info, error.code, batch)

    def _unavailable(self, info: Info, batch: Batch) -> None:
        """The sender did not encrypt for this device; the phone may have it."""
        node = info.node.child("unavailable")
        kind = node.attr("type") if node is not None else ""
        batch.reply(acknowledge(info.node))
        if self._was_seen(info, batch):
            batch.drop("duplicate")
            return
        batch.afterwards.append(lambda: self._phone.ask_now(info.key))
        self._placeholder(
            info, f"unavailable_{kind}" if kind == "view_once" else "unavailable", batch
        )

    def _placeholder(self, info: Info, reason: str, batch: Batch) -> None:
        if batch.store.was_seen(batch.account, UNDECRYPTABLE, *info.names):
            batch.drop("undecryptable_again")
            return
        source = info.source
        event = MessageUndecryptable(
            key=info.key,
            timestamp=info.timestamp,
            reason=reason,
            push_name=info.push_name,
            chat_alt=source.chat_alt,
            sender_alt=source.sender_alt.bare if source.sender_alt is not None else None,
        )
        batch.record(UNDECRYPTABLE, event, info.names)
        batch.changes.add(AddSeen(batch.account, UNDECRYPTABLE, *info.names))

    def _was_seen(self, info: Info, batch: Batch) -> bool:
        names = info.names
        return names in batch.seen or batch.store.was_seen(batch.account, MESSAGE, *names)

    def _mark_seen(self, names: Names, batch: Batch) -> None:
        batch.seen.add(names)
        batch.changes.add(AddSeen(batch.account, MESSAGE, *names))


@dataclass(slots=True)
class _Outcome:
    """What the encrypted parts of one stanza came to."""

    content: Content | None = None
    view_once: bool = False
    chat: Jid | None = None
    protocol: bool = False
    duplicate: bool = False
    broken: bool = False
    unknown: str | None = None


def _is_readable(info: Info, enc: Node) -> bool:
    """Whether an `<enc>` is of a type and version that we know."""
    kind = enc.attr("type")
    known = kind in ("msg", "pkmsg") or (kind == "skmsg" and info.source.is_group)
    return known and enc.attr("v") == "2"
