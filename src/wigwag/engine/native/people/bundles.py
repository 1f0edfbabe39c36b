"""Prekey bundles: what starts a session with a device (whatsmeow prekeys.go)."""

from collections.abc import Sequence
from typing import Final

import structlog

from wigwag.engine.native.connection.stanzas import iq
from wigwag.engine.native.link import Link
from wigwag.model.jid import Jid
from wigwag.wire.errors import MalformedNode
from wigwag.wire.nodes import Node
from wigwag.wire.signal.keys import PreKeyBundle

MAX_DEVICES: Final = 256
"""Devices asked for in one request."""
_TIMEOUT_S: Final = 75.0

_log = structlog.get_logger(__name__)


async def ask_bundles(link: Link, devices: Sequence[Jid]) -> dict[Jid, PreKeyBundle]:
    """The bundles of `devices`, MAX_DEVICES at most; those without a usable one are left out.

    Raises NotConnected, RequestTimeout, RequestFailed.
    """
    users = [Node("user", {"jid": device, "reason": "identity"}) for device in devices]
    request = iq("encrypt", "get", [Node("key", {}, users)])
    found = _bundles(await link.connection.request(request, _TIMEOUT_S))
    if len(found) < len(devices):
        _log.warning("bundles_missing", asked=len(devices), got=len(found))
    return found


def _bundles(answer: Node) -> dict[Jid, PreKeyBundle]:
    listed = answer.child("list")
    found: dict[Jid, PreKeyBundle] = {}
    for user in listed.children_with("user") if listed is not None else []:
        try:
            found[user.require_jid("jid")] = parse_bundle(user)
        except MalformedNode:
            _log.warning("bundle_unusable")
    return found


def parse_bundle(node: Node) -> PreKeyBundle:
    """The bundle in a `<user>` of an answer, or in a retry receipt. Raises MalformedNode.

    The keys may be wrapped in `<keys>`; the one-time key may be missing.
    """
    if node.child("error") is not None:
        raise MalformedNode("there are no prekeys for this device")
    keys = node.child("keys") or node
    signed = _require(keys, "skey")
    one_time = keys.child("key")
    return PreKeyBundle(
        registration_id=int.from_bytes(_bytes(node, "registration", 4)),
        identity=_bytes(keys, "identity", 32),
        signed_id=int.from_bytes(_bytes(signed, "id", 3)),
        signed_public=_bytes(signed, "value", 32),
        signed_signature=_bytes(signed, "signature", 64),
        one_time_id=None if one_time is None else int.from_bytes(_bytes(one_time, "id", 3)),
        one_time_public=None if one_time is None else _bytes(one_time, "value", 32),
    )


def _require(node: Node, tag: str) -> Node:
    child = node.child(tag)
    if child is None:
        raise MalformedNode(f"a prekey bundle has no <{tag}>")
    return child


def _bytes(node: Node, tag: str, size: int) -> bytes:
    data = _require(node, tag).data
    if len(data) != size:
        raise MalformedNode(f"<{tag}> of a prekey bundle has a wrong length")
    return data
