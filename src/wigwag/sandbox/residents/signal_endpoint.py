"""A whole Signal device without I/O that lives in the network as a resident.

It encrypts for every device a message is meant for, decrypts what arrives, sends receipts, asks
again for what it cannot read, and answers those who ask it. What a message says is left to a
subclass: `on_message`, `on_peer`, `on_receipt`, `on_notification`.
"""

from collections import Counter
from collections.abc import Sequence

import structlog

from wigwag.model.content import MessageKey
from wigwag.model.jid import STATUS_JID, Jid
from wigwag.sandbox.residents.groupkeys import Random
from wigwag.sandbox.residents.incoming import Envelope, Incoming, read_envelope
from wigwag.sandbox.residents.keyring import Keyring
from wigwag.sandbox.residents.outgoing import Outgoing, SentMessage
from wigwag.sandbox.residents.retries import RetryAnswers, retry_request
from wigwag.sandbox.residents.surroundings import Surroundings
from wigwag.sandbox.residents.traits import PLAIN, Traits
from wigwag.wire.content import Decoded, decode_message
from wigwag.wire.errors import WireError
from wigwag.wire.ids import generate_message_id
from wigwag.wire.nodes import AttrValue, Node

_log = structlog.get_logger(__name__)

PREKEY_STOCK = 100
"""One-time prekeys published at first, and again when the network says that few are left."""


