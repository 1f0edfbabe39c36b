"""Reporting tokens: what lets the server check that a reported message is the one that was sent.

The token is an HMAC over a few fields of the message, under a key that follows from the message's
secret. Fields and derivation are those of whatsmeow (reportingtoken.go, reportingfields.json).
"""

from typing import Final

from wigwag.model.jid import Jid
from wigwag.wire.node import Node
from wigwag.wire.protobuf import BYTES, scan_fields, varint
from wigwag.wire.signal.ratchet import digest

_VERSION: Final = "2"
_TOKEN_BYTES: Final = 16
_USE: Final = b"Report Token"
_NO_SALT: Final = bytes(32)
_SECRET: Final = b"\x9a\x02\x22\x1a\x20"
"""How messageContextInfo begins that holds a message secret and nothing else."""
_SECRET_BYTES: Final = len(_SECRET) + 32

_Fields = dict[int, "_Fields | None"]
"""The fields of a message that count; None where a field counts as a whole."""


def _whole(*numbers: int, **nested: _Fields) -> _Fields:
    """Fields that count as a whole, and as `_<number>` those of which only some fields do."""
    fields: _Fields = dict.fromkeys(numbers)
    fields.update({int(name[1:]): inner for name, inner in nested.items()})
    return fields


_FORWARDED: Final = _whole(21, 22)
_WRAPPED: Final = _whole(_1={})
"""What a wrapper holds does not count (whatsmeow gives its field 1 no fields of its own)."""
_OPTION: Final = _whole(1, 2)
_POLL: Final = _whole(2, _3=_OPTION, _5=_FORWARDED, _8=_OPTION)
_VIDEO: Final = _whole(2, 6, 7, 13, 20, _17=_FORWARDED)

_REPORTED: Final[_Fields] = {
    1: None,
    3: _whole(2, 3, 8, 11, 25, _17=_FORWARDED),
    4: _whole(1, 16, _17=_FORWARDED),
    5: _whole(3, 4, 5, 16, _17=_FORWARDED),
    6: _whole(1, 30, _17=_FORWARDED),
    7: _whole(2, 7, 10, 20, _17=_FORWARDED),
    8: _whole(2, 7, 9, 21, _17=_FORWARDED),
    9: _VIDEO,
    12: _whole(1, 2, 15, _14={}),
    18: _whole(6, 16, _17=_FORWARDED),
    26: _whole(4, 5, 8, 13, _17=_FORWARDED),
    28: _whole(1, 2, 4, 5, 6, _7=_FORWARDED),
    49: _POLL,
    60: _POLL,
    64: _POLL,
    66: _VIDEO,
    88: _whole(1, _2=_whole(1), _3=_FORWARDED),
    **dict.fromkeys((37, 53, 55, 58, 59, 74, 87, 92, 93, 94), _WRAPPED),
}


def reporting_node(raw: bytes, secret: bytes, message_id: str, sender: Jid, chat: Jid) -> Node:
    """The `<reporting>` of the serialised message `raw`, which carries `secret`.

    `sender` is our own address as the chat knows it, `chat` where the message goes; both bare.
    Raises MalformedProtobuf.
    """
    use = f"{message_id}{sender}{chat}".encode() + _USE
    # HKDF-SHA256 of one block, without salt.
    key = digest(digest(_NO_SALT, secret), use + b"\x01")
    token = digest(key, _short_text(raw) or reported_fields(raw))[:_TOKEN_BYTES]
    return Node("reporting", {}, [Node("reporting_token", {"v": _VERSION}, token)])


def _short_text(raw: bytes) -> bytes:
    """The text of a message that is a short text and its secret, as most are; else nothing."""
    end = len(raw) - _SECRET_BYTES
    is_text = end >= 2 and raw[0] == 0x0A and raw[1] == end - 2 < 0x80
    return raw[:end] if is_text and raw.startswith(_SECRET, end) else b""


def reported_fields(raw: bytes, fields: _Fields = _REPORTED) -> bytes:
    """The part of a serialised message that its token is about. Raises MalformedProtobuf."""
    found: list[tuple[int, bytes]] = []
    begin = 0
    for field in scan_fields(raw):
        end = field.end
        if field.number in fields:
            inner = fields[field.number]
            if inner is None or field.wire_type != BYTES:
                found.append((field.number, raw[begin:end]))
            elif part := reported_fields(raw[field.start : end], inner):
                tag = varint(field.number << 3 | BYTES)
                found.append((field.number, tag + varint(len(part)) + part))
        begin = end
    found.sort(key=lambda one: one[0])
    return b"".join(part for _, part in found)
