"""X3DH: how a session begins, on both sides (libsignal's version 3)."""

from wigwag.wire.errors import InvalidKey, InvalidMessage
from wigwag.wire.signal.curve import (
    RandomBytes,
    agree,
    generate_key_pair,
    is_canonical,
    load_private,
)
from wigwag.wire.signal.keys import LocalIdentity, PreKeyBundle, PreKeySource, check_bundle
from wigwag.wire.signal.messages import PreKeyMessage
from wigwag.wire.signal.ratchet import agreed_keys
from wigwag.wire.signal.records import Chain, Pending, State

_DISCONTINUITY = b"\xff" * 32


def initiate(local: LocalIdentity, bundle: PreKeyBundle, random: RandomBytes) -> State:
    """A session with the device that published `bundle`. Raises InvalidKey.

    The device may answer on the chain under its signed prekey; our first message makes the first
    sending chain.
    """
    check_bundle(bundle)
    base = generate_key_pair(random)
    base_key = load_private(base.private)
    parts = [
        _DISCONTINUITY,
        agree(load_private(local.identity.private), bundle.signed_public),
        agree(base_key, bundle.identity),
        agree(base_key, bundle.signed_public),
    ]
    one_time_id = bundle.one_time_id if bundle.one_time_public is not None else None
    if one_time_id is not None and bundle.one_time_public is not None:
        parts.append(agree(base_key, bundle.one_time_public))
    root, chain_key = agreed_keys(b"".join(parts))
    return State(
        base_key=base.public,
        remote_identity=bundle.identity,
        remote_registration_id=bundle.registration_id,
        root=root,
        ratchet_private=base.private,
        ratchet_public=base.public,
        send_key=None,
        send_index=0,
        previous=0,
        chains=[Chain(bundle.signed_public, chain_key, 0, {})],
        pending=Pending(bundle.signed_id, one_time_id),
    )


def respond(local: LocalIdentity, first: PreKeyMessage, prekeys: PreKeySource) -> State:
    """The session that a pre-key message begins.

    Raises InvalidMessage for a base key that no honest device makes, and InvalidKey when one of
    our prekeys that it names is not known any more.
    """
    if not is_canonical(first.base_key):
        raise InvalidMessage("The base key of the message is not valid.")
    signed = prekeys.find_signed_prekey(first.signed_id)
    if signed is None:
        raise InvalidKey("The signed prekey that the message names is not known.")
    signed_key = load_private(signed.pair.private)
    parts = [
        _DISCONTINUITY,
        agree(signed_key, first.identity),
        agree(load_private(local.identity.private), first.base_key),
        agree(signed_key, first.base_key),
    ]
    if first.one_time_id is not None:
        one_time = prekeys.find_prekey(first.one_time_id)
        if one_time is None:
            raise InvalidKey("The one-time prekey that the message names is not known.")
        parts.append(agree(load_private(one_time.pair.private), first.base_key))
    root, chain_key = agreed_keys(b"".join(parts))
    return State(
        base_key=first.base_key,
        remote_identity=first.identity,
        remote_registration_id=first.registration_id,
        root=root,
        ratchet_private=signed.pair.private,
        ratchet_public=signed.pair.public,
        send_key=chain_key,
        send_index=0,
        previous=0,
        chains=[],
        pending=None,
    )
