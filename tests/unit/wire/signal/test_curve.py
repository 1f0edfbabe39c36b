import os
import random
from hashlib import sha512

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from wigwag.wire.errors import InvalidKey, SignalFailure
from wigwag.wire.signal import curve

ORDER = 2**252 + 27742317777372353535851937790883648493
PRIME = 2**255 - 19

# Every point of order 1, 2, 4 or 8 of the curve and its twist, and their second spellings.
SMALL_ORDER = [
    0,
    1,
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
    PRIME - 1,
    PRIME,
    PRIME + 1,
]


def seeded(seed: int) -> curve.RandomBytes:
    return random.Random(seed).randbytes


def test_generated_private_keys_are_clamped() -> None:
    pair = curve.generate_key_pair(lambda size: b"\xff" * size)
    assert pair.private == b"\xf8" + b"\xff" * 30 + b"\x7f"
    assert pair.public == curve.public_key(pair.private)


def test_two_parties_share_a_secret() -> None:
    one, two = curve.generate_key_pair(), curve.generate_key_pair()
    secret = curve.shared_secret(one.private, two.public)
    assert secret == curve.shared_secret(two.private, one.public)
    assert len(secret) == 32


@pytest.mark.parametrize("u", SMALL_ORDER)
def test_points_of_small_order_are_refused(u: int) -> None:
    point = u.to_bytes(32, "little")
    with pytest.raises(InvalidKey):
        curve.shared_secret(curve.generate_key_pair().private, point)
    assert not curve.is_canonical(point)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_keys_of_another_length_are_refused(size: int) -> None:
    private = curve.generate_key_pair().private
    with pytest.raises(InvalidKey):
        curve.shared_secret(private, bytes(size))
    with pytest.raises(InvalidKey):
        curve.shared_secret(bytes(size), bytes(32))
    with pytest.raises(InvalidKey):
        curve.key_pair_from_private(bytes(size))
    with pytest.raises(InvalidKey):
        curve.sign(bytes(size), b"")
    assert not curve.is_canonical(bytes(size))
    assert not curve.verify(bytes(size), b"", bytes(64))


def test_canonical_keys_are_those_that_honest_parties_make() -> None:
    pair = curve.generate_key_pair(seeded(1))
    assert curve.is_canonical(pair.public)
    high_bit = pair.public[:31] + bytes((pair.public[31] | 0x80,))
    assert not curve.is_canonical(high_bit)
    source = random.Random(2)
    on_curve_by_chance = sum(curve.is_canonical(source.randbytes(31) + b"\x11") for _ in range(320))
    assert 5 <= on_curve_by_chance <= 40  # one in sixteen


def test_the_type_byte_is_put_on_and_taken_off() -> None:
    public = curve.generate_key_pair().public
    assert curve.with_type(public) == b"\x05" + public
    assert curve.strip_type(b"\x05" + public) == public
    for bad in (b"", b"\x05", public, b"\x06" + public, b"\x05" + public + b"\x00"):
        with pytest.raises(InvalidKey):
            curve.strip_type(bad)


def test_signatures_verify_and_have_sign_bit_0() -> None:
    source = seeded(3)
    for size in range(40):
        pair, message = curve.generate_key_pair(source), source(size)
        signature = curve.sign(pair.private, message, source)
        assert len(signature) == 64
        assert signature[63] & 0x80 == 0
        assert curve.verify(pair.public, message, signature)
        assert not curve.verify(pair.public, message + b"\x00", signature)
        assert not curve.verify(curve.generate_key_pair(source).public, message, signature)


def test_every_flipped_bit_breaks_a_signature() -> None:
    source = seeded(4)
    pair = curve.generate_key_pair(source)
    signature = curve.sign(pair.private, b"message", source)
    for bit in range(512):
        flipped = bytearray(signature)
        flipped[bit >> 3] ^= 1 << (bit & 7)
        assert not curve.verify(pair.public, b"message", bytes(flipped))


@pytest.mark.parametrize("size", [0, 63, 65])
def test_signatures_of_another_length_are_wrong(size: int) -> None:
    assert not curve.verify(curve.generate_key_pair().public, b"", bytes(size))


def test_a_signature_under_a_key_without_an_edwards_point_is_wrong() -> None:
    minus_one = (PRIME - 1).to_bytes(32, "little")
    assert not curve.verify(minus_one, b"", bytes(64))
    assert not any(curve.verify(os.urandom(32), b"", os.urandom(64)) for _ in range(50))


def test_a_scalar_beyond_the_order_is_refused() -> None:
    source = seeded(5)
    pair = curve.generate_key_pair(source)
    signature = curve.sign(pair.private, b"m", source)
    malleable = int.from_bytes(signature[32:], "little") + ORDER
    assert not curve.verify(pair.public, b"m", signature[:32] + malleable.to_bytes(32, "little"))


def test_multiples_of_the_base_point_agree_with_ed25519() -> None:
    """An Ed25519 public key is the clamped half of its seed's hash times B: a foreign judge."""
    source = seeded(6)
    for _ in range(40):
        seed = source(32)
        half = sha512(seed).digest()[:32]
        scalar = int.from_bytes(curve.key_pair_from_private(half).private, "little") % ORDER
        expected = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
        assert curve.edwards_multiple(scalar) == expected


def test_a_signature_is_an_ed25519_signature() -> None:
    source = seeded(7)
    for _ in range(20):
        seed = source(32)
        key = curve.key_pair_from_private(sha512(seed).digest()[:32])
        edwards = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
        positive = Ed25519PublicKey.from_public_bytes(edwards[:31] + bytes((edwards[31] & 0x7F,)))
        positive.verify(curve.sign(key.private, b"message", source), b"message")


def test_an_ed25519_signature_with_its_sign_bit_verifies() -> None:
    """libsignal's form: the sign of the public key travels in the signature."""
    source = seeded(8)
    for _ in range(20):
        seed = source(32)
        private = Ed25519PrivateKey.from_private_bytes(seed)
        sign_bit = private.public_key().public_bytes_raw()[31] & 0x80
        signature = private.sign(b"message")
        moved = signature[:63] + bytes((signature[63] | sign_bit,))
        public = curve.key_pair_from_private(sha512(seed).digest()[:32]).public
        assert curve.verify(public, b"message", moved)


def test_nonces_that_no_clamped_key_stands_for_are_none() -> None:
    for scalar in (0, ORDER - 1, 8):
        assert curve.edwards_multiple(scalar) is None


def test_a_random_source_that_never_helps_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = curve.generate_key_pair()
    curve.sign(pair.private, b"")

    def none(_scalar: int) -> None:
        return None

    monkeypatch.setattr(curve, "edwards_multiple", none)
    with pytest.raises(SignalFailure):
        curve.sign(pair.private, b"")


def test_key_pairs_do_not_show_their_secret() -> None:
    pair = curve.generate_key_pair()
    for shown in (repr(pair), str(pair), f"{[pair]}"):
        assert pair.private.hex() not in shown
        assert repr(pair.private) not in shown
