import random

import pytest

from wigwag.wire.errors import (
    DuplicateMessage,
    InvalidMessage,
    NoSenderKey,
    SignalFailure,
)
from wigwag.wire.signal.curve import generate_key_pair, sign
from wigwag.wire.signal.messages import (
    Distribution,
    read_distribution,
    write_distribution,
    write_group_signed_part,
)
from wigwag.wire.signal.ratchet import (
    MAX_JUMP,
    MAX_SKIPPED,
    chain_step,
    encrypt_body,
    group_keys,
)
from wigwag.wire.signal.sender_keys import (
    MAX_STATES,
    SenderKeyRecord,
    create_distribution,
    group_decrypt,
    group_encrypt,
    process_distribution,
)


class Sender:
    """A member that sends."""

    def __init__(self, seed: int = 1) -> None:
        self.random = random.Random(seed).randbytes
        self.record = SenderKeyRecord()

    def distribution(self) -> bytes:
        return create_distribution(self.record, self.random)

    def send(self, plaintext: bytes = b"text") -> bytes:
        return group_encrypt(self.record, plaintext, self.random)

    def skip(self, count: int) -> None:
        """As if `count` messages were sent."""
        state = self.record.states[0]
        for _ in range(count):
            _, state.chain_key = chain_step(state.chain_key)
        state.iteration += count


def joined(seed: int = 1) -> tuple[Sender, SenderKeyRecord]:
    """A sender and the record that a member has of it."""
    sender, record = Sender(seed), SenderKeyRecord()
    process_distribution(record, sender.distribution())
    return sender, record


def test_messages_reach_every_member() -> None:
    sender, early = joined()
    first = sender.send(b"1")
    late = SenderKeyRecord()
    process_distribution(late, sender.distribution())
    second = sender.send(b"2")
    assert group_decrypt(early, first) == b"1"
    for record in (early, late):
        assert group_decrypt(record, second) == b"2"
    with pytest.raises(DuplicateMessage):
        group_decrypt(late, first)


def test_a_distribution_tells_the_present_position() -> None:
    sender = Sender()
    first = read_distribution(sender.distribution())
    assert first.iteration == 0
    assert 0 <= first.key_id < 1 << 31
    assert read_distribution(sender.distribution()) == first
    sender.send()
    second = read_distribution(sender.distribution())
    assert (second.key_id, second.iteration) == (first.key_id, 1)
    assert second.chain_key != first.chain_key


def test_without_a_key_nothing_is_sent_or_read() -> None:
    sender, record = joined()
    with pytest.raises(NoSenderKey):
        group_encrypt(SenderKeyRecord(), b"")
    with pytest.raises(NoSenderKey):
        group_encrypt(record, b"")
    with pytest.raises(NoSenderKey):
        group_decrypt(SenderKeyRecord(), sender.send())
    with pytest.raises(NoSenderKey):
        group_decrypt(joined(2)[1], sender.send())
    sender.record.states[0].iteration = 1 << 32
    with pytest.raises(NoSenderKey):
        sender.send()


def test_order_does_not_matter_and_each_is_read_once() -> None:
    sender, record = joined()
    messages = [sender.send(b"%d" % number) for number in range(10)]
    for number in (9, 0, 5, 4, 3, 8, 1, 2, 7, 6):
        assert group_decrypt(record, messages[number]) == b"%d" % number
        record = SenderKeyRecord.load(record.dump())
    for message in messages:
        with pytest.raises(DuplicateMessage):
            group_decrypt(record, message)
    assert not record.states[0].skipped


def test_a_key_that_comes_again_does_not_lose_late_messages() -> None:
    """whatsmeow sends its key with every message."""
    sender, record = joined()
    late = sender.send(b"late")
    process_distribution(record, sender.distribution())
    assert group_decrypt(record, sender.send(b"now")) == b"now"
    process_distribution(record, sender.distribution())
    assert group_decrypt(record, late) == b"late"
    assert len(record.states) == 1


def test_an_older_distribution_changes_nothing() -> None:
    sender, record = joined()
    old = sender.distribution()
    group_decrypt(record, sender.send())
    before = record.dump()
    process_distribution(record, old)
    assert record.dump() == before


def test_a_position_out_of_reach_is_taken_over() -> None:
    sender, record = joined()
    sender.skip(MAX_JUMP + 1)
    far = sender.send(b"far")
    with pytest.raises(InvalidMessage):
        group_decrypt(record, far)
    process_distribution(record, sender.distribution())
    assert group_decrypt(record, sender.send(b"on")) == b"on"


