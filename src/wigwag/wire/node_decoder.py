"""Binary XML -> nodes, safe against hostile bytes.

This is on the path of every stanza, so it is functions on (data, position), and the commonest
item, a single-byte token, is looked up in place. Reading past the end raises IndexError inside
and becomes MalformedNode at the door.
"""

import re
import zlib
from functools import lru_cache
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
from wigwag.wire.node import AttrValue, Node, NodeContent
from wigwag.wire.tokens import DOUBLE, SINGLE

MAX_INFLATED_BYTES: Final = 32 << 20
"""Group lists of very large accounts come to some MB; a zlib bomb comes to GB."""

MAX_DEPTH: Final = 32
"""Real stanzas nest 8 deep (usync); each level costs two frames of Python's stack."""

MAX_ITEMS: Final = 3_000_000
"""Items of all lists, and 3 per node: about 300,000 group participants, at most some 200 MB."""

ZLIB_FLAG: Final = 2

_EMPTY: Final = 0
_FIRST_DOUBLE, _LAST_DOUBLE = 236, 239
_INTEROP_JID, _MESSENGER_JID, _AD_JID = 245, 246, 247
_LIST_8, _LIST_16 = 248, 249
_JID_PAIR, _HEX = 250, 251
_BYTES_8, _BYTES_20, _BYTES_32 = 252, 253, 254
_NIBBLE = 255
_TAG_AT: Final = 3
_PACKED: Final = frozenset({_HEX, _NIBBLE})

_TOKENS: Final = SINGLE + ("",) * (256 - len(SINGLE))
"""By first byte; "" where the byte is no single-byte token."""

_NIBBLES: Final = str.maketrans("ab", "-.")

_AD_SERVERS: Final = {1: LID_SERVER, 128: HOSTED_SERVER, 129: HOSTED_LID_SERVER}
"""By domain byte; all others were agents of phone numbers (source: whatsmeow types/jid.go)."""

_USER = re.compile(r"[0-9A-Za-z._\-]{1,64}", re.ASCII)
_SERVER = re.compile(r"[0-9a-z.\-]{1,32}", re.ASCII)


def decode_node(data: bytes) -> Node:
    """The stanza in a decrypted frame, its flag byte included. Raises MalformedNode."""
    if not data:
        raise MalformedNode("The stanza is empty.")
    start = 1
    if data[0] & ZLIB_FLAG:
        data, start = _inflate(data), 0
    try:
        node, end = _read_node(data, start, MAX_DEPTH, [MAX_ITEMS])
    except IndexError:
        raise _truncated() from None
    if end != len(data):
        raise MalformedNode(f"{len(data) - end} bytes are left over after the stanza.")
    return node


def starts_with_tag(data: bytes, tag: str) -> bool:
    """Whether a stanza, which may be malformed behind that, is written with this tag: false also
    where only decoding it would tell."""
    return (
        len(data) > _TAG_AT
        and not data[0] & ZLIB_FLAG
        and data[1] == _LIST_8
        and _TOKENS[data[_TAG_AT]] == tag
    )


def _inflate(data: bytes) -> bytes:
    inflater = zlib.decompressobj()
    try:
        inflated = inflater.decompress(memoryview(data)[1:], MAX_INFLATED_BYTES)
    except zlib.error:
        raise MalformedNode("The compressed stanza is damaged.") from None
    if not inflater.eof or inflater.unused_data:
        raise MalformedNode("The compressed stanza is cut short, too large or followed by more.")
    return inflated


def _truncated() -> MalformedNode:
    return MalformedNode("The stanza is cut short.")


def _read_node(data: bytes, position: int, depth: int, budget: list[int]) -> tuple[Node, int]:
    if data[position] == _LIST_8:
        size = data[position + 1]
        position += 2
    else:
        size, position = _read_list_size(data, position)
    budget[0] -= size + 3
    if not size or not depth or budget[0] < 0:
        raise MalformedNode("The stanza has an empty node, is nested too deep or too large.")
    tag = _TOKENS[data[position]]
    if tag:
        position += 1
    else:
        tag, position = _read_text(data, position)
        if not tag:
            raise MalformedNode("A node has no tag.")
    attrs: dict[str, AttrValue] = {}
    if size > 2:
        position = _read_attrs(data, position, (size - 1) >> 1, attrs)
    if size & 1:
        return Node(tag, attrs), position
    content, position = _read_content(data, position, depth - 1, budget)
    return Node(tag, attrs, content), position


def _read_attrs(data: bytes, position: int, count: int, attrs: dict[str, AttrValue]) -> int:
    for _ in range(count):
        key = _TOKENS[data[position]]
        if key:
            position += 1
        else:
            key, position = _read_text(data, position)
        kind = data[position]
        value: AttrValue = _TOKENS[kind]
        if value:
            position += 1
        elif kind in _PACKED:
            value, position = _read_packed(data, position)
        else:
            value, position = _read_value(data, position)
        if value:
            attrs[key] = value
    return position


def _read_list_size(data: bytes, position: int) -> tuple[int, int]:
    kind = data[position]
    if kind == _LIST_8:
        return data[position + 1], position + 2
    if kind == _LIST_16:
        return data[position + 1] << 8 | data[position + 2], position + 3
    if kind == _EMPTY:
        return 0, position + 1
    raise MalformedNode(f"A list was expected, but the token is {kind}.")


