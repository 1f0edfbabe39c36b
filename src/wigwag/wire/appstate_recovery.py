"""A whole collection in the clear, as the phone sends it when its hashes cannot be mended.

It comes through an encrypted message of the own phone, so it carries no MACs of its own to check;
its LTHash is taken as it is (whatsmeow appstate/recovery.go).
"""

import gzip
import zlib
from collections.abc import Iterable
from typing import Final

from wigwag.model.value import Value
from wigwag.wire import claims
from wigwag.wire.appstate import MAX_MUTATIONS, Applied, CollectionState
from wigwag.wire.appstate_mutation import KeyRing, Mutation, Operation, read_mutation
from wigwag.wire.errors import AppStateFailure, MalformedProtobuf
from wigwag.wire.lthash import SIZE
from wigwag.wire.proto import syncd_pb2
from wigwag.wire.protobuf import parse

MAX_BYTES: Final = 2**26
"""Of a collection, inflated."""
_MAC_BYTES: Final = 32
_NAME_LIMIT: Final = 64


class Recovery:
    """A collection in the clear, before its keys are at hand."""

    def __init__(self, raw: bytes, *, compressed: bool) -> None:
        """Raises AppStateFailure when it cannot be read or is too large."""
        try:
            message = parse(syncd_pb2.SyncdSnapshotRecovery, _inflate(raw) if compressed else raw)
        except MalformedProtobuf as error:
            raise AppStateFailure("a recovered collection cannot be parsed") from error
        if len(message.collectionLthash) != SIZE:
            raise AppStateFailure("the hash of a recovered collection has a wrong length")
        if len(message.mutationRecords) > MAX_MUTATIONS:
            raise AppStateFailure("there are too many mutations")
        self._message = message

    @property
    def collection(self) -> str:
        return claims.text(self._message.collectionName, _NAME_LIMIT)

    @property
    def version(self) -> int:
        return self._message.version.version

    @property
    def key_ids(self) -> set[bytes]:
        """Every key that is needed to take it over."""
        return {record.keyID for record in self._message.mutationRecords}

    def apply(self, ring: KeyRing) -> Applied:
        """The collection as of its version. Raises AppStateKeyMissing, AppStateFailure."""
        mutations: list[Mutation] = []
        for record in self._message.mutationRecords:
            if len(record.mac) != _MAC_BYTES:
                raise AppStateFailure("a recovered mutation has no value MAC")
            keys = ring.keys(record.keyID)
            data = record.value.SerializeToString()
            mutations.append(read_mutation(Operation.SET, data, record.keyID, keys, record.mac))
        return Applied(
            state=CollectionState(version=self.version, hash=self._message.collectionLthash),
            mutations=tuple(mutations),
            set_macs={one.index_mac: one.value_mac for one in mutations},
        )


class PlainRecord(Value):
    """One value of a collection; `data` is the serialised SyncActionData."""

    data: bytes
    key_id: bytes
    value_mac: bytes


def format_recovery(
    collection: str, state: CollectionState, records: Iterable[PlainRecord]
) -> bytes:
    """The phone's part: the collection, compressed."""
    message = syncd_pb2.SyncdSnapshotRecovery(
        collectionName=collection, collectionLthash=state.hash
    )
    message.version.version = state.version
    for record in records:
        added = message.mutationRecords.add(keyID=record.key_id, mac=record.value_mac)
        added.value.MergeFromString(record.data)
    return gzip.compress(message.SerializeToString(), mtime=0)


def _inflate(raw: bytes) -> bytes:
    inflater = zlib.decompressobj(wbits=31)
    try:
        data = inflater.decompress(raw, MAX_BYTES)
    except zlib.error as error:
        raise AppStateFailure("a recovered collection cannot be inflated") from error
    if not inflater.eof:
        raise AppStateFailure("a recovered collection is cut or too large")
    return data
