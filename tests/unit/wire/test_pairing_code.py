"""Pairing by code: companion and phone against each other.

The stretching of the code is made short here; its rounds have a test of their own.
"""

import base64
import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from wigwag.wire import pairing_code
from wigwag.wire.errors import PairingFailure
from wigwag.wire.pairing import (
    CompanionFinish,
    PhoneHello,
    companion_finish,
    format_link_code,
    generate_link_code,
    parse_link_code,
    phone_finish,
    phone_hello,
    unwrap_ephemeral,
    wrap_ephemeral,
)
from wigwag.wire.signal.curve import generate_key_pair

CODE = "ABCD1234"
PHONE = generate_key_pair()
COMPANION = generate_key_pair()
EPHEMERAL = generate_key_pair()
STRANGER = generate_key_pair()


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairing_code, "_ROUNDS", 2)


quick = pytest.mark.usefixtures("_quick")


def run(code: str, typed: str) -> tuple[PhoneHello, CompanionFinish]:
    hello = phone_hello(typed, wrap_ephemeral(code, EPHEMERAL.public))
    finish = companion_finish(
        code,
        identity=COMPANION,
        ephemeral=EPHEMERAL,
        wrapped=hello.wrapped,
        primary_identity=PHONE.public,
    )
    return hello, finish


@pytest.mark.parametrize("secret", [bytes(5), b"\xff" * 5, b"\x12\x34\x56\x78\x9a"])
def test_a_code_is_base32_with_an_alphabet_of_its_own(secret: bytes):
    standard = base64.b32encode(secret).decode()
    theirs = "123456789ABCDEFGHJKLMNPQRSTVWXYZ"
    expected = standard.translate(str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", theirs))
    assert generate_link_code(lambda _: secret) == expected


def test_a_code_is_shown_and_typed():
    assert format_link_code(CODE) == "ABCD-1234"
    assert parse_link_code(" abcd-1234 ") == CODE
    assert parse_link_code(format_link_code(generate_link_code()))


@pytest.mark.parametrize("typed", ["", "ABCD123", "ABCD12345", "ABCD123O", "ABCD123I", "ÄBCD1234"])
def test_what_cannot_be_a_code_is_refused(typed: str):
    with pytest.raises(PairingFailure):
        parse_link_code(typed)


def test_a_wrapped_key_is_what_the_protocol_says():
    wrapped = wrap_ephemeral(CODE, EPHEMERAL.public)
    assert len(wrapped) == 80
    salt, iv, sealed = wrapped[:32], wrapped[32:48], wrapped[48:]
    key = hashlib.pbkdf2_hmac("sha256", CODE.encode(), salt, 2 << 16, 32)
    decryptor = Cipher(algorithms.AES(key), modes.CTR(iv)).decryptor()
    assert decryptor.update(sealed) == EPHEMERAL.public
    assert unwrap_ephemeral(CODE, wrapped) == EPHEMERAL.public


@quick
def test_both_sides_come_to_the_same_secret():
    hello, finish = run(CODE, CODE)
    assert len(hello.wrapped) == 80
    assert len(finish.key_bundle) == 156
    secret = phone_finish(
        hello,
        identity=PHONE,
        companion_identity=COMPANION.public,
        key_bundle=finish.key_bundle,
    )
    assert secret == finish.adv_secret
    assert len(secret) == 32
    assert repr(finish) == "CompanionFinish(...)"


@quick
def test_the_secret_is_new_each_time():
    assert run(CODE, CODE)[1].adv_secret != run(CODE, CODE)[1].adv_secret


@quick
def test_a_wrong_code_is_noticed_by_the_phone():
    hello, finish = run(CODE, "ABCD1235")
    with pytest.raises(PairingFailure, match="code was wrong"):
        phone_finish(
            hello,
            identity=PHONE,
            companion_identity=COMPANION.public,
            key_bundle=finish.key_bundle,
        )


@quick
def test_exchanged_identities_are_noticed_by_the_phone():
    hello, finish = run(CODE, CODE)
    for phone, companion in ((PHONE, STRANGER), (STRANGER, COMPANION)):
        with pytest.raises(PairingFailure, match="changed on the way"):
            phone_finish(
                hello,
                identity=phone,
                companion_identity=companion.public,
                key_bundle=finish.key_bundle,
            )


@quick
@pytest.mark.parametrize("position", [0, 31, 32, 44, 155])
def test_a_tampered_bundle_is_refused(position: int):
    hello, finish = run(CODE, CODE)
    bundle = bytearray(finish.key_bundle)
    bundle[position] ^= 1
    with pytest.raises(PairingFailure):
        phone_finish(
            hello,
            identity=PHONE,
            companion_identity=COMPANION.public,
            key_bundle=bytes(bundle),
        )


@quick
@pytest.mark.parametrize("wrapped", [b"", bytes(79), bytes(81)])
def test_a_wrapped_key_of_a_wrong_length_is_refused(wrapped: bytes):
    with pytest.raises(PairingFailure):
        phone_hello(CODE, wrapped)
    with pytest.raises(PairingFailure):
        companion_finish(
            CODE,
            identity=COMPANION,
            ephemeral=EPHEMERAL,
            wrapped=wrapped,
            primary_identity=PHONE.public,
        )


@quick
@pytest.mark.parametrize("key", [b"", bytes(31), bytes(32)])
def test_malformed_identities_are_refused(key: bytes):
    hello, finish = run(CODE, CODE)
    with pytest.raises(PairingFailure):
        companion_finish(
            CODE,
            identity=COMPANION,
            ephemeral=EPHEMERAL,
            wrapped=hello.wrapped,
            primary_identity=key,
        )
    with pytest.raises(PairingFailure):
        phone_finish(hello, identity=PHONE, companion_identity=key, key_bundle=finish.key_bundle)
    with pytest.raises(PairingFailure):
        phone_finish(hello, identity=PHONE, companion_identity=COMPANION.public, key_bundle=key)


def hkdf(secret: bytes, salt: bytes, info: bytes) -> bytes:
    """HKDF-SHA256 with one block of output, by RFC 5869."""
    return hmac.digest(hmac.digest(salt, secret, "sha256"), info + b"\x01", "sha256")


@quick
def test_the_bundle_and_the_secret_are_what_the_protocol_says():
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    from wigwag.wire.signal.curve import shared_secret

    hello, finish = run(CODE, CODE)
    dh_ephemeral = shared_secret(EPHEMERAL.private, hello.ephemeral.public)
    dh_identity = shared_secret(PHONE.private, COMPANION.public)
    salt, nonce, sealed = (
        finish.key_bundle[:32],
        finish.key_bundle[32:44],
        finish.key_bundle[44:],
    )
    key = hkdf(dh_ephemeral, salt, b"link_code_pairing_key_bundle_encryption_key")
    bundle = AESGCM(key).decrypt(nonce, sealed, None)
    assert bundle[:64] == COMPANION.public + PHONE.public
    secret = hkdf(dh_ephemeral + dh_identity + bundle[64:], bytes(32), b"adv_secret")
    assert secret == finish.adv_secret
