"""Message stanzas: what is decrypted, what it means, and how each of them ends.

Every stanza ends as a message, as an undecryptable one, or as a counted drop, and is answered
with what ends its redelivery (whatsmeow message.go).
"""

from collections.abc import Callable

from msgspec.structs import replace

from wigwag.engine.native.connection.stanzas import acknowledge
from wigwag.engine.native.people.addresses import signal_address
from wigwag.engine.native.people.sessions import Sessions
from wigwag.engine.native.receiving.batch import Batch
from wigwag.engine.native.receiving.ends import DropReason, End
from wigwag.engine.native.receiving.info import Info, Outcome, names_of
from wigwag.engine.native.receiving.openmessages import OpenMessages
from wigwag.engine.native.receiving.peer import MESSAGE, PeerParts
from wigwag.engine.native.receiving.posts import MALFORMED, Posts
from wigwag.engine.native.receiving.receipts import delivery_receipt, protocol_receipt, stanza_time
from wigwag.engine.native.receiving.recovery import Recovery
from wigwag.engine.native.receiving.retry import RetryRequests
from wigwag.engine.native.receiving.source import parse_source
from wigwag.engine.native.receiving.unsealing import GOES_ON, Unsealing, as_continued
from wigwag.engine.native.store.records import OpenMessage
from wigwag.model.content import Content, MessageKey, Unsupported
from wigwag.model.event import IdentityRenewed, MessageReceived, MessageUndecryptable
from wigwag.model.jid import PN_SERVER, Jid
from wigwag.model.message import Message, SendState
from wigwag.ports import Clock
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
"""Kind of the inbox rows and of the marks of placeholders."""
PART = "part"
"""Kind of the marks of messages that were opened and held no content, as a sender key that comes
ahead of the text with the same id."""
PEER = "peer"
BOT_ANSWER = "msmsg"
"""Type of an `<enc>` that is sealed with the secret of what a bot was asked."""
OLD_COUNTER = "old_counter"

_MAX_ENCS = 8


