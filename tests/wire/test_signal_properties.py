"""Signal under any order of events: reordering, loss, repetition, crossing beginnings, garbage."""

import random
from collections.abc import Callable
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peers.signal_device import Device, connected
from wigwag.wire.errors import DuplicateMessage, SignalFailure
from wigwag.wire.signal.sender_keys import (
    SenderKeyRecord,
    create_distribution,
    group_decrypt,
    group_encrypt,
    process_distribution,
)
from wigwag.wire.signal.session import Ciphertext, SessionRecord

few = settings(max_examples=40, deadline=None)

# One event: what happens, to which side, and which of the messages under way it concerns.
events = st.lists(
    st.tuples(
        st.sampled_from(("send",) * 4 + ("deliver",) * 4 + ("repeat", "lose", "begin")),
        st.booleans(),
        st.integers(0, 10**6),
    ),
    max_size=60,
)


class Conversation:
    """Two devices and the messages under way to each."""

    def __init__(self) -> None:
        self.devices = {False: Device(1), True: Device(2)}
        self.under_way: dict[bool, list[tuple[Ciphertext, bytes]]] = {False: [], True: []}
        self.read: dict[bool, list[Ciphertext]] = {False: [], True: []}
        self.sent = 0

    def happen(self, what: str, side: bool, number: int) -> None:
        device, waiting, read = self.devices[side], self.under_way[side], self.read[side]
        if what == "begin":
            device.start(self.devices[not side].bundle(one_time=number % 3 > 0))
        elif what == "send" and not device.record.is_empty:
            self.sent += 1
            plaintext = b"%d" % self.sent * (number % 9)
            self.under_way[not side].append((device.send(plaintext), plaintext))
        elif what == "deliver" and waiting:
            sent, plaintext = waiting.pop(number % len(waiting))
            assert device.receive(sent) == plaintext
            read.append(sent)
        elif what == "lose" and waiting:
            waiting.pop(number % len(waiting))
        elif what == "repeat" and read:
            with pytest.raises(DuplicateMessage):
                device.receive(read[number % len(read)])

    def settle(self) -> None:
        """Both can still talk, whatever happened, and agree on a session without pkmsg."""
        for _ in range(3):
            for side in (False, True):
                self.happen("send", side, 1)
                while self.under_way[not side]:
                    self.happen("deliver", not side, 0)
        kinds = {device.send(b"").kind for device in self.devices.values()}
        assert kinds == {"msg"}


@few
@given(events)
def test_two_devices_understand_each_other(steps: list[tuple[str, bool, int]]) -> None:
    conversation = Conversation()
    conversation.happen("begin", False, 1)
    # Late messages of more turns than libsignal keeps are another test's business.
    with patch("wigwag.wire.signal.session.MAX_CHAINS", 1000):
        for step in steps:
            conversation.happen(*step)
        conversation.settle()


@few
@given(st.integers(0, 10**6), st.integers(2, 12))
def test_a_group_understands_its_sender(seed: int, length: int) -> None:
    source = random.Random(seed)
    own, members = SenderKeyRecord(), [SenderKeyRecord() for _ in range(3)]
    queues: list[list[tuple[bytes, bytes]]] = [[] for _ in members]
    joined = [False] * len(members)
    for number in range(length * 4):
        for place, member in enumerate(members):
            if source.random() < 0.2:
                process_distribution(member, create_distribution(own, source.randbytes))
                joined[place] = True
        create_distribution(own, source.randbytes)
        message = group_encrypt(own, b"%d" % number, source.randbytes)
        own = SenderKeyRecord.load(own.dump())
        for place, queue in enumerate(queues):
            if joined[place] and source.random() < 0.9:
                queue.append((message, b"%d" % number))
            while queue and source.random() < 0.5:
                late, plaintext = queue.pop(source.randrange(len(queue)))
                assert group_decrypt(members[place], late) == plaintext
                members[place] = SenderKeyRecord.load(members[place].dump())
                with pytest.raises(DuplicateMessage):
                    group_decrypt(members[place], late)


def change(data: bytes, source: random.Random) -> bytes:
    """`data` with some bytes flipped, cut out or put in."""
    changed = bytearray(data)
    for _ in range(source.randint(1, 3)):
        place = source.randrange(len(changed) + 1)
        if (kind := source.randrange(3)) == 0:
            changed[place:place] = source.randbytes(source.randint(1, 4))
        elif kind == 1:
            del changed[place : place + source.randint(1, 4)]
        elif changed:
            changed[place % len(changed)] ^= 1 << source.randrange(8)
    result = bytes(changed)
    return result if result != data else change(data, source)


def fails_or(read: Callable[[], object], dump: Callable[[], bytes]) -> None:
    """Either it is read, or it ends in SignalFailure and the record is as it was."""
    before = dump()
    try:
        read()
    except SignalFailure:
        assert dump() == before


@few
@given(st.binary(max_size=300), st.sampled_from((b"", b"\x33", b"\x33\x0a\x21\x05" + bytes(32))))
def test_garbage_ends_in_signal_failures(garbage: bytes, prefix: bytes) -> None:
    alice, bob = connected()
    group = SenderKeyRecord()
    process_distribution(group, create_distribution(SenderKeyRecord(), bob.random))
    data = prefix + garbage
    fails_or(lambda: alice.decrypt(Ciphertext("msg", data)), alice.record.dump)
    fails_or(lambda: alice.decrypt(Ciphertext("pkmsg", data)), alice.record.dump)
    fails_or(lambda: group_decrypt(group, data), group.dump)
    fails_or(lambda: process_distribution(group, data), group.dump)
    for load in (SessionRecord.load, SenderKeyRecord.load):
        try:
            load(b"\x01" + data)
        except SignalFailure:
            continue


@few
@given(st.integers(0, 10**6))
def test_changed_messages_end_in_signal_failures(seed: int) -> None:
    source = random.Random(seed)
    alice, bob = connected()
    first = Device(seed + 3)
    first.start(bob.bundle())
    own, group = SenderKeyRecord(), SenderKeyRecord()
    distribution = create_distribution(own, source.randbytes)
    process_distribution(group, distribution)
    for _ in range(10):
        msg, pkmsg = alice.send(b"text"), first.send(b"text")
        skmsg = group_encrypt(own, b"text", source.randbytes)
        for sent in (msg, pkmsg):
            bad = Ciphertext(sent.kind, change(sent.data, source))
            fails_or(lambda bad=bad: bob.decrypt(bad), bob.record.dump)
        bad_group = change(skmsg, source)
        fails_or(lambda bad=bad_group: group_decrypt(group, bad), group.dump)
        bad_key = change(distribution, source)
        fails_or(lambda bad=bad_key: process_distribution(group.copy(), bad), group.dump)
        assert bob.receive(msg) == b"text"
