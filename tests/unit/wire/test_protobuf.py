"""The wire format itself."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wigwag.wire.errors import MalformedProtobuf
from wigwag.wire.proto import e2e_pb2, history_pb2
from wigwag.wire.protobuf import delimited, parse, read_varint, scan_fields, varint


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**64 - 1))
def test_numbers(value: int):
    assert read_varint(varint(value), 0, 10) == (value, len(varint(value)))


def test_fields_as_protobuf_writes_them():
    message = e2e_pb2.LocationMessage(degreesLatitude=1.5, name="x", isLive=True, URL="")
    message.comment = "c"
    raw = message.SerializeToString()
    found = {field.number: raw[field.start : field.end] for field in scan_fields(raw)}
    assert (found[3], found[5], found[6], found[11]) == (b"x", b"", b"\1", b"c")
    assert len(found[1]) == 8


def test_parts_put_together():
    raw = delimited(1, b"4917@s.whatsapp.net") + delimited(13, b"n" * 300)
    chat = parse(history_pb2.Conversation, raw)
    assert (chat.ID, len(chat.name)) == ("4917@s.whatsapp.net", 300)


@pytest.mark.parametrize(
    "raw",
    [
        b"\x0a",
        b"\x0a\x05x",
        b"\x0b\x0c",
        b"\x09\x00",
        b"\x02\x00",
        b"\x80" * 11,
        b"\x0a" + b"\xff" * 9 + b"\x01",
    ],
)
def test_what_is_cut_off_or_no_field(raw: bytes):
    with pytest.raises(MalformedProtobuf):
        list(scan_fields(raw))


def test_a_parse_error_has_its_cause():
    with pytest.raises(MalformedProtobuf) as caught:
        parse(e2e_pb2.Message, b"\x0a\x05x")
    assert caught.value.__cause__ is not None
