"""Nodes -> binary XML."""

from typing import Final

from wigwag.model.jid import (
    HOSTED_LID_SERVER,
    HOSTED_SERVER,
    INTEROP_SERVER,
    LID_SERVER,
    MESSENGER_SERVER,
    PN_SERVER,
    Jid,
)
from wigwag.wire.errors import MalformedNode
from wigwag.wire.node import Node
from wigwag.wire.tokens import DOUBLE_INDEX, SINGLE_INDEX

_PACKED_MAX: Final = 127
_LIST_MAX: Final = 0xFFFF

_TOKENS: Final[dict[str, bytes]] = {
    token: bytes((236 + dictionary, index)) for token, (dictionary, index) in DOUBLE_INDEX.items()
} | {token: bytes((index,)) for token, index in SINGLE_INDEX.items()}

_EMPTY: Final = b"\x00"
_INTEROP_JID, _MESSENGER_JID, _AD_JID, _JID_PAIR = b"\xf5", b"\xf6", b"\xf7", b"\xfa"
_HEX, _NIBBLE = b"\xfb", b"\xff"

_DOMAINS: Final = {PN_SERVER: 0, LID_SERVER: 1, HOSTED_SERVER: 128, HOSTED_LID_SERVER: 129}
_ALWAYS_AD: Final = frozenset({HOSTED_SERVER, HOSTED_LID_SERVER})
_TO_NIBBLES: Final = str.maketrans("-.", "ab")


def encode_node(node: Node) -> bytes:
    """The stanza as it is encrypted, its flag byte (0, not compressed) included.

    Content is written as raw bytes, since clients expect that form. Raises MalformedNode for what
    the format cannot hold: an empty tag, more than 65,535 items, a device out of range.
    """
    out = bytearray(1)
    _write_node(out, node)
    return bytes(out)


def _write_node(out: bytearray, node: Node) -> None:
    content = node.content
    if not node.tag:
        raise MalformedNode("A node has no tag.")
    items = [item for item in node.attrs.items() if item[1]]
    size = 2 * len(items) + (1 if content is None else 2)
    out += b"\xf8" + size.to_bytes(1) if size < 256 else _list_start(size)
    out += _TOKENS.get(node.tag) or _text(node.tag)
    for key, value in items:
        out += _TOKENS.get(key) or _text(key)
        if isinstance(value, str):
            out += _TOKENS.get(value) or _text(value)
        else:
            out += _jid(value)
    if content is None:
        return
    if isinstance(content, list):
        out += _list_start(len(content))
        for kid in content:
            _write_node(out, kid)
    else:
        raw = _utf8(content) if isinstance(content, str) else content
        out += _length(len(raw))
        out += raw


def _list_start(size: int) -> bytes:
    if size == 0:
        return _EMPTY
    if size < 256:
        return bytes((248, size))
    if size > _LIST_MAX:
        raise MalformedNode(f"A list of {size} items is too long for one stanza.")
    return b"\xf9" + size.to_bytes(2, "big")


def _length(size: int) -> bytes:
    if size < 256:
        return bytes((252, size))
    if size < 1 << 20:
        return b"\xfd" + size.to_bytes(3, "big")
    if size < 1 << 31:
        return b"\xfe" + size.to_bytes(4, "big")
    raise MalformedNode(f"A content of {size} bytes is too long for one stanza.")


def _text(text: str) -> bytes:
    """A token, packed digits where they fit, else raw UTF-8."""
    token = _TOKENS.get(text)
    if token:
        return token
    if len(text) <= _PACKED_MAX:
        # Nothing left after stripping an alphabet: the text is made of it.
        if not text.strip("0123456789-."):
            return _NIBBLE + _packed(text.translate(_TO_NIBBLES))
        if not text.strip("0123456789ABCDEF"):
            return _HEX + _packed(text)
    raw = _utf8(text)
    return _length(len(raw)) + raw


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise MalformedNode("A string of the stanza is not valid text.") from None


def _packed(digits: str) -> bytes:
    """`digits` (hexadecimal) two to a byte behind their count; an odd one is filled with 15."""
    count = (len(digits) + 1) >> 1
    if len(digits) & 1:
        return bytes((count | 128,)) + bytes.fromhex(digits + "f")
    return bytes((count,)) + bytes.fromhex(digits)


def _jid(jid: Jid) -> bytes:
    user, server, device = jid.user, jid.server, jid.device
    if not server:
        raise MalformedNode("An address has no server.")
    if (device and server in _DOMAINS) or server in _ALWAYS_AD:
        if not 0 <= device <= 255:
            raise MalformedNode("The device number of an address is out of range.")
        return _AD_JID + bytes((_DOMAINS[server], device)) + _text(user)
    if server == MESSENGER_SERVER:
        return _MESSENGER_JID + _text(user) + _u16(device) + _text(server)
    if server == INTEROP_SERVER:
        integrator, dash, name = user.partition("-")
        if not (dash and integrator.isascii() and integrator.isdigit()):
            integrator, name = "0", user
        return _INTEROP_JID + _text(name) + _u16(device) + _u16(int(integrator)) + _text(server)
    return _JID_PAIR + (_text(user) if user else _EMPTY) + _text(server)


def _u16(number: int) -> bytes:
    if not 0 <= number <= 0xFFFF:
        raise MalformedNode("A number of an address is out of range.")
    return number.to_bytes(2, "big")
