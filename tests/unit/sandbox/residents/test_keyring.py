"""A device's keys: prekeys, bounds, and what survives a stop or a crash."""

import os

import pytest

from wigwag.model.jid import Jid
from wigwag.sandbox.residents import groupkeys
from wigwag.sandbox.residents import keyring as keyrings
from wigwag.sandbox.residents.bundles import bundle_from_node, prekey_node, signed_prekey_node
from wigwag.sandbox.residents.keyring import Keyring
from wigwag.wire.errors import MalformedNode, NoSenderKey, NoSession, SignalFailure
from wigwag.wire.nodes import Node
from wigwag.wire.signal.keys import PreKeyBundle

ANN = Jid("1", "lid")
BOB = Jid("2", "lid")
GROUP = Jid("3", "g.us")


def bundle_of(keyring: Keyring) -> PreKeyBundle:
    """As it travels in a retry receipt."""
    registration = keyring.local.registration_id.to_bytes(4, "big")
    keys = Node(
        "keys",
        {},
        [
            Node("identity", {}, keyring.local.identity.public),
            prekey_node(keyring.make_prekeys(1)[0]),
            signed_prekey_node(keyring.signed),
        ],
    )
    return bundle_from_node(Node("receipt", {}, [Node("registration", {}, registration), keys]))


def acquainted() -> tuple[Keyring, Keyring]:
    ann, bob = Keyring.create(os.urandom), Keyring.create(os.urandom)
    ann.open_session(BOB, bundle_of(bob))
    say(ann, bob, BOB, ANN, b"hello")
    say(bob, ann, ANN, BOB, b"hello")
    return ann, bob


def say(speaker: Keyring, listener: Keyring, to: Jid, by: Jid, text: bytes) -> str:
    sealed = speaker.encrypt(to, text)
    assert listener.decrypt(by, sealed.kind, sealed.data) == text
    return sealed.kind


def test_sessions_open_and_go_on() -> None:
    ann, bob = acquainted()
    assert say(ann, bob, BOB, ANN, b"more") == "msg"
    assert ann.has_session(BOB)
    assert ann.sessions_with(BOB) == [BOB]


def test_without_a_session_nothing_is_sealed() -> None:
    ann = Keyring.create(os.urandom)
    with pytest.raises(NoSession):
        ann.encrypt(BOB, b"x")
    with pytest.raises(NoSession):
        ann.decrypt(BOB, "msg", b"x")
    with pytest.raises(SignalFailure):
        ann.decrypt(BOB, "pkmsg", b"x")
    with pytest.raises(NoSenderKey):
        ann.group_encrypt(GROUP, b"x")
    assert not ann.has_session(BOB)


def test_a_one_time_prekey_is_used_once() -> None:
    bob = Keyring.create(os.urandom)
    bundle = bundle_of(bob)
    first, second = Keyring.create(os.urandom), Keyring.create(os.urandom)
    first.open_session(BOB, bundle)
    second.open_session(BOB, bundle)
    say(first, bob, BOB, ANN, b"one")
    late = second.encrypt(BOB, b"two")
    with pytest.raises(SignalFailure):
        bob.decrypt(Jid("9", "lid"), late.kind, late.data)


def test_sender_keys_are_shared_with_those_who_lack_them() -> None:
    ann, bob = acquainted()
    assert ann.devices_without_key(GROUP, [BOB]) == [BOB]
    bob.accept_distribution(GROUP, ANN, ann.distribution(GROUP))
    ann.mark_shared(GROUP, [BOB])
    assert ann.devices_without_key(GROUP, [BOB]) == []
    assert bob.group_decrypt(GROUP, ANN, ann.group_encrypt(GROUP, b"hello")) == b"hello"
    ann.forget_user(BOB)
    assert ann.devices_without_key(GROUP, [BOB]) == [BOB]
    assert not ann.has_session(BOB)


def test_the_key_is_changed_when_somebody_left() -> None:
    ann, bob = acquainted()
    bob.accept_distribution(GROUP, ANN, ann.distribution(GROUP))
    ann.mark_shared(GROUP, [BOB, Jid("9", "lid")])
    assert ann.devices_without_key(GROUP, [BOB]) == [BOB]
    ann.distribution(GROUP)
    with pytest.raises(SignalFailure):
        bob.group_decrypt(GROUP, ANN, ann.group_encrypt(GROUP, b"not for you"))


def test_a_clean_stop_loses_nothing() -> None:
    ann, bob = acquainted()
    bob.accept_distribution(GROUP, ANN, ann.distribution(GROUP))
    ann.mark_shared(GROUP, [BOB])
    again = Keyring.restore(ann.export(), os.urandom, clean=True)
    assert again.has_session(BOB)
    assert say(again, bob, BOB, ANN, b"still here") == "msg"
    assert again.devices_without_key(GROUP, [BOB]) == []
    assert bob.group_decrypt(GROUP, ANN, again.group_encrypt(GROUP, b"group")) == b"group"


def test_after_a_crash_no_counter_is_used_twice() -> None:
    ann, bob = acquainted()
    bob.accept_distribution(GROUP, ANN, ann.distribution(GROUP))
    ann.mark_shared(GROUP, [BOB])
    saved = ann.export()
    late = bob.encrypt(ANN, b"on the old session")
    say(ann, bob, BOB, ANN, b"after the save")
    again = Keyring.restore(saved, os.urandom, clean=False)
    assert not again.has_session(BOB)
    assert again.decrypt(BOB, late.kind, late.data) == b"on the old session"
    again.open_session(BOB, bundle_of(bob))
    assert say(again, bob, BOB, ANN, b"a new session") == "pkmsg"
    assert again.devices_without_key(GROUP, [BOB]) == [BOB]
    bob.accept_distribution(GROUP, ANN, again.distribution(GROUP))
    assert bob.group_decrypt(GROUP, ANN, again.group_encrypt(GROUP, b"new key")) == b"new key"


def test_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyrings, "MAX_SESSIONS", 3)
    monkeypatch.setattr(groupkeys, "MAX_SENDER_KEYS", 3)
    monkeypatch.setattr(keyrings, "MAX_PREKEYS", 10)
    ann, bob = Keyring.create(os.urandom), Keyring.create(os.urandom)
    bundle = replace_prekey(bundle_of(bob))
    distribution = bob.distribution(GROUP)
    for number in range(5):
        ann.open_session(Jid(str(number), "lid"), bundle)
        ann.accept_distribution(GROUP, Jid(str(number), "lid"), distribution)
    ann.make_prekeys(25)
    saved = ann.export()
    assert [entry.device.user for entry in saved.sessions] == ["2", "3", "4"]
    assert len(saved.sender_keys) == 3
    assert len(saved.prekeys) == 10


def replace_prekey(bundle: PreKeyBundle) -> PreKeyBundle:
    return PreKeyBundle(
        bundle.registration_id,
        bundle.identity,
        bundle.signed_id,
        bundle.signed_public,
        bundle.signed_signature,
    )


@pytest.mark.parametrize(
    "node",
    [
        Node("receipt"),
        Node("receipt", {}, [Node("registration", {}, b"1234")]),
        Node("receipt", {}, [Node("registration", {}, b"1"), Node("keys", {}, [Node("skey")])]),
        Node("receipt", {}, [Node("registration", {}, b"1234"), Node("keys", {}, [Node("skey")])]),
    ],
    ids=repr,
)
def test_malformed_bundles_are_refused(node: Node) -> None:
    with pytest.raises(MalformedNode):
        bundle_from_node(node)
