"""Phones, people and scripted companions on a pure network: no sockets, no clock that runs."""

from dataclasses import dataclass, field
from pathlib import Path

from wigwag.model.content import MediaRef
from wigwag.model.jid import SERVER_JID, Jid
from wigwag.sandbox.chance import Chance
from wigwag.sandbox.edge.mediahost import MediaHost
from wigwag.sandbox.network.groups import Group
from wigwag.sandbox.network.network import Network
from wigwag.sandbox.network.unpaired import Unpaired
from wigwag.sandbox.residents.attachments import MediaDesk
from wigwag.sandbox.residents.correspondent import Correspondent
from wigwag.sandbox.residents.incoming import Envelope
from wigwag.sandbox.residents.keyring import Keyring
from wigwag.sandbox.residents.person import Behaviour, Person
from wigwag.sandbox.residents.phone import Phone
from wigwag.sandbox.residents.residents import Residents
from wigwag.sandbox.residents.surroundings import Surroundings
from wigwag.wire.client_payload import (
    DeviceDescription,
    Registration,
    SignedPreKeyPublic,
)
from wigwag.wire.content import Decoded
from wigwag.wire.history import HistoryChunk, decode_history
from wigwag.wire.media import ServiceKind, decrypt_bytes
from wigwag.wire.nodes import Node
from wigwag.wire.pairing import (
    QrContents,
    VerifiedIdentity,
    companion_finish,
    format_qr,
    generate_link_code,
    verify_device_identity,
    wrap_ephemeral,
)
from wigwag.wire.protocol_messages import HistoryNotification, ProtocolPart
from wigwag.wire.signal.curve import generate_key_pair

NOW = 1_700_000_000.0


class Neighbourhood:
    """A network with nobody on it yet. Close it at the end."""

    def __init__(self, folder: Path) -> None:
        self.time = NOW
        self.chance = Chance(5)
        self.network = Network(now=lambda: self.time, random=self.chance.generator("network"))
        self.host = MediaHost(folder / "media", now=lambda: self.time)
        desk = MediaDesk(self.host, self.chance.stream("media"))
        self.surroundings = Surroundings(self.network, desk)
        self.residents = Residents(self.surroundings, self.chance)

    def close(self) -> None:
        self.host.close()

    def person(
        self, name: str, behaviour: Behaviour = Behaviour.SILENT, *, lid_only: bool = False
    ) -> Person:
        return self.residents.add_person(name, None, behaviour, lid_only=lid_only)

    def phone(self, name: str = "Owner") -> Phone:
        return self.residents.add_phone(None, name)

    def group(self, subject: str, *members: Correspondent) -> Group:
        accounts = [self.network.directory.get(member.lid) for member in members]
        return self.network.groups.create(accounts[0], subject, accounts[1:])

    def companion(self, owner: Phone) -> "Companion":
        """A client that is linked to the phone by its QR code, and logged in."""
        companion = Companion(self)
        owner.scan(companion.show_qr())
        companion.finish_pairing()
        companion.log_in()
        return companion


@dataclass(eq=False)
class WaitingLink:
    """Keeps what it was given until somebody takes it."""

    delivered: list[Node] = field(default_factory=list[Node])
    closed: bool = False
    congested: bool = False

    def deliver(self, node: Node) -> None:
        self.delivered.append(node)

    def close(self, *, abort: bool = False) -> None:
        self.closed = True

    def find(self, tag: str) -> Node | None:
        """The first child with this tag of any stanza so far."""
        for node in self.delivered:
            child = node.child(tag)
            if child is not None:
                return child
        return None


class CompanionDevice(Correspondent):
    """A linked device: everything of a correspondent, on a link instead of as a resident."""

    parts: list[ProtocolPart]
    congested = False
    closed = False

    def deliver(self, node: Node) -> None:
        self.receive(node)

    def close(self, *, abort: bool = False) -> None:
        self.closed = True

    def on_peer(self, envelope: Envelope, decoded: Decoded) -> None:
        assert envelope.from_me
        assert envelope.category == "peer"
        if decoded.protocol is not None:
            self.parts.append(decoded.protocol)


