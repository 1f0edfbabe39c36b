import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from peers.signal_device import SIGNED_ID, Device, connected
from wigwag.wire.errors import (
    DuplicateMessage,
    InvalidKey,
    InvalidMessage,
    NoSession,
    SignalFailure,
)
from wigwag.wire.signal import curve, ratchet, session
from wigwag.wire.signal.messages import (
    read_prekey_message,
    read_signal_message,
    write_signed_part,
)
from wigwag.wire.signal.ratchet import MAX_JUMP, MAX_SKIPPED
from wigwag.wire.signal.records import MAX_CHAINS, MAX_STATES
from wigwag.wire.signal.session import Ciphertext, SessionRecord


def test_a_session_stays_pkmsg_until_a_reply_is_decrypted() -> None:
    alice, bob = Device(1), Device(2)
    alice.start(bob.bundle())
    first, second = alice.send(b"one"), alice.send(b"two")
    assert (first.kind, second.kind) == ("pkmsg", "pkmsg")
    assert bob.receive(second) == b"two"
    assert bob.receive(first) == b"one"
    reply = bob.send(b"three")
    assert reply.kind == "msg"
    assert alice.send(b"four").kind == "pkmsg"
    assert alice.receive(reply) == b"three"
    assert alice.send(b"five").kind == "msg"


def test_the_used_one_time_prekey_is_told_once() -> None:
    alice, bob = Device(1), Device(2)
    alice.start(bob.bundle())
    first, second = alice.send(b"1"), alice.send(b"2")
    local, record = bob.local, bob.record
    assert session.decrypt_prekey_message(local, record, first.data, bob) == (b"1", 1)
    assert session.decrypt_prekey_message(local, record, second.data, bob) == (b"2", None)


def test_a_session_without_a_one_time_prekey() -> None:
    alice, bob = Device(1), Device(2)
    alice.start(bob.bundle(one_time=False))
    sent = alice.send(b"1")
    assert read_prekey_message(sent.data).one_time_id is None
    plaintext, used = session.decrypt_prekey_message(bob.local, bob.record, sent.data, bob)
    assert (plaintext, used) == (b"1", None)


def test_what_a_prekey_message_says() -> None:
    alice, bob = Device(1), Device(2)
    alice.start(bob.bundle())
    sent = alice.send(b"1")
    first = read_prekey_message(sent.data)
    assert first.registration_id == alice.local.registration_id
    assert (first.one_time_id, first.signed_id) == (1, SIGNED_ID)
    assert first.identity == alice.local.identity.public
    assert session.prekey_message_identity(sent.data) == alice.local.identity.public
    bob.receive(sent)
    assert bob.record.remote_identity == alice.local.identity.public
    assert bob.record.remote_registration_id == alice.local.registration_id


def test_an_empty_record_has_no_session() -> None:
    alice, bob = connected()
    record = SessionRecord()
    assert record.is_empty
    assert record.remote_identity is None
    assert record.remote_registration_id is None
    with pytest.raises(NoSession):
        session.encrypt(alice.local, record, b"")
    with pytest.raises(NoSession):
        session.decrypt_message(alice.local, record, bob.send(b"").data)


def test_an_unsigned_bundle_is_refused_and_begins_nothing() -> None:
    alice, bob, eve = Device(1), Device(2), Device(3)
    good, other = bob.bundle(), eve.bundle()
    bad = type(good)(
        good.registration_id,
        good.identity,
        good.signed_id,
        other.signed_public,
        good.signed_signature,
    )
    with pytest.raises(InvalidKey):
        alice.start(bad)
    assert alice.record.is_empty


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 5000])
def test_any_length_goes_through(size: int) -> None:
    alice, bob = connected()
    assert bob.receive(alice.send(b"x" * size)) == b"x" * size


def test_each_turn_has_a_new_ratchet_key_and_counts_from_zero() -> None:
    alice, bob = connected()
    ratchets: set[bytes] = set()
    for _ in range(5):
        for sender, receiver in ((alice, bob), (bob, alice)):
            for counter in range(3):
                sent = sender.send(b"m")
                message = read_signal_message(sent.data)
                assert message.counter == counter
                ratchets.add(message.ratchet)
                receiver.receive(sent)
    assert len(ratchets) == 10


