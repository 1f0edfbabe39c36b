"""Where an encrypted file may go wrong, and that its size costs no memory."""

import hashlib
import hmac
import tracemalloc
from typing import Any, BinaryIO, cast

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from wigwag.model.content import MediaKind, MediaRef
from wigwag.wire.errors import MediaFailure, MediaHashMismatch
from wigwag.wire.media import (
    MEDIA_KEYS_INFO,
    EncryptedMedia,
    MediaDecryptor,
    ServiceKind,
    decrypt_bytes,
    derive_keys,
    encrypt_bytes,
    encrypt_stream,
    mms_type,
    newsletter_mms_type,
    open_media,
)

KEY = bytes(range(32))
PLAIN = b"what is in the file"


def sealed() -> tuple[bytes, MediaRef]:
    data, encrypted = encrypt_bytes(PLAIN, MediaKind.IMAGE, KEY)
    return data, encrypted.at("/x")


def changed(ref: MediaRef, **fields: Any) -> MediaRef:
    return msgspec.structs.replace(ref, **fields)


def test_there_and_back():
    data, ref = sealed()
    assert decrypt_bytes(data, MediaKind.IMAGE, ref) == PLAIN


def test_a_key_is_made_when_none_is_given():
    keys = {encrypt_bytes(PLAIN, MediaKind.AUDIO)[1].media_key for _ in range(2)}
    assert len(keys) == 2


def test_the_info_string_itself_will_do():
    data, ref = sealed()
    decryptor = MediaDecryptor(MEDIA_KEYS_INFO[MediaKind.STICKER], ref)
    assert decryptor.update(data) + decryptor.finish() == PLAIN


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (MediaKind.STICKER, "image"),
        (MediaKind.GIF, "video"),
        (MediaKind.VOICE, "audio"),
        (MediaKind.DOCUMENT, "document"),
        (ServiceKind.HISTORY, "md-msg-hist"),
        (ServiceKind.APP_STATE, "md-app-state"),
    ],
)
def test_names_on_the_media_host(kind: MediaKind, name: str):
    assert mms_type(kind) == name


def failure(data: bytes, ref: MediaRef, **options: bool) -> type[MediaFailure]:
    with pytest.raises(MediaFailure) as caught:
        opened(data, ref, **options)
    return caught.type


def opened(data: bytes, ref: MediaRef, **options: bool) -> bytes:
    decryptor = MediaDecryptor(MediaKind.IMAGE, ref, **options)
    return decryptor.update(data) + decryptor.finish()


def test_failures():
    data, ref = sealed()
    enc_hash = hashlib.sha256(data).digest()
    assert failure(data, changed(ref, media_key=b"")) is MediaFailure
    assert failure(data, changed(ref, media_key=KEY[:16])) is MediaFailure
    assert failure(data, changed(ref, file_sha256=b"")) is MediaFailure
    assert failure(data, changed(ref, file_enc_sha256=b"x")) is MediaFailure
    assert failure(b"", ref) is MediaFailure
    assert failure(data[:25], ref) is MediaFailure
    assert failure(data[:-1], ref) is MediaHashMismatch
    assert failure(data, changed(ref, file_sha256=bytes(32))) is MediaHashMismatch
    assert failure(data, changed(ref, file_enc_sha256=bytes(32))) is MediaHashMismatch
    assert failure(data, changed(ref, media_key=bytes(32))) is MediaHashMismatch
    wrong_mac = data[:-1] + bytes([data[-1] ^ 1])
    enc_hash = hashlib.sha256(wrong_mac).digest()
    assert failure(wrong_mac, changed(ref, file_enc_sha256=enc_hash)) is MediaHashMismatch


def test_another_kind_has_other_keys():
    data, ref = sealed()
    with pytest.raises(MediaHashMismatch):
        decrypt_bytes(data, MediaKind.VIDEO, ref)


def test_the_claimed_length_counts_on_request_only():
    data, ref = sealed()
    ref = changed(ref, size_bytes=5)
    assert decrypt_bytes(data, MediaKind.IMAGE, ref) == PLAIN
    assert failure(data, ref, exact_length=True) is MediaHashMismatch


def test_an_endless_file_is_given_up():
    _, ref = sealed()
    decryptor = MediaDecryptor(MediaKind.IMAGE, ref, max_bytes=1000)
    decryptor.update(bytes(1000))
    with pytest.raises(MediaFailure):
        decryptor.update(b"x")


