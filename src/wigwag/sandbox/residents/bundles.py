"""Prekeys and bundles as nodes, as they stand in retry receipts (source: whatsmeow prekeys.go)."""

from wigwag.wire.errors import MalformedNode
from wigwag.wire.nodes import Node
from wigwag.wire.signal.keys import PreKey, PreKeyBundle, SignedPreKey


def id_bytes(prekey_id: int) -> bytes:
    """The id of a prekey on the wire: 24 bits, big-endian."""
    return prekey_id.to_bytes(3, "big")


def prekey_node(prekey: PreKey) -> Node:
    return Node(
        "key",
        {},
        [Node("id", {}, id_bytes(prekey.id)), Node("value", {}, prekey.pair.public)],
    )


def signed_prekey_node(signed: SignedPreKey) -> Node:
    return Node(
        "skey",
        {},
        [
            Node("id", {}, id_bytes(signed.id)),
            Node("value", {}, signed.pair.public),
            Node("signature", {}, signed.signature),
        ],
    )


def bundle_from_node(node: Node) -> PreKeyBundle:
    """The bundle in a retry receipt. Raises MalformedNode."""
    keys = node.child("keys") or node
    registration = _bytes(node, "registration", 4)
    signed = keys.child("skey")
    if signed is None:
        raise MalformedNode("A bundle lacks its signed prekey.")
    one_time = keys.child("key")
    return PreKeyBundle(
        registration_id=int.from_bytes(registration, "big"),
        identity=_bytes(keys, "identity", 32),
        signed_id=int.from_bytes(_bytes(signed, "id", 3), "big"),
        signed_public=_bytes(signed, "value", 32),
        signed_signature=_bytes(signed, "signature", 64),
        one_time_id=None if one_time is None else int.from_bytes(_bytes(one_time, "id", 3), "big"),
        one_time_public=None if one_time is None else _bytes(one_time, "value", 32),
    )


def _bytes(node: Node, tag: str, length: int) -> bytes:
    kid = node.child(tag)
    if kid is None or len(kid.data) != length:
        raise MalformedNode(f"A bundle has no proper <{tag}>.")
    return kid.data
