import pytest
from hypothesis import given
from hypothesis import strategies as st

from wigwag.wire.errors import InvalidKey, InvalidMessage
from wigwag.wire.signal import messages
from wigwag.wire.signal.messages import (
    Distribution,
    SignalMessage,
    read_distribution,
    read_prekey_message,
    read_sender_key_message,
    read_signal_message,
    varint,
    write_distribution,
    write_group_signed_part,
    write_prekey_message,
    write_signed_part,
)

RATCHET = bytes(range(32))
SIGNED = write_signed_part(RATCHET, 300, 2, b"body")
MESSAGE = SIGNED + b"macmacma"


def test_a_signal_message_byte_for_byte() -> None:
    assert SIGNED == b"\x33\x0a\x21\x05" + RATCHET + b"\x10\xac\x02\x18\x02\x22\x04body"
    message = read_signal_message(MESSAGE)
    assert (message.ratchet, message.counter, message.body) == (RATCHET, 300, b"body")
    assert (message.signed, message.mac) == (SIGNED, b"macmacma")


@given(st.data())
def test_a_damaged_message_is_read_as_field_by_field(data: st.DataObject) -> None:
    """The short way through the usual form never finds anything else than the long one."""
    damaged = bytearray(MESSAGE)
    for at in data.draw(st.lists(st.integers(0, len(MESSAGE) - 1), max_size=3)):
        damaged[at] = data.draw(st.integers(0, 255))
    cut = bytes(damaged[: data.draw(st.integers(0, len(MESSAGE)))])
    for message in (bytes(damaged), cut):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(messages, "_read_usual", _unusual)
            expected = outcome(message)
        assert outcome(message) == expected


def _unusual(_data: bytes, _end: int) -> None:
    return None


def outcome(data: bytes) -> SignalMessage | type[Exception]:
    try:
        return read_signal_message(data)
    except (InvalidKey, InvalidMessage) as error:
        return type(error)


def test_zeros_are_written() -> None:
    assert write_signed_part(RATCHET, 0, 0, b"")[-6:] == b"\x10\x00\x18\x00\x22\x00"
    assert write_group_signed_part(0, 0, b"") == b"\x33\x08\x00\x10\x00\x1a\x00"


@pytest.mark.parametrize("one_time_id", [None, 0, 5, 0xFFFFFF])
def test_a_prekey_message_there_and_back(one_time_id: int | None) -> None:
    data = write_prekey_message(
        registration_id=0xFFFFFFFF,
        one_time_id=one_time_id,
        signed_id=3,
        base_key=b"b" * 32,
        identity=b"i" * 32,
        message=MESSAGE,
    )
    first = read_prekey_message(data)
    assert first.registration_id == 0xFFFFFFFF
    assert first.one_time_id == one_time_id
    assert first.signed_id == 3
    assert (first.base_key, first.identity) == (b"b" * 32, b"i" * 32)
    assert first.message == read_signal_message(MESSAGE)


def test_a_group_message_there_and_back() -> None:
    signed = write_group_signed_part(0x7FFFFFFF, 9, b"body")
    message = read_sender_key_message(signed + b"s" * 64)
    assert (message.key_id, message.iteration, message.body) == (0x7FFFFFFF, 9, b"body")
    assert (message.signed, message.signature) == (signed, b"s" * 64)


def test_a_distribution_there_and_back() -> None:
    distribution = Distribution(1, 2, b"c" * 32, b"p" * 32)
    assert read_distribution(write_distribution(distribution)) == distribution
    assert "cccc" not in repr(distribution)


def test_unknown_fields_are_passed_over_and_the_last_counts() -> None:
    unknown = b"\x7a\x03abc\x70\x96\x01\x79" + bytes(8) + b"\x7d" + bytes(4)
    signed = b"\x33\x10\x07" + unknown + SIGNED[1:]
    message = read_signal_message(signed + bytes(8))
    assert message.counter == 300


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x33",
        b"\x23" + MESSAGE[1:],  # version 2
        b"\x43" + MESSAGE[1:],  # version 4
        MESSAGE[:20],
        b"\x33" + bytes(8),  # nothing in it
        b"\x33\x80" + bytes(8),  # a number that does not end within the message
        b"\x33\x08" + b"\x80" * 11 + bytes(8),
        b"\x33\x0b" + bytes(9),  # a group
        b"\x33\x22\x7f" + bytes(9),  # longer than the message
        b"\x33\x22\xff\xff\xff\xff\x7f" + bytes(9),
        b"\x33\x79" + bytes(7) + bytes(8),  # 7 of 8 bytes
        SIGNED.replace(b"\x10\xac\x02", b"\x10\x80\x80\x80\x80\x10") + bytes(8),  # 2^32
        SIGNED.replace(b"\x10\xac\x02", b"\x12\x01\x02") + bytes(8),  # a number as bytes
        SIGNED.replace(b"\x22\x04body", b"\x20\x04") + bytes(8),  # bytes as a number
    ],
)
def test_malformed_messages_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidMessage):
        read_signal_message(data)
    with pytest.raises(InvalidMessage):
        read_prekey_message(data)


def test_malformed_keys_are_refused() -> None:
    with pytest.raises(InvalidKey):
        read_signal_message(SIGNED.replace(b"\x21\x05", b"\x21\x06") + bytes(8))
    with pytest.raises(InvalidKey):
        read_signal_message(b"\x33\x0a\x01\x05\x10\x00\x22\x00" + bytes(8))


def test_a_chain_key_of_another_length_is_refused() -> None:
    data = write_distribution(Distribution(1, 2, b"c" * 32, b"p" * 32))
    with pytest.raises(InvalidMessage):
        read_distribution(data.replace(b"\x1a\x20" + b"c" * 32, b"\x1a\x1f" + b"c" * 31))


@pytest.mark.parametrize("value", [0, 1, 127, 128, 300, 16383, 16384, 0xFFFFFFFF])
def test_numbers(value: int) -> None:
    data = b"\x33\x08" + varint(value) + b"\x10\x01\x1a\x00" + bytes(64)
    assert read_sender_key_message(data).key_id == value
