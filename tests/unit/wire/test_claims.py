"""What a peer claims, made safe."""

from datetime import UTC, datetime, timedelta

import pytest

from wigwag.model.jid import parse_jid
from wigwag.wire import claims

NOON = datetime(2026, 3, 1, 12, 0, 0, 123_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "limit", "safe"),
    [
        ("hello", 5, "hello"),
        ("hello!", 5, "hello"),
        ("a\0b", 9, "a\ufffdb"),
        (b"a\xffb\0", 9, "a\ufffdb\ufffd"),
        (b"\xed\xa0\x80", 9, "\ufffd\ufffd\ufffd"),
        (b"\xf0\x9f\x91\x8d" * 9, 2, "\U0001f44d\U0001f44d"),
    ],
)
def test_text(value: str | bytes, limit: int, safe: str):
    assert claims.text(value, limit) == safe


@pytest.mark.parametrize("value", [b"3EB0", "a\nb", "\0", "é", "x" * 129])
def test_no_identifier(value: str | bytes):
    assert claims.identifier(value) == ""


def test_an_identifier():
    assert claims.identifier("3EB0ABC") == "3EB0ABC"


@pytest.mark.parametrize(
    "value", ["", "x", "1@evil", "s.whatsapp.net", "1:99999@lid", "9" * 101, b"1@lid", "1\0@lid"]
)
def test_no_address(value: str | bytes):
    assert claims.find_jid(value) is None


def test_an_address_loses_its_device():
    assert claims.find_jid("49170:7@s.whatsapp.net") == parse_jid("49170@s.whatsapp.net")


@pytest.mark.parametrize("value", [-1, 0, 2**63, 2**64, 10**20])
def test_no_time(value: int):
    assert claims.moment(value) == claims.moment_ms(value) == claims.EPOCH


def test_milliseconds_there_and_back():
    assert claims.moment_ms(claims.outgoing_ms(NOON)) == NOON
    assert claims.outgoing_ms(NOON + timedelta(microseconds=999)) == claims.outgoing_ms(NOON)


def test_sizes_and_blobs():
    assert [claims.size(value) for value in (-1, 0, 2**63 - 1, 2**63)] == [0, 0, 2**63 - 1, 0]
    assert (claims.blob(b"abc", 3), claims.blob(b"abcd", 3)) == (b"abc", b"")


def test_what_a_caller_gives():
    assert claims.outgoing_text("a\ud800b") == "a\ufffdb"
    assert claims.outgoing_text("a\0") == "a\ufffd"
    assert [claims.outgoing_uint32(value) for value in (-1, 7, 2**40)] == [0, 7, 2**32 - 1]