def test_late_messages_of_earlier_turns_are_read() -> None:
    alice, bob = connected()
    late = [alice.send(b"late %d" % turn) for turn in range(3)]
    for turn in range(MAX_CHAINS - 1):
        bob.receive(alice.send(b"turn %d" % turn))
        alice.receive(bob.send(b"answer"))
    for number, sent in enumerate(late):
        assert bob.receive(sent) == b"late %d" % number


def test_chains_beyond_the_limit_are_forgotten() -> None:
    alice, bob = connected()
    late = alice.send(b"late")
    for _ in range(MAX_CHAINS + 1):
        bob.receive(alice.send(b"turn"))
        alice.receive(bob.send(b"answer"))
    with pytest.raises(InvalidMessage):
        bob.receive(late)
    assert len(bob.record.states[0].chains) == MAX_CHAINS


def test_a_message_twice_is_a_duplicate() -> None:
    alice, bob = Device(1), Device(2)
    alice.start(bob.bundle())
    first = alice.send(b"1")
    bob.receive(first)
    with pytest.raises(DuplicateMessage):
        bob.receive(first)
    late, second = alice.send(b"2"), alice.send(b"3")
    bob.receive(second)
    bob.receive(late)
    for sent in (late, second):
        with pytest.raises(DuplicateMessage):
            bob.receive(sent)


def test_a_jump_up_to_the_limit_is_bridged() -> None:
    alice, bob = connected()
    skipped = [alice.send(b"%d" % number) for number in range(MAX_JUMP)]
    assert bob.receive(alice.send(b"after")) == b"after"
    assert bob.receive(skipped[0]) == b"0"
    assert bob.receive(skipped[-1]) == b"%d" % (MAX_JUMP - 1)


def test_a_jump_beyond_the_limit_is_refused() -> None:
    alice, bob = connected()
    bob.receive(alice.send(b"turn"))
    for _ in range(MAX_JUMP + 1):
        sent = session.encrypt(alice.local, alice.record, b"")
    sent = alice.send(b"too far")
    with pytest.raises(InvalidMessage):
        bob.receive(sent)


def test_skipped_messages_are_forgotten_oldest_first() -> None:
    alice, bob = connected()
    first = alice.send(b"first")
    for _ in range(MAX_JUMP - 1):
        session.encrypt(alice.local, alice.record, b"")
    bob.receive(alice.send(b"one more"))
    second, third = alice.send(b"second"), alice.send(b"third")
    bob.receive(alice.send(b"two beyond"))
    with pytest.raises(DuplicateMessage):
        bob.receive(first)
    assert bob.receive(second) == b"second"
    assert bob.receive(third) == b"third"
    kept = [chain for state in bob.record.states for chain in state.chains]
    assert sum(len(chain.skipped) for chain in kept) == MAX_SKIPPED - 2


def test_crossing_beginnings_meet() -> None:
    """Both begin a session at once: both pkmsgs are read, and they go on."""
    alice, bob = Device(1), Device(2)
    alice.start(bob.bundle())
    bob.start(alice.bundle())
    from_alice, from_bob = alice.send(b"a"), bob.send(b"b")
    assert bob.receive(from_alice) == b"a"
    assert alice.receive(from_bob) == b"b"
    assert len(alice.record.states) == len(bob.record.states) == 2
    for _ in range(3):
        from_alice, from_bob = alice.send(b"a"), bob.send(b"b")
        assert alice.receive(from_bob) == b"b"
        assert bob.receive(from_alice) == b"a"
    assert alice.send(b"").kind == bob.send(b"").kind == "msg"


def test_an_archived_session_is_promoted_when_it_decrypts() -> None:
    alice, bob = connected()
    base_key = bob.record.states[0].base_key
    bob.start(alice.bundle())
    assert bob.record.states[0].base_key != base_key
    assert bob.receive(alice.send(b"in the old session")) == b"in the old session"
    assert bob.record.states[0].base_key == base_key
    assert len(bob.record.states) == 2


def test_only_the_newest_sessions_are_kept() -> None:
    alice, bob = connected()
    for _ in range(MAX_STATES + 5):
        bob.start(alice.bundle(one_time=False))
    assert len(bob.record.states) == MAX_STATES
    with pytest.raises(InvalidMessage):
        bob.receive(alice.send(b"of a forgotten session"))