class Decryption:
    """Reads the message stanzas of one account into batches. Synchronous, no I/O."""

    def __init__(
        self,
        own: Callable[[], tuple[Jid, Jid]],
        *,
        sessions: Sessions,
        messages: OpenMessages,
        retries: RetryRequests,
        recovery: Recovery,
        peer: PeerParts,
        posts: Posts,
        unsealing: Unsealing,
        clock: Clock,
        is_active: Callable[[], bool] = lambda: False,
    ) -> None:
        """`is_active` tells whether we show ourselves online; then others see deliveries."""
        self._own = own
        self._posts = posts
        self._unsealing = unsealing
        self._sessions = sessions
        self._messages = messages
        self._retries = retries
        self._recovery = recovery
        self._peer = peer
        self._clock = clock
        self._is_active = is_active

    def read(self, node: Node, batch: Batch) -> None:
        """One `<message>` (or `<appdata>`) stanza."""
        sender = node.attrs.get("from")
        if isinstance(sender, Jid) and sender.is_newsletter:
            self._posts.read(node, batch)
            return
        try:
            info = self._info(node, batch)
        except MalformedNode:
            batch.reply(acknowledge(node, NACK_PARSING))
            batch.drop(DropReason.MALFORMED)
            return
        encs = node.children_with("enc")
        if encs:
            self._read_encs(info, encs[:_MAX_ENCS], batch)
        elif node.child("unavailable") is not None:
            self._unavailable(info, batch)
        else:
            batch.reply(acknowledge(node, NACK_UNRECOGNIZED))
            batch.drop(DropReason.UNRECOGNIZED)

    def read_status(self, node: Node, batch: Batch) -> None:
        """A `<status>` stanza: what a channel says for a while."""
        sender = node.attrs.get("from")
        if isinstance(sender, Jid) and sender.is_newsletter:
            self._posts.read(node, batch)
            return
        batch.reply(acknowledge(node))
        batch.drop(DropReason.STATUS_STANZA)

    def _info(self, node: Node, batch: Batch) -> Info:
        pn, lid = self._own()
        source = parse_source(node, pn, lid)
        message_id = claims.identifier(node.attr("id"))
        if not message_id:
            raise MalformedNode("a message has no id")
        timestamp = stanza_time(node)
        batch.link(source.sender_alt, source.sender)
        if source.chat_alt is not source.sender_alt:
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
        name, category = claims.name(node.attr("notify")), node.attr("category")
        return Info(node, source, key, timestamp, names_of(key), name, device, category)

    def _read_encs(self, info: Info, encs: list[Node], batch: Batch) -> None:
        outcome = Outcome()
        for enc in encs:
            if enc.attrs.get("type") == BOT_ANSWER:
                self._read_answer(info, enc, batch, outcome)
                continue
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
            outcome.opened = True
            self._decode(info, raw, batch, outcome)
        self._finish(info, encs, outcome, batch)

    def _read_answer(self, info: Info, enc: Node, batch: Batch, outcome: Outcome) -> None:
        """What a bot says. No counter tells here whether it was opened before."""
        if self._was_seen(info, batch):
            outcome.duplicate = True
            return
        raw = self._unsealing.open_answer(info, enc, batch)
        if raw is None:
            outcome.unknown = BOT_ANSWER
            return
        outcome.opened = True
        self._decode(info, raw, batch, outcome)

    def _decode(self, info: Info, raw: bytes, batch: Batch, outcome: Outcome) -> None:
        try:
            self._take(info, decode_message(raw, info.key, self._own()), batch, outcome)
        except MalformedProtobuf:
            if outcome.content is None:
                outcome.broken = True
                outcome.content = Unsupported(fields=(MALFORMED,), raw=raw)

    def _open(self, info: Info, enc: Node, batch: Batch) -> bytes:
        """The plaintext of one `<enc>`. Raises SignalFailure."""
        kind = enc.attr("type")
        group = info.source.group
        if kind == "skmsg" and group is not None:
            record = self._sessions.sender_key(group, info.device, batch.changes)
            padded = group_decrypt(record, enc.data)
            self._sessions.changed_sender_key(group, info.device, batch.changes)
        else:
            padded = self._sessions.decrypt(
                info.device, enc.data, batch.changes, is_prekey=kind == "pkmsg"
            )
            self._tell_renewal(info, batch)
        return unpad(padded)

    @staticmethod
    def _tell_renewal(info: Info, batch: Batch) -> None:
        """The message came under another identity key than the one that was known."""
        renewed = batch.changes.renewed
        address = signal_address(info.device)
        if address not in renewed:
            return
        renewed.discard(address)
        if not info.device.device and not info.source.from_me:
            jid = info.source.sender.bare
            batch.add(IdentityRenewed(jid=jid, timestamp=info.timestamp, announced=False))

    def _take(self, info: Info, decoded: Decoded, batch: Batch, outcome: Outcome) -> None:
        if decoded.sender_key is not None:
            self._learn_sender_key(info, decoded.sender_key, batch, outcome)
        if decoded.protocol is not None:
            outcome.protocol = True
            if info.source.from_me:
                self._peer.take(decoded.protocol, info.source.sender, info.names, batch)
        content = decoded.content
        if decoded.sealed is not None:
            content = self._unsealing.open_part(info, decoded.sealed, batch)
            outcome.sealed = content is None
        if content is not None:
            content = as_continued(info, content)
        if content is None:
            return
        outcome.content = content
        outcome.broken = False
        outcome.view_once = decoded.view_once
        chat, key = decoded.device_sent_to, info.key
        if chat is not None and info.source.from_me and "recipient" not in info.node.attrs:
            outcome.chat = chat.bare
            key = replace(key, chat=outcome.chat)
        self._unsealing.learn(key, decoded, batch)

    def _learn_sender_key(
        self, info: Info, sent: SenderKeyDistribution, batch: Batch, outcome: Outcome
    ) -> None:
        group = info.source.group
        if group is None:
            batch.drop(DropReason.SENDER_KEY_OUTSIDE_GROUP)
            return
        record = self._sessions.sender_key(group, info.device, batch.changes)
        try:
            process_distribution(record, sent.data)
        except WireError:
            batch.drop(DropReason.SENDER_KEY_MALFORMED)
            return
        self._sessions.changed_sender_key(group, info.device, batch.changes)
        outcome.sender_key = True

    def _finish(self, info: Info, encs: list[Node], outcome: Outcome, batch: Batch) -> None:
        """Everything was decrypted, or had been before."""
        node = info.node
        if outcome.content is not None:
            self._record(info, encs, outcome.content, outcome, batch)
            if outcome.broken:
                batch.reply(acknowledge(node, NACK_PROTOBUF))
                return
        elif outcome.duplicate:
            if not self._is_again(info, outcome, batch):
                # Senders that encrypt while they decrypt use a counter for two messages.
                self._ask_again(info, encs, OLD_COUNTER, batch, with_keys=False)
                return
            batch.drop(DropReason.DUPLICATE)
        elif outcome.unknown is not None and not outcome.opened:
            self._unknown_encryption(info, outcome.unknown, batch)
            return
        else:
            if outcome.sealed:
                batch.drop(DropReason.SEALED)
            elif outcome.protocol:
                batch.drop(DropReason.PROTOCOL)
            else:
                batch.mark(End.APPLIED if outcome.sender_key else None)
                batch.drop(DropReason.SENDER_KEY)
            batch.mark_seen(PART, info.names)
        self._confirm(info, batch)

    def _record(
        self, info: Info, encs: list[Node], content: Content, outcome: Outcome, batch: Batch
    ) -> None:
        source, key = info.source, info.key
        if outcome.chat is not None:
            key = MessageKey(chat=outcome.chat, sender=key.sender, id=key.id, from_me=True)
            info.key, info.names = key, names_of(key)
        names = info.names
        on_request = bool(encs) and encs[0].attr("count") != ""
        if (on_request or self._messages.was_settled(names)) and self._was_seen(info, batch):
            # Sent again on request, and the first copy came nevertheless, sooner or later.
            batch.drop(DropReason.DUPLICATE)
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
        batch.record(MESSAGE, MessageReceived(message=message), names)
        batch.mark_seen(MESSAGE, names)
        self._messages.settle(names, batch)

    def _confirm(self, info: Info, batch: Batch) -> None:
        """The receipts that end the redelivery of a message we have."""
        source = info.source
        batch.reply(delivery_receipt(info.node, from_me=source.from_me, active=self._is_active()))
        if source.from_me and info.category == PEER:
            batch.reply(protocol_receipt(info.key.id, "peer_msg", self._own()[0]))

    def _undecryptable(
        self, info: Info, encs: list[Node], failed: Node, error: SignalFailure, batch: Batch
    ) -> None:
        if self._was_seen(info, batch) or (
            info.category == PEER and self._was_seen(info, batch, PART)
        ):
            batch.drop(DropReason.DUPLICATE)
            self._confirm(info, batch)
            return
        no_key = failed.attr("type") == "skmsg" and isinstance(error, NoSenderKey)
        direct = any(enc.attr("type") in ("msg", "pkmsg") for enc in encs)
        self._ask_again(info, encs, error.code, batch, with_keys=no_key and not direct)

    def _ask_again(
        self, info: Info, encs: list[Node], reason: str, batch: Batch, *, with_keys: bool
    ) -> None:
        """It cannot be read: the sender is asked, then the phone; meanwhile its place is kept."""
        peer = info.category == PEER
        hidden = self._retries.request(
            info.node,
            info.key,
            batch,
            with_keys=with_keys,
            ask_phone=not peer,
            hidden=peer or any(enc.attr("decrypt-fail") == "hide" for enc in encs),
        )
        batch.afterwards.append(self._recovery.wake)
        batch.reply(acknowledge(info.node))
        if hidden:
            # Part of the protocol, a reaction, an edit or a vote: a placeholder would stand for
            # nothing that is shown.
            batch.drop(DropReason.UNDECRYPTABLE_HIDDEN)
            return
        self._placeholder(info, reason, batch)

    def _unavailable(self, info: Info, batch: Batch) -> None:
        """The sender did not encrypt for this device; the phone may have it."""
        node = info.node.child("unavailable")
        kind = node.attr("type") if node is not None else ""
        batch.reply(acknowledge(info.node))
        self._ask_phone(
            info, f"unavailable_{kind}" if kind == "view_once" else "unavailable", batch
        )

    def _unknown_encryption(self, info: Info, kind: str, batch: Batch) -> None:
        """It is encrypted in a way that this device does not know; the phone may do."""
        batch.reply(acknowledge(info.node, NACK_MISSING_SECRET if kind == BOT_ANSWER else 0))
        bot = info.node.child("bot")
        if bot is not None and bot.attr("edit") in GOES_ON:
            # A bot goes on with a message that has its place already.
            batch.drop(DropReason.UNDECRYPTABLE_HIDDEN)
            return
        self._ask_phone(info, "unknown_encryption", batch)

    def _ask_phone(self, info: Info, reason: str, batch: Batch) -> None:
        """Its sender cannot help: the phone is asked at once."""
        if self._was_seen(info, batch):
            batch.drop(DropReason.DUPLICATE)
            return
        if self._messages.find(info.names, batch) is None:
            ask_at = self._clock.now().timestamp()
            self._messages.put(OpenMessage(key=info.key, ask_at=ask_at), batch)
            batch.afterwards.append(self._recovery.wake)
        self._placeholder(info, reason, batch)

    def _placeholder(self, info: Info, reason: str, batch: Batch) -> None:
        if self._was_seen(info, batch, UNDECRYPTABLE):
            batch.drop(DropReason.UNDECRYPTABLE_AGAIN)
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
        batch.mark_seen(UNDECRYPTABLE, info.names)

    def _is_again(self, info: Info, outcome: Outcome, batch: Batch) -> bool:
        """Whether a message whose counters are all known was really delivered before."""
        if self._was_seen(info, batch):
            return True
        return not outcome.opened and self._was_seen(info, batch, PART)

    def _was_seen(self, info: Info, batch: Batch, kind: str = MESSAGE) -> bool:
        return batch.was_seen(kind, info.names)


def _is_readable(info: Info, enc: Node) -> bool:
    """Whether an `<enc>` is of a type and version that we know."""
    kind = enc.attrs.get("type")
    known = kind in ("msg", "pkmsg") or (kind == "skmsg" and info.source.is_group)
    return known and enc.attrs.get("v") == "2"
