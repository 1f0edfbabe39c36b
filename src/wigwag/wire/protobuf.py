"""Parsing protobuf from outside: errors of our own, and the wire format below the messages."""

from collections.abc import Iterator
from typing import Final, NamedTuple, TypeVar

from google.protobuf.message import DecodeError, Message

from wigwag.wire.errors import MalformedProtobuf

VARINT: Final = 0
FIXED64: Final = 1
BYTES: Final = 2
FIXED32: Final = 5

FIELD_LIMIT: Final = 2_000_000
"""Fields in one message; a scan of more is given up."""

_Parsed = TypeVar("_Parsed", bound=Message)


def parse(kind: type[_Parsed], data: bytes) -> _Parsed:
    """The message of class `kind` that is serialised in `data`.

    Strings that are not UTF-8 pass, as they do in whatsmeow; they read as bytes, so whoever takes
    a string out of a parsed message sends it through wigwag.wire.claims.
    Raises MalformedProtobuf.
    """
    try:
        return kind.FromString(data)
    except DecodeError as error:
        raise MalformedProtobuf(f"{kind.DESCRIPTOR.name} cannot be parsed") from error


class Field(NamedTuple):
    """One field as it lies in `data[start:end]`; for a varint `value` is its number, else 0."""

    number: int
    wire_type: int
    start: int
    end: int
    value: int


def scan_fields(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Field]:
    """The top-level fields of the message in `data[start:end]`, in their order.

    Raises MalformedProtobuf for a field that reaches beyond `end`, a group, or too many fields.
    """
    stop = len(data) if end is None else end
    position = start
    for _ in range(FIELD_LIMIT):
        if position >= stop:
            return
        tag, position = read_varint(data, position, stop)
        number, wire_type = tag >> 3, tag & 7
        value = 0
        if wire_type == BYTES:
            size, position = read_varint(data, position, stop)
            following = position + size
        elif wire_type == VARINT:
            value, following = read_varint(data, position, stop)
        elif wire_type == FIXED64:
            following = position + 8
        elif wire_type == FIXED32:
            following = position + 4
        else:
            raise MalformedProtobuf("a field has an unknown wire type")
        if following > stop or not number:
            raise MalformedProtobuf("a field is cut off")
        yield Field(number, wire_type, position, following, value)
        position = following
    raise MalformedProtobuf("a message has too many fields")


def read_varint(data: bytes | bytearray, position: int, stop: int) -> tuple[int, int]:
    """The varint at `position` and the position behind it. Raises MalformedProtobuf."""
    value = shift = 0
    while position < stop and shift < 70:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, position
        shift += 7
    raise MalformedProtobuf("a number is cut off")


def varint(value: int) -> bytes:
    """`value` (not negative) as a varint."""
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def delimited(number: int, payload: bytes) -> bytes:
    """Field `number` with `payload`, for putting messages together without parsing them."""
    return varint(number << 3 | BYTES) + varint(len(payload)) + payload
