"""Signal: whatever is thrown at a session, the next good message is still read."""

from collections.abc import Callable
from copy import deepcopy
from functools import cache

from fuzz.target import Target
from peers.signal_device import Device, connected
from wigwag.wire.errors import NoSenderKey, SignalFailure
from wigwag.wire.padding import unpad
from wigwag.wire.signal.curve import KeyPair, key_pair_from_private, sign, verify
from wigwag.wire.signal.messages import write_group_signed_part
from wigwag.wire.signal.sender_keys import (
    SenderKeyRecord,
    create_distribution,
    group_decrypt,
    group_encrypt,
    process_distribution,
)
from wigwag.wire.signal.session import Ciphertext

_GOOD = b"good"
_ALLOWED = (SignalFailure,)


@cache
def _pair() -> tuple[Device, Device]:
    """Who sends, and who is to read; copied before they change."""
    return connected()


@cache
def _next_good() -> Ciphertext:
    return deepcopy(_pair()[0]).send(_GOOD)


def _read_then_good(kind: str) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        reader = deepcopy(_pair()[1])
        before = reader.record.dump()
        try:
            reader.decrypt(Ciphertext("pkmsg" if kind == "pkmsg" else "msg", data))
        except SignalFailure:
            assert reader.record.dump() == before
        else:
            # Only the sender's own message is read, and it is the good one itself.
            assert data[: len(data) - 8] == _next_good().data[:-8] or kind == "pkmsg"
            reader.store()
            return
        assert reader.receive(_next_good()) == _GOOD

    return run


def read_forged(data: bytes) -> None:
    """An authentic message of a peer that means harm: any counter, any plaintext."""
    sender, reader = deepcopy(_pair()[0]), deepcopy(_pair()[1])
    state = sender.record.states[0]
    state.send_index = int.from_bytes(data[:4], "big")
    state.previous = int.from_bytes(data[4:8], "big")
    if len(data) > 41:
        state.ratchet_public = data[8:40]
    unpad(reader.receive(sender.send(data[40:])))


def first_messages() -> list[bytes]:
    sender, reader = Device(3), deepcopy(_pair()[1])
    sender.start(reader.bundle())
    return [sender.send(_GOOD).data]


# -- groups -------------------------------------------------------------------------------------


def _zeros(size: int) -> bytes:
    return bytes(size)


@cache
def _group() -> tuple[SenderKeyRecord, SenderKeyRecord, bytes]:
    """The sender's record, the reader's, and the next good message."""
    own, reader = SenderKeyRecord(), SenderKeyRecord()
    process_distribution(reader, create_distribution(own, _zeros))
    group_decrypt(reader, group_encrypt(own, b"first", _zeros))
    return own, reader, group_encrypt(own.copy(), _GOOD, _zeros)


def read_group(data: bytes) -> None:
    _, reader, good = _group()
    reader = reader.copy()
    before = reader.dump()
    try:
        group_decrypt(reader, data)
    except SignalFailure:
        assert reader.dump() == before
        assert group_decrypt(reader, good) == _GOOD


def read_forged_group(data: bytes) -> None:
    """Signed by the sender, whatever it is."""
    own, reader, _ = _group()
    state, reader = own.states[0], reader.copy()
    iteration = int.from_bytes(data[:4], "big")
    signed = write_group_signed_part(state.key_id, iteration, data[4:])
    for part in (signed, data):
        signature = sign(state.signing_private or b"", part, _zeros)
        before = reader.dump()
        try:
            unpad(group_decrypt(reader, part + signature))
        except SignalFailure:
            if iteration < state.iteration:
                assert SenderKeyRecord.load(before).dump() == before


def read_distribution(data: bytes) -> None:
    """What it says is taken or refused whole, and can be stored; a stranger's key never fits."""
    reader = SenderKeyRecord()
    before = reader.dump()
    try:
        process_distribution(reader, data)
    except SignalFailure:
        assert reader.dump() == before
        return
    assert SenderKeyRecord.load(reader.dump()).dump() == reader.dump()
    try:
        group_decrypt(reader, _group()[2])
    except (NoSenderKey, SignalFailure):
        return


def distributions() -> list[bytes]:
    return [create_distribution(_group()[0].copy(), _zeros)]


def group_messages() -> list[bytes]:
    own, _, good = _group()
    own = own.copy()
    return [good, *(group_encrypt(own, b"x" * size, _zeros) for size in (0, 15, 400))]


# -- keys ---------------------------------------------------------------------------------------


@cache
def _signer() -> KeyPair:
    return key_pair_from_private(b"s" * 32)


def read_signature(data: bytes) -> None:
    """Nothing but a signature of the key is taken for one."""
    pair = _signer()
    good = sign(pair.private, b"message", _zeros)
    if verify(pair.public, b"message", data):
        assert data[:32] == good[:32]
    verify(data[:32], data[32:64], data[64:])


TARGETS = (
    Target("message", _read_then_good("msg"), lambda: [_next_good().data]),
    Target("prekey", _read_then_good("pkmsg"), first_messages),
    Target("forged", read_forged, lambda: [bytes(40) + b"x\x01", bytes(80)], _ALLOWED),
    Target("group", read_group, group_messages),
    Target("forged_group", read_forged_group, lambda: [bytes(8), bytes(80)]),
    Target("distribution", read_distribution, distributions),
    Target(
        "signature",
        read_signature,
        lambda: [sign(_signer().private, b"message", _zeros), bytes(96)],
    ),
)
