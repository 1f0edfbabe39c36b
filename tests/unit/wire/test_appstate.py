"""What a companion refuses, and what the server adds."""

from datetime import UTC, datetime

import pytest

from wigwag.model.appstate import ChatMuted, ContactNamed, PushNameSet
from wigwag.model.content import MediaRef
from wigwag.model.jid import parse_jid
from wigwag.wire import appstate
from wigwag.wire.appstate import (
    EMPTY_STATE,
    CollectionState,
    Patch,
    apply_patch,
    apply_snapshot,
    external_mutations,
    format_blob,
    make_patch,
    make_snapshot,
    number_patch,
    parse_blob,
    point_to_mutations,
    snapshot_key_ids,
)
from wigwag.wire.appstate_actions import (
    COLLECTIONS,
    UnknownAction,
    format_index,
    parse_index,
    read_action,
)
from wigwag.wire.appstate_mutation import Change, KeyRing, Operation
from wigwag.wire.appstate_writing import write_action
from wigwag.wire.errors import AppStateFailure, AppStateKeyMissing, AppStateMacMismatch
from wigwag.wire.proto import syncd_pb2

PEER = parse_jid("491700000001@s.whatsapp.net")
LID = parse_jid("900000000001@lid")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY_ID, KEY = b"\0\0abcd", bytes(range(32))
NAME = "critical_unblock_low"
NOTHING: dict[bytes, bytes] = {}
RING = KeyRing({KEY_ID: KEY}.get)


def patch(name: str = "Ada", *, version: int = 1) -> bytes:
    change = Change(action=ContactNamed(jid=PEER, full_name=name), timestamp=NOON)
    state = CollectionState(version=version - 1)
    return make_patch(NAME, state, [change], KEY_ID, RING, find_mac=NOTHING.get).raw


def test_a_missing_key_is_named():
    raw = number_patch(patch(), 1)
    with pytest.raises(AppStateKeyMissing) as caught:
        apply_patch(NAME, EMPTY_STATE, Patch(raw), KeyRing(NOTHING.get), NOTHING.get)
    assert caught.value.key_id == KEY_ID
    assert Patch(raw).key_ids == {KEY_ID}


@pytest.mark.parametrize(
    ("collection", "state", "version"),
    [
        ("regular", EMPTY_STATE, 1),
        (NAME, EMPTY_STATE, 2),
        (NAME, CollectionState(hash=b"\1" + bytes(127)), 1),
    ],
)
def test_a_patch_belongs_to_one_place(collection: str, state: CollectionState, version: int):
    with pytest.raises(AppStateMacMismatch):
        apply_patch(collection, state, Patch(number_patch(patch(), version)), RING, NOTHING.get)


def test_mutations_in_a_file():
    whole = number_patch(patch(), 1)
    ref = MediaRef(
        direct_path="/x", media_key=KEY, file_sha256=KEY, file_enc_sha256=KEY, size_bytes=9
    )
    file = external_mutations(whole)
    outside = Patch(point_to_mutations(whole, ref))
    assert (outside.external, len(outside.mutations)) == (ref, 0)
    with pytest.raises(AppStateMacMismatch):
        apply_patch(NAME, EMPTY_STATE, outside, RING, NOTHING.get)
    outside.include(file)
    applied = apply_patch(NAME, EMPTY_STATE, outside, RING, NOTHING.get)
    assert [mutation.action for mutation in applied.mutations] == [
        ContactNamed(jid=PEER, full_name="Ada")
    ]


def test_an_empty_file_is_refused():
    with pytest.raises(AppStateFailure):
        Patch(patch()).include(b"")


def test_removing_what_is_not_there_is_no_error():
    change = Change(action=ContactNamed(jid=PEER), timestamp=NOON, operation=Operation.REMOVE)
    made = make_patch(NAME, EMPTY_STATE, [change], KEY_ID, RING, find_mac=NOTHING.get)
    applied = apply_patch(NAME, EMPTY_STATE, Patch(number_patch(made.raw, 1)), RING, NOTHING.get)
    assert applied.state.hash == EMPTY_STATE.hash
    assert (applied.set_macs, len(applied.removed_macs)) == ({}, 1)


