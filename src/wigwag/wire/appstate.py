"""App-state collections: patches and snapshots, verified by a companion, made by whoever changes.

A collection is a set of encrypted values by index, with a version number and an LTHash over its
value MACs. MAC formulas and the order of checks follow whatsmeow appstate/hash.go, decode.go and
encode.go; MACs are always verified.
"""

import hmac
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeVar

from google.protobuf.message import Message

from wigwag.model.content import MediaRef
from wigwag.model.value import Value
from wigwag.wire import claims
from wigwag.wire.appstate_mutation import (
    VALUE_MAC_BYTES,
    AppStateKeys,
    Change,
    KeyRing,
    Mutation,
    Operation,
    decrypt_mutation,
    encrypt_change,
)
from wigwag.wire.errors import AppStateFailure, AppStateMacMismatch, MalformedProtobuf
from wigwag.wire.lthash import EMPTY, update_hash
from wigwag.wire.proto import syncd_pb2
from wigwag.wire.protobuf import parse

MAX_MUTATIONS: Final = 100_000
"""In one patch or snapshot; more are refused before anything is worked out."""

_HASH_LIMIT: Final = 64
_Parsed = TypeVar("_Parsed", bound=Message)

FindMac = Callable[[bytes], bytes | None]
"""The stored value MAC of an index MAC in this collection, or None."""


class CollectionState(Value):
    version: int = 0
    hash: bytes = EMPTY
    """The LTHash, 128 bytes."""


EMPTY_STATE: Final = CollectionState()


class Applied(Value):
    """A collection after a patch or snapshot.

    `set_macs` (value MAC by index MAC) and `removed_macs` (index MACs) say what to store;
    after a snapshot all that was stored before goes first.
    """

    state: CollectionState
    mutations: tuple[Mutation, ...]
    set_macs: dict[bytes, bytes]
    removed_macs: tuple[bytes, ...] = ()


class Patch:
    """A patch as it came, before it is verified."""

    def __init__(self, raw: bytes) -> None:
        """Raises AppStateFailure when `raw` cannot be parsed or is too large."""
        self._message = _parse(syncd_pb2.SyncdPatch, raw)
        _bounded(len(self._message.mutations))

    @property
    def version(self) -> int:
        """0 while the server has not given it one."""
        return self._message.version.version

    @property
    def external(self) -> MediaRef | None:
        """The file with the mutations (kind `app_state`), when they are not in the patch."""
        if not self._message.HasField("externalMutations"):
            return None
        return read_blob(self._message.externalMutations)

    @property
    def key_ids(self) -> set[bytes]:
        """Every key that is needed to apply it."""
        return {self._message.keyID.ID, *(item.record.keyID.ID for item in self.mutations)}

    @property
    def index_macs(self) -> set[bytes]:
        """The indexes that it changes."""
        return {item.record.index.blob for item in self.mutations}

    @property
    def message(self) -> syncd_pb2.SyncdPatch:
        return self._message

    @property
    def mutations(self) -> Sequence[syncd_pb2.SyncdMutation]:
        return self._message.mutations

    def include(self, external: bytes) -> None:
        """Put the content of the external file into the patch. Raises AppStateFailure."""
        mutations = _parse(syncd_pb2.SyncdMutations, external).mutations
        if not mutations:
            raise AppStateFailure("the file of a patch is empty")
        _bounded(len(mutations))
        del self._message.mutations[:]
        self._message.mutations.extend(mutations)


def apply_patch(
    collection: str, state: CollectionState, patch: Patch, ring: KeyRing, find_mac: FindMac
) -> Applied:
    """Verify `patch` against the collection in `state` and decrypt its mutations.

    Raises AppStateKeyMissing, AppStateMacMismatch (the collection must then be fetched anew), or
    AppStateFailure for what is malformed.
    """
    message = patch.message
    keys = ring.keys(message.keyID.ID)
    records = [(_operation(item), item.record) for item in message.mutations]
    set_macs, removed, taken = _changed_macs(records, find_mac)
    added = [mac for operation, _, mac in _macs(records) if operation is Operation.SET]
    new = CollectionState(version=patch.version, hash=update_hash(state.hash, taken, added))
    _check(_snapshot_mac(collection, new, keys), message.snapshotMAC, "hash of a patch")
    patch_mac = _patch_mac(collection, new.version, message, keys)
    _check(patch_mac, message.patchMAC, "MAC of a patch")
    return Applied(
        state=new,
        mutations=tuple(decrypt_mutation(op, record, ring) for op, record in records),
        set_macs=set_macs,
        removed_macs=removed,
    )