def authentic(ciphertext: bytes) -> tuple[bytes, MediaRef]:
    """A file with right MAC and hash around any ciphertext."""
    keys = derive_keys(KEY, MEDIA_KEYS_INFO[MediaKind.IMAGE])
    data = ciphertext + hmac.digest(keys.mac_key, keys.iv + ciphertext, "sha256")[:10]
    return data, MediaRef(
        direct_path="/x",
        media_key=KEY,
        file_sha256=bytes(32),
        file_enc_sha256=hashlib.sha256(data).digest(),
        size_bytes=0,
    )


def test_half_a_block_at_the_end():
    assert failure(*authentic(bytes(24))) is MediaFailure


def test_padding_of_zero():
    keys = derive_keys(KEY, MEDIA_KEYS_INFO[MediaKind.IMAGE])
    encryptor = Cipher(algorithms.AES(keys.cipher_key), modes.CBC(keys.iv)).encryptor()
    assert failure(*authentic(encryptor.update(bytes(16)))) is MediaFailure


class Zeros:
    """A file of zeros that takes no memory."""

    def __init__(self, size: int) -> None:
        self.left = size

    def read(self, size: int) -> bytes:
        size = min(size, self.left)
        self.left -= size
        return bytes(size)


class Opened:
    """Takes an encrypted file and opens it on the way."""

    def __init__(self, decryptor: MediaDecryptor) -> None:
        self.decryptor = decryptor
        self.size = 0

    def write(self, data: bytes) -> int:
        self.size += len(self.decryptor.update(data))
        return len(data)


def encrypted_zeros(size: int) -> EncryptedMedia:
    class Nowhere:
        def write(self, data: bytes) -> int:
            return len(data)

    return encrypt_stream(
        cast("BinaryIO", Zeros(size)), cast("BinaryIO", Nowhere()), MediaKind.VIDEO, KEY
    )


def test_memory_does_not_grow_with_the_file():
    size = 16 * 1024 * 1024
    known = encrypted_zeros(size)
    sink = Opened(MediaDecryptor(MediaKind.VIDEO, known.at("/x"), exact_length=True))
    tracemalloc.start()
    try:
        encrypt_stream(cast("BinaryIO", Zeros(size)), cast("BinaryIO", sink), MediaKind.VIDEO, KEY)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sink.size + len(sink.decryptor.finish()) == size
    assert peak < 2 * 1024 * 1024


def test_printed_values_tell_no_key():
    _, encrypted = encrypt_bytes(PLAIN, MediaKind.IMAGE, KEY)
    shown = f"{encrypted!r} {derive_keys(KEY, b'x')!r}"
    assert shown == f"EncryptedMedia(size_bytes={len(PLAIN)}, ...) FileKeys(...)"


def test_an_empty_file():
    data, encrypted = encrypt_bytes(b"", MediaKind.DOCUMENT, KEY)
    assert len(data) == 26
    assert decrypt_bytes(data, MediaKind.DOCUMENT, encrypted.at("/x")) == b""


def plain_ref(data: bytes) -> MediaRef:
    return MediaRef(
        direct_path="/x",
        media_key=b"",
        file_sha256=hashlib.sha256(data).digest(),
        file_enc_sha256=b"",
        size_bytes=len(data),
    )


def test_a_file_of_a_newsletter_is_checked_as_it_is():
    reader = open_media(MediaKind.IMAGE, plain_ref(PLAIN))
    assert b"".join((reader.update(PLAIN[:3]), reader.update(PLAIN[3:]), reader.finish())) == PLAIN
    assert newsletter_mms_type(MediaKind.VOICE) == "newsletter-audio"


def test_another_file_is_refused_though_it_is_plain():
    reader = open_media(MediaKind.IMAGE, plain_ref(PLAIN))
    reader.update(PLAIN + b"!")
    with pytest.raises(MediaHashMismatch):
        reader.finish()
    with pytest.raises(MediaFailure):
        open_media(MediaKind.IMAGE, plain_ref(PLAIN), max_bytes=3).update(PLAIN)


@pytest.mark.parametrize(
    "fields",
    [{"file_sha256": b""}, {"media_key": KEY}, {"file_enc_sha256": bytes(32)}],
)
def test_what_lacks_a_key_or_a_hash_is_not_opened(fields: dict[str, bytes]):
    with pytest.raises(MediaFailure):
        open_media(MediaKind.IMAGE, changed(plain_ref(PLAIN), **fields))
