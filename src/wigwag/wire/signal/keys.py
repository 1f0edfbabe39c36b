"""The keys that devices publish, so that others can start a session with them."""

import os
from typing import Protocol

from wigwag.model.value import Value
from wigwag.wire.errors import InvalidKey
from wigwag.wire.signal.curve import (
    KeyPair,
    RandomBytes,
    generate_key_pair,
    sign,
    verify,
    with_type,
)


class LocalIdentity(Value, kw_only=False):
    """Who we are in every session: the identity key pair and the registration id (32 bits)."""

    identity: KeyPair
    registration_id: int


class PreKey(Value, kw_only=False):
    """A one-time key; the id has 24 bits on the wire."""

    id: int
    pair: KeyPair


class SignedPreKey(Value, kw_only=False):
    """A key signed by the identity key (over 05 and the public key), used until it is renewed."""

    id: int
    pair: KeyPair
    signature: bytes


class PreKeyBundle(Value, kw_only=False):
    """What the server hands out to start a session with a device. Public keys are 32 bytes."""

    registration_id: int
    identity: bytes
    signed_id: int
    signed_public: bytes
    signed_signature: bytes
    one_time_id: int | None = None
    one_time_public: bytes | None = None


class PreKeySource(Protocol):
    """Where the private halves of our published keys are found."""

    def find_prekey(self, prekey_id: int, /) -> PreKey | None: ...

    def find_signed_prekey(self, prekey_id: int, /) -> SignedPreKey | None: ...


def make_signed_prekey(
    identity: KeyPair, prekey_id: int, random: RandomBytes = os.urandom
) -> SignedPreKey:
    """A new signed prekey."""
    pair = generate_key_pair(random)
    return SignedPreKey(prekey_id, pair, sign(identity.private, with_type(pair.public), random))


def check_bundle(bundle: PreKeyBundle) -> None:
    """Raises InvalidKey unless the ids have 32 bits and the signed prekey the right signature."""
    for number in (bundle.registration_id, bundle.signed_id, bundle.one_time_id or 0):
        if not 0 <= number <= 0xFFFFFFFF:
            raise InvalidKey("An id of the prekey bundle is not a number of 32 bits.")
    signed = with_type(bundle.signed_public)
    if not verify(bundle.identity, signed, bundle.signed_signature):
        raise InvalidKey("The signature of the signed prekey is wrong.")
