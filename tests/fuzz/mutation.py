"""Changing an input a little, in the terms of what it is: bytes, a protobuf message, or a stanza.

Pure: the same input and the same source of chance give the same bytes.
"""

from collections.abc import Callable
from random import Random
from typing import Final

from fuzz.limits import MAX_BYTES
from wigwag.model.jid import SERVER_JID, STATUS_JID, Jid
from wigwag.wire.errors import MalformedNode, MalformedProtobuf, WireError
from wigwag.wire.nodes import AttrValue, Node, NodeContent, decode_node, encode_node
from wigwag.wire.protobuf import BYTES, FIXED32, FIXED64, VARINT, scan_fields, varint

Mutate = Callable[[bytes, Random], bytes]

_DEPTH: Final = 6

NUMBERS: Final = (
    *(0, 1, 2, 3, 7, 127, 128, 255, 256, 1_700_000_000, 253_402_300_799, 253_402_300_800),
    *(2**15, 2**16, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1),
)
WORDS: Final = (
    *(
        "",
        "0",
        "1",
        "-1",
        "true",
        "A",
        "\0",
        "a\0b",
        "\x1b[2J",
        "\u202egnp.exe",
        "\ufeff",
        "é" * 70,
    ),
    *("\U0001f469\u200d\U0001f469", "\u0663\u0664", "../../../x", "x" * 5000, "9" * 21, "NaN"),
    *("100000000002@lid", "15550000001@s.whatsapp.net", "120363000001@g.us", "status@broadcast"),
    *("15550000001:99@s.whatsapp.net", "1@newsletter", "@lid", "a:b@c", "15550000002@c.us"),
    *("1700000000", "18446744073709551616", "253402300800", "result", "error", "set", "get"),
)
SCRAPS: Final = (
    *(word.encode() for word in WORDS),
    *(b"\xed\xa0\x80", b"\xff\xfe", b"\xc3", bytes(32), b"\x05" + bytes(32), bytes(range(33))),
)
JIDS: Final = (
    *(SERVER_JID, STATUS_JID, Jid("120363000001", "g.us"), Jid("100000000001", "lid")),
    *(Jid("100000000001", "lid", 1), Jid("15550000001", "s.whatsapp.net", 1), Jid("x", "bot")),
    *(Jid("10000000002", "lid"), Jid("15550000002", "s.whatsapp.net"), Jid("1", "newsletter")),
    *(Jid("1555000", "hosted", 99), Jid("", "g.us"), Jid("7", "odd.server"), Jid("1", "broadcast")),
)


# -- bytes --------------------------------------------------------------------------------------


