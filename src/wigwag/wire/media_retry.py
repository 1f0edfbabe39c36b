"""Requests to the phone to upload a file again, and its answers (whatsmeow mediaretry.go).

Both bodies are AES-256-GCM under HKDF-SHA256(media key, "WhatsApp Media Retry Notification"), with
the message id as associated data: whoever does not have the message can neither ask nor answer.
"""

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from wigwag.model.content import MessageKey
from wigwag.model.event import MediaRetryAnswered
from wigwag.model.jid import Jid
from wigwag.model.media import MediaAnswer, RetryResult
from wigwag.wire import claims
from wigwag.wire.errors import MalformedNode, MediaFailure, WireError
from wigwag.wire.nodes import AttrValue, Node
from wigwag.wire.proto.media_retry_pb2 import MediaRetryNotification, ServerErrorReceipt
from wigwag.wire.protobuf import parse

IV_BYTES: Final = 12
SEALED_LIMIT: Final = 16_384
"""Bytes of an answer; a direct path is a few hundred."""

_INFO: Final = b"WhatsApp Media Retry Notification"
_KEY: Final = 32
_CODES: Final = {
    RetryResult.FAILED: MediaRetryNotification.GENERAL_ERROR,
    RetryResult.UPLOADED: MediaRetryNotification.SUCCESS,
    RetryResult.NOT_FOUND: MediaRetryNotification.NOT_FOUND,
    RetryResult.DECRYPTION_ERROR: MediaRetryNotification.DECRYPTION_ERROR,
}
_RESULTS: Final = {int(code): result for result, code in _CODES.items()}
_REFUSALS: Final = {2: RetryResult.NOT_FOUND, 3: RetryResult.DECRYPTION_ERROR}
"""The codes of an answer that has no body."""


def retry_request(key: MessageKey, media_key: bytes, own: Jid, iv: bytes) -> Node:
    """The receipt that asks the own phone `own` for the file of the message `key`.

    The chat and the sender are named as the message named them; a sender only where many share a
    chat. Raises MediaFailure when the media key has not 32 bytes.
    """
    sealed = seal_request(key.id, media_key, iv)
    return Node(
        "receipt",
        {"id": key.id, "to": own.bare, "type": "server-error"},
        [_encrypt(sealed, iv), _named(key)],
    )


def retry_answer(key: MessageKey, own: Jid, sealed: bytes, iv: bytes) -> Node:
    """The notification by which the phone answers a request."""
    attrs: dict[str, AttrValue] = {"type": "mediaretry", "from": own.bare, "id": key.id}
    return Node("notification", attrs, [_encrypt(sealed, iv), _named(key)])


def retry_refusal(key: MessageKey, own: Jid, code: int) -> Node:
    """The notification that there is no such message on the phone (2), or what else is wrong."""
    attrs: dict[str, AttrValue] = {"type": "mediaretry", "from": own.bare, "id": key.id}
    return Node("notification", attrs, [Node("error", {"code": str(code)}), _named(key)])


def parse_request(node: Node) -> tuple[MessageKey, bytes, bytes]:
    """Which message a request is about, its sealed body and its nonce. Raises MalformedNode."""
    return (_key_of(node), *_sealed(node))


def parse_answer(node: Node) -> MediaRetryAnswered:
    """A notification `mediaretry`, still sealed. Raises MalformedNode."""
    key = _key_of(node)
    error = node.child("error")
    if error is not None:
        return MediaRetryAnswered(key=key, error_code=error.attr_int("code", -1))
    sealed, iv = _sealed(node)
    return MediaRetryAnswered(key=key, sealed=sealed, iv=iv)


def open_answer(answer: MediaRetryAnswered, media_key: bytes) -> MediaAnswer:
    """What the phone says of the file with this key; `unreadable` when it is about another one."""
    if not answer.sealed:
        return MediaAnswer(result=_REFUSALS.get(answer.error_code, RetryResult.FAILED))
    try:
        plain = _cipher(media_key).decrypt(answer.iv, answer.sealed, answer.key.id.encode())
        notification = parse(MediaRetryNotification, plain)
    except (InvalidTag, ValueError, WireError):
        return MediaAnswer(result=RetryResult.UNREADABLE)
    if claims.identifier(notification.stanzaID) not in ("", answer.key.id):
        return MediaAnswer(result=RetryResult.UNREADABLE)
    result = _RESULTS.get(int(notification.result), RetryResult.FAILED)
    path = claims.path(notification.directPath)
    if result is not RetryResult.UPLOADED:
        return MediaAnswer(result=result)
    if not path.startswith("/"):
        return MediaAnswer(result=RetryResult.FAILED)
    return MediaAnswer(result=result, direct_path=path)


def seal_request(message_id: str, media_key: bytes, iv: bytes) -> bytes:
    """Raises MediaFailure when the media key has not 32 bytes."""
    plain = ServerErrorReceipt(stanzaID=message_id).SerializeToString()
    return _cipher(media_key).encrypt(iv, plain, message_id.encode())


def opens_request(message_id: str, media_key: bytes, sealed: bytes, iv: bytes) -> bool:
    """Whether a request was made by somebody who has the file's key."""
    try:
        plain = _cipher(media_key).decrypt(iv, sealed, message_id.encode())
        return parse(ServerErrorReceipt, plain).stanzaID == message_id
    except (InvalidTag, ValueError, WireError):
        return False


def seal_answer(message_id: str, media_key: bytes, answer: MediaAnswer, iv: bytes) -> bytes:
    """Raises MediaFailure when the media key has not 32 bytes."""
    notification = MediaRetryNotification(
        stanzaID=message_id, result=_CODES.get(answer.result, MediaRetryNotification.GENERAL_ERROR)
    )
    if answer.direct_path:
        notification.directPath = answer.direct_path
    plain = notification.SerializeToString()
    return _cipher(media_key).encrypt(iv, plain, message_id.encode())


def _cipher(media_key: bytes) -> AESGCM:
    if len(media_key) != _KEY:
        raise MediaFailure("the media key has the wrong length")
    return AESGCM(HKDF(algorithm=SHA256(), length=_KEY, salt=None, info=_INFO).derive(media_key))


def _encrypt(sealed: bytes, iv: bytes) -> Node:
    return Node("encrypt", {}, [Node("enc_p", {}, sealed), Node("enc_iv", {}, iv)])


def _named(key: MessageKey) -> Node:
    attrs: dict[str, AttrValue] = {"jid": key.chat, "from_me": "true" if key.from_me else "false"}
    if not key.chat.is_person:
        attrs["participant"] = key.sender
    return Node("rmr", attrs)


def _key_of(node: Node) -> MessageKey:
    message_id = claims.identifier(node.attr("id"))
    named = node.child("rmr")
    if not message_id or named is None:
        raise MalformedNode("a media retry names no message")
    chat = named.require_jid("jid").bare
    sender = named.attr_jid("participant")
    return MessageKey(
        chat=chat,
        sender=sender.bare if sender is not None else chat,
        id=message_id,
        from_me=named.attr("from_me") == "true",
    )


def _sealed(node: Node) -> tuple[bytes, bytes]:
    encrypt = node.child("encrypt")
    body = encrypt.child("enc_p") if encrypt is not None else None
    nonce = encrypt.child("enc_iv") if encrypt is not None else None
    sealed = body.data if body is not None else None
    iv = nonce.data if nonce is not None else None
    if not sealed or not iv or len(sealed) > SEALED_LIMIT or len(iv) != IV_BYTES:
        raise MalformedNode("a media retry has no body")
    return sealed, iv
