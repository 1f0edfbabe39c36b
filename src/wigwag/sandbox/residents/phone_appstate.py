"""The phone's half of app state: it makes the key, names itself and its contacts, and follows the
changes that companions make."""

from collections.abc import Sequence

import msgspec
import structlog

from wigwag.model.appstate import ContactNamed, PushNameSet
from wigwag.model.errors import WigwagError
from wigwag.model.jid import SERVER_JID, Jid
from wigwag.model.value import Value
from wigwag.sandbox.network.appstate import COLLECTIONS, spoil_snapshot
from wigwag.sandbox.residents.groupkeys import Random
from wigwag.sandbox.residents.surroundings import Surroundings
from wigwag.wire.appstate import (
    EMPTY_STATE,
    Applied,
    CollectionState,
    Patch,
    apply_patch,
    external_mutations,
    format_blob,
    format_snapshot,
    make_patch,
    point_to_mutations,
)
from wigwag.wire.appstate_actions import Action
from wigwag.wire.appstate_mutation import (
    Change,
    KeyRing,
    Mutation,
    Operation,
    decrypt_mutation,
)
from wigwag.wire.appstate_recovery import PlainRecord, format_recovery
from wigwag.wire.appstate_writing import collection_of
from wigwag.wire.media import ServiceKind
from wigwag.wire.nodes import Node
from wigwag.wire.proto import e2e_pb2, syncd_pb2
from wigwag.wire.protobuf import parse
from wigwag.wire.protocol_messages import SharedAppStateKey

_log = structlog.get_logger(__name__)

_MAX_PAGES = 100
_SEEN_LIMIT = 1_000
EXTERNAL_FROM = 100
"""Mutations from which on a patch lies on the media host."""


class SavedCollection(Value):
    name: str
    state: CollectionState
    macs: dict[str, bytes]
    """Value MACs by index MAC in hexadecimal."""
    records: dict[str, bytes] = msgspec.field(default_factory=dict[str, bytes])
    """Serialised SyncdRecords by index MAC in hexadecimal."""


class SavedAppState(Value):
    keys: tuple[SharedAppStateKey, ...]
    collections: tuple[SavedCollection, ...]
    contacts: tuple[ContactNamed, ...]


class _Collection:
    """A collection as this phone knows it."""

    def __init__(self) -> None:
        self.state = EMPTY_STATE
        self.macs: dict[bytes, bytes] = {}
        self.records: dict[bytes, bytes] = {}
        """The values as they lie on the server: serialised SyncdRecords by index MAC."""


