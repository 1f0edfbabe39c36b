"""Records the corpus from tests in which the engine lives on the sandbox, as a plugin of pytest::

    PYTHONPATH=tests python -m pytest -p fuzz.recording tests/wire/parity tests/acceptance

Of stanzas that are built alike one is kept, first of all what was recorded before. People, groups
and devices get the addresses that they have in the worlds of the targets, and what was encrypted is
kept in the clear (`fuzz.stanzas`).
"""

from collections.abc import Callable
from typing import Any, Final

from fuzz.corpus import ANSWERS, STANZAS, load, store
from fuzz.samples import GROUP, OWN, OWN_LID, PEER, PEER_LID
from wigwag.engine.native.connection.connection import Connection, Pending
from wigwag.engine.native.receiving.decryption import Decryption
from wigwag.engine.native.receiving.receive import Receiver
from wigwag.model.jid import Jid
from wigwag.wire.errors import MalformedProtobuf
from wigwag.wire.nodes import AttrValue, Node, decode_node, encode_node
from wigwag.wire.protobuf import BYTES, scan_fields

_LARGEST: Final = 6_000
"""Bytes of an entry; larger ones are lists of which a few items tell as much."""

_stanzas: dict[object, bytes] = {}
_answers: dict[object, bytes] = {}
_waiting: list[tuple[Node, frozenset[str]]] = []
_opened: dict[bytes, bytes] = {}


def pytest_configure() -> None:
    for file, entries in ((STANZAS, _stanzas), (ANSWERS, _answers)):
        entries.update((_shape(decode_node(entry)), entry) for entry in load(file))
    _tap(Receiver, "accept", _accepted)
    _tap(Decryption, "_open", _decrypted)
    _tap(Connection, "await_reply", _replied)


def pytest_sessionfinish() -> None:
    for node, own in _waiting:
        _keep_stanza(node, own)
    store(STANZAS, _stanzas.values())
    store(ANSWERS, _answers.values())


def _tap(owner: type, name: str, note: Callable[..., Any]) -> None:
    original = getattr(owner, name)

    def tapped(self: Any, *args: Any, **named: Any) -> Any:
        return note(original, self, *args, **named)

    setattr(owner, name, tapped)


def _accepted(original: Callable[..., None], receiver: Any, node: Node) -> None:
    link = receiver._link
    _waiting.append((_copied(node), frozenset({link.pn.user, link.lid.user})))
    original(receiver, node)


def _decrypted(
    original: Callable[..., bytes], decryption: Any, info: Any, enc: Node, batch: Any
) -> bytes:
    raw = original(decryption, info, enc, batch)
    _opened[enc.data] = raw
    return raw


async def _replied(
    original: Any, connection: Any, pending: Pending, *args: Any, **named: Any
) -> Node:
    reply = await original(connection, pending, *args, **named)
    pair = Node("pair", {}, [_copied(pending.node), _copied(reply)])
    if pending.node.tag == "iq":
        entry = encode_node(pair)
        if len(entry) <= _LARGEST:
            _answers.setdefault(_shape(pair), entry)
    return reply


def _copied(node: Node) -> Node:
    kids = [_copied(kid) for kid in node.kids]
    return Node(
        node.tag, dict(node.attrs), kids if isinstance(node.content, list) else node.content
    )


def _shape(node: Node) -> object:
    """What two stanzas that are built alike have in common."""
    kids = {_shape(kid) for kid in node.kids}
    plain = _fields(node.data) if "plain" in node.attrs else None
    return (node.tag, frozenset(node.attrs), node.attr("type"), frozenset(kids), plain)


def _fields(data: bytes, depth: int = 4) -> object:
    """The numbers of the fields of a message and of those inside it."""
    try:
        return frozenset(
            (field.number, _fields(data[field.start : field.end], depth - 1))
            if depth and field.wire_type == BYTES
            else field.number
            for field in scan_fields(data)
        )
    except MalformedProtobuf:
        return None


def _keep_stanza(node: Node, own: frozenset[str]) -> None:
    sender = _sender(node, own)
    node = _moved(node, own, sender)
    if node.tag == "message":
        node.attrs["id"] = "NEW"
        for enc in node.children_with("enc"):
            _open(enc, node)
    entry = encode_node(node)
    if len(entry) <= _LARGEST:
        _stanzas.setdefault(_shape(node), entry)


def _sender(node: Node, own: frozenset[str]) -> frozenset[str]:
    """The users of who speaks, when it is somebody else."""
    names = ("from", "participant", "sender_pn", "sender_lid", "participant_pn", "participant_lid")
    found = [value for name in names if isinstance(value := node.attrs.get(name), Jid)]
    return frozenset(jid.user for jid in found if jid.is_person) - own


def _moved(node: Node, own: frozenset[str], sender: frozenset[str]) -> Node:
    def move(value: AttrValue) -> AttrValue:
        if not isinstance(value, Jid):
            return value
        if value.is_group:
            return GROUP
        if value.user in own:
            return Jid((OWN_LID if value.is_lid else OWN).user, value.server, value.device)
        if value.user in sender:
            return PEER_LID if value.is_lid else PEER
        return value

    attrs = {name: move(value) for name, value in node.attrs.items()}
    kids = [_moved(kid, own, sender) for kid in node.kids]
    return Node(node.tag, attrs, kids if isinstance(node.content, list) else node.content)


def _open(enc: Node, message: Node) -> None:
    raw = _opened.get(enc.data)
    if raw is None:
        return
    who = "group" if enc.attrs.pop("type", "") == "skmsg" else "peer"
    speaker = message.attrs.get("participant") or message.attrs.get("from")
    if isinstance(speaker, Jid) and speaker.user in (OWN.user, OWN_LID.user):
        who = "phone"
    enc.attrs["plain"] = who
    enc.content = raw
