"""Requests to the phone for a file, and its answers."""

import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from wigwag.model.content import MessageKey
from wigwag.model.event import MediaRetryAnswered
from wigwag.model.jid import Jid, parse_jid
from wigwag.model.media import MediaAnswer, RetryResult
from wigwag.wire.errors import MalformedNode, MediaFailure
from wigwag.wire.media_retry import (
    open_answer,
    opens_request,
    parse_answer,
    parse_request,
    retry_answer,
    retry_refusal,
    retry_request,
    seal_answer,
)
from wigwag.wire.nodes import Node

OWN = parse_jid("15550000001@s.whatsapp.net")
HER = parse_jid("100000000002@lid")
GROUP = parse_jid("120363000@g.us")
KEY = bytes(range(32))
IV = b"nonce-of-12b"
ID = "3EB0C0FFEE"
DIRECT = MessageKey(chat=HER, sender=HER, id=ID)


def retry_key(media_key: bytes) -> bytes:
    """HKDF-SHA256 (RFC 5869) without a salt, one block, written out."""
    extracted = hmac.new(bytes(32), media_key, hashlib.sha256).digest()
    info = b"WhatsApp Media Retry Notification\x01"
    return hmac.new(extracted, info, hashlib.sha256).digest()


def sealed_of(node: Node) -> bytes:
    encrypt = node.child("encrypt")
    assert encrypt is not None
    body = encrypt.child("enc_p")
    assert body is not None
    assert body.data is not None
    return body.data


def test_the_request_is_that_of_whatsmeow() -> None:
    node = retry_request(DIRECT, KEY, OWN.with_device(3), IV)
    # waMmsRetry.ServerErrorReceipt: field 1, the message id; sealed with the id as its data.
    plain = b"\x0a" + bytes([len(ID)]) + ID.encode()
    sealed = AESGCM(retry_key(KEY)).encrypt(IV, plain, ID.encode())
    assert node == Node(
        "receipt",
        {"id": ID, "to": OWN, "type": "server-error"},
        [
            Node("encrypt", {}, [Node("enc_p", {}, sealed), Node("enc_iv", {}, IV)]),
            Node("rmr", {"jid": HER, "from_me": "false"}),
        ],
    )


def test_in_a_group_the_sender_is_named() -> None:
    key = MessageKey(chat=GROUP, sender=OWN, id=ID, from_me=True)
    named = retry_request(key, KEY, OWN, IV).child("rmr")
    assert named is not None
    assert named.attrs == {"jid": GROUP, "from_me": "true", "participant": OWN}
    assert parse_request(retry_request(key, KEY, OWN, IV))[0] == key


def test_the_phone_opens_the_request() -> None:
    key, sealed, iv = parse_request(retry_request(DIRECT, KEY, OWN, IV))
    assert key == DIRECT
    assert opens_request(ID, KEY, sealed, iv)
    assert not opens_request("3EB0", KEY, sealed, iv)
    assert not opens_request(ID, bytes(32), sealed, iv)


@pytest.mark.parametrize(
    ("plain", "expected"),
    [
        (b"\x0a\x0a3EB0C0FFEE\x12\x04/v/2\x18\x01", MediaAnswer(result=RetryResult.UPLOADED)),
        (b"\x18\x02", MediaAnswer(result=RetryResult.NOT_FOUND)),
        (b"\x18\x03", MediaAnswer(result=RetryResult.DECRYPTION_ERROR)),
        (b"\x18\x00", MediaAnswer(result=RetryResult.FAILED)),
        (b"\x18\x63", MediaAnswer(result=RetryResult.FAILED)),
        (b"\x12\x08evil.org\x18\x01", MediaAnswer(result=RetryResult.FAILED)),
        (b"\x0a\x02XX\x12\x04/v/2\x18\x01", MediaAnswer(result=RetryResult.UNREADABLE)),
        (b"\xff\xff", MediaAnswer(result=RetryResult.UNREADABLE)),
    ],
)
def test_what_an_answer_says(plain: bytes, expected: MediaAnswer) -> None:
    sealed = AESGCM(retry_key(KEY)).encrypt(IV, plain, ID.encode())
    answer = parse_answer(retry_answer(DIRECT, OWN, sealed, IV))
    found = open_answer(answer, KEY)
    assert found.result is expected.result
    assert found.direct_path == ("/v/2" if found.result is RetryResult.UPLOADED else "")


@pytest.mark.parametrize("result", [r for r in RetryResult if r is not RetryResult.UNREADABLE])
def test_answers_there_and_back(result: RetryResult) -> None:
    path = "/v/t62.7118-24/1.enc?ccb=11-4" if result is RetryResult.UPLOADED else ""
    said = MediaAnswer(result=result, direct_path=path)
    node = retry_answer(DIRECT, OWN, seal_answer(ID, KEY, said, IV), IV)
    assert open_answer(parse_answer(node), KEY) == said
    assert open_answer(parse_answer(node), bytes(32)).result is RetryResult.UNREADABLE


def test_an_answer_without_a_body() -> None:
    answer = parse_answer(retry_refusal(DIRECT, OWN, 2))
    assert answer == MediaRetryAnswered(key=DIRECT, error_code=2)
    assert open_answer(answer, KEY).result is RetryResult.NOT_FOUND
    # Only a body that opens can say that the file was uploaded.
    assert open_answer(MediaRetryAnswered(key=DIRECT, error_code=1), KEY).result is (
        RetryResult.FAILED
    )


@pytest.mark.parametrize(
    "node",
    [
        Node("notification", {"id": ID}),
        Node("notification", {"id": ""}, [Node("rmr", {"jid": HER})]),
        Node("notification", {"id": ID}, [Node("rmr")]),
        Node("notification", {"id": ID}, [Node("rmr", {"jid": HER})]),
        Node("notification", {"id": ID}, [Node("rmr", {"jid": HER}), Node("encrypt")]),
        retry_answer(DIRECT, OWN, b"x" * 20_000, IV),
        retry_answer(DIRECT, OWN, b"x" * 20, b"short"),
    ],
)
def test_answers_that_are_none(node: Node) -> None:
    with pytest.raises(MalformedNode):
        parse_answer(node)


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(MediaFailure):
        retry_request(MessageKey(chat=HER, sender=Jid("", "lid"), id=ID), b"short", OWN, IV)
