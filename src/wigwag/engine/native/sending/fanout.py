"""The stanza of a message: one encrypted copy for each device, as whatsmeow builds it (send.go)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from wigwag.engine.native.link import Link
from wigwag.engine.native.people.addresses import signal_address
from wigwag.engine.native.people.devices import Devices
from wigwag.engine.native.people.sessions import Changes, Sessions
from wigwag.engine.native.sending.envelope import Envelope
from wigwag.engine.native.sending.sharing import Sharing
from wigwag.model.jid import STATUS_JID, Jid
from wigwag.wire.content import device_sent, sender_key_message
from wigwag.wire.errors import SignalFailure
from wigwag.wire.ids import participant_hash
from wigwag.wire.nodes import AttrValue, Node
from wigwag.wire.padding import pad
from wigwag.wire.reporting import reporting_node
from wigwag.wire.signal.sender_keys import create_distribution, group_encrypt

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Letter:
    """A message to send: its address as the network knows it, its serialised content, and the
    message secret in it, if there is one."""

    to: Jid
    id: str
    raw: bytes
    envelope: Envelope
    secret: bytes = b""


@dataclass(slots=True)
class _OwnKey:
    """Our sender key of a group, as it is handed out."""

    group: Jid
    distribution: bytes
    id: int


@dataclass(slots=True)
class Stanza:
    """A message ready to go.

    `phash` names the devices it is for; `reached` counts those of others that can read it,
    `missed` those that cannot; `handed` are those that get our sender key with it, by Signal
    address, as `Sharing.confirm` wants them.
    """

    node: Node
    phash: str
    reached: int
    missed: int = 0
    handed: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(slots=True)
class _Copies:
    """The copies of one message, one for each device."""

    attrs: dict[str, AttrValue]
    nodes: list[Node] = field(default_factory=list[Node])
    has_prekey: bool = False


class Fanout:
    """Encrypts messages of one account. Synchronous: sessions have been made before."""

    def __init__(self, link: Link, sessions: Sessions, devices: Devices, sharing: Sharing) -> None:
        self._link = link
        self._sessions = sessions
        self._devices = devices
        self._sharing = sharing

    def direct(
        self,
        letter: Letter,
        devices: Sequence[Jid],
        changes: Changes,
        extra: Sequence[Node] = (),
    ) -> Stanza:
        """A message to one person, with a copy of it for the own other devices."""
        to, raw, envelope = letter.to, letter.raw, letter.envelope
        attrs = _stanza_attrs(letter)
        pn = self._devices.find_pn(to) if to.is_lid else None
        if pn is not None:
            attrs["peer_recipient_pn"] = pn
        own_copy = device_sent(to, raw)
        copies = _Copies(envelope.enc_attrs())
        reached = 0
        for device in devices:
            if self._is_other(device):
                reached += self._copy(device, raw, copies, changes)
            elif not self.is_this_device(device):
                self._copy(device, own_copy, copies, changes)
        content = [
            Node("participants", {}, copies.nodes),
            *self._after(copies, envelope),
            *_reporting(letter, self._link.lid),
            *extra,
        ]
        return Stanza(Node("message", attrs, content), participant_hash(devices), reached)

    def group(
        self, letter: Letter, devices: Sequence[Jid], changes: Changes, *, lid_addressed: bool
    ) -> Stanza:
        """A message to many: encrypted once, and the sender key for those who lack it."""
        to, envelope = letter.to, letter.envelope
        own = self._link.own_lid
        holders = self._holders(devices)
        if self._sharing.has_left(to, (address for _, address in holders)):
            # A device or a person is gone, noticed or not: what follows is not for them.
            self._sharing.renew(to, changes)
        record = self._sessions.sender_key(to, own, changes)
        key = _OwnKey(to, create_distribution(record, self._link.random), record.states[0].key_id)
        body = group_encrypt(record, self._padded(letter.raw), self._link.random)
        self._sessions.changed_sender_key(to, own, changes)

        copies = _Copies(_without_media(envelope))
        handed, missed = self._hand_out(key, holders, copies, changes)
        attrs = _stanza_attrs(letter)
        if lid_addressed:
            attrs["addressing_mode"] = "lid"
        phash = attrs["phash"] = participant_hash(devices)
        enc: dict[str, AttrValue] = {"v": "2", "type": "skmsg"}
        if envelope.media_type:
            enc["mediatype"] = envelope.media_type
        content = [Node("participants", {}, copies.nodes)] if copies.nodes else []
        content += [*self._after(copies, envelope), Node("enc", enc, body)]
        content += _reporting(letter, self._link.lid if lid_addressed else self._link.pn)
        unread = sum(map(self._is_other, missed))
        reached = sum(map(self._is_other, devices)) - unread
        return Stanza(Node("message", attrs, content), phash, reached, unread, handed)

    def single(
        self, device: Jid, raw: bytes, attrs: dict[str, AttrValue], changes: Changes
    ) -> list[Node]:
        """An `<enc>` for one device, and our device identity where it needs that.

        Raises NoSession.
        """
        sealed = self._sessions.encrypt(
            self._devices.signal_jid(device), self._padded(raw), changes
        )
        enc = Node("enc", {"v": "2", "type": sealed.kind, **attrs}, sealed.data)
        return [enc, self._device_identity()] if sealed.kind == "pkmsg" else [enc]

    def distribution(self, group: Jid, changes: Changes) -> bytes:
        """Our sender key of a group at its present position."""
        own = self._link.own_lid
        record = self._sessions.sender_key(group, own, changes)
        data = create_distribution(record, self._link.random)
        self._sessions.changed_sender_key(group, own, changes)
        return data

    def is_this_device(self, device: Jid) -> bool:
        return device in (self._link.own_lid, self._link.own_jid)

    def _is_other(self, device: Jid) -> bool:
        """Whether a device is somebody else's."""
        return device.user not in (self._link.pn.user, self._link.lid.user)

    def _holders(self, devices: Sequence[Jid]) -> list[tuple[Jid, str]]:
        """Who is to have our sender key, with their Signal addresses."""
        return [
            (device, signal_address(self._devices.signal_jid(device)))
            for device in devices
            if not self.is_this_device(device)
        ]

    def _hand_out(
        self,
        key: _OwnKey,
        holders: list[tuple[Jid, str]],
        copies: _Copies,
        changes: Changes,
    ) -> tuple[dict[str, int], list[Jid]]:
        """Encrypt our sender key for the devices that lack it; who got it, and who did not."""
        if key.group != STATUS_JID:
            # The server delivers a status to those that are named in it, so it names all.
            holders = self._sharing.lacking(key.group, key.id, holders)
        if not holders:
            return {}, []
        handed, missed = list[str](), list[Jid]()
        message = sender_key_message(str(key.group), key.distribution)
        for device, address in holders:
            if self._copy(device, message, copies, changes):
                handed.append(address)
            else:
                missed.append(device)
        return self._sharing.mark(key.group, key.id, handed, changes), missed

    def _copy(self, device: Jid, raw: bytes, copies: _Copies, changes: Changes) -> bool:
        """One more copy; False when there is no session with the device."""
        try:
            sealed = self._sessions.encrypt(
                self._devices.signal_jid(device), self._padded(raw), changes
            )
        except SignalFailure as error:
            _log.warning("copy_not_encrypted", error=error.code)
            return False
        attrs: dict[str, AttrValue] = {"v": "2", "type": sealed.kind, **copies.attrs}
        copies.nodes.append(Node("to", {"jid": device}, [Node("enc", attrs, sealed.data)]))
        copies.has_prekey = copies.has_prekey or sealed.kind == "pkmsg"
        return True

    def _after(self, copies: _Copies, envelope: Envelope) -> list[Node]:
        """What stands between the copies and the rest of the stanza."""
        identity = [self._device_identity()] if copies.has_prekey else []
        return [*identity, *envelope.meta()]

    def _device_identity(self) -> Node:
        """What proves to a new session partner that we belong to our account."""
        return Node("device-identity", {}, self._link.device.account_identity)

    def _padded(self, raw: bytes) -> bytes:
        return pad(raw, self._link.random(1)[0])


def _stanza_attrs(letter: Letter) -> dict[str, AttrValue]:
    envelope = letter.envelope
    attrs: dict[str, AttrValue] = {"id": letter.id, "type": envelope.type, "to": letter.to}
    if envelope.edit:
        attrs["edit"] = envelope.edit
    return attrs


def _reporting(letter: Letter, sender: Jid) -> list[Node]:
    """What lets the server check the message if its reader reports it (whatsmeow send.go)."""
    if not letter.secret:
        return []
    return [reporting_node(letter.raw, letter.secret, letter.id, sender, letter.to)]


def _without_media(envelope: Envelope) -> dict[str, AttrValue]:
    """In a group the participants get no content, so their copies name no media type."""
    return {"decrypt-fail": "hide"} if envelope.hide else {}
