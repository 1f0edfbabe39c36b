"""Encrypted files, and what the phone says of them."""

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from fuzz.mutation import mutate_node, mutate_protobuf
from fuzz.samples import OWN_LID, PEER_LID
from fuzz.target import Target
from wigwag.model.content import MediaKind, MessageKey
from wigwag.model.event import MediaRetryAnswered
from wigwag.model.media import MediaAnswer, RetryResult
from wigwag.wire.errors import MalformedNode, MediaFailure
from wigwag.wire.media import decrypt_bytes, encrypt_bytes
from wigwag.wire.media_retry import (
    open_answer,
    opens_request,
    parse_answer,
    parse_request,
    retry_answer,
    retry_refusal,
    seal_answer,
)
from wigwag.wire.nodes import decode_node, encode_node

_KEY, _IV = b"k" * 32, b"i" * 12
_MESSAGE = MessageKey(chat=PEER_LID, sender=PEER_LID, id="3EB0A1")
_ENCRYPTED, _MEDIA = encrypt_bytes(b"picture" * 20, MediaKind.IMAGE, _KEY)


def read_answer(data: bytes) -> None:
    node = decode_node(data)
    parse_request(node)
    answer = parse_answer(node)
    open_answer(answer, _KEY)
    opens_request(answer.key.id, _KEY, answer.sealed, answer.iv)


def read_opened(data: bytes) -> None:
    """An answer that was really sealed with the file's key, whatever it says."""
    info = b"WhatsApp Media Retry Notification"
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(_KEY)
    sealed = AESGCM(key).encrypt(_IV, data, _MESSAGE.id.encode())
    answer = open_answer(MediaRetryAnswered(key=_MESSAGE, sealed=sealed, iv=_IV), _KEY)
    assert answer.direct_path == "" or answer.direct_path.startswith("/")


def read_file(data: bytes) -> None:
    """Only the file itself is taken for it."""
    plain = decrypt_bytes(data, MediaKind.IMAGE, _MEDIA.at("/v/1"))
    assert data == _ENCRYPTED
    assert plain == b"picture" * 20


def answers() -> list[bytes]:
    uploaded = MediaAnswer(result=RetryResult.UPLOADED, direct_path="/v/2")
    sealed = seal_answer(_MESSAGE.id, _KEY, uploaded, _IV)
    nodes = [retry_answer(_MESSAGE, OWN_LID, sealed, _IV), retry_refusal(_MESSAGE, OWN_LID, 2)]
    return [encode_node(node) for node in nodes]


TARGETS = (
    Target("retry", read_answer, answers, (MalformedNode,), mutate_node),
    Target(
        "opened",
        read_opened,
        lambda: [b"\x0a\x063EB0A1\x12\x04/v/2\x18\x01"],
        (),
        mutate_protobuf,
    ),
    Target("file", read_file, lambda: [_ENCRYPTED], (MediaFailure,)),
)
