"""Encrypted files against an independent straight-line implementation, in any chunking."""

import hashlib
import hmac
from io import BytesIO

import pytest
from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from hypothesis import given, settings
from hypothesis import strategies as st

from wigwag.model.content import MediaKind, MediaRef
from wigwag.wire.errors import MediaFailure
from wigwag.wire.media import (
    MEDIA_KEYS_INFO,
    FileKind,
    MediaDecryptor,
    ServiceKind,
    encrypt_stream,
)

few = settings(max_examples=40, deadline=None)
kinds = st.sampled_from([*MediaKind, *ServiceKind])


def large(seed: bytes, size: int) -> bytes:
    return (seed * (size // 16 + 1))[:size]


files = st.binary(max_size=200) | st.builds(
    large,
    st.binary(min_size=16, max_size=16),
    st.sampled_from((4096, 65_536, 131_072, 131_071, 400_001)),
)
media_keys = st.binary(min_size=32, max_size=32)


def whole(plain: bytes, media_key: bytes, info: bytes) -> bytes:
    """The encrypted file in five steps, with nothing of the code under test."""
    pseudorandom = hmac.digest(bytes(32), media_key, "sha256")
    expanded = HKDFExpand(hashes.SHA256(), 112, info).derive(pseudorandom)
    iv, key, mac_key = expanded[:16], expanded[16:48], expanded[48:80]
    padder = padding.PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    encrypted = encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()
    return encrypted + hmac.digest(mac_key, iv + encrypted, "sha256")[:10]


def reference(plain: bytes, encrypted: bytes, media_key: bytes) -> MediaRef:
    return MediaRef(
        direct_path="/x",
        media_key=media_key,
        file_sha256=hashlib.sha256(plain).digest(),
        file_enc_sha256=hashlib.sha256(encrypted).digest(),
        size_bytes=len(plain),
    )


@few
@given(files, media_keys, kinds)
def test_encryption_is_the_known_one(plain: bytes, media_key: bytes, kind: FileKind):
    expected = whole(plain, media_key, MEDIA_KEYS_INFO[kind])
    sink = BytesIO()
    result = encrypt_stream(BytesIO(plain), sink, kind, media_key)
    assert sink.getvalue() == expected
    assert result.enc_size_bytes == len(expected)
    assert result.at("/x") == reference(plain, expected, media_key)


@few
@given(files, media_keys, kinds, st.data())
def test_decryption_in_any_chunks(
    plain: bytes, media_key: bytes, kind: FileKind, data: st.DataObject
):
    encrypted = whole(plain, media_key, MEDIA_KEYS_INFO[kind])
    cuts = data.draw(st.lists(st.integers(0, len(encrypted)), max_size=6).map(sorted))
    ref = reference(plain, encrypted, media_key)
    decryptor = MediaDecryptor(kind, ref, exact_length=True)
    opened = b"".join(
        decryptor.update(encrypted[start:end])
        for start, end in zip([0, *cuts], [*cuts, len(encrypted)], strict=True)
    )
    assert opened + decryptor.finish() == plain


@few
@given(st.binary(max_size=100), media_keys, st.data())
def test_any_damage_is_found(plain: bytes, media_key: bytes, data: st.DataObject):
    intact = whole(plain, media_key, MEDIA_KEYS_INFO[MediaKind.IMAGE])
    ref = reference(plain, intact, media_key)
    encrypted = bytearray(intact)
    place = data.draw(st.integers(0, len(encrypted) - 1))
    encrypted[place] ^= data.draw(st.integers(1, 255))
    for claimed in (ref.file_enc_sha256, hashlib.sha256(encrypted).digest()):
        damaged = MediaRef(
            direct_path="/x",
            media_key=media_key,
            file_sha256=ref.file_sha256,
            file_enc_sha256=claimed,
            size_bytes=ref.size_bytes,
        )
        decryptor = MediaDecryptor(MediaKind.IMAGE, damaged)
        decryptor.update(bytes(encrypted))
        with pytest.raises(MediaFailure):
            decryptor.finish()


@few
@given(st.binary(max_size=300), media_keys, st.binary(min_size=32, max_size=32))
def test_any_bytes(data: bytes, media_key: bytes, file_hash: bytes):
    ref = MediaRef(
        direct_path="/x",
        media_key=media_key,
        file_sha256=file_hash,
        file_enc_sha256=hashlib.sha256(data).digest(),
        size_bytes=1,
    )
    decryptor = MediaDecryptor(ServiceKind.HISTORY, ref)
    decryptor.update(data)
    with pytest.raises(MediaFailure):
        decryptor.finish()
