"""App state between two devices, and against a straight-line reading of the formulas."""

import hashlib
import hmac
import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from values.appstate import changes
from wigwag.wire.appstate import (
    EMPTY_STATE,
    Applied,
    CollectionState,
    Patch,
    apply_patch,
    apply_snapshot,
    make_patch,
    make_snapshot,
    number_patch,
    parse_blob,
    snapshot_key_ids,
)
from wigwag.wire.appstate_actions import parse_index
from wigwag.wire.appstate_mutation import Change, KeyRing, expand_key
from wigwag.wire.errors import AppStateFailure
from wigwag.wire.lthash import EMPTY, update_hash
from wigwag.wire.proto import syncd_pb2

few = settings(max_examples=30, deadline=None)
KEY_ID, KEY = b"\0\0abcd", bytes(range(32))
NAME = "regular_low"
NOTHING: dict[bytes, bytes] = {}
members = st.lists(st.binary(min_size=32, max_size=32), max_size=6)


def ring() -> KeyRing:
    return KeyRing({KEY_ID: KEY}.get)


def expanded(member: bytes) -> tuple[int, ...]:
    pseudorandom = hmac.digest(bytes(32), member, "sha256")
    output = block = b""
    for counter in range(1, 5):
        text = block + b"WhatsApp Patch Integrity" + bytes([counter])
        block = hmac.digest(pseudorandom, text, "sha256")
        output += block
    return struct.unpack("<64H", output)


@few
@given(members, members, members)
def test_lthash_word_by_word(start: list[bytes], removed: list[bytes], added: list[bytes]):
    words = [0] * 64
    for sign, group in ((1, start), (-1, removed), (1, added)):
        for member in group:
            pairs = zip(words, expanded(member), strict=True)
            words = [(word + sign * part) % 65536 for word, part in pairs]
    base = update_hash(EMPTY, (), start)
    assert update_hash(base, removed, added) == struct.pack("<64H", *words)


@few
@given(members, members)
def test_lthash_forgets_what_left(stay: list[bytes], leave: list[bytes]):
    assert update_hash(update_hash(EMPTY, (), [*stay, *leave]), leave, ()) == update_hash(
        EMPTY, (), stay
    )


class Device:
    """A device that keeps one collection."""

    def __init__(self) -> None:
        self.state = EMPTY_STATE
        self.macs: dict[bytes, bytes] = {}

    def take(self, applied: Applied) -> None:
        self.state = applied.state
        for index in applied.removed_macs:
            self.macs.pop(index, None)
        self.macs.update(applied.set_macs)


@few
@given(st.lists(st.lists(changes, max_size=4), max_size=4))
def test_patches_between_two_devices(patches: list[list[Change]]):
    phone, companion = Device(), Device()
    for version, batch in enumerate(patches, 1):
        made = make_patch(NAME, phone.state, batch, KEY_ID, ring(), find_mac=phone.macs.get)
        phone.take(made.applied)
        patch = Patch(number_patch(made.raw, version))
        companion.take(apply_patch(NAME, companion.state, patch, ring(), companion.macs.get))
        mutations = made.applied.mutations
        assert [mutation.action for mutation in mutations] == [change.action for change in batch]
        assert [mutation.timestamp for mutation in mutations] == [c.timestamp for c in batch]
        assert (companion.state, companion.macs) == (phone.state, phone.macs)
        assert companion.state.hash == update_hash(EMPTY, (), companion.macs.values())


@few
@given(st.lists(changes, max_size=5, unique_by=lambda change: change.action))
def test_a_snapshot_is_followed_by_patches(batch: list[Change]):
    batch = [Change(action=c.action, timestamp=c.timestamp) for c in batch]
    made = make_snapshot(NAME, 7, batch, KEY_ID, ring())
    companion = Device()
    companion.take(apply_snapshot(NAME, made.raw, ring()))
    assert companion.state == made.applied.state
    assert snapshot_key_ids(made.raw) == {KEY_ID}
    following = make_patch(
        NAME, companion.state, batch[:1], KEY_ID, ring(), find_mac=companion.macs.get
    )
    patch = Patch(number_patch(following.raw, 8))
    assert apply_patch(NAME, companion.state, patch, ring(), companion.macs.get).state.version == 8


@few
@given(st.lists(changes, min_size=1, max_size=3))
def test_macs_are_those_of_the_formulas(batch: list[Change]):
    made = make_patch(NAME, EMPTY_STATE, batch, KEY_ID, ring(), find_mac=NOTHING.get)
    keys = expand_key(KEY)
    message = syncd_pb2.SyncdPatch.FromString(made.raw)
    macs = b""
    for mutation in message.mutations:
        blob, operation = mutation.record.value.blob, bytes([mutation.operation + 1])
        covered = operation + KEY_ID + blob[:-32] + struct.pack(">Q", len(KEY_ID) + 1)
        assert hmac.digest(keys.value_mac, covered, hashlib.sha512)[:32] == blob[-32:]
        macs += blob[-32:]
    tail = struct.pack(">Q", 1) + NAME.encode()
    snapshot_mac = hmac.digest(keys.snapshot_mac, made.applied.state.hash + tail, "sha256")
    assert message.snapshotMAC == snapshot_mac
    assert message.patchMAC == hmac.digest(keys.patch_mac, snapshot_mac + macs + tail, "sha256")


@few
@given(st.lists(changes, min_size=1, max_size=2), st.data())
def test_any_damage_is_found(batch: list[Change], data: st.DataObject):
    made = make_patch(NAME, EMPTY_STATE, batch, KEY_ID, ring(), find_mac=NOTHING.get)
    raw = bytearray(number_patch(made.raw, 1))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    try:
        applied = apply_patch(NAME, EMPTY_STATE, Patch(bytes(raw)), ring(), NOTHING.get)
    except AppStateFailure:
        return
    assert applied == made.applied  # what is not covered by a MAC carries no meaning


@few
@given(st.binary(max_size=120))
def test_any_bytes(data: bytes):
    parse_index(data)
    for attempt in (
        lambda: apply_patch(NAME, EMPTY_STATE, Patch(data), ring(), NOTHING.get),
        lambda: apply_snapshot(NAME, data, ring()),
        lambda: parse_blob(data),
        lambda: Patch(data).include(data),
    ):
        try:
            attempt()
        except AppStateFailure:
            continue


def test_more_members_than_the_lanes_hold():
    macs = [hashlib.sha256(number.to_bytes(4, "big")).digest() for number in range(40_000)]
    whole = update_hash(EMPTY, (), macs)
    halves = update_hash(update_hash(EMPTY, (), macs[:20_000]), (), macs[20_000:])
    assert whole == halves
    assert update_hash(whole, macs, ()) == EMPTY
    assert CollectionState().hash == EMPTY
