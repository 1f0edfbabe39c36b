"""Fields out of a stream: whole, in order, within the limits; what is damaged is refused."""

import os
import zlib

import pytest

from wigwag.wire.errors import MalformedProtobuf
from wigwag.wire.inflation import PORTION_BYTES, InflatedField, Inflater
from wigwag.wire.protobuf import BYTES, FIXED32, FIXED64, VARINT, delimited, varint

LIMIT = 64 << 20


def fields(raw: bytes, limit: int = LIMIT, field: int = LIMIT) -> list[InflatedField]:
    return list(Inflater(zlib.compress(raw), limit, field).fields())


def test_every_wire_type() -> None:
    raw = varint(1 << 3) + varint(300) + delimited(2, b"two")
    raw += varint(3 << 3 | FIXED32) + b"four" + varint(4 << 3 | FIXED64) + b"eight..."
    assert fields(raw) == [
        (1, VARINT, 300, b""),
        (2, BYTES, 0, b"two"),
        (3, FIXED32, 0, b"four"),
        (4, FIXED64, 0, b"eight..."),
    ]
    assert fields(b"") == []


def test_fields_over_the_edges_of_portions() -> None:
    parts = [os.urandom(PORTION_BYTES - 3), b"x" * (3 * PORTION_BYTES), b"", os.urandom(70_000)]
    raw = b"".join(delimited(1, part) for part in parts)
    assert [field.data for field in fields(raw)] == parts


@pytest.mark.parametrize(
    "raw",
    [
        delimited(1, b"cut off")[:-1],
        varint(1 << 3),
        b"\x08" + b"\xff" * 11,
        varint(1 << 3 | FIXED64) + b"seven..",
        varint(1 << 3 | 3),
        b"\x00\x00",
        b"\xff",
    ],
)
def test_what_is_no_message(raw: bytes) -> None:
    with pytest.raises(MalformedProtobuf):
        fields(raw)


@pytest.mark.parametrize("blob", [b"", b"x", zlib.compress(b"\x08\x03")[:-3]])
def test_what_is_no_whole_stream(blob: bytes) -> None:
    with pytest.raises(MalformedProtobuf):
        list(Inflater(blob, LIMIT, LIMIT).fields())


def test_limits() -> None:
    raw = delimited(1, bytes(1_000)) * 5
    assert len(fields(raw, len(raw), 1_000)) == 5
    for limits in ((len(raw) - 1, 1_000), (len(raw), 999)):
        with pytest.raises(MalformedProtobuf):
            fields(raw, *limits)