def mutate_bytes(data: bytes, chance: Random) -> bytes:
    """Flip, cut, repeat or put in a few bytes."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        at = chance.randrange(len(changed) + 1)
        match chance.randrange(6):
            case 0 if at < len(changed):
                changed[at] ^= 1 << chance.randrange(8)
            case 1 if at < len(changed):
                changed[at] = chance.choice((0, 1, 127, 128, 255, chance.randrange(256)))
            case 2:
                del changed[at : at + chance.randrange(1, 9)]
            case 3:
                changed[at:at] = chance.choice(SCRAPS)
            case 4:
                changed[at:at] = changed[at : at + chance.randrange(1, 64)]
            case _:
                changed[at:at] = chance.randbytes(chance.randrange(1, 9))
    return bytes(changed[:MAX_BYTES])


# -- protobuf -----------------------------------------------------------------------------------

_Field = tuple[int, int, int, bytes]
"""Number, wire type, the number of a varint, the bytes of all others."""


def mutate_protobuf(data: bytes, chance: Random) -> bytes:
    """Change one field at any depth, or now and then the bytes as such."""
    if chance.random() < 0.15:
        return mutate_bytes(data, chance)
    fields = _fields_of(data)
    changed = mutate_bytes(data, chance) if fields is None else _mutated(fields, chance, _DEPTH)
    return changed if len(changed) <= MAX_BYTES else data


def _fields_of(data: bytes) -> list[_Field] | None:
    """The fields of what looks like a message; None when it does not."""
    try:
        return [
            (field.number, field.wire_type, field.value, data[field.start : field.end])
            for field in scan_fields(data)
        ]
    except MalformedProtobuf:
        return None


def _mutated(fields: list[_Field], chance: Random, depth: int) -> bytes:
    inner = [
        at
        for at, (_, kind, _, payload) in enumerate(fields)
        if kind == BYTES and payload and _fields_of(payload) is not None
    ]
    if depth and inner and chance.random() < 0.7:
        at = chance.choice(inner)
        number, kind, value, payload = fields[at]
        within = _fields_of(payload)
        assert within is not None
        fields[at] = (number, kind, value, _mutated(within, chance, depth - 1))
    else:
        _change_fields(fields, chance)
    return b"".join(map(_written, fields))


def _change_fields(fields: list[_Field], chance: Random) -> None:
    if not fields or chance.random() < 0.15:
        fields.insert(chance.randrange(len(fields) + 1), _new_field(chance))
        return
    at = chance.randrange(len(fields))
    number, kind, value, payload = fields[at]
    match chance.randrange(7):
        case 0:
            del fields[at]
        case 1:
            fields.insert(chance.randrange(len(fields) + 1), fields[at])
        case 2:
            fields[at] = (chance.randrange(1, 90), kind, value, payload)
        case 3:
            fields[at] = (number, *_new_field(chance)[1:])
        case 4:
            other = chance.randrange(len(fields))
            fields[at], fields[other] = fields[other], fields[at]
        case 5:
            wrapped = b"".join(map(_written, fields))
            fields[at] = (number, BYTES, 0, wrapped)
        case _ if kind == VARINT:
            fields[at] = (number, kind, (value + chance.choice((-1, 1))) & 0xFFFFFFFFFFFFFFFF, b"")
        case _:
            changed = mutate_bytes(payload, chance)
            size = {FIXED32: 4, FIXED64: 8}.get(kind)
            fields[at] = (number, kind, 0, changed[:size].ljust(size or 0, b"\xff"))


def _new_field(chance: Random) -> _Field:
    number = chance.randrange(1, 90)
    match chance.randrange(4):
        case 0:
            return (number, FIXED64, 0, chance.randbytes(8))
        case 1:
            return (number, BYTES, 0, chance.choice(SCRAPS))
        case _:
            return (number, VARINT, chance.choice(NUMBERS), b"")


def _written(field: _Field) -> bytes:
    number, kind, value, payload = field
    tag = varint(number << 3 | kind)
    if kind == VARINT:
        return tag + varint(value)
    return tag + varint(len(payload)) + payload if kind == BYTES else tag + payload


# -- stanzas ------------------------------------------------------------------------------------


def mutate_node(data: bytes, chance: Random) -> bytes:
    """Change one element of an encoded stanza, or now and then its bytes as such."""
    if chance.random() < 0.1:
        return mutate_bytes(data, chance)
    try:
        root = decode_node(data)
    except MalformedNode:
        return mutate_bytes(data, chance)
    nodes = _all_nodes(root)
    for _ in range(chance.choice((1, 1, 2, 3))):
        _change_node(chance.choice(nodes), nodes, chance)
    try:
        changed = encode_node(root)
    except (WireError, RecursionError):
        return data
    return changed if len(changed) <= MAX_BYTES else data


def _all_nodes(root: Node) -> list[Node]:
    found = [root]
    for node in found:
        found += node.kids
    return found


def _change_node(node: Node, nodes: list[Node], chance: Random) -> None:
    match chance.randrange(6):
        case 0:
            _change_attr(node, chance)
        case 1:
            node.attrs = {
                name: value for name, value in node.attrs.items() if chance.random() < 0.8
            }
        case 2:
            node.tag = chance.choice(nodes).tag
        case 3:
            node.attrs = {**node.attrs, **chance.choice(nodes).attrs}
        case 4 if node.kids:
            node.content = _changed_kids(node.kids, nodes, chance)
        case _:
            node.content = _changed_content(node, chance)


def _change_attr(node: Node, chance: Random) -> None:
    name = chance.choice([*node.attrs, "id", "t", "type", "from", "participant", "jid", "code"])
    value: AttrValue = chance.choice(JIDS) if chance.random() < 0.4 else chance.choice(WORDS)
    node.attrs = {**node.attrs, name: value}


def _changed_kids(kids: list[Node], nodes: list[Node], chance: Random) -> list[Node]:
    kids = list(kids)
    at = chance.randrange(len(kids))
    match chance.randrange(4):
        case 0:
            del kids[at]
        case 1:
            kids.insert(at, _copied(chance.choice(kids)))
        case 2:
            kids[at] = _copied(chance.choice(nodes))
        case _:
            kids.reverse()
    return kids


def _changed_content(node: Node, chance: Random) -> NodeContent:
    match chance.randrange(5):
        case 0:
            return None
        case 1:
            return chance.choice(SCRAPS)
        case 2:
            return [Node("item", {"value": "1"}), _copied(node)]
        case _:
            return mutate_protobuf(node.data, chance) if not node.kids else node.content


def _copied(node: Node) -> Node:
    """The same again, so that a node never comes to lie inside itself."""
    kids = [_copied(kid) for kid in node.kids]
    return Node(node.tag, dict(node.attrs), kids or (None if node.kids else node.content))
