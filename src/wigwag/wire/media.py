"""Files: streaming encryption and verification in constant memory.

Only those of newsletters travel as they are. The layout of all others (whatsmeow upload.go,
download.go): AES-256-CBC of the PKCS#7 padded file, then the
first 10 bytes of HMAC-SHA256(mac key, iv | ciphertext). The keys are HKDF-SHA256(media key) with
an info string per kind. `fileSHA256` is of the plain file, `fileEncSHA256` of all encrypted bytes.
"""

import hashlib
import hmac
import os
from enum import StrEnum
from io import BytesIO
from typing import BinaryIO, Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from wigwag.model.content import MediaKind, MediaRef
from wigwag.model.value import Value
from wigwag.wire.errors import MediaFailure, MediaHashMismatch

CHUNK_BYTES: Final = 131_072
MAC_BYTES: Final = 10
_BLOCK: Final = 16
_KEY: Final = 32


class ServiceKind(StrEnum):
    """Files that are no attachment."""

    HISTORY = "history"
    APP_STATE = "app_state"


FileKind = MediaKind | ServiceKind

MEDIA_KEYS_INFO: Final[dict[FileKind, bytes]] = {
    MediaKind.IMAGE: b"WhatsApp Image Keys",
    MediaKind.STICKER: b"WhatsApp Image Keys",
    MediaKind.VIDEO: b"WhatsApp Video Keys",
    MediaKind.GIF: b"WhatsApp Video Keys",
    MediaKind.AUDIO: b"WhatsApp Audio Keys",
    MediaKind.VOICE: b"WhatsApp Audio Keys",
    MediaKind.DOCUMENT: b"WhatsApp Document Keys",
    ServiceKind.HISTORY: b"WhatsApp History Keys",
    ServiceKind.APP_STATE: b"WhatsApp App State Keys",
}
"""The info string of the key derivation."""

_MMS_TYPES: Final[dict[bytes, str]] = {
    b"WhatsApp Image Keys": "image",
    b"WhatsApp Video Keys": "video",
    b"WhatsApp Audio Keys": "audio",
    b"WhatsApp Document Keys": "document",
    b"WhatsApp History Keys": "md-msg-hist",
    b"WhatsApp App State Keys": "md-app-state",
}


def mms_type(kind: FileKind) -> str:
    """How the media host calls this kind, in paths and in the parameter `mms-type`."""
    return _MMS_TYPES[MEDIA_KEYS_INFO[kind]]


def newsletter_mms_type(kind: FileKind) -> str:
    """How the media host calls this kind when it is uploaded for a newsletter."""
    return f"newsletter-{mms_type(kind)}"


class FileKeys(Value):
    """What a media key becomes."""

    iv: bytes
    cipher_key: bytes
    mac_key: bytes
    ref_key: bytes

    def __repr__(self) -> str:
        return "FileKeys(...)"


def derive_keys(media_key: bytes, info: bytes) -> FileKeys:
    """Raises MediaFailure when the media key has not 32 bytes."""
    if len(media_key) != _KEY:
        raise MediaFailure("the media key has the wrong length")
    keys = HKDF(algorithm=SHA256(), length=112, salt=None, info=info).derive(media_key)
    return FileKeys(iv=keys[:16], cipher_key=keys[16:48], mac_key=keys[48:80], ref_key=keys[80:112])


class EncryptedMedia(Value):
    """What must be told of a file so that it can be opened; both sizes in bytes."""

    media_key: bytes
    file_sha256: bytes
    file_enc_sha256: bytes
    size_bytes: int
    enc_size_bytes: int

    def __repr__(self) -> str:
        """Without the media key, which opens the file."""
        return f"EncryptedMedia(size_bytes={self.size_bytes}, ...)"

    def at(self, direct_path: str, url: str = "") -> MediaRef:
        """The reference to this file once it lies on the media host."""
        return MediaRef(
            direct_path=direct_path,
            media_key=self.media_key,
            file_sha256=self.file_sha256,
            file_enc_sha256=self.file_enc_sha256,
            size_bytes=self.size_bytes,
            url=url,
        )


def encrypt_stream(
    source: BinaryIO, sink: BinaryIO, kind: FileKind, media_key: bytes | None = None
) -> EncryptedMedia:
    """Encrypt `source` from where it stands to its end into `sink`, chunk by chunk.

    Without a `media_key` a random one is made. Errors of the two files pass through.
    """
    media_key = os.urandom(_KEY) if media_key is None else media_key
    keys = derive_keys(media_key, MEDIA_KEYS_INFO[kind])
    encryptor = Cipher(AES(keys.cipher_key), CBC(keys.iv)).encryptor()
    plain_hash, encrypted_hash = hashlib.sha256(), hashlib.sha256()
    mac = hmac.new(keys.mac_key, keys.iv, hashlib.sha256)
    size = written = 0

    def emit(data: bytes) -> int:
        encrypted_hash.update(data)
        sink.write(data)
        return len(data)

    while chunk := source.read(CHUNK_BYTES):
        size += len(chunk)
        plain_hash.update(chunk)
        encrypted = encryptor.update(chunk)
        mac.update(encrypted)
        written += emit(encrypted)
    missing = _BLOCK - size % _BLOCK
    last = encryptor.update(bytes([missing]) * missing) + encryptor.finalize()
    mac.update(last)
    written += emit(last) + emit(mac.digest()[:MAC_BYTES])
    return EncryptedMedia(
        media_key=media_key,
        file_sha256=plain_hash.digest(),
        file_enc_sha256=encrypted_hash.digest(),
        size_bytes=size,
        enc_size_bytes=written,
    )


