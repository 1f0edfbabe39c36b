"""Devices of other people, made from wire.signal: enough to talk to the engine under test."""

import os
from dataclasses import dataclass, field

from wigwag.engine.native.people.addresses import signal_address
from wigwag.model.jid import Jid
from wigwag.wire.errors import InvalidKey
from wigwag.wire.nodes import Node
from wigwag.wire.padding import pad, unpad
from wigwag.wire.signal.curve import generate_key_pair
from wigwag.wire.signal.keys import (
    LocalIdentity,
    PreKey,
    PreKeyBundle,
    SignedPreKey,
    make_signed_prekey,
)
from wigwag.wire.signal.sender_keys import (
    SenderKeyRecord,
    create_distribution,
    group_decrypt,
    group_encrypt,
    process_distribution,
)
from wigwag.wire.signal.session import (
    SessionRecord,
    decrypt_message,
    decrypt_prekey_message,
    encrypt,
    start_session,
)


@dataclass(eq=False)
class SignalPeer:
    """One device. `jid` is its LID with the device number."""

    jid: Jid
    pn: Jid
    name: str = "Peer"
    local: LocalIdentity = field(init=False)
    signed: SignedPreKey = field(init=False)
    one_time: dict[int, PreKey] = field(default_factory=dict[int, PreKey])
    sessions: dict[str, SessionRecord] = field(default_factory=dict[str, SessionRecord])
    own_keys: dict[Jid, SenderKeyRecord] = field(default_factory=dict[Jid, SenderKeyRecord])
    sender_keys: dict[tuple[Jid, str], SenderKeyRecord] = field(
        default_factory=dict[tuple[Jid, str], SenderKeyRecord]
    )

    def __post_init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Set WhatsApp up anew: a new identity, no sessions."""
        identity = generate_key_pair()
        self.local = LocalIdentity(identity, int.from_bytes(os.urandom(4)))
        self.signed = make_signed_prekey(identity, 7)
        self.one_time = {number: PreKey(number, generate_key_pair()) for number in range(1, 40)}
        self.sessions.clear()
        self.own_keys.clear()
        self.sender_keys.clear()

    # -- keys -------------------------------------------------------------------------------

    def find_prekey(self, prekey_id: int, /) -> PreKey | None:
        return self.one_time.get(prekey_id)

    def find_signed_prekey(self, prekey_id: int, /) -> SignedPreKey | None:
        return self.signed if prekey_id == self.signed.id else None

    def bundle_node(self, jid: Jid) -> Node:
        """The answer to a request for prekeys; every request takes another one-time key."""
        content = [
            Node("registration", {}, self.local.registration_id.to_bytes(4)),
            Node("type", {}, b"\x05"),
            Node("identity", {}, self.local.identity.public),
            Node(
                "skey",
                {},
                [
                    Node("id", {}, self.signed.id.to_bytes(3)),
                    Node("value", {}, self.signed.pair.public),
                    Node("signature", {}, self.signed.signature),
                ],
            ),
        ]
        if self.one_time:
            key = self.one_time[min(self.one_time)]
            content.append(
                Node(
                    "key",
                    {},
                    [Node("id", {}, key.id.to_bytes(3)), Node("value", {}, key.pair.public)],
                )
            )
        return Node("user", {"jid": jid}, content)

    # -- sessions ---------------------------------------------------------------------------

    def session(self, other: Jid) -> SessionRecord:
        return self.sessions.setdefault(signal_address(other), SessionRecord())

    def meet(self, other: Jid, bundle: PreKeyBundle) -> None:
        """Begin a session with `other` by its bundle."""
        start_session(self.local, bundle, self.session(other))

    def seal(self, other: Jid, raw: bytes, **attrs: str) -> Node:
        sealed = encrypt(self.local, self.session(other), pad(raw, 5))
        return Node("enc", {"v": "2", "type": sealed.kind, **attrs}, sealed.data)

    def open(self, other: Jid, enc: Node) -> bytes:
        record = self.session(other)
        if enc.attr("type") == "pkmsg":
            padded, used = decrypt_prekey_message(self.local, record, enc.data, self)
            if used is not None:
                if used not in self.one_time:
                    raise InvalidKey
                del self.one_time[used]
        else:
            padded = decrypt_message(self.local, record, enc.data)
        return unpad(padded)

    # -- groups -----------------------------------------------------------------------------

    def distribution(self, group: Jid) -> bytes:
        return create_distribution(self.own_keys.setdefault(group, SenderKeyRecord()))

    def group_seal(self, group: Jid, raw: bytes, **attrs: str) -> Node:
        data = group_encrypt(self.own_keys[group], pad(raw, 5))
        return Node("enc", {"v": "2", "type": "skmsg", **attrs}, data)

    def learn(self, group: Jid, other: Jid, distribution: bytes) -> None:
        record = self.sender_keys.setdefault((group, signal_address(other)), SenderKeyRecord())
        process_distribution(record, distribution)

    def group_open(self, group: Jid, other: Jid, enc: Node) -> bytes:
        record = self.sender_keys.setdefault((group, signal_address(other)), SenderKeyRecord())
        return unpad(group_decrypt(record, enc.data))