def snapshot_key_ids(raw: bytes) -> set[bytes]:
    """Every key that is needed to apply a snapshot. Raises AppStateFailure."""
    message = _parse(syncd_pb2.SyncdSnapshot, raw)
    _bounded(len(message.records))
    return {message.keyID.ID, *(record.keyID.ID for record in message.records)}


def apply_snapshot(collection: str, raw: bytes, ring: KeyRing) -> Applied:
    """Verify the snapshot `raw`, which replaces the collection; the errors are those of a patch."""
    message = _parse(syncd_pb2.SyncdSnapshot, raw)
    _bounded(len(message.records))
    keys = ring.keys(message.keyID.ID)
    records = [(Operation.SET, record) for record in message.records]
    macs = [(index, mac) for _, index, mac in _macs(records)]
    state = CollectionState(
        version=message.version.version, hash=update_hash(EMPTY, (), (mac for _, mac in macs))
    )
    _check(_snapshot_mac(collection, state, keys), message.mac, "hash of a snapshot")
    return Applied(
        state=state,
        mutations=tuple(decrypt_mutation(Operation.SET, record, ring) for _, record in records),
        set_macs=dict(macs),
    )


class Made(Value):
    """A patch or snapshot that was made here, and the collection after it."""

    raw: bytes
    applied: Applied


def make_patch(
    collection: str,
    state: CollectionState,
    changes: Iterable[Change],
    key_id: bytes,
    ring: KeyRing,
    *,
    find_mac: FindMac,
    random: Callable[[int], bytes] = os.urandom,
) -> Made:
    """A patch that brings the collection from `state` to the next version.

    It carries no version: the server numbers it (`number_patch`). Raises AppStateFailure.
    """
    keys = ring.keys(key_id)
    message = syncd_pb2.SyncdPatch()
    for change in changes:
        message.mutations.append(encrypt_change(change, key_id, keys, random))
    records = [(_operation(item), item.record) for item in message.mutations]
    set_macs, removed, taken = _changed_macs(records, find_mac)
    added = [mac for operation, _, mac in _macs(records) if operation is Operation.SET]
    new = CollectionState(version=state.version + 1, hash=update_hash(state.hash, taken, added))
    message.keyID.ID = key_id
    message.snapshotMAC = _snapshot_mac(collection, new, keys)
    message.patchMAC = _patch_mac(collection, new.version, message, keys)
    mutations = tuple(decrypt_mutation(op, record, ring) for op, record in records)
    applied = Applied(state=new, mutations=mutations, set_macs=set_macs, removed_macs=removed)
    return Made(raw=message.SerializeToString(), applied=applied)


def number_patch(raw: bytes, version: int) -> bytes:
    """The server's part: the patch with its version. Raises AppStateFailure."""
    message = _parse(syncd_pb2.SyncdPatch, raw)
    message.version.version = version
    return message.SerializeToString()


def external_mutations(raw: bytes) -> bytes:
    """The content of the file (kind `app_state`) that a large patch points to. Raises
    AppStateFailure."""
    mutations = _parse(syncd_pb2.SyncdPatch, raw).mutations
    return syncd_pb2.SyncdMutations(mutations=mutations).SerializeToString()


def point_to_mutations(raw: bytes, ref: MediaRef) -> bytes:
    """The patch without its mutations, which lie in the file `ref`. Raises AppStateFailure."""
    message = _parse(syncd_pb2.SyncdPatch, raw)
    del message.mutations[:]
    message.externalMutations.CopyFrom(_write_blob(ref))
    return message.SerializeToString()


def format_snapshot(
    collection: str, state: CollectionState, records: Iterable[bytes], key_id: bytes, ring: KeyRing
) -> bytes:
    """The collection in `state` as a snapshot; `records` are its serialised SyncdRecords."""
    message = syncd_pb2.SyncdSnapshot()
    message.records.extend(_parse(syncd_pb2.SyncdRecord, raw) for raw in records)
    message.version.version = state.version
    message.keyID.ID = key_id
    message.mac = _snapshot_mac(collection, state, ring.keys(key_id))
    return message.SerializeToString()


