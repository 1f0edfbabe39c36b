"""Messages that no ordinary person writes: as a real reader of protobuf finds them."""

import pytest

from wigwag.model.content import MessageKey, Text, Unsupported
from wigwag.model.jid import Jid
from wigwag.sandbox.residents.oddities import Oddity, make_oddity, view_once
from wigwag.wire.content import Decoded, decode_message, encode_content
from wigwag.wire.errors import MalformedProtobuf
from wigwag.wire.proto import e2e_pb2
from wigwag.wire.protobuf import parse

WHO = Jid("100000000002", "lid")
TEXTS = {Oddity.AD, Oddity.FUTURE_BESIDE_TEXT}
NOTHING = {Oddity.EMPTY, Oddity.BROKEN}


def read(raw: bytes) -> Decoded:
    return decode_message(raw, MessageKey(chat=WHO, sender=WHO, id="A"))


@pytest.mark.parametrize("kind", [kind for kind in Oddity if kind not in NOTHING])
def test_each_is_a_message(kind: Oddity) -> None:
    raw = make_oddity(kind, "look")
    message = parse(e2e_pb2.Message, raw)
    assert message.SerializeToString() == raw
    content = read(raw).content
    if kind in TEXTS:
        assert content == Text(text="look")
    else:
        assert isinstance(content, Unsupported)
        assert b"look" in content.raw


def test_those_that_are_none() -> None:
    assert read(make_oddity(Oddity.EMPTY, "look")).content is None
    with pytest.raises(MalformedProtobuf):
        read(make_oddity(Oddity.BROKEN, "look"))


def test_what_may_be_seen_once_keeps_its_content() -> None:
    decoded = read(view_once(encode_content(Text(text="once"))))
    assert decoded.content == Text(text="once")
    assert decoded.view_once
