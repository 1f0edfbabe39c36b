"""Fetching one app-state collection: patches or a snapshot, verified, made durable, told.

A collection whose MACs do not fit is fetched once from the beginning; what is known of contacts
stays as it is meanwhile (whatsmeow appstate/decode.go).
"""

import asyncio
from typing import Final

import msgspec
import structlog

from wigwag.engine.native.connection.stanzas import iq
from wigwag.engine.native.link import Link
from wigwag.engine.native.media.transfer import Transfer
from wigwag.engine.native.people.audience import STATUS_AUDIENCE
from wigwag.engine.native.receiving.batch import Batch
from wigwag.engine.native.receiving.recorder import Recorder
from wigwag.engine.native.store.writes import (
    DropAppState,
    DropAppStateMac,
    PutAppStateMac,
    PutAppStateVersion,
    PutNote,
)
from wigwag.model.appstate import ContactNamed, PushNameSet
from wigwag.model.chat import Contact
from wigwag.model.event import ContactsChanged
from wigwag.model.jid import Jid
from wigwag.wire.appstate import (
    EMPTY_STATE,
    Applied,
    CollectionState,
    Patch,
    apply_patch,
    apply_snapshot,
    parse_blob,
    snapshot_key_ids,
)
from wigwag.wire.appstate_mutation import KeyRing, Mutation, Operation
from wigwag.wire.errors import AppStateFailure, AppStateMacMismatch, MalformedNode
from wigwag.wire.media import ServiceKind
from wigwag.wire.nodes import Node

MAX_ROUNDS: Final = 1000
MAX_CONTACTS: Final = 500
"""Contacts in one event."""
_TIMEOUT_S: Final = 75.0

_log = structlog.get_logger(__name__)
_encode_jids = msgspec.msgpack.Encoder().encode
_decode_jids = msgspec.msgpack.Decoder(list[Jid]).decode


class CollectionSync:
    """Brings the collections of one account up to the server's version."""

    def __init__(self, link: Link, transfer: Transfer, recorder: Recorder) -> None:
        self._link = link
        self._transfer = transfer
        self._recorder = recorder

    async def fetch(self, name: str) -> None:
        """Raises AppStateKeyMissing, AppStateFailure, MediaGone and its kin, RequestFailed,
        RequestTimeout, NotConnected."""
        try:
            await self._fetch(name)
        except AppStateMacMismatch:
            _log.warning("appstate_mismatch", collection=name)
            await self._link.store.commit([DropAppState(self._link.account, name)])
            await self._fetch(name)

    async def _fetch(self, name: str) -> None:
        known = self._link.store.find_appstate_version(self._link.account, name)
        state = EMPTY_STATE
        if known is not None:
            state = CollectionState(version=known.version, hash=known.hash)
        wants_snapshot = known is None
        for _ in range(MAX_ROUNDS):
            collection = await self._ask(name, state, wants_snapshot=wants_snapshot)
            state = await self._apply(name, state, collection)
            wants_snapshot = False
            if collection.attr("has_more_patches") != "true":
                return
        raise AppStateFailure("a collection never ends")

    async def _ask(self, name: str, state: CollectionState, *, wants_snapshot: bool) -> Node:
        attrs = {"name": name, "return_snapshot": "true" if wants_snapshot else "false"}
        if not wants_snapshot:
            attrs["version"] = str(state.version)
        sync = Node("sync", {}, [Node("collection", dict(attrs))])
        answer = await self._link.connection.request(
            iq("w:sync:app:state", "set", [sync]), _TIMEOUT_S
        )
        body = answer.child("sync")
        collection = body.child("collection") if body is not None else None
        if collection is None or collection.attr("name") != name:
            raise MalformedNode("an answer about app state has no collection")
        if collection.attr("type") == "error":
            raise AppStateFailure("the server refused a collection")
        return collection

    async def _apply(self, name: str, state: CollectionState, collection: Node) -> CollectionState:
        """Apply one answer and make it durable; nothing of it when anything does not fit."""
        batch = self._recorder.open()
        learnt = _Learnt()
        snapshot = collection.child("snapshot")
        if snapshot is not None:
            applied = await self._snapshot(name, snapshot.data)
            batch.changes.add(DropAppState(batch.account, name))
            state = self._keep(name, applied, batch, learnt)
        macs = _Macs(self._link, name, forgotten=snapshot is not None)
        patches = collection.child("patches")
        for node in patches.children_with("patch") if patches is not None else []:
            patch = Patch(node.data)
            if patch.version <= state.version:
                continue
            if patch.external is not None:
                patch.include(await self._transfer.fetch(patch.external, ServiceKind.APP_STATE))
            applied = apply_patch(name, state, patch, self._ring(patch.key_ids), macs.find)
            macs.follow(applied)
            state = self._keep(name, applied, batch, learnt)
        batch.changes.add(PutAppStateVersion(batch.account, name, state.version, state.hash))
        learnt.record(batch)
        await self._recorder.commit(batch)
        if learnt.push_name:
            await self._link.save_device(push_name=learnt.push_name)
        return state

    async def _snapshot(self, name: str, reference: bytes) -> Applied:
        """The whole collection, from the media host."""
        raw = await self._transfer.fetch(parse_blob(reference), ServiceKind.APP_STATE)
        ring = self._ring(snapshot_key_ids(raw))
        return await asyncio.to_thread(apply_snapshot, name, raw, ring)

    def _ring(self, key_ids: set[bytes]) -> KeyRing:
        """The keys of one patch or snapshot, looked up beforehand: the ring may go to a thread."""
        keys: dict[bytes, bytes] = {}
        for key_id in key_ids:
            known = self._link.store.find_appstate_key(self._link.account, key_id)
            if known is not None:
                keys[key_id] = known.data
        return KeyRing(keys.get)

    def _keep(
        self, name: str, applied: Applied, batch: Batch, learnt: "_Learnt"
    ) -> CollectionState:
        account = batch.account
        batch.changes.add(
            *(DropAppStateMac(account, name, index) for index in applied.removed_macs),
            *(PutAppStateMac(account, name, index, mac) for index, mac in applied.set_macs.items()),
        )
        for mutation in applied.mutations:
            learnt.take(mutation)
        return applied.state


