"""Pairing by an eight-character code instead of a QR code: both sides, pure.

companion                                     phone (the owner types the code)
wrap_ephemeral(code) ------------------------>
                                              phone_hello: unwraps, wraps an own ephemeral key
             <-------------------------------- and its identity key
companion_finish: key bundle, adv secret ---->
                                              phone_finish: opens the bundle, same adv secret

Who does not know the code unwraps a wrong ephemeral key, and the key bundle does not open. After
this, pair-success is checked with the adv secret as after a QR code (source: whatsmeow
pair-code.go).
"""

import hashlib
import hmac
import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from wigwag.model.value import Value
from wigwag.wire.errors import InvalidKey, PairingFailure
from wigwag.wire.pairing_qr import ADV_SECRET_BYTES
from wigwag.wire.signal.curve import (
    KEY_BYTES,
    KeyPair,
    RandomBytes,
    generate_key_pair,
    shared_secret,
)

LINK_CODE_CHARACTERS: Final = 8
WRAPPED_KEY_BYTES: Final = 80
KEY_BUNDLE_BYTES: Final = 156

_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTVWXYZ"
"""Base32 without the characters that are easily mistaken for others: 0, I, O, U."""

_CODE_BYTES: Final = 5
_ROUNDS: Final = 131_072
_SALT_BYTES: Final = 32
_IV_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_BUNDLE_INFO: Final = b"link_code_pairing_key_bundle_encryption_key"
_SECRET_INFO: Final = b"adv_secret"


def generate_link_code(random: RandomBytes = os.urandom) -> str:
    """A new code of eight characters, without its dash."""
    number = int.from_bytes(random(_CODE_BYTES), "big")
    shifts = range(5 * (LINK_CODE_CHARACTERS - 1), -1, -5)
    return "".join(_ALPHABET[number >> shift & 31] for shift in shifts)


def format_link_code(code: str) -> str:
    """The code as it is shown: XXXX-XXXX."""
    return f"{code[:4]}-{code[4:]}"


def parse_link_code(text: str) -> str:
    """The code as someone typed it: dash, blanks and case do not matter.

    Raises PairingFailure for what cannot be a code.
    """
    code = text.replace("-", "").replace(" ", "").upper()
    if len(code) != LINK_CODE_CHARACTERS or code.strip(_ALPHABET):
        raise PairingFailure("A pairing code has eight letters and digits, as ABCD-1234.")
    return code


def wrap_ephemeral(code: str, public: bytes, random: RandomBytes = os.urandom) -> bytes:
    """An ephemeral public key under the code: salt 32, iv 16, sealed key 32.

    Takes some 50 ms of work on purpose (PBKDF2): not for the event loop.
    """
    salt, iv = random(_SALT_BYTES), random(_IV_BYTES)
    return salt + iv + _crypt(code, salt, iv, public)


def unwrap_ephemeral(code: str, wrapped: bytes) -> bytes:
    """The key that `wrap_ephemeral` sealed, or 32 other bytes if the code is another one.

    Takes as long. Raises PairingFailure for a wrong length.
    """
    if len(wrapped) != WRAPPED_KEY_BYTES:
        raise PairingFailure("The peer's wrapped key has a wrong length.")
    salt, iv = wrapped[:_SALT_BYTES], wrapped[_SALT_BYTES : _SALT_BYTES + _IV_BYTES]
    return _crypt(code, salt, iv, wrapped[_SALT_BYTES + _IV_BYTES :])


def _crypt(code: str, salt: bytes, iv: bytes, data: bytes) -> bytes:
    key = hashlib.pbkdf2_hmac("sha256", code.encode(), salt, _ROUNDS, KEY_BYTES)
    cipher = Cipher(algorithms.AES(key), modes.CTR(iv)).encryptor()
    return cipher.update(data) + cipher.finalize()


class PhoneHello(Value):
    """What the phone keeps until the companion has finished; `wrapped` is what it sends."""

    ephemeral: KeyPair
    companion_ephemeral: bytes
    wrapped: bytes


def phone_hello(code: str, wrapped: bytes, random: RandomBytes = os.urandom) -> PhoneHello:
    """The phone's answer to a companion's wrapped ephemeral key."""
    ephemeral = generate_key_pair(random)
    return PhoneHello(
        ephemeral=ephemeral,
        companion_ephemeral=unwrap_ephemeral(code, wrapped),
        wrapped=wrap_ephemeral(code, ephemeral.public, random),
    )


class CompanionFinish(Value):
    """`key_bundle` is what the companion sends, `adv_secret` what pair-success is checked with."""

    key_bundle: bytes
    adv_secret: bytes

    def __repr__(self) -> str:
        return "CompanionFinish(...)"


def companion_finish(
    code: str,
    *,
    identity: KeyPair,
    ephemeral: KeyPair,
    wrapped: bytes,
    primary_identity: bytes,
    random: RandomBytes = os.urandom,
) -> CompanionFinish:
    """The companion's last step, on the phone's wrapped key and identity key.

    `identity` and `ephemeral` are the companion's own. Raises PairingFailure for malformed keys;
    a wrong code shows only on the phone.
    """
    ephemeral_secret = _exchange(ephemeral.private, unwrap_ephemeral(code, wrapped))
    identity_secret = _exchange(identity.private, primary_identity)
    salt, nonce, seed = random(_SALT_BYTES), random(_NONCE_BYTES), random(ADV_SECRET_BYTES)
    bundle = identity.public + primary_identity + seed
    sealed = AESGCM(_derive(ephemeral_secret, salt, _BUNDLE_INFO)).encrypt(nonce, bundle, None)
    return CompanionFinish(
        key_bundle=salt + nonce + sealed,
        adv_secret=_derive(ephemeral_secret + identity_secret + seed, None, _SECRET_INFO),
    )


def phone_finish(
    hello: PhoneHello, *, identity: KeyPair, companion_identity: bytes, key_bundle: bytes
) -> bytes:
    """The phone's last step: the adv secret, 32 bytes.

    `identity` is the phone's. Raises PairingFailure when the code was wrong, or when the identity
    keys that the companion saw are not those that arrived here.
    """
    if len(key_bundle) != KEY_BUNDLE_BYTES:
        raise PairingFailure("The companion's key bundle has a wrong length.")
    ephemeral_secret = _exchange(hello.ephemeral.private, hello.companion_ephemeral)
    salt, rest = key_bundle[:_SALT_BYTES], key_bundle[_SALT_BYTES:]
    key = _derive(ephemeral_secret, salt, _BUNDLE_INFO)
    try:
        bundle = AESGCM(key).decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], None)
    except InvalidTag:
        raise PairingFailure("The pairing code was wrong; ask for a new one.") from None
    seed = bundle[2 * KEY_BYTES :]
    if not hmac.compare_digest(bundle[: 2 * KEY_BYTES], companion_identity + identity.public):
        raise PairingFailure("The companion's keys were changed on the way.")
    identity_secret = _exchange(identity.private, companion_identity)
    return _derive(ephemeral_secret + identity_secret + seed, None, _SECRET_INFO)


def _exchange(private: bytes, public: bytes) -> bytes:
    try:
        return shared_secret(private, public)
    except InvalidKey as error:
        raise PairingFailure("The peer's pairing key is malformed.") from error


def _derive(secret: bytes, salt: bytes | None, info: bytes) -> bytes:
    return HKDF(SHA256(), ADV_SECRET_BYTES, salt, info).derive(secret)
