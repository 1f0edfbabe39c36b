import pytest

from peers.signal_device import Device
from wigwag.wire.errors import InvalidKey
from wigwag.wire.signal.agreement import initiate, respond
from wigwag.wire.signal.keys import PreKeyBundle
from wigwag.wire.signal.messages import PreKeyMessage, SignalMessage

INNER = SignalMessage(bytes(32), 0, b"", b"", b"")


@pytest.mark.parametrize("one_time", [True, False])
def test_both_sides_agree(one_time: bool) -> None:
    alice, bob = Device(1), Device(2)
    bundle = bob.bundle(one_time=one_time)
    ours = initiate(alice.local, bundle, alice.random)
    first = PreKeyMessage(
        1, bundle.one_time_id, bundle.signed_id, ours.base_key, alice.local.identity.public, INNER
    )
    theirs = respond(bob.local, first, bob)
    assert theirs.root == ours.root
    assert theirs.send_key == ours.chains[0].key
    assert theirs.ratchet_public == ours.chains[0].ratchet
    assert (ours.remote_identity, theirs.remote_identity) == (
        bob.local.identity.public,
        alice.local.identity.public,
    )


def test_half_a_one_time_key_is_none() -> None:
    alice, bob = Device(1), Device(2)
    whole = bob.bundle()
    half = PreKeyBundle(
        whole.registration_id,
        whole.identity,
        whole.signed_id,
        whole.signed_public,
        whole.signed_signature,
        None,
        whole.one_time_public,
    )
    state = initiate(alice.local, half, alice.random)
    assert state.pending is not None
    assert state.pending.one_time_id is None


def test_a_one_time_key_of_small_order_is_refused() -> None:
    alice, bob = Device(1), Device(2)
    whole = bob.bundle()
    bad = PreKeyBundle(
        whole.registration_id,
        whole.identity,
        whole.signed_id,
        whole.signed_public,
        whole.signed_signature,
        1,
        bytes(32),
    )
    with pytest.raises(InvalidKey):
        initiate(alice.local, bad, alice.random)