def test_a_jump_up_to_the_limit_is_bridged() -> None:
    sender, record = joined()
    first = sender.send(b"first")
    sender.skip(MAX_JUMP - 1)
    assert group_decrypt(record, sender.send(b"after")) == b"after"
    assert group_decrypt(record, first) == b"first"


def test_the_oldest_skipped_messages_are_forgotten() -> None:
    sender, record = joined()
    first, second, third = (sender.send(b"%d" % number) for number in range(3))
    sender.skip(MAX_SKIPPED - 3)
    group_decrypt(record, sender.send())
    sender.send()
    sender.send()
    group_decrypt(record, sender.send())
    assert len(record.states[0].skipped) == MAX_SKIPPED
    for forgotten in (first, second):
        with pytest.raises(DuplicateMessage):
            group_decrypt(record, forgotten)
    assert group_decrypt(record, third) == b"2"


def test_several_keys_of_a_sender_are_kept() -> None:
    senders = [Sender(seed) for seed in range(MAX_STATES + 1)]
    record = SenderKeyRecord()
    for sender in senders:
        process_distribution(record, sender.distribution())
    with pytest.raises(NoSenderKey):
        group_decrypt(record, senders[0].send())
    for sender in senders[1:]:
        assert group_decrypt(record, sender.send(b"x")) == b"x"
    process_distribution(record, senders[1].distribution())
    assert len(record.states) == MAX_STATES
    process_distribution(record, senders[0].distribution())
    assert group_decrypt(record, senders[1].send(b"x")) == b"x"
    with pytest.raises(NoSenderKey):
        group_decrypt(record, senders[2].send())


def test_the_same_id_with_another_signing_key_replaces_the_old_one() -> None:
    sender, record = joined()
    other = Sender(2)
    new = read_distribution(other.distribution())
    key_id = sender.record.states[0].key_id
    other.record.states[0].key_id = key_id
    process_distribution(
        record,
        write_distribution(Distribution(key_id, 0, new.chain_key, new.signing_public)),
    )
    assert len(record.states) == 1
    assert group_decrypt(record, other.send(b"new")) == b"new"
    with pytest.raises(InvalidMessage):
        group_decrypt(record, sender.send())


def test_only_the_sender_can_sign() -> None:
    sender, record = joined()
    message = sender.send()
    before = record.dump()
    forged = message[:-64] + sign(generate_key_pair().private, message[:-64])
    changed = bytearray(message)
    changed[8] ^= 1
    for bad in (forged, bytes(changed), message[:-1], message + b"\x00"):
        with pytest.raises(SignalFailure):
            group_decrypt(record, bad)
    assert record.dump() == before


def test_signed_nonsense_is_refused_and_changes_nothing() -> None:
    sender, record = joined()
    before = record.dump()
    state = sender.record.states[0]
    private = state.signing_private
    assert private is not None
    seed, _ = chain_step(state.chain_key)
    key, iv = group_keys(seed)
    wrong_padding = encrypt_body(key, iv, b"x" * 15 + b"\xff")[:16]
    for iteration, body in ((0, b""), (0, b"x"), (0, wrong_padding), (2**32 - 1, bytes(16))):
        signed = write_group_signed_part(state.key_id, iteration, body)
        with pytest.raises(InvalidMessage):
            group_decrypt(record, signed + sign(private, signed))
    assert record.dump() == before


def test_a_record_survives_its_dump_and_a_copy_is_independent() -> None:
    sender, record = joined()
    sender.send()
    group_decrypt(record, sender.send())
    for known in (sender.record, record, SenderKeyRecord()):
        assert SenderKeyRecord.load(known.dump()).states == known.states
    copy = record.copy()
    group_decrypt(record, sender.send())
    assert copy.dump() != record.dump()
    assert SenderKeyRecord().is_empty
    assert not record.is_empty


@pytest.mark.parametrize("data", [b"", b"\x00\x90", b"\x01", b"\x01\x91\x91\x01", b"\x01\xc0"])
def test_anything_else_is_damaged(data: bytes) -> None:
    with pytest.raises(SignalFailure):
        SenderKeyRecord.load(data)


def test_keys_are_not_shown() -> None:
    sender, _ = joined()
    state = sender.record.states[0]
    assert repr(state.chain_key)[2:-1] not in repr(state)
    assert repr(state.signing_private)[2:-1] not in repr(state)