def test_a_known_base_key_under_another_identity_is_refused() -> None:
    alice, bob, eve = Device(1), Device(2), Device(3)
    alice.start(bob.bundle())
    bob.receive(alice.send(b"1"))
    sent = alice.send(b"2")
    forged = sent.data.replace(alice.local.identity.public, eve.local.identity.public)
    with pytest.raises(InvalidMessage):
        bob.receive(Ciphertext("pkmsg", forged))


def test_a_changed_identity_is_seen_in_the_record() -> None:
    _, bob = connected()
    reinstalled = Device(4)
    reinstalled.start(bob.bundle())
    sent = reinstalled.send(b"new phone")
    assert session.prekey_message_identity(sent.data) != bob.record.remote_identity
    assert bob.receive(sent) == b"new phone"
    assert bob.record.remote_identity == reinstalled.local.identity.public
    assert reinstalled.receive(bob.send(b"welcome")) == b"welcome"


def test_unknown_prekeys_are_refused() -> None:
    alice, bob = Device(1), Device(2)
    alice.start(bob.bundle())
    sent = alice.send(b"1")
    bob.prekeys.clear()
    with pytest.raises(InvalidKey):
        bob.receive(sent)
    with pytest.raises(InvalidKey):
        Device(3).receive(sent)
    renewed = Device(2)
    renewed.signed = type(renewed.signed)(10, renewed.signed.pair, renewed.signed.signature)
    with pytest.raises(InvalidKey):
        session.decrypt_prekey_message(renewed.local, renewed.record, sent.data, _NoSignedPreKey())


class _NoSignedPreKey:
    def find_prekey(self, _prekey_id: int, /) -> None:
        return None

    def find_signed_prekey(self, _prekey_id: int, /) -> None:
        return None


def test_a_failed_first_message_uses_up_nothing() -> None:
    alice, bob = Device(1), Device(2)
    alice.start(bob.bundle())
    sent = alice.send(b"1")
    damaged = bytearray(sent.data)
    damaged[-20] ^= 1
    with pytest.raises(SignalFailure):
        bob.receive(Ciphertext("pkmsg", bytes(damaged)))
    assert bob.prekeys
    assert bob.record.is_empty
    assert bob.receive(sent) == b"1"


def test_a_base_key_of_small_order_is_refused() -> None:
    alice, bob = Device(1), Device(2)
    alice.start(bob.bundle())
    sent = alice.send(b"1")
    base_key = alice.record.states[0].base_key
    for bad in (bytes(32), (1).to_bytes(32, "little"), (2**255 - 18).to_bytes(32, "little")):
        with pytest.raises(SignalFailure):
            bob.receive(Ciphertext("pkmsg", sent.data.replace(base_key, bad)))


@pytest.mark.parametrize("states", [1, MAX_STATES])
@pytest.mark.parametrize("counter", [MAX_JUMP, MAX_JUMP + 1, 2**32 - 1])
def test_a_forged_counter_costs_bounded_work(
    states: int, counter: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = connected()
    for _ in range(states - 1):
        bob.start(alice.bundle(one_time=False))
    steps = agreements = 0

    def counted_skip(chain_key: bytes, index: int, target: int) -> tuple[bytes, dict[int, bytes]]:
        nonlocal steps
        found = ratchet.skip_to(chain_key, index, target)
        steps += target - index
        return found

    def counted_agree(key: X25519PrivateKey, public: bytes) -> bytes:
        nonlocal agreements
        agreements += 1
        return curve.agree(key, public)

    monkeypatch.setattr("wigwag.wire.signal.session.skip_to", counted_skip)
    monkeypatch.setattr("wigwag.wire.signal.session.agree", counted_agree)
    unknown = curve.generate_key_pair().public
    forged = write_signed_part(unknown, counter, 0, bytes(16)) + bytes(8)
    with pytest.raises(InvalidMessage):
        bob.receive(Ciphertext("msg", forged))
    assert steps <= 10_000
    assert agreements <= MAX_STATES


def test_a_used_up_or_damaged_session_sends_nothing() -> None:
    alice, bob = connected()
    bob.record.states[0].send_index = 1 << 32
    alice.record.states[0].chains.clear()
    for device in (alice, bob):
        with pytest.raises(NoSession):
            device.send(b"")
