import msgspec
import pytest

from peers.signal_device import Device, connected
from wigwag.wire.errors import SignalFailure
from wigwag.wire.signal.records import FORMAT_VERSION, SessionRecord


def test_a_record_survives_its_dump() -> None:
    alice, bob = connected()
    for record in (alice.record, bob.record, SessionRecord()):
        again = SessionRecord.load(record.dump())
        assert again.states == record.states
        assert again.dump() == record.dump()


def test_a_copy_is_independent() -> None:
    alice, bob = connected()
    copy = alice.record.copy()
    alice.receive(bob.send(b"more"))
    assert copy.dump() != alice.record.dump()


@pytest.mark.parametrize(
    "data", [b"", b"\x01", b"\x02\x90", b"\x01\xc0", b"\x01\x91\x90", b"\x01\x91\xc0", b"\xff" * 9]
)
def test_anything_else_is_damaged(data: bytes) -> None:
    with pytest.raises(SignalFailure):
        SessionRecord.load(data)


def test_keys_of_a_wrong_length_are_damaged() -> None:
    alice, _ = connected()
    alice.record.states[0].root = bytes(31)
    with pytest.raises(SignalFailure):
        SessionRecord.load(alice.record.dump())


def test_a_later_version_may_add_fields() -> None:
    alice, _ = connected()
    states = msgspec.msgpack.decode(alice.record.dump()[1:])
    states[0].append("new")
    later = FORMAT_VERSION + msgspec.msgpack.encode(states)
    assert SessionRecord.load(later).dump() == alice.record.dump()


def test_records_do_not_show_keys() -> None:
    alice, _ = connected()
    state = alice.record.states[0]
    for shown in (repr(alice.record), repr(state), repr(state.chains[0])):
        assert repr(state.root) not in shown
        assert repr(state.chains[0].key) not in shown


def test_sizes_stay_small() -> None:
    alice, bob = connected()
    for _ in range(10):
        bob.receive(alice.send(b"a"))
        alice.receive(bob.send(b"b"))
    assert len(alice.record.dump()) < 700
    assert len(Device(3).record.dump()) == 2
