"""Curve25519: key pairs, Diffie-Hellman, and XEdDSA signatures made with the same keys.

Keys are 32 raw bytes; on the wire a public key is preceded by the type byte 05 (libsignal's
"DJB" keys). All arithmetic on secret points is X25519 of `cryptography`, so nothing here needs a
compiled extension of its own: a signature takes two X25519 operations on the base point and
recovers the Edwards point from their u coordinates.
"""

import os
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha512
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from wigwag.model.value import Value
from wigwag.wire.errors import InvalidKey, SignalFailure

RandomBytes = Callable[[int], bytes]
"""`random(n)` gives n random bytes; os.urandom, or a seeded source in tests and the sandbox."""

DJB: Final = b"\x05"
KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64

_P: Final = 2**255 - 19
_L: Final = 2**252 + 27742317777372353535851937790883648493
"""Order of the base point."""
_A: Final = 486662
_BASE_U: Final = 9
_BASE_V: Final = 14781619447589544791020593568409986887264606134616475288964881837755586237401
_BASE_X: Final = 15112221349535400772501151409588531511454012693041857206046113283949847762202
"""The base point: (u, v) as RFC 7748 gives it, x on Ed25519 as RFC 8032 does."""
_V_TO_X: Final = _BASE_X * _BASE_V * pow(_BASE_U, -1, _P) % _P
"""x = _V_TO_X * u / v: the square root of -(A + 2) that sends one base point to the other."""
_EIGHTH: Final = pow(8, -1, _L)
_NONCE_PREFIX: Final = b"\xfe" + b"\xff" * 31
_SIGN_TRIES: Final = 8


class KeyPair(Value, kw_only=False):
    """A private key (clamped, 32 bytes) and its public key (32 bytes, without type byte)."""

    private: bytes
    public: bytes

    def __repr__(self) -> str:
        return f"KeyPair(public={self.public.hex()[:8]}...)"


def generate_key_pair(random: RandomBytes = os.urandom) -> KeyPair:
    """A new key pair from 32 random bytes."""
    return key_pair_from_private(random(KEY_BYTES))


def key_pair_from_private(private: bytes) -> KeyPair:
    """The key pair of 32 secret bytes, which are clamped as RFC 7748 says."""
    if len(private) != KEY_BYTES:
        raise InvalidKey("A private key must be 32 bytes.")
    clamped = bytes((private[0] & 248,)) + private[1:31] + bytes((private[31] & 127 | 64,))
    return KeyPair(clamped, public_key(clamped))


def public_key(private: bytes) -> bytes:
    """The public key of a private key."""
    return load_private(private).public_key().public_bytes_raw()


def shared_secret(private: bytes, public: bytes) -> bytes:
    """X25519, 32 bytes. Raises InvalidKey for a point of small order (an all-zero secret)."""
    return agree(load_private(private), public)


def load_private(private: bytes) -> X25519PrivateKey:
    """The private key ready for several agreements: loading costs as much as one agreement."""
    try:
        return X25519PrivateKey.from_private_bytes(private)
    except ValueError as exc:
        raise InvalidKey("A private key must be 32 bytes.") from exc


def agree(key: X25519PrivateKey, public: bytes) -> bytes:
    """`shared_secret` with a loaded private key."""
    try:
        return key.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError as exc:
        raise InvalidKey("The public key is malformed or of small order.") from exc


def is_canonical(public: bytes) -> bool:
    """Whether `public` is written in its one form and lies in the group of the base point.

    libsignal asks this of the base key of an incoming pre-key message. A clamped scalar that is
    1 or -1 modulo L gives such a point back unchanged, and no other point.
    """
    if len(public) != KEY_BYTES or int.from_bytes(public, "little") >= _P:
        return False
    try:
        return agree(_ONE, public) == public
    except InvalidKey:
        return False


def with_type(public: bytes) -> bytes:
    """The public key as it travels: 05 and 32 bytes."""
    return DJB + public


def strip_type(data: bytes) -> bytes:
    """The 32 bytes of a public key that travelled. Raises InvalidKey."""
    if len(data) != KEY_BYTES + 1 or data[0] != DJB[0]:
        raise InvalidKey("A public key must be the byte 05 and 32 bytes.")
    return data[1:]


