"""The prekey store: what devices uploaded, and the bundles that others fetch."""

import hashlib
import struct
from collections.abc import Iterable

from wigwag.model.jid import SERVER_JID
from wigwag.sandbox.network.directory import Device, PublicPreKey, PublicSignedPreKey, PublishedKeys
from wigwag.sandbox.network.faults import FaultKind
from wigwag.sandbox.network.stanzas import iq_error, iq_result, notification
from wigwag.sandbox.network.switchboard import Switchboard
from wigwag.wire.errors import MalformedNode
from wigwag.wire.nodes import Node

LOW_WATER = 5
"""A device with fewer one-time prekeys is told to upload more."""

_DJB_TYPE = b"\x05"
_MAX_BUNDLES = 5000


class PreKeys:
    """The answers of the `encrypt` namespace."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board

    def answer(self, device: Device, iq: Node) -> Node:
        """get: <count/>, <digest/>, <key>users</key>; set: an upload, or a rotation."""
        try:
            if iq.attr("type") == "set":
                return self._store(device, iq)
            if iq.child("count") is not None:
                return iq_result(iq, Node("count", {"value": str(_left(device))}))
            if iq.child("digest") is not None:
                return _digest(device, iq)
            wanted = iq.child("key") or iq.child("key_fetch")
            if wanted is not None:
                return iq_result(iq, Node("list", {}, self._bundles(wanted)))
        except MalformedNode:
            return iq_error(iq, 406, "not-acceptable")
        return iq_result(iq)

    def add_one_time(self, device: Device, keys: Iterable[PublicPreKey]) -> None:
        """Add one-time prekeys; over the limit the newest are refused."""
        if device.keys is None:
            return
        one_time = device.keys.one_time
        for key in keys:
            if len(one_time) >= self._board.limits.prekeys:
                self._board.counters["prekeys_dropped"] += 1
                break
            one_time[key.id] = key.public

    def _store(self, device: Device, iq: Node) -> Node:
        signed = iq.child("skey")
        rotation = iq.child("rotate")
        if signed is None and rotation is not None:
            signed = rotation.child("skey")
        if signed is None:
            return iq_error(iq, 406, "not-acceptable")
        if device.keys is not None and iq.child("registration") is None:
            device.keys.signed = parse_signed(signed)
            return iq_result(iq)
        uploads = iq.child("list")
        keys = [parse_prekey(kid) for kid in uploads.children_with("key")] if uploads else []
        identity = _bytes(iq, "identity", 32)
        registration = int.from_bytes(_bytes(iq, "registration", 4))
        known = device.keys
        kept = known.one_time if known is not None and known.identity == identity else {}
        device.keys = PublishedKeys(registration, identity, parse_signed(signed), kept)
        self.add_one_time(device, keys)
        return iq_result(iq)

    def _bundles(self, wanted: Node) -> list[Node]:
        users = wanted.children_with("user")[:_MAX_BUNDLES]
        return [self._bundle(user) for user in users]

    def _bundle(self, user: Node) -> Node:
        jid = user.require_jid("jid")
        owner = self._board.directory.find_device(jid)
        keys = owner.keys if owner is not None else None
        if owner is None or keys is None:
            error = Node("error", {"code": "404", "text": "item-not-found"})
            return Node("user", {"jid": jid}, [error])
        content = _lasting(keys)
        one_time = self._consume(owner, keys)
        if one_time is not None:
            number = Node("id", {}, one_time.id.to_bytes(3))
            content.append(Node("key", {}, [number, Node("value", {}, one_time.public)]))
        return Node("user", {"jid": jid}, content)

    def _consume(self, owner: Device, keys: PublishedKeys) -> PublicPreKey | None:
        """Take one one-time prekey for good; warn the owner when few are left."""
        if self._board.faults.take(FaultKind.NO_PREKEYS, owner.lid, owner.pn):
            return None
        if not keys.one_time:
            return None
        number = next(iter(keys.one_time))
        public = keys.one_time.pop(number)
        left = len(keys.one_time)
        if left < LOW_WATER:
            count = Node("count", {"value": str(left)})
            self._board.post(owner, notification("encrypt", SERVER_JID, [count]))
        return PublicPreKey(number, public)


def _lasting(keys: PublishedKeys) -> list[Node]:
    """What of a device's keys is the same for everybody."""
    signed = [
        Node("id", {}, keys.signed.id.to_bytes(3)),
        Node("value", {}, keys.signed.public),
        Node("signature", {}, keys.signed.signature),
    ]
    return [
        Node("registration", {}, struct.pack(">I", keys.registration_id & 0xFFFFFFFF)),
        Node("type", {}, _DJB_TYPE),
        Node("identity", {}, keys.identity),
        Node("skey", {}, signed),
    ]


def _digest(device: Device, iq: Node) -> Node:
    """What the server has of the device's keys, with a hash over it, for the device to compare
    (source: whatsapp-rust wacore/src/iq/prekeys.rs)."""
    keys = device.keys
    if keys is None:
        return iq_error(iq, 404, "item-not-found")
    material = keys.identity + keys.signed.public + keys.signed.signature
    material += b"".join(keys.one_time.values())
    listed = [Node("id", {}, number.to_bytes(3)) for number in keys.one_time]
    digest = hashlib.sha1(material, usedforsecurity=False).digest()
    content = [*_lasting(keys), Node("list", {}, [*listed]), Node("hash", {}, digest)]
    return iq_result(iq, Node("digest", {}, content))


def _left(device: Device) -> int:
    return len(device.keys.one_time) if device.keys is not None else 0


def parse_prekey(node: Node) -> PublicPreKey:
    """<key><id>3 bytes</id><value>32 bytes</value></key>. Raises MalformedNode."""
    return PublicPreKey(int.from_bytes(_bytes(node, "id", 3)), _bytes(node, "value", 32))


def parse_signed(node: Node) -> PublicSignedPreKey:
    """<skey> with its <signature>. Raises MalformedNode."""
    key = parse_prekey(node)
    return PublicSignedPreKey(key.id, key.public, _bytes(node, "signature", 64))


def _bytes(node: Node, tag: str, length: int) -> bytes:
    child = node.child(tag)
    data = child.data if child is not None else b""
    if len(data) != length:
        raise MalformedNode(f"<{node.tag}> has no <{tag}> of {length} bytes.")
    return data