def _read_content(
    data: bytes, position: int, depth: int, budget: list[int]
) -> tuple[NodeContent, int]:
    kind = data[position]
    if _BYTES_8 <= kind <= _BYTES_32:
        return _read_bytes(data, position)
    if kind in (_EMPTY, _LIST_8, _LIST_16):
        count, position = _read_list_size(data, position)
        nodes: list[Node] = []
        for _ in range(count):
            node, position = _read_node(data, position, depth, budget)
            nodes.append(node)
        return nodes or None, position
    value, position = _read_value(data, position)
    return str(value), position


def _read_value(data: bytes, position: int) -> tuple[AttrValue, int]:
    """A string or an address; "" for an empty value."""
    kind = data[position]
    if kind == _JID_PAIR:
        if data[position + 1] == _NIBBLE:
            end = position + 4 + (data[position + 2] & 127)
            if _TOKENS[data[end - 1]]:
                return _usual_jid(data[position + 1 : end]), end
        return _read_jid_pair(data, position + 1)
    if kind == _AD_JID:
        return _read_ad_jid(data, position + 1)
    if kind == _MESSENGER_JID:
        return _read_messenger_jid(data, position + 1)
    if kind == _INTEROP_JID:
        return _read_interop_jid(data, position + 1)
    return _read_text(data, position)


def _read_text(data: bytes, position: int) -> tuple[str, int]:
    """A token, packed digits or raw text; "" for an empty value."""
    kind = data[position]
    token = _TOKENS[kind]
    if token:
        return token, position + 1
    if _BYTES_8 <= kind <= _BYTES_32:
        raw, position = _read_bytes(data, position)
        # Names cut in the middle of a character occur; they must not cost the message.
        return str(raw, "utf-8", "replace"), position
    if _FIRST_DOUBLE <= kind <= _LAST_DOUBLE:
        return DOUBLE[kind - _FIRST_DOUBLE][data[position + 1]], position + 2
    if kind in _PACKED:
        return _read_packed(data, position)
    if kind == _EMPTY:
        return "", position + 1
    raise MalformedNode(f"A string was expected, but the token is {kind}.")


def _read_packed(data: bytes, position: int) -> tuple[str, int]:
    header = data[position + 1]
    start = position + 2
    end = start + (header & 127)
    if end > len(data):
        raise _truncated()
    text = data[start:end].hex()
    if header & 128:
        text = text[:-1]
    if data[position] == _HEX:
        return text.upper(), end
    if text.isdigit():
        return text, end
    text = text.translate(_NIBBLES)
    if text.strip("0123456789-."):
        raise MalformedNode("Packed digits contain what is none.")
    return text, end


def _read_bytes(data: bytes, position: int) -> tuple[bytes, int]:
    kind = data[position]
    if kind == _BYTES_8:
        size = data[position + 1]
        position += 2
    elif kind == _BYTES_20:
        size = (data[position + 1] & 15) << 16 | data[position + 2] << 8 | data[position + 3]
        position += 4
    else:
        size = int.from_bytes(data[position + 1 : position + 5], "big")
        position += 5
    end = position + size
    if end > len(data):
        raise _truncated()
    return data[position:end], end


def _read_jid_pair(data: bytes, position: int) -> tuple[Jid, int]:
    user, position = _read_text(data, position)
    server = _TOKENS[data[position]]
    if server:
        position += 1
    else:
        server, position = _read_text(data, position)
    if not _SERVER.fullmatch(server):
        raise MalformedNode("An address has no valid server.")
    return Jid(_checked_user(user) if user else "", server), position


@lru_cache(maxsize=4096)
def _usual_jid(pair: bytes) -> Jid:
    """The address whose user is packed digits and whose server is a token: few people say nearly
    everything, so theirs are remembered."""
    return _read_jid_pair(pair, 0)[0]


def _read_ad_jid(data: bytes, position: int) -> tuple[Jid, int]:
    user, end = _read_text(data, position + 2)
    server = _AD_SERVERS.get(data[position], PN_SERVER)
    return Jid(_checked_user(user), server, data[position + 1]), end


def _read_messenger_jid(data: bytes, position: int) -> tuple[Jid, int]:
    user, position = _read_text(data, position)
    device = data[position] << 8 | data[position + 1]
    server, position = _read_text(data, position + 2)
    if server != MESSENGER_SERVER:
        raise MalformedNode("A Messenger address has another server.")
    return Jid(_checked_user(user), server, device), position


def _read_interop_jid(data: bytes, position: int) -> tuple[Jid, int]:
    """The integrator's number becomes part of the user: `integrator-user`."""
    user, position = _read_text(data, position)
    device = data[position] << 8 | data[position + 1]
    integrator = data[position + 2] << 8 | data[position + 3]
    server, position = _read_text(data, position + 4)
    if server != INTEROP_SERVER:
        raise MalformedNode("An interop address has another server.")
    return Jid(_checked_user(f"{integrator}-{user}"), server, device), position


def _checked_user(user: str) -> str:
    """Users become names of folders and parts of keys, so nothing but the known alphabet."""
    if not _USER.fullmatch(user):
        raise MalformedNode("An address has no valid user.")
    return user