class _Macs:
    """The value MACs of a collection, with the changes that are not committed yet."""

    def __init__(self, link: Link, name: str, *, forgotten: bool) -> None:
        self._link = link
        self._name = name
        self._forgotten = forgotten
        self._changed: dict[bytes, bytes | None] = {}

    def find(self, index_mac: bytes) -> bytes | None:
        if index_mac in self._changed:
            return self._changed[index_mac]
        if self._forgotten:
            return None
        return self._link.store.find_appstate_mac(self._link.account, self._name, index_mac)

    def follow(self, applied: Applied) -> None:
        self._changed.update(applied.set_macs)
        self._changed.update(dict.fromkeys(applied.removed_macs))


class _Learnt:
    """What the mutations of one answer say, put together."""

    def __init__(self) -> None:
        self._contacts: dict[Jid, Contact] = {}
        self._links: list[tuple[Jid, Jid]] = []
        self._audience: dict[Jid, bool] = {}
        self.push_name = ""

    def take(self, mutation: Mutation) -> None:
        action = mutation.action
        is_set = mutation.operation is Operation.SET
        if isinstance(action, PushNameSet) and is_set:
            self.push_name = action.name
        elif isinstance(action, ContactNamed):
            self._audience[action.jid] = is_set and bool(action.full_name or action.first_name)
            if not is_set:
                return
            self._contacts[action.jid] = Contact(
                jid=action.jid,
                alt=action.alt,
                full_name=action.full_name,
                first_name=action.first_name,
            )
            if action.alt is not None:
                self._links.append((action.jid, action.alt))

    def record(self, batch: Batch) -> None:
        """Put it into the batch: links, contacts, and who sees our status updates."""
        for one, other in self._links:
            batch.link(one, other)
        contacts = tuple(self._contacts.values())
        for at in range(0, len(contacts), MAX_CONTACTS):
            event = ContactsChanged(contacts=contacts[at : at + MAX_CONTACTS])
            batch.record("contacts", event)
        if self._audience:
            note = batch.store.find_note(batch.account, STATUS_AUDIENCE)
            audience = dict.fromkeys(_decode_jids(note) if note is not None else [])
            for jid, is_contact in self._audience.items():
                if is_contact:
                    audience[jid] = None
                else:
                    audience.pop(jid, None)
            batch.changes.add(PutNote(batch.account, STATUS_AUDIENCE, _encode_jids([*audience])))
