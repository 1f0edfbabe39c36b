"""The sending half of an emulated device: whom a message goes to, and its stanza."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence

from wigwag.model.jid import STATUS_JID, Jid
from wigwag.model.value import Value
from wigwag.sandbox.residents.keyring import Keyring
from wigwag.sandbox.residents.surroundings import Surroundings
from wigwag.sandbox.residents.traits import PLAIN, Traits
from wigwag.wire.content import device_sent, sender_key_message, with_sender_key
from wigwag.wire.ids import participant_hash
from wigwag.wire.nodes import AttrValue, Node

SENT_LIMIT = 512
"""Sent messages kept to answer retry requests; whatsmeow keeps 256."""


class SentMessage(Value):
    """A message that was sent, kept for those who could not read it. `to` is its chat."""

    id: str
    to: Jid
    message: bytes
    traits: Traits = PLAIN
    category: str = ""


class SentMessages:
    """The last sent messages by id."""

    def __init__(self, limit: int = SENT_LIMIT) -> None:
        self._limit = limit
        self._messages: OrderedDict[str, SentMessage] = OrderedDict()

    def add(self, sent: SentMessage) -> None:
        self._messages[sent.id] = sent
        if len(self._messages) > self._limit:
            self._messages.popitem(last=False)

    def find(self, message_id: str) -> SentMessage | None:
        return self._messages.get(message_id)

    def all(self) -> tuple[SentMessage, ...]:
        return tuple(self._messages.values())


class Outgoing:
    """Builds the stanzas of one device: encrypts for every device that a message is meant for."""

    def __init__(self, own: Jid, keyring: Keyring, surroundings: Surroundings) -> None:
        self.own = own
        self.keyring = keyring
        self.sent = SentMessages()
        self.identity = b""
        """What proves that a companion belongs to its account; a phone needs none."""
        self._surroundings = surroundings

    def direct(self, sent: SentMessage) -> Node:
        """A message to one person: to all the devices of both sides but this one."""
        enc = enc_attrs(sent.traits)
        targets: list[Node] = []
        if sent.to.user != self.own.user:
            for device in self._surroundings.devices_of(sent.to):
                self._add_target(targets, device, sent.message, enc)
        own_devices = self._surroundings.devices_of(self.own)
        if len(own_devices) > 1:
            wrapped = device_sent(sent.to, sent.message)
            for device in own_devices:
                if device != self.own:
                    self._add_target(targets, device, wrapped, enc)
        return self._stanza(sent, {"to": sent.to}, [Node("participants", {}, targets)])

    def group(self, sent: SentMessage, members: Iterable[Jid]) -> Node:
        """A message to a group or to the status list: one ciphertext under the sender key, and
        the key itself for each device that lacks it."""
        group = sent.to
        devices = [
            device
            for member in members
            for device in self._surroundings.devices_of(member)
            if device != self.own
        ]
        lacking = self.keyring.devices_without_key(group, devices)
        # The network routes a status to the devices that its stanza names, so name them all.
        named = devices if group == STATUS_JID else lacking
        targets: list[Node] = []
        if named:
            key_message = self.key_message(group)
            for device in named:
                self._add_target(targets, device, key_message, _PLAIN_ENC)
            self.keyring.mark_shared(group, devices)
        body = Node(
            "enc",
            {"v": "2", "type": "skmsg", **media_attrs(sent.traits)},
            self.keyring.group_encrypt(group, sent.message),
        )
        attrs: dict[str, AttrValue] = {
            "to": group,
            "addressing_mode": "lid",
            "phash": participant_hash([self.own, *devices]),
        }
        kids = [Node("participants", {}, targets), body] if targets else [body]
        return self._stanza(sent, attrs, kids)

    def peer(self, sent: SentMessage, device: Jid) -> Node:
        """A message to one own device about the account itself; None without its prekeys."""
        body = self.encrypt(device, sent.message, _PLAIN_ENC)
        attrs: dict[str, AttrValue] = {"to": device, "category": "peer"}
        return self._stanza(sent, attrs, [] if body is None else [body])

    def key_message(self, group: Jid) -> bytes:
        """A message that only carries the own sender key for `group`."""
        return sender_key_message(str(group), self.keyring.distribution(group))

    def with_key(self, group: Jid, message: bytes) -> bytes:
        """`message` with the own sender key for `group` beside it."""
        return with_sender_key(message, str(group), self.keyring.distribution(group))

    def encrypt(self, device: Jid, message: bytes, attrs: dict[str, AttrValue]) -> Node | None:
        """The <enc> for one device; None when it has published no prekeys."""
        if not self.keyring.has_session(device):
            bundle = self._surroundings.take_bundle(device)
            if bundle is None:
                return None
            self.keyring.open_session(device, bundle)
        sealed = self.keyring.encrypt(device, message)
        return Node("enc", {"v": "2", "type": sealed.kind, **attrs}, sealed.data)

    def vouch(self, stanza: Node) -> Node:
        """The stanza, with the device identity where it begins a session."""
        if self.identity and _begins_session(stanza):
            proof = Node("device-identity", {}, self.identity)
            return Node(stanza.tag, stanza.attrs, [*stanza.kids, proof])
        return stanza

    def _add_target(
        self, targets: list[Node], device: Jid, message: bytes, attrs: dict[str, AttrValue]
    ) -> None:
        body = self.encrypt(device, message, attrs)
        if body is not None:
            targets.append(Node("to", {"jid": device}, [body]))

    def _stanza(self, sent: SentMessage, attrs: dict[str, AttrValue], kids: Sequence[Node]) -> Node:
        traits = sent.traits
        attrs["id"] = sent.id
        attrs["type"] = traits.type
        content = [*kids]
        if traits is not PLAIN:
            if traits.edit:
                attrs["edit"] = traits.edit
            if traits.poll_type:
                content.append(Node("meta", {"polltype": traits.poll_type}))
        return self.vouch(Node("message", attrs, content))


def _begins_session(stanza: Node) -> bool:
    participants = stanza.child("participants")
    copies = participants.kids if participants is not None else [stanza]
    return any(enc.attrs.get("type") == "pkmsg" for copy in copies for enc in copy.kids)


_PLAIN_ENC: dict[str, AttrValue] = {}


def media_attrs(traits: Traits) -> dict[str, AttrValue]:
    return {"mediatype": traits.media_type} if traits.media_type else {}


def enc_attrs(traits: Traits) -> dict[str, AttrValue]:
    """The attributes that an <enc> carries besides its version and type."""
    if traits is PLAIN:
        return _PLAIN_ENC
    attrs = media_attrs(traits)
    if traits.hide_failure:
        attrs["decrypt-fail"] = "hide"
    return attrs
