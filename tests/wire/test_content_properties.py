"""Contents there and back, and under any bytes."""

from hypothesis import given, settings
from hypothesis import strategies as st

from values.contents import CHAT, GROUP, ME, contents
from wigwag.model.content import Content, Edit, MessageKey, Poll
from wigwag.wire.content import (
    Decoded,
    decode_message,
    device_sent,
    encode_content,
    with_sender_key,
)
from wigwag.wire.errors import MalformedProtobuf
from wigwag.wire.proto import e2e_pb2

few = settings(max_examples=40, deadline=None)
IN_CHAT = MessageKey(chat=CHAT, sender=ME, id="3EB0", from_me=True)
IN_GROUP = MessageKey(chat=GROUP, sender=ME, id="3EB0", from_me=True)


@few
@given(contents(CHAT, ME))
def test_in_a_chat_of_two(content: Content):
    assert decode_message(encode_content(content), IN_CHAT).content == content


@few
@given(contents(GROUP, ME))
def test_in_a_group(content: Content):
    assert decode_message(encode_content(content), IN_GROUP).content == content


@few
@given(contents(CHAT, ME), st.binary(min_size=32, max_size=32))
def test_the_copy_for_own_devices(content: Content, secret: bytes):
    message = encode_content(content, secret=secret)
    decoded = decode_message(device_sent(CHAT, message), IN_CHAT)
    assert decoded.device_sent_to == CHAT
    plain = decode_message(message, IN_CHAT)
    assert decoded.secret == plain.secret
    if not decoded_raw(decoded):
        assert decoded.content == plain.content


def decoded_raw(decoded: Decoded) -> bytes:
    return getattr(decoded.content, "raw", b"")


@few
@given(contents(GROUP, ME), st.binary(min_size=1, max_size=99))
def test_a_sender_key_travels_along(content: Content, data: bytes):
    message = with_sender_key(encode_content(content), str(GROUP), data)
    decoded = decode_message(message, IN_GROUP)
    assert decoded.sender_key is not None
    assert (decoded.sender_key.group, decoded.sender_key.data) == (str(GROUP), data)
    if not decoded_raw(decoded):
        assert decoded.content == content


@few
@given(contents(CHAT, ME), st.binary(min_size=32, max_size=32))
def test_the_secret_comes_back(content: Content, secret: bytes):
    decoded = decode_message(encode_content(content, secret=secret), IN_CHAT)
    if isinstance(content, Poll) and content.secret:
        assert decoded.secret == content.secret
    elif not decoded_raw(decoded):
        assert decoded.secret in (secret, getattr(getattr(content, "content", None), "secret", b""))


@few
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes):
    outcome(data)


@few
@given(contents(CHAT, ME), st.data())
def test_damaged_messages(content: Content, data: st.DataObject):
    raw = bytearray(encode_content(content))
    for _ in range(data.draw(st.integers(1, 4))):
        if raw:
            raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    outcome(bytes(raw))


def outcome(raw: bytes) -> None:
    """Decoding ends well or in the error of the room; what comes out can be stored as text."""
    key = MessageKey(chat=GROUP, sender=CHAT, id="3EB0")
    try:
        decoded = decode_message(raw, key, (ME,))
    except MalformedProtobuf:
        return
    repr(decoded).encode()
    if decoded.content is not None and not decoded_raw(decoded):
        again = decoded.content.content if isinstance(decoded.content, Edit) else decoded.content
        assert "\0" not in getattr(again, "text", "")


@few
@given(st.binary(max_size=40))
def test_no_message_is_lost_over_its_encoding(text: bytes):
    raw = e2e_pb2.Message().SerializeToString() + bytes([0x0A, len(text)]) + text
    content = decode_message(raw, IN_CHAT).content
    assert getattr(content, "text", None) == text.decode("utf-8", "replace").replace("\0", "\ufffd")