def sign(private: bytes, message: bytes, random: RandomBytes = os.urandom) -> bytes:
    """The XEdDSA signature (64 bytes) of `message`; 64 bytes are taken from `random`."""
    secret, encoded = _signing_key(private)
    secret_bytes = secret.to_bytes(KEY_BYTES, "little")
    for _ in range(_SIGN_TRIES):
        seed = sha512(_NONCE_PREFIX + secret_bytes + message + random(64)).digest()
        nonce = int.from_bytes(seed, "little") % _L
        commitment = edwards_multiple(nonce)
        if commitment is None:
            continue
        digest = sha512(commitment + encoded + message).digest()
        answer = (nonce + int.from_bytes(digest, "little") * secret) % _L
        return commitment + answer.to_bytes(KEY_BYTES, "little")
    raise SignalFailure("The random source does not give random bytes.")


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is the XEdDSA signature of `message` by the owner of `public`.

    The sign of the Edwards key is bit 7 of the last byte, where libsignal puts it.
    """
    if len(signature) != SIGNATURE_BYTES or len(public) != KEY_BYTES:
        return False
    last = signature[63]
    key = _edwards_key(public, last & 0x80)
    if key is None:
        return False
    try:
        key.verify(signature[:63] + bytes((last & 0x7F,)), message)
    except InvalidSignature:
        return False
    return True


def _clamped(scalar: int) -> bytes | None:
    """A private key that X25519 takes as `scalar` or `-scalar` modulo L, which share u.

    Every private key is 8 m with 2^251 <= m < 2^252, and one of scalar/8 and -scalar/8 lies
    there: but for scalars met with probability 2^-126, for which there is None.
    """
    eighth = scalar * _EIGHTH % _L
    if not eighth >> 251:
        eighth = _L - eighth
    if eighth >> 251 != 1:
        return None
    return (eighth << 3).to_bytes(KEY_BYTES, "little")


def edwards_multiple(scalar: int) -> bytes | None:
    """The Ed25519 encoding of scalar * B; None for the scalars that `_clamped` cannot take.

    With u(kB) and u((k+1)B), Okeya and Sakurai's formula gives v(kB); the birational map of
    RFC 7748 then leads to the Edwards point, all with one inversion.
    """
    private, following = _clamped(scalar), _clamped(scalar + 1)
    if private is None or following is None:
        return None
    u = int.from_bytes(public_key(private), "little")
    next_u = int.from_bytes(public_key(following), "little")
    scaled_v = (
        (u * _BASE_U + 1) * (u + _BASE_U + 2 * _A) - 2 * _A - (u - _BASE_U) ** 2 * next_u
    ) % _P
    divisor = scaled_v * (u + 1) % _P
    if not divisor:
        return None
    inverse = pow(divisor, -1, _P)
    x = _V_TO_X * u * 2 * _BASE_V * (u + 1) * inverse % _P
    y = (u - 1) * scaled_v * inverse % _P
    return (y | (x & 1) << 255).to_bytes(KEY_BYTES, "little")


@lru_cache(maxsize=64)
def _signing_key(private: bytes) -> tuple[int, bytes]:
    """The secret scalar and the Edwards public key whose sign bit is 0, as XEdDSA has it."""
    if len(private) != KEY_BYTES:
        raise InvalidKey("A private key must be 32 bytes.")
    secret = int.from_bytes(key_pair_from_private(private).private, "little") % _L
    encoded = edwards_multiple(secret)
    if encoded is None:
        raise InvalidKey("The private key is not random.")
    if encoded[31] & 0x80:
        return _L - secret, encoded[:31] + bytes((encoded[31] & 0x7F,))
    return secret, encoded


@lru_cache(maxsize=512)
def _edwards_key(public: bytes, sign_bit: int) -> Ed25519PublicKey | None:
    """The Ed25519 key y = (u - 1)/(u + 1); None where there is no such point."""
    u = (int.from_bytes(public, "little") & (1 << 255) - 1) % _P
    if u == _P - 1:
        return None
    y = (u - 1) * pow(u + 1, -1, _P) % _P
    try:
        return Ed25519PublicKey.from_public_bytes((y | sign_bit << 248).to_bytes(32, "little"))
    except ValueError:
        return None


_ONE: Final = load_private(_clamped(1) or b"")
"""A clamped scalar that is 1 or -1 modulo L."""