def make_snapshot(
    collection: str,
    version: int,
    changes: Iterable[Change],
    key_id: bytes,
    ring: KeyRing,
    *,
    random: Callable[[int], bytes] = os.urandom,
) -> Made:
    """The whole collection as of `version`; `changes` are all SET, one per index."""
    keys = ring.keys(key_id)
    records = [encrypt_change(change, key_id, keys, random).record for change in changes]
    macs = [record.value.blob[-VALUE_MAC_BYTES:] for record in records]
    state = CollectionState(version=version, hash=update_hash(EMPTY, (), macs))
    serialised = [record.SerializeToString() for record in records]
    raw = format_snapshot(collection, state, serialised, key_id, ring)
    return Made(raw=raw, applied=apply_snapshot(collection, raw, ring))


def parse_blob(raw: bytes) -> MediaRef:
    """The file that a `<snapshot>` points to (kind `app_state`). Raises AppStateFailure."""
    return read_blob(_parse(syncd_pb2.ExternalBlobReference, raw))


def format_blob(ref: MediaRef) -> bytes:
    """The content of a `<snapshot>` that points to the file `ref`."""
    return _write_blob(ref).SerializeToString()


def _write_blob(ref: MediaRef) -> syncd_pb2.ExternalBlobReference:
    return syncd_pb2.ExternalBlobReference(
        mediaKey=ref.media_key,
        directPath=ref.direct_path,
        fileSizeBytes=ref.size_bytes,
        fileSHA256=ref.file_sha256,
        fileEncSHA256=ref.file_enc_sha256,
    )


def read_blob(message: syncd_pb2.ExternalBlobReference) -> MediaRef:
    return MediaRef(
        direct_path=claims.path(message.directPath),
        media_key=claims.blob(message.mediaKey, _HASH_LIMIT),
        file_sha256=claims.blob(message.fileSHA256, _HASH_LIMIT),
        file_enc_sha256=claims.blob(message.fileEncSHA256, _HASH_LIMIT),
        size_bytes=claims.size(message.fileSizeBytes),
    )


_Records = Sequence[tuple[Operation, syncd_pb2.SyncdRecord]]


def _operation(mutation: syncd_pb2.SyncdMutation) -> Operation:
    return Operation(mutation.operation)


def _macs(records: _Records) -> Iterator[tuple[Operation, bytes, bytes]]:
    """Operation, index MAC and value MAC of each record."""
    for operation, record in records:
        blob = record.value.blob
        if len(blob) < VALUE_MAC_BYTES:
            raise AppStateFailure("a mutation is too short")
        yield operation, record.index.blob, blob[-VALUE_MAC_BYTES:]


def _changed_macs(
    records: _Records, find_mac: FindMac
) -> tuple[dict[bytes, bytes], tuple[bytes, ...], list[bytes]]:
    """What to store, what to delete, and the value MACs that leave the hash.

    Each record replaces what its index had: from an earlier record of the patch, else as stored.
    """
    current: dict[bytes, bytes | None] = {}
    taken: list[bytes] = []
    for operation, index, mac in _macs(records):
        before = current[index] if index in current else find_mac(index)
        if before is not None:
            taken.append(before)
        current[index] = mac if operation is Operation.SET else None
    kept = {index: mac for index, mac in current.items() if mac is not None}
    return kept, tuple(index for index, mac in current.items() if mac is None), taken


def _snapshot_mac(collection: str, state: CollectionState, keys: AppStateKeys) -> bytes:
    data = state.hash + state.version.to_bytes(8, "big") + collection.encode()
    return hmac.digest(keys.snapshot_mac, data, "sha256")


def _patch_mac(
    collection: str, version: int, message: syncd_pb2.SyncdPatch, keys: AppStateKeys
) -> bytes:
    macs = b"".join(item.record.value.blob[-VALUE_MAC_BYTES:] for item in message.mutations)
    data = message.snapshotMAC + macs + version.to_bytes(8, "big") + collection.encode()
    return hmac.digest(keys.patch_mac, data, "sha256")


def _check(expected: bytes, found: bytes, what: str) -> None:
    if not hmac.compare_digest(expected, found):
        raise AppStateMacMismatch(f"the {what} is wrong")


def _bounded(count: int) -> None:
    if count > MAX_MUTATIONS:
        raise AppStateFailure("there are too many mutations")


def _parse(kind: type[_Parsed], raw: bytes) -> _Parsed:
    try:
        return parse(kind, raw)
    except MalformedProtobuf as error:
        raise AppStateFailure("app state cannot be parsed") from error
