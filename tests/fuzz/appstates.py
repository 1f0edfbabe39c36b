"""App state: patches and snapshots as they come, and as somebody with the keys may make them."""

import gzip
from collections.abc import Sequence
from datetime import timedelta

from fuzz.mutation import mutate_protobuf
from fuzz.samples import AT, GROUP, OWN, PEER, PEER_LID
from fuzz.target import Target
from wigwag.engine.native.store.records import decode_event, encode_event
from wigwag.model.appstate import (
    AppMessage,
    ChatArchived,
    ChatCleared,
    ChatLabelled,
    ChatMarkedRead,
    ChatMuted,
    ChatPinned,
    ContactNamed,
    LabelEdited,
    MessageDeleted,
    MessageRange,
    MessageStarred,
    PushNameSet,
    QuickReplySet,
    RangeMessage,
    SettingChanged,
    SettingName,
    StatusMode,
    StatusPrivacySet,
    TimedChange,
)
from wigwag.model.event import AppStateChanged
from wigwag.wire.appstate import (
    EMPTY_STATE,
    Patch,
    apply_patch,
    apply_snapshot,
    make_patch,
    make_snapshot,
    number_patch,
    parse_blob,
    snapshot_key_ids,
)
from wigwag.wire.appstate_actions import Action, LidLearnt, UnknownAction
from wigwag.wire.appstate_mutation import (
    Change,
    KeyRing,
    Operation,
    expand_key,
    read_mutation,
)
from wigwag.wire.appstate_recovery import PlainRecord, Recovery, format_recovery
from wigwag.wire.errors import AppStateFailure

_KEY_ID, _KEY = b"\0\0key1", b"k" * 32
_KEYS = expand_key(_KEY)
_NAME = "regular_high"


def ring() -> KeyRing:
    return KeyRing({_KEY_ID: _KEY}.get)


def read_patch(data: bytes) -> None:
    patch = Patch(data)
    _ = patch.external, patch.key_ids, patch.index_macs
    apply_patch(_NAME, EMPTY_STATE, patch, ring(), lambda _index: None)


def read_external(data: bytes) -> None:
    patch = Patch(b"")
    patch.include(data)
    _ = patch.key_ids, patch.index_macs


def read_snapshot(data: bytes) -> None:
    snapshot_key_ids(data)
    apply_snapshot(_NAME, data, ring())


def read_blob(data: bytes) -> None:
    parse_blob(data)


def read_recovery(data: bytes) -> None:
    recovery = Recovery(data, compressed=False)
    _ = recovery.collection.encode(), recovery.version
    for mutation in recovery.apply(ring()).mutations:
        repr(mutation.meaning).encode()


def read_compressed(data: bytes) -> None:
    Recovery(data, compressed=True).apply(ring())


def read_plain(data: bytes) -> None:
    """A mutation whose MACs are right, whatever it says."""
    changes = read_change(data)
    event = AppStateChanged(collection=_NAME, version=1, epoch="", part=0, changes=changes)
    assert decode_event(encode_event(event)) == event


def read_change(data: bytes) -> tuple[TimedChange, ...]:
    """What a serialised SyncActionData changes when it is set, and when it is removed."""
    mutations = [
        read_mutation(operation, data, _KEY_ID, _KEYS, bytes(32)) for operation in Operation
    ]
    return tuple(
        TimedChange(change=meaning, at=mutation.timestamp)
        for mutation in mutations
        if not isinstance(meaning := mutation.meaning, LidLearnt | UnknownAction)
    )


def actions() -> list[Action]:
    told = AppMessage(chat=GROUP, id="3EB0", sender=PEER_LID)
    reach = MessageRange(last_at=AT, messages=(RangeMessage(message=told, at=AT),))
    return [
        ContactNamed(jid=PEER, alt=PEER_LID, full_name="Finn Fisher", first_name="Finn"),
        PushNameSet(name="Me"),
        ChatArchived(chat=GROUP, archived=True, range=reach),
        ChatPinned(chat=GROUP, pinned=True),
        ChatMuted(chat=GROUP, muted=True, until=AT + timedelta(days=9)),
        ChatMarkedRead(chat=PEER, read=False, range=reach),
        ChatCleared(chat=GROUP, range=reach, keep_starred=True),
        MessageStarred(message=told, starred=True),
        MessageDeleted(message=told, sent_at=AT),
        LabelEdited(id="1", name="work", color=3),
        ChatLabelled(label="1", chat=PEER, labelled=True),
        QuickReplySet(id="1", shortcut="hi", text="hello", keywords=("a",)),
        StatusPrivacySet(mode=StatusMode.ALLOW_LIST, people=(PEER,)),
        SettingChanged(name=SettingName.LOCALE, value="en_GB"),
        LidLearnt(lid=PEER_LID, pn=OWN),
    ]


def _changes() -> list[Change]:
    return [Change(action=action, timestamp=AT) for action in actions()]


def patches() -> Sequence[bytes]:
    made = make_patch(
        _NAME,
        EMPTY_STATE,
        _changes(),
        _KEY_ID,
        ring(),
        find_mac=lambda _index: None,
        random=bytes,
    )
    return [number_patch(made.raw, 1)]


def externals() -> Sequence[bytes]:
    return [
        b"".join(b"\x0a" + bytes([len(raw)]) + raw for raw in (b"\x08\x01", b"\x12\x02\x0a\x00")),
        *(s[2:] for s in snapshots()),
    ]


def snapshots() -> Sequence[bytes]:
    made = make_snapshot(_NAME, 7, _changes(), _KEY_ID, ring(), random=bytes)
    return [made.raw]


def plains() -> list[bytes]:
    mutations = apply_snapshot(_NAME, snapshots()[0], ring()).mutations
    return [mutation.data for mutation in mutations]


def recoveries() -> list[bytes]:
    records = [PlainRecord(data=raw, key_id=_KEY_ID, value_mac=bytes(32)) for raw in plains()]
    return [gzip.decompress(format_recovery(_NAME, EMPTY_STATE, records))]


_ALLOWED = (AppStateFailure,)

TARGETS = (
    Target("patch", read_patch, patches, _ALLOWED, mutate_protobuf),
    Target("external", read_external, externals, _ALLOWED, mutate_protobuf),
    Target("snapshot", read_snapshot, snapshots, _ALLOWED, mutate_protobuf),
    Target("blob", read_blob, lambda: [b"\x0a\x20" + bytes(32)], _ALLOWED),
    Target("recovery", read_recovery, recoveries, _ALLOWED, mutate_protobuf),
    Target(
        "compressed",
        read_compressed,
        lambda: [gzip.compress(recoveries()[0], mtime=0)],
        _ALLOWED,
    ),
    Target("mutation", read_plain, plains, _ALLOWED, mutate_protobuf, share=2),
)