class Companion:
    """A scripted client: pairing step by step, then a device."""

    def __init__(self, neighbourhood: Neighbourhood) -> None:
        self.hood = neighbourhood
        self.network = neighbourhood.network
        self.random = neighbourhood.chance.stream("companion")
        self.keyring = Keyring.create(self.random)
        self.noise_public = self.random(32)
        self.adv_secret = self.random(32)
        self.link = WaitingLink()
        self.identity: VerifiedIdentity | None = None
        self.unpaired: Unpaired | None = None
        self.ephemeral = generate_key_pair(self.random)
        self.code = generate_link_code(self.random)
        self._device: CompanionDevice | None = None

    @property
    def device(self) -> CompanionDevice:
        assert self._device is not None
        return self._device

    # -- pairing --

    def connect(self) -> Unpaired:
        signed = self.keyring.signed
        registration = Registration(
            registration_id=self.keyring.local.registration_id,
            identity_public=self.keyring.local.identity.public,
            signed_prekey=SignedPreKeyPublic(
                id=signed.id, public=signed.pair.public, signature=signed.signature
            ),
            device=DeviceDescription(),
            version=(2, 3000, 1),
        )
        self.unpaired = self.network.pairing.open(self.link, self.noise_public, registration)
        return self.unpaired

    def show_qr(self) -> str:
        refs = self.connect().refs
        return format_qr(
            QrContents(
                ref=refs[0].decode(),
                noise_public=self.noise_public,
                identity_public=self.keyring.local.identity.public,
                adv_secret=self.adv_secret,
            )
        )

    def show_code(self, phone: str) -> str:
        unpaired = self.connect()
        wrapped = wrap_ephemeral(self.code, self.ephemeral.public, self.random)
        request = Node(
            "link_code_companion_reg",
            {"jid": Jid(phone, "s.whatsapp.net"), "stage": "companion_hello"},
            [
                Node("link_code_pairing_wrapped_companion_ephemeral_pub", {}, wrapped),
                Node("companion_server_auth_key_pub", {}, self.noise_public),
                Node("companion_platform_display", {}, b"Chrome (Linux)"),
            ],
        )
        self.say(unpaired, request)
        return self.code

    def answer_primary(self) -> None:
        """The companion's half of the keys, after the code was typed."""
        assert self.unpaired is not None
        hello = next(
            child
            for node in self.link.delivered
            if (child := node.child("link_code_companion_reg")) is not None
            and child.attr("stage") == "primary_hello"
        )
        finish = companion_finish(
            self.code,
            identity=self.keyring.local.identity,
            ephemeral=self.ephemeral,
            wrapped=_data(hello, "link_code_pairing_wrapped_primary_ephemeral_pub"),
            primary_identity=_data(hello, "primary_identity_pub"),
            random=self.random,
        )
        self.adv_secret = finish.adv_secret
        content = [
            Node("link_code_pairing_wrapped_key_bundle", {}, finish.key_bundle),
            Node("companion_identity_public", {}, self.keyring.local.identity.public),
            Node("link_code_pairing_ref", {}, _data(hello, "link_code_pairing_ref")),
        ]
        request = Node("link_code_companion_reg", {"stage": "companion_finish"}, [*content])
        self.say(self.unpaired, request)

    def say(self, unpaired: Unpaired, content: Node) -> None:
        iq = {"id": "1", "type": "set", "xmlns": "md", "to": SERVER_JID}
        self.network.pairing.receive(unpaired, Node("iq", {**iq}, [content]))

    def finish_pairing(self) -> None:
        """Verify pair-success, sign, and become a device."""
        assert self.unpaired is not None
        success = next(node for node in self.link.delivered if node.child("pair-success"))
        content = success.kids[0]
        identity = self.keyring.local.identity
        self.identity = verify_device_identity(
            _data(content, "device-identity"), self.adv_secret, identity, self.random
        )
        signed = Node(
            "device-identity",
            {"key-index": str(self.identity.key_index)},
            self.identity.signed_for_server,
        )
        answer = {"id": success.attr("id"), "type": "result", "to": SERVER_JID}
        device = content.child("device")
        assert device is not None
        self.network.pairing.receive(
            self.unpaired, Node("iq", {**answer}, [Node("pair-device-sign", {}, [signed])])
        )
        self._device = CompanionDevice(
            self.hood.surroundings,
            device.require_jid("lid"),
            device.require_jid("jid"),
            self.keyring,
            self.random,
        )
        self._device.parts = []

    # -- as a device --

    def log_in(self) -> None:
        device = self.device
        device.publish_keys()
        self.network.connect(device.lid, device)
        iq = {"id": "2", "type": "set", "xmlns": "passive", "to": SERVER_JID}
        self.network.handle(device.lid, Node("iq", {**iq}, [Node("active")]))

    def history(self) -> list[HistoryChunk]:
        """The history that came, chunk by chunk."""
        owner = self.device
        chunks: list[HistoryChunk] = []
        for part in owner.parts:
            if isinstance(part, HistoryNotification):
                blob = part.inline or self.load(part.ref, ServiceKind.HISTORY)
                chunks.append(decode_history(blob, owner.pn.bare, owner.lid.bare))
        return chunks

    def load(self, ref: MediaRef | None, kind: ServiceKind) -> bytes:
        assert ref is not None
        return decrypt_bytes(self.hood.host.load(ref.direct_path), kind, ref)


def _data(node: Node, tag: str) -> bytes:
    child = node.child(tag)
    assert child is not None
    return child.data
