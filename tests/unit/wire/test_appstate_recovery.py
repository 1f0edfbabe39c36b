"""A collection in the clear: taken over as the phone has it, bounded, or refused."""

import gzip
from datetime import UTC, datetime

import pytest

from wigwag.model.appstate import ChatPinned
from wigwag.model.jid import Jid
from wigwag.wire import appstate_recovery
from wigwag.wire.appstate import EMPTY_STATE, Patch, apply_patch, make_patch, number_patch
from wigwag.wire.appstate_mutation import Change, KeyRing
from wigwag.wire.appstate_recovery import PlainRecord, Recovery, format_recovery
from wigwag.wire.errors import AppStateFailure, AppStateKeyMissing
from wigwag.wire.proto import syncd_pb2

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
KEY_ID, KEY = b"\0\0key1", b"k" * 32
RING = KeyRing({KEY_ID: KEY}.get)
NAME = "regular_low"
NONE: dict[bytes, bytes] = {}
PINS = [
    Change(
        action=ChatPinned(chat=Jid(str(15550000000 + n), "s.whatsapp.net"), pinned=True),
        timestamp=NOON,
    )
    for n in range(3)
]
MADE = make_patch(NAME, EMPTY_STATE, PINS, KEY_ID, RING, find_mac=NONE.get).applied
RECORDS = [
    PlainRecord(data=one.data, key_id=one.key_id, value_mac=one.value_mac) for one in MADE.mutations
]


def test_a_recovered_collection_is_the_phones():
    recovery = Recovery(format_recovery(NAME, MADE.state, RECORDS), compressed=True)
    assert (recovery.collection, recovery.version, recovery.key_ids) == (NAME, 1, {KEY_ID})
    applied = recovery.apply(RING)
    assert (applied.state, applied.set_macs) == (MADE.state, MADE.set_macs)
    assert [one.action for one in applied.mutations] == [change.action for change in PINS]
    following = make_patch(
        NAME, applied.state, PINS[:1], KEY_ID, RING, find_mac=applied.set_macs.get
    )
    patch = Patch(number_patch(following.raw, 2))
    assert apply_patch(NAME, MADE.state, patch, RING, MADE.set_macs.get).state.version == 2


def test_its_keys_are_asked_for_like_any():
    recovery = Recovery(format_recovery(NAME, MADE.state, RECORDS), compressed=True)
    with pytest.raises(AppStateKeyMissing):
        recovery.apply(KeyRing(NONE.get))


def test_what_is_no_collection_is_refused(monkeypatch: pytest.MonkeyPatch):
    whole = format_recovery(NAME, MADE.state, RECORDS)
    plain = gzip.decompress(whole)
    assert Recovery(plain, compressed=False).version == 1
    for raw, compressed in ((plain, True), (whole, False), (whole[:-9], True), (b"", True)):
        with pytest.raises(AppStateFailure):
            Recovery(raw, compressed=compressed)
    message = syncd_pb2.SyncdSnapshotRecovery.FromString(plain)
    message.collectionLthash = bytes(127)
    with pytest.raises(AppStateFailure):
        Recovery(message.SerializeToString(), compressed=False)
    message = syncd_pb2.SyncdSnapshotRecovery.FromString(plain)
    message.mutationRecords[0].mac = b"short"
    with pytest.raises(AppStateFailure):
        Recovery(message.SerializeToString(), compressed=False).apply(RING)
    monkeypatch.setattr(appstate_recovery, "MAX_BYTES", len(plain) - 1)
    with pytest.raises(AppStateFailure):
        Recovery(whole, compressed=True)
