"""The wire formats of version 3: a version byte, protobuf fields, and a MAC or a signature.

Field numbers are those of libsignal's WhisperTextProtocol.proto. Only varints and byte strings
occur, so the fields are read and written here without the protobuf runtime. Fields are written
in ascending order and with their zeros: go libsignal computes MACs over its own re-encoding.
"""

from typing import Final

from wigwag.model.value import Value
from wigwag.wire.errors import InvalidMessage
from wigwag.wire.signal.curve import KEY_BYTES, SIGNATURE_BYTES, strip_type

VERSION: Final = 3
_VERSION_BYTE: Final = b"\x33"
"""The version of the message in the high four bits, the highest one understood in the low."""
MAC_BYTES: Final = 8
_SIGNED_START: Final = b"\x33\x0a\x21\x05"
"""Version, the ratchet key's tag and size, and the type byte of the key."""
_COUNTER_TAG, _PREVIOUS_TAG, _BODY_TAG = 0x10, 0x18, 0x22
_SHORTEST: Final = 36
_UINT32_MAX: Final = 0xFFFFFFFF
_VARINT_BYTES: Final = 10


class SignalMessage(Value, kw_only=False):
    """A message of a session. `signed` is what the MAC covers, apart from the identities."""

    ratchet: bytes
    counter: int
    body: bytes
    signed: bytes
    mac: bytes


class PreKeyMessage(Value, kw_only=False):
    """The first messages of a session: what the receiver needs to make it, and the message."""

    registration_id: int
    one_time_id: int | None
    signed_id: int
    base_key: bytes
    identity: bytes
    message: SignalMessage


class SenderKeyMessage(Value, kw_only=False):
    """A message to a group. `signed` is what the signature covers."""

    key_id: int
    iteration: int
    body: bytes
    signed: bytes
    signature: bytes


class Distribution(Value, kw_only=False):
    """A sender key as it is handed to the members of a group."""

    key_id: int
    iteration: int
    chain_key: bytes
    signing_public: bytes

    def __repr__(self) -> str:
        return f"Distribution(key_id={self.key_id}, iteration={self.iteration})"


def write_signed_part(ratchet: bytes, counter: int, previous: int, body: bytes) -> bytes:
    """A SignalMessage up to its MAC."""
    return b"".join(
        (
            _SIGNED_START,
            ratchet,
            b"\x10",
            varint(counter),
            b"\x18",
            varint(previous),
            b"\x22",
            varint(len(body)),
            body,
        )
    )


def read_signal_message(data: bytes) -> SignalMessage:
    """Raises InvalidMessage or InvalidKey."""
    end = len(data) - MAC_BYTES
    usual = _read_usual(data, end)
    if usual is not None:
        return usual
    fields = _read_fields(data, end)
    return SignalMessage(
        strip_type(_bytes(fields, 1)),
        _uint32(fields, 2),
        _bytes(fields, 4),
        data[:end],
        data[end:],
    )


def _read_usual(data: bytes, end: int) -> SignalMessage | None:
    """A message as every known client writes it, which is how `write_signed_part` does; None for
    any other form. It takes a quarter of the time that looking at each field takes."""
    if data[:4] != _SIGNED_START or end <= _SHORTEST or data[36] != _COUNTER_TAG:
        return None
    counter, position = _read_varint(data, 37, end)
    if position >= end or data[position] != _PREVIOUS_TAG or counter > _UINT32_MAX:
        return None
    _, position = _read_varint(data, position + 1, end)
    if position >= end or data[position] != _BODY_TAG:
        return None
    size, start = _read_varint(data, position + 1, end)
    if start + size != end:
        return None
    return SignalMessage(data[4:36], counter, data[start:end], data[:end], data[end:])


def write_prekey_message(
    *,
    registration_id: int,
    one_time_id: int | None,
    signed_id: int,
    base_key: bytes,
    identity: bytes,
    message: bytes,
) -> bytes:
    """A PreKeySignalMessage around the SignalMessage `message`."""
    return b"".join(
        (
            _VERSION_BYTE,
            b"" if one_time_id is None else b"\x08" + varint(one_time_id),
            b"\x12\x21\x05",
            base_key,
            b"\x1a\x21\x05",
            identity,
            b"\x22",
            varint(len(message)),
            message,
            b"\x28",
            varint(registration_id),
            b"\x30",
            varint(signed_id),
        )
    )