class PhoneAppState:
    """App state of one account, as its phone keeps it."""

    def __init__(self, surroundings: Surroundings, lid: Jid, random: Random) -> None:
        self._surroundings = surroundings
        self._lid = lid
        self._random = random
        self._collections: dict[str, _Collection] = {}
        self._ring = KeyRing(self._find_key)
        self.contacts: dict[Jid, ContactNamed] = {}
        self.seen: list[Mutation] = []
        """Changes that companions made, newest last, bounded."""
        self._keys = [self._make_key(0)]
        self._has_spoilt = False

    # Keys.

    def shared_keys(self, wanted: Sequence[bytes] = ()) -> tuple[SharedAppStateKey, ...]:
        """The keys to share: all, or those with the wanted ids."""
        return tuple(key for key in self._keys if not wanted or key.key_id in wanted)

    def rotate_key(self) -> SharedAppStateKey:
        """A new key for the changes to come; companions must be given it."""
        key = self._make_key(len(self._keys))
        self._keys.append(key)
        return key

    def _make_key(self, index: int) -> SharedAppStateKey:
        raw_id = int.from_bytes(self._random(4), "big")
        fingerprint = e2e_pb2.AppStateSyncKeyFingerprint(
            rawID=raw_id, currentIndex=index, deviceIndexes=[0]
        )
        return SharedAppStateKey(
            key_id=b"\0\0" + self._random(4),
            data=self._random(32),
            fingerprint=fingerprint.SerializeToString(),
            timestamp_ms=int(self._surroundings.now().timestamp() * 1000),
        )

    def _find_key(self, key_id: bytes) -> bytes | None:
        return next((key.data for key in self._keys if key.key_id == key_id), None)

    # Changes.

    def set_push_name(self, name: str) -> None:
        self.change([PushNameSet(name=name)])

    def name_contacts(self, contacts: Sequence[ContactNamed]) -> None:
        """Put people into the address book."""
        for contact in contacts:
            self.contacts[contact.jid] = contact
        if contacts:
            self.change(contacts)

    def change(self, actions: Sequence[Action]) -> None:
        """Make one patch per collection that the actions belong to, and hand it to the server."""
        by_collection: dict[str, list[Change]] = {}
        now = self._surroundings.now()
        for action in actions:
            name = collection_of(action)
            by_collection.setdefault(name, []).append(Change(action=action, timestamp=now))
        for name, changes in by_collection.items():
            self._push(name, changes)

    def take_snapshots(self, *, spoilt: bool = False) -> None:
        """Put the present state of every collection on the server, for whoever begins anew; when
        `spoilt`, with a MAC that does not fit."""
        network = self._surroundings.network
        account = network.directory.get(self._lid)
        for name in COLLECTIONS:
            version = self.pull(name).state.version
            is_old = version > network.collections.covered(account, name)
            if version and (is_old or spoilt or self._has_spoilt):
                raw = self._snapshot(name, spoilt=spoilt)
                ref = self._surroundings.media.put(raw, ServiceKind.APP_STATE)
                network.collections.set_snapshot(account, name, version, format_blob(ref))
        self._has_spoilt = spoilt

    def _snapshot(self, name: str, *, spoilt: bool) -> bytes:
        collection = self._collections[name]
        raw = format_snapshot(
            name,
            collection.state,
            collection.records.values(),
            self._keys[-1].key_id,
            self._ring,
        )
        return spoil_snapshot(raw) if spoilt else raw

    def _push(self, name: str, changes: Sequence[Change]) -> None:
        collection = self.pull(name)
        made = make_patch(
            name,
            collection.state,
            changes,
            self._keys[-1].key_id,
            self._ring,
            find_mac=collection.macs.get,
            random=self._random,
        )
        network = self._surroundings.network
        account = network.directory.get(self._lid)
        raw = made.raw
        if len(changes) >= EXTERNAL_FROM:
            ref = self._surroundings.media.put(external_mutations(raw), ServiceKind.APP_STATE)
            raw = point_to_mutations(raw, ref)
        network.collections.append(account, name, raw, by=account.primary)
        collection.state = made.applied.state
        self._store(collection, Patch(made.raw), made.applied)

    def values(self, name: str) -> list[Action]:
        """What the account's devices agree on in a collection now."""
        return [mutation.action for mutation in self._mutations(self.pull(name))]

    def copy(self, name: str) -> bytes:
        """A collection in the clear (a compressed SyncdSnapshotRecovery)."""
        collection = self.pull(name)
        records = [
            PlainRecord(data=one.data, key_id=one.key_id, value_mac=one.value_mac)
            for one in self._mutations(collection)
        ]
        return format_recovery(name, collection.state, records)

    def _mutations(self, collection: _Collection) -> list[Mutation]:
        records = [parse(syncd_pb2.SyncdRecord, raw) for raw in collection.records.values()]
        return [decrypt_mutation(Operation.SET, record, self._ring) for record in records]

    def pull(self, name: str) -> _Collection:
        """Apply what companions changed since; a patch that does not fit is left out, logged."""
        collection = self._collections.setdefault(name, _Collection())
        for _ in range(_MAX_PAGES):
            patches, more = self._fetch(name, collection.state.version)
            for raw in patches:
                self._apply(name, collection, raw)
            if not more:
                break
        return collection

    def _fetch(self, name: str, version: int) -> tuple[list[bytes], bool]:
        network = self._surroundings.network
        device = network.directory.get_device(self._lid)
        asked = Node("collection", {"name": name, "version": str(version)})
        iq = Node(
            "iq",
            {"id": "0", "type": "set", "xmlns": "w:sync:app:state", "to": SERVER_JID},
            [Node("sync", {}, [asked])],
        )
        sync = network.collections.answer(device, iq).child("sync")
        answer = sync.child("collection") if sync is not None else None
        patches = answer.child("patches") if answer is not None else None
        if answer is None or patches is None:
            return [], False
        return [node.data for node in patches.kids], answer.attr("has_more_patches") == "true"

    def _apply(self, name: str, collection: _Collection, raw: bytes) -> None:
        try:
            patch = Patch(raw)
            if patch.version <= collection.state.version:
                return
            if patch.external is not None:
                patch.include(self._surroundings.media.fetch(patch.external, ServiceKind.APP_STATE))
            applied = apply_patch(name, collection.state, patch, self._ring, collection.macs.get)
        except WigwagError as error:
            _log.info("app_state_patch_refused", collection=name, code=error.code)
            return
        collection.state = applied.state
        self._store(collection, patch, applied)
        self.seen.extend(applied.mutations)
        del self.seen[:-_SEEN_LIMIT]

    @staticmethod
    def _store(collection: _Collection, patch: Patch, applied: Applied) -> None:
        for index in applied.removed_macs:
            collection.macs.pop(index, None)
            collection.records.pop(index, None)
        collection.macs.update(applied.set_macs)
        for item in patch.mutations:
            if item.operation == Operation.SET and item.record.index.blob in collection.macs:
                collection.records[item.record.index.blob] = item.record.SerializeToString()

    # Saving.

    def export(self) -> SavedAppState:
        return SavedAppState(
            keys=tuple(self._keys),
            collections=tuple(
                SavedCollection(
                    name=name,
                    state=collection.state,
                    macs={index.hex(): mac for index, mac in collection.macs.items()},
                    records={index.hex(): raw for index, raw in collection.records.items()},
                )
                for name, collection in self._collections.items()
            ),
            contacts=tuple(self.contacts.values()),
        )

    def restore(self, saved: SavedAppState) -> None:
        self._keys = list(saved.keys) or self._keys
        self._ring = KeyRing(self._find_key)
        self.contacts = {contact.jid: contact for contact in saved.contacts}
        self._collections = {}
        for entry in saved.collections:
            collection = self._collections[entry.name] = _Collection()
            collection.state = entry.state
            collection.macs = {bytes.fromhex(index): mac for index, mac in entry.macs.items()}
            collection.records = {bytes.fromhex(index): raw for index, raw in entry.records.items()}
