import pytest

from wigwag.wire.errors import InvalidMessage
from wigwag.wire.padding import pad, unpad


@pytest.mark.parametrize("random_byte", range(256))
def test_padding_comes_off_again(random_byte: int) -> None:
    padded = pad(b"text\x01", random_byte)
    assert 1 <= len(padded) - 5 <= 15
    assert unpad(padded) == b"text\x01"


def test_the_low_bits_choose_the_length_and_0_stands_for_15() -> None:
    assert pad(b"a", 0x23) == b"a\x03\x03\x03"
    assert pad(b"a", 0xF0) == b"a" + b"\x0f" * 15
    assert pad(b"", 1) == b"\x01"


def test_a_last_byte_0_is_no_padding() -> None:
    assert unpad(b"text\x00") == b"text\x00"


@pytest.mark.parametrize("data", [b"", b"\x02", b"a\x03\x03", b"a\x02\x03\x03", b"\xff" * 254])
def test_wrong_padding_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidMessage):
        unpad(data)