def read_prekey_message(data: bytes) -> PreKeyMessage:
    """Raises InvalidMessage or InvalidKey."""
    fields = _read_fields(data, len(data))
    return PreKeyMessage(
        _uint32(fields, 5),
        _uint32(fields, 1) if 1 in fields else None,
        _uint32(fields, 6),
        strip_type(_bytes(fields, 2)),
        strip_type(_bytes(fields, 3)),
        read_signal_message(_bytes(fields, 4)),
    )


def write_group_signed_part(key_id: int, iteration: int, body: bytes) -> bytes:
    """A SenderKeyMessage up to its signature."""
    return b"".join(
        (
            b"\x33\x08",
            varint(key_id),
            b"\x10",
            varint(iteration),
            b"\x1a",
            varint(len(body)),
            body,
        )
    )


def read_sender_key_message(data: bytes) -> SenderKeyMessage:
    """Raises InvalidMessage."""
    end = len(data) - SIGNATURE_BYTES
    fields = _read_fields(data, end)
    return SenderKeyMessage(
        _uint32(fields, 1), _uint32(fields, 2), _bytes(fields, 3), data[:end], data[end:]
    )


def write_distribution(distribution: Distribution) -> bytes:
    """A SenderKeyDistributionMessage."""
    return b"".join(
        (
            b"\x33\x08",
            varint(distribution.key_id),
            b"\x10",
            varint(distribution.iteration),
            b"\x1a\x20",
            distribution.chain_key,
            b"\x22\x21\x05",
            distribution.signing_public,
        )
    )


def read_distribution(data: bytes) -> Distribution:
    """Raises InvalidMessage or InvalidKey."""
    fields = _read_fields(data, len(data))
    chain_key = _bytes(fields, 3)
    if len(chain_key) != KEY_BYTES:
        raise InvalidMessage("The chain key of a sender key must be 32 bytes.")
    return Distribution(
        _uint32(fields, 1), _uint32(fields, 2), chain_key, strip_type(_bytes(fields, 4))
    )


def varint(value: int) -> bytes:
    """The protobuf encoding of a number that is not negative."""
    if value < 0x80:
        return _SMALL[value]
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


_SMALL: Final = tuple(bytes((value,)) for value in range(0x80))


def _read_fields(data: bytes, end: int) -> dict[int, int | bytes]:
    """The protobuf fields in data[1:end] after the version byte; the last of a number counts."""
    if end < 1:
        raise InvalidMessage("The message is too short.")
    if data[0] >> 4 != VERSION:
        raise InvalidMessage(f"The message has version {data[0] >> 4}; only 3 is understood.")
    fields: dict[int, int | bytes] = {}
    position = 1
    while position < end:
        tag, position = _read_varint(data, position, end)
        kind = tag & 7
        if kind == 0:
            fields[tag >> 3], position = _read_varint(data, position, end)
            continue
        if kind == 2:
            size, start = _read_varint(data, position, end)
            position = start + size
            fields[tag >> 3] = data[start:position]
        elif kind == 1:
            position += 8
        elif kind == 5:
            position += 4
        else:
            raise InvalidMessage("The message has a field of an unknown kind.")
        if position > end:
            raise InvalidMessage("The message ends within a field.")
    return fields


def _read_varint(data: bytes, position: int, end: int) -> tuple[int, int]:
    """A varint and the position after it."""
    if position < end and (byte := data[position]) < 0x80:
        return byte, position + 1
    value = shift = 0
    for index in range(position, min(end, position + _VARINT_BYTES)):
        byte = data[index]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, index + 1
        shift += 7
    raise InvalidMessage("The message ends within a number, or a number is too long.")


def _uint32(fields: dict[int, int | bytes], number: int) -> int:
    value = fields.get(number, 0)
    if not isinstance(value, int) or value > _UINT32_MAX:
        raise InvalidMessage("A number of the message is not one of 32 bits.")
    return value


def _bytes(fields: dict[int, int | bytes], number: int) -> bytes:
    value = fields.get(number)
    if not isinstance(value, bytes):
        raise InvalidMessage("The message lacks a part.")
    return value
