from dataclasses import dataclass

import pytest

from peers.signal_device import Device
from wigwag.wire.errors import InvalidKey
from wigwag.wire.signal.curve import generate_key_pair, verify, with_type
from wigwag.wire.signal.keys import (
    LocalIdentity,
    PreKey,
    PreKeyBundle,
    check_bundle,
    make_signed_prekey,
)


@dataclass
class Change:
    """The fields of a bundle, one of them changed."""

    bundle: PreKeyBundle

    def build(
        self,
        *,
        registration_id: int | None = None,
        identity: bytes | None = None,
        signed_id: int | None = None,
        signed_signature: bytes | None = None,
        one_time_id: int | None = None,
    ) -> PreKeyBundle:
        was = self.bundle
        return PreKeyBundle(
            was.registration_id if registration_id is None else registration_id,
            was.identity if identity is None else identity,
            was.signed_id if signed_id is None else signed_id,
            was.signed_public,
            was.signed_signature if signed_signature is None else signed_signature,
            was.one_time_id if one_time_id is None else one_time_id,
            was.one_time_public,
        )


def test_a_signed_prekey_is_signed_with_its_type_byte() -> None:
    identity = generate_key_pair()
    signed = make_signed_prekey(identity, 7)
    assert signed.id == 7
    assert verify(identity.public, with_type(signed.pair.public), signed.signature)
    assert not verify(identity.public, signed.pair.public, signed.signature)


def test_a_good_bundle_passes() -> None:
    check_bundle(Device(1).bundle())
    check_bundle(Device(1).bundle(one_time=False))


def test_a_bad_bundle_is_refused() -> None:
    change = Change(Device(1).bundle())
    bad = [
        change.build(identity=generate_key_pair().public),
        change.build(identity=b""),
        change.build(signed_signature=bytes(64)),
        change.build(signed_signature=b""),
        change.build(registration_id=1 << 32),
        change.build(signed_id=-1),
        change.build(one_time_id=1 << 32),
    ]
    for bundle in bad:
        with pytest.raises(InvalidKey):
            check_bundle(bundle)


def test_private_keys_are_not_shown() -> None:
    pair = generate_key_pair()
    for shown in (repr(LocalIdentity(pair, 1)), repr(PreKey(1, pair))):
        assert repr(pair.private)[2:-1] not in shown