class MediaDecryptor:
    """Opens one encrypted file that arrives in chunks of any size.

    Pass each chunk to `update` and keep what it returns, then `finish`: only when that returns is
    the file what the sender meant, and before it nothing of it may be shown to anybody. The claimed
    length is checked only on request: some clients send a wrong one with a right hash (whatsmeow
    issue 850), and whatsmeow no longer looks at it.
    """

    def __init__(
        self,
        kind: FileKind | bytes,
        ref: MediaRef,
        *,
        max_bytes: int | None = None,
        exact_length: bool = False,
    ) -> None:
        """`kind` may be an info string itself; `max_bytes` bounds the encrypted file.

        Raises MediaFailure when `ref` lacks its key or a hash.
        """
        keys = derive_keys(ref.media_key, kind if isinstance(kind, bytes) else _info(kind))
        if len(ref.file_sha256) != _KEY or len(ref.file_enc_sha256) != _KEY:
            raise MediaFailure("the message does not carry the hashes of its file")
        self._ref = ref
        self._max_bytes = max_bytes
        self._exact_length = exact_length
        self._decryptor = Cipher(AES(keys.cipher_key), CBC(keys.iv)).decryptor()
        self._mac = hmac.new(keys.mac_key, keys.iv, hashlib.sha256)
        self._encrypted_hash = hashlib.sha256()
        self._plain_hash = hashlib.sha256()
        self._received = 0
        self._emitted = 0
        self._tail = b""
        self._last_block = b""

    def update(self, chunk: bytes) -> bytes:
        """Plain bytes that became known by `chunk`, not verified yet. Raises MediaFailure."""
        self._received += len(chunk)
        if self._max_bytes is not None and self._received > self._max_bytes:
            raise MediaFailure("the file is larger than allowed")
        self._encrypted_hash.update(chunk)
        data = self._tail + chunk
        self._tail = data[-MAC_BYTES:]
        body = data[:-MAC_BYTES]
        if not body:
            return b""
        self._mac.update(body)
        plain = self._last_block + self._decryptor.update(body)
        self._last_block = plain[-_BLOCK:]
        return self._emit(plain[:-_BLOCK])

    def finish(self) -> bytes:
        """The last plain bytes, after everything was verified.

        Raises MediaHashMismatch when a hash or MAC is wrong, MediaFailure when the file is cut off.
        """
        if self._received < _BLOCK + MAC_BYTES:
            raise MediaFailure("the file is too short")
        if not hmac.compare_digest(self._encrypted_hash.digest(), self._ref.file_enc_sha256):
            raise MediaHashMismatch("the encrypted file does not match its hash")
        if not hmac.compare_digest(self._mac.digest()[:MAC_BYTES], self._tail):
            raise MediaHashMismatch("the MAC of the file is wrong")
        last = self._emit(self._unpadded())
        if not hmac.compare_digest(self._plain_hash.digest(), self._ref.file_sha256):
            raise MediaHashMismatch("the file does not match its hash")
        if self._exact_length and self._emitted != self._ref.size_bytes:
            raise MediaHashMismatch("the file has another length than its message says")
        return last

    def _emit(self, plain: bytes) -> bytes:
        self._plain_hash.update(plain)
        self._emitted += len(plain)
        return plain

    def _unpadded(self) -> bytes:
        try:
            self._decryptor.finalize()
        except ValueError as error:
            raise MediaFailure("the file does not end with a whole block") from error
        padding = self._last_block[-1]
        if not 1 <= padding <= _BLOCK:
            raise MediaFailure("the padding of the file is wrong")
        return self._last_block[:-padding]


class PlainMedia:
    """Checks one file that travels as it is, in chunks of any size; used as a MediaDecryptor."""

    def __init__(self, ref: MediaRef, *, max_bytes: int | None = None) -> None:
        """Raises MediaFailure when `ref` has no hash: then nothing would say what it is."""
        if len(ref.file_sha256) != _KEY:
            raise MediaFailure("the message does not carry the hash of its file")
        self._ref = ref
        self._max_bytes = max_bytes
        self._hash = hashlib.sha256()
        self._received = 0

    def update(self, chunk: bytes) -> bytes:
        """The chunk itself, not verified yet. Raises MediaFailure."""
        self._received += len(chunk)
        if self._max_bytes is not None and self._received > self._max_bytes:
            raise MediaFailure("the file is larger than allowed")
        self._hash.update(chunk)
        return chunk

    def finish(self) -> bytes:
        """Nothing more, after the hash was verified. Raises MediaHashMismatch."""
        if not hmac.compare_digest(self._hash.digest(), self._ref.file_sha256):
            raise MediaHashMismatch("the file does not match its hash")
        return b""


def open_media(
    kind: FileKind, ref: MediaRef, *, max_bytes: int | None = None
) -> MediaDecryptor | PlainMedia:
    """What reads the file of `ref`. Raises MediaFailure when it lacks what that needs."""
    if ref.is_plain:
        return PlainMedia(ref, max_bytes=max_bytes)
    return MediaDecryptor(kind, ref, max_bytes=max_bytes)


def _info(kind: FileKind) -> bytes:
    return MEDIA_KEYS_INFO[kind]


def encrypt_bytes(
    data: bytes, kind: FileKind, media_key: bytes | None = None
) -> tuple[bytes, EncryptedMedia]:
    """Like encrypt_stream, for what fits into memory."""
    sink = BytesIO()
    encrypted = encrypt_stream(BytesIO(data), sink, kind, media_key)
    return sink.getvalue(), encrypted


def decrypt_bytes(data: bytes, kind: FileKind, ref: MediaRef) -> bytes:
    """Open a file that is in memory; the errors are those of MediaDecryptor."""
    decryptor = MediaDecryptor(kind, ref)
    return decryptor.update(data) + decryptor.finish()