class SignalEndpoint:
    """One device of an account, with the addresses `lid` and `pn`."""

    def __init__(
        self, surroundings: Surroundings, lid: Jid, pn: Jid, keyring: Keyring, random: Random
    ) -> None:
        self.lid = lid
        self.pn = pn
        self.keyring = keyring
        self.surroundings = surroundings
        self.counters: Counter[str] = Counter()
        self.sends_receipts = True
        self._random = random
        self._use(keyring)

    def _use(self, keyring: Keyring) -> None:
        self.keyring = keyring
        self.outgoing = Outgoing(self.lid, keyring, self.surroundings)
        self._incoming = Incoming(keyring)
        self._answers = RetryAnswers(self.outgoing)

    def publish_keys(self) -> None:
        """Put the identity, the signed prekey and fresh one-time prekeys on the server."""
        self.surroundings.publish(self.lid, self.keyring, self.keyring.make_prekeys(PREKEY_STOCK))

    def replace_keys(self) -> None:
        """Begin anew as after a reinstallation: another identity, no session left."""
        sent = self.outgoing.sent
        self._use(Keyring.create(self._random))
        self.outgoing.sent = sent
        self.publish_keys()
        self.surroundings.announce_identity(self.lid)

    # Sending.

    def new_id(self) -> str:
        return generate_message_id(self._random)

    def send_message(
        self, to: Jid, message: bytes, traits: Traits = PLAIN, message_id: str = ""
    ) -> str:
        """Encrypt a serialised waE2E.Message and hand it to the network; its id.

        `to` is a bare LID, a group or the status list. Raises NotFound for an unknown address.
        """
        sent = SentMessage(id=message_id or self.new_id(), to=to, message=message, traits=traits)
        outgoing = self.outgoing
        outgoing.sent.add(sent)
        if to.is_group:
            node = outgoing.group(sent, self.surroundings.members_of(to))
        elif to == STATUS_JID:
            node = outgoing.group(sent, self.surroundings.audience_of(self.lid))
        else:
            node = outgoing.direct(sent)
        self.surroundings.handle(self.lid, node)
        return sent.id

    def send_peer(self, device: Jid, message: bytes) -> str:
        """Send a message about the account itself to one of the own companions; its id."""
        sent = SentMessage(id=self.new_id(), to=device, message=message, category="peer")
        self.outgoing.sent.add(sent)
        self.surroundings.handle(self.lid, self.outgoing.peer(sent, device))
        return sent.id

    def send_receipt(self, envelope_to: Jid, ids: Sequence[str], **attrs: AttrValue) -> None:
        """A receipt for one or several messages of one sender (source: whatsmeow receipt.go)."""
        rest = [Node("item", {"id": message_id}) for message_id in ids[1:]]
        self.surroundings.handle(
            self.lid,
            Node(
                "receipt",
                {"to": envelope_to, "id": ids[0], **attrs},
                [Node("list", {}, rest)] if rest else None,
            ),
        )

    # Receiving.

    def receive(self, node: Node) -> None:
        """Take one stanza of the network. A malformed one is counted and dropped."""
        try:
            if node.tag == "message":
                self._receive_message(node)
            elif node.tag == "receipt":
                self._receive_receipt(node)
            elif node.tag == "notification":
                self._receive_notification(node)
            elif node.tag == "ack" and node.attr("error"):
                self.counters["refused"] += 1
                self.on_refusal(node.attr("id"), node.attr("error"))
        except WireError as error:
            self.counters["malformed"] += 1
            _log.info("stanza_dropped", tag=node.tag, code=error.code)

    def _receive_message(self, node: Node) -> None:
        envelope = read_envelope(node, self.lid, self.surroundings.device_lid)
        decoded: list[Decoded] = []
        retry = self._incoming.open(
            envelope, node, lambda plaintext: decoded.append(self._decode(envelope, plaintext))
        )
        if retry is not None:
            self.counters["undecryptable"] += 1
            if retry.count:
                request = retry_request(
                    envelope, retry.count, self.keyring, with_keys=retry.with_keys
                )
                self.surroundings.handle(self.lid, request)
        elif self.sends_receipts:
            self._acknowledge(envelope)
        for part in decoded:
            if part.protocol is not None and envelope.from_me:
                self.on_peer(envelope, part)
            if part.content is not None:
                self.on_message(envelope, part)

    def _decode(self, envelope: Envelope, plaintext: bytes) -> Decoded:
        """Read a message, and take a sender key that it carries."""
        key = MessageKey(
            chat=envelope.chat,
            sender=envelope.sender.bare,
            id=envelope.id,
            from_me=envelope.from_me,
        )
        decoded = decode_message(plaintext, key, (self.lid.bare, self.pn.bare))
        if decoded.sender_key is not None and envelope.chat.server in _SENDER_KEY_SERVERS:
            self.keyring.accept_distribution(
                envelope.chat, envelope.sender, decoded.sender_key.data
            )
        return decoded

    def _acknowledge(self, envelope: Envelope) -> None:
        attrs: dict[str, AttrValue] = {}
        if envelope.participant is not None:
            attrs["participant"] = envelope.participant
        if envelope.recipient is not None:
            attrs["recipient"] = envelope.recipient
        if envelope.category == "peer":
            attrs["type"] = "peer_msg"
        elif envelope.from_me:
            attrs["type"] = "sender"
        self.send_receipt(envelope.source, (envelope.id,), **attrs)

    def _receive_receipt(self, node: Node) -> None:
        if node.attr("type") != "retry":
            self.on_receipt(node)
            return
        device = node.attr_jid("participant") or node.require_jid("from")
        answer = self._answers.answer(node, self.surroundings.device_lid(device))
        if answer is None:
            self.counters["retry_unanswered"] += 1
            return
        self.counters["retry_answered"] += 1
        self.surroundings.handle(self.lid, answer)

    def _receive_notification(self, node: Node) -> None:
        if node.attr("type") == "encrypt":
            if node.child("count") is not None:
                self.publish_keys()
            elif node.child("identity") is not None:
                self.keyring.forget_user(node.require_jid("from"))
        elif node.attr("type") == "devices":
            self._forget_removed_devices(node.require_jid("from"))
        self.on_notification(node)

    def _forget_removed_devices(self, user: Jid) -> None:
        present = set(self.surroundings.devices_of(user))
        for device in self.keyring.sessions_with(user):
            if device not in present:
                self.keyring.forget_session(device)

    # For subclasses.

    def on_message(self, envelope: Envelope, decoded: Decoded) -> None:
        """A message with content was decrypted."""

    def on_peer(self, envelope: Envelope, decoded: Decoded) -> None:
        """An own device sent a protocol message."""

    def on_receipt(self, node: Node) -> None:
        """Somebody got, read or played a message."""

    def on_notification(self, node: Node) -> None:
        """The network tells of a change."""

    def on_refusal(self, message_id: str, code: str) -> None:
        """The network refused a message of this device."""


_SENDER_KEY_SERVERS = ("g.us", "broadcast")