def test_a_record_of_another_snapshot_is_refused():
    change = Change(action=PushNameSet(name="Ada"), timestamp=NOON)
    raw = make_snapshot(NAME, 3, [change], KEY_ID, RING).raw
    message = syncd_pb2.SyncdSnapshot.FromString(raw)
    message.version.version = 4
    with pytest.raises(AppStateMacMismatch):
        apply_snapshot(NAME, message.SerializeToString(), RING)


@pytest.mark.parametrize("size", [0, 31, 32, 63])
def test_a_short_value_is_refused(size: int):
    message = syncd_pb2.SyncdSnapshot()
    message.keyID.ID = KEY_ID
    record = message.records.add()
    record.keyID.ID, record.value.blob = KEY_ID, bytes(size)
    with pytest.raises(AppStateFailure):
        apply_snapshot(NAME, message.SerializeToString(), RING)


def test_where_a_snapshot_lies():
    ref = MediaRef(
        direct_path="/v/x", media_key=KEY, file_sha256=KEY, file_enc_sha256=KEY, size_bytes=9
    )
    assert parse_blob(format_blob(ref)) == ref


def test_names_that_whatsmeow_uses():
    written = write_action(PushNameSet(name="Ada"))
    assert (written.collection, written.index, written.version) == (
        "critical_block",
        ("setting_pushName",),
        1,
    )
    written = write_action(ContactNamed(jid=PEER, alt=LID))
    assert (written.collection, written.index, written.version) == (
        "critical_unblock_low",
        ("contact", str(PEER)),
        2,
    )
    assert written.collection in COLLECTIONS


def test_a_contact_by_both_addresses():
    for jid, alt in ((PEER, LID), (LID, PEER)):
        action = ContactNamed(jid=jid, alt=alt, full_name="Ada L", first_name="Ada")
        written = write_action(action)
        value = syncd_pb2.SyncActionValue.FromString(written.value)
        assert read_action(written.index, value) == action


def test_muted_for_ever():
    value = syncd_pb2.SyncActionValue.FromString(
        write_action(ChatMuted(chat=PEER, muted=True)).value
    )
    assert value.muteAction.muteEndTimestamp == -1


@pytest.mark.parametrize(
    ("index", "parts"),
    [
        (b'["a","b"]', ("a", "b")),
        (b"[]", ()),
        (b'["a",1]', ()),
        (b"{}", ()),
        (b"\xff", ()),
        (b'["a\xff"]', ()),
        (b'["\\ud800"]', ()),
        (b"[" * 100_000, ()),
        (b"[" + b'"a",' * 20 + b'"b"]', ()),
    ],
)
def test_any_index(index: bytes, parts: tuple[str, ...]):
    assert parse_index(index) == parts


def test_printed_keys_tell_nothing():
    assert repr(RING.keys(KEY_ID)) == "AppStateKeys(...)"


def test_an_index_is_compact_json():
    assert format_index(("contact", "ä")) == '["contact","ä"]'.encode()


@pytest.mark.parametrize(
    "parts", [(), ("star", "x"), ("contact",), ("contact", "no address"), ("archive", str(PEER))]
)
def test_what_is_not_understood_is_unknown(parts: tuple[str, ...]):
    action = read_action(parts, syncd_pb2.SyncActionValue())
    assert action == UnknownAction(name=parts[0] if parts else "")
    with pytest.raises(AppStateFailure):
        write_action(action)


def test_too_many_mutations_are_refused_before_they_are_worked_out(
    monkeypatch: pytest.MonkeyPatch,
):
    changes = [Change(action=PushNameSet(name=str(n)), timestamp=NOON) for n in range(3)]
    made = make_patch(NAME, EMPTY_STATE, changes, KEY_ID, RING, find_mac=NOTHING.get).raw
    snapshot = make_snapshot(NAME, 1, changes, KEY_ID, RING).raw
    external = syncd_pb2.SyncdMutations(mutations=syncd_pb2.SyncdPatch.FromString(made).mutations)
    monkeypatch.setattr(appstate, "MAX_MUTATIONS", 2)
    for attempt in (
        lambda: Patch(made),
        lambda: Patch(b"").include(external.SerializeToString()),
        lambda: snapshot_key_ids(snapshot),
        lambda: apply_snapshot(NAME, snapshot, RING),
    ):
        with pytest.raises(AppStateFailure, match="too many"):
            attempt()
