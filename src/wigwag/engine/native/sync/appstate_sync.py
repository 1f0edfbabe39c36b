"""Bringing one app-state collection up to date: verified, made durable, told.

A collection that does not fit is fetched once from the beginning; what was known of it stays as it
is until that has come (whatsmeow appstate.go, appstate/decode.go).
"""

import asyncio
from collections import Counter
from typing import Final

import structlog

from wigwag.engine.common.errors import CollectionRefused
from wigwag.engine.common.transfer import Transfer
from wigwag.engine.native.connection.stanzas import iq
from wigwag.engine.native.link import Link
from wigwag.engine.native.receiving.batch import Batch
from wigwag.engine.native.receiving.recorder import Recorder
from wigwag.engine.native.store.writes import (
    DropAppState,
    DropAppStateMac,
    PutAppStateMac,
    PutAppStateVersion,
)
from wigwag.engine.native.sync.appstate_learnt import Learnt, latest
from wigwag.engine.native.sync.appstate_standing import Standings
from wigwag.model.value import Value
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
from wigwag.wire.appstate_mutation import KeyRing, Mutation
from wigwag.wire.appstate_recovery import Recovery
from wigwag.wire.errors import AppStateFailure, AppStateKeyMissing, MalformedNode
from wigwag.wire.media import ServiceKind
from wigwag.wire.nodes import Node

MAX_ROUNDS: Final = 1000
MAX_NAMES: Final = 256
"""Names of ignored actions that are told apart."""
IN_THREAD: Final = 500
"""Mutations from which on they are worked out beside the event loop."""
_EPOCH_BYTES: Final = 8
_TIMEOUT_S: Final = 75.0

_log = structlog.get_logger(__name__)


class Run(Value):
    """One fetch: from the beginning (`full`) or from where we are."""

    name: str
    full: bool
    epoch: str
    first: bool


class CollectionSync:
    """Brings the collections of one account up to the server's version."""

    def __init__(
        self, link: Link, transfer: Transfer, recorder: Recorder, standings: Standings
    ) -> None:
        self._link = link
        self._transfer = transfer
        self._recorder = recorder
        self._standings = standings
        self.ignored: Counter[str] = Counter()
        """Mutations that mean nothing to us, by name."""

    def state(self, name: str) -> CollectionState | None:
        """Version and hash as they are stored; None before the first fetch."""
        known = self._link.store.find_appstate_version(self._link.account, name)
        return CollectionState(version=known.version, hash=known.hash) if known else None

    async def fetch(self, name: str) -> None:
        """Raises AppStateKeyMissing (what came before is kept), AppStateFailure (also from the
        beginning it does not fit), CollectionRefused, MediaGone and its kin, RequestFailed,
        RequestTimeout, NotConnected."""
        try:
            await self._fetch(name, anew=False)
        except AppStateKeyMissing:
            raise
        except AppStateFailure as error:
            _log.warning("appstate_mismatch", collection=name, code=error.code)
            await self._fetch(name, anew=True)

    async def take(self, name: str, collection: Node) -> None:
        """Apply patches that came as the answer to a conflict. Raises as `fetch`."""
        state = self.state(name)
        if state is None:
            raise AppStateFailure("a collection that is not here cannot be in conflict")
        await self._apply(self._run(name, full=False), state, collection, last=True)

    async def recover(self, name: str, recovery: Recovery) -> bool:
        """Take over the phone's copy, unless we are as far already; whether it was taken.

        Raises AppStateKeyMissing, AppStateFailure.
        """
        state = self.state(name)
        if recovery.version <= (state.version if state is not None else 0):
            return False
        ring = self._ring(recovery.key_ids)
        applied = await asyncio.to_thread(recovery.apply, ring)
        run = self._run(name, full=True)
        batch, learnt = self._recorder.open(), self._learnt(run)
        batch.changes.add(DropAppState(batch.account, name))
        self._keep(name, applied, batch)
        learnt.take(applied.state.version, latest(applied.mutations))
        await self._commit(run, applied.state, batch, learnt, last=True)
        return True

    # -- inside -----------------------------------------------------------------------------

    async def _fetch(self, name: str, *, anew: bool) -> None:
        known = self.state(name)
        full = anew or known is None or not known.version
        state = EMPTY_STATE if full or known is None else known
        run = self._run(name, full=full)
        for round_number in range(MAX_ROUNDS):
            wants_snapshot = run.full and round_number == 0
            collection = await self._ask(name, state, wants_snapshot=wants_snapshot)
            more = collection.attr("has_more_patches") == "true"
            before = state.version
            state = await self._apply(run, state, collection, last=not more)
            if not more:
                return
            if state.version <= before:
                raise CollectionRefused("A collection does not get on.")
            run = Run(name=name, full=False, epoch=run.epoch, first=run.first)
        raise CollectionRefused("A collection never ends.")

    def _run(self, name: str, *, full: bool) -> Run:
        standing = self._standings.of(name)
        epoch = self._link.random(_EPOCH_BYTES).hex() if full else standing.epoch
        return Run(name=name, full=full, epoch=epoch, first=standing.first)

    async def _ask(self, name: str, state: CollectionState, *, wants_snapshot: bool) -> Node:
        attrs = {"name": name, "return_snapshot": "true" if wants_snapshot else "false"}
        if not wants_snapshot:
            attrs["version"] = str(state.version)
        sync = Node("sync", {}, [Node("collection", dict(attrs))])
        answer = await self._link.connection.request(
            iq("w:sync:app:state", "set", [sync]), _TIMEOUT_S
        )
        collection = answered(answer, name)
        if collection.attr("type") == "error":
            raise CollectionRefused
        return collection

    async def _apply(
        self, run: Run, state: CollectionState, collection: Node, *, last: bool
    ) -> CollectionState:
        """Apply one answer and make it durable; nothing of it when anything does not fit.

        Where a key is missing, what comes before is kept and then AppStateKeyMissing raised.
        """
        batch, learnt = self._recorder.open(), self._learnt(run)
        gathered: list[Mutation] = []
        if run.full:
            batch.changes.add(DropAppState(batch.account, run.name))
        snapshot = collection.child("snapshot")
        if snapshot is not None:
            applied = await self._snapshot(run.name, snapshot.data)
            state = self._keep(run.name, applied, batch)
            gathered += applied.mutations
        macs = _Macs(self._link, run.name, forgotten=run.full)
        wanted = [patch for patch in _patches(collection) if patch.version > state.version]
        missing: set[bytes] = set()
        for patch in wanted:
            missing = await self._complete(patch)
            if missing:
                break
            applied = await self._patch(run.name, state, patch, macs)
            macs.follow(applied)
            state = self._keep(run.name, applied, batch)
            if run.full:
                gathered += applied.mutations
            else:
                learnt.take(state.version, applied.mutations)
        if run.full:
            learnt.take(state.version, latest(gathered))
        if not missing or state.version:
            await self._commit(run, state, batch, learnt, last=last and not missing)
        if missing:
            for patch in wanted:
                missing |= self._missing(patch.key_ids)
            raise AppStateKeyMissing(min(missing), others=missing)
        return state

    async def _complete(self, patch: Patch) -> set[bytes]:
        """Fetch what of a patch lies on the media host; the keys that are missing for it."""
        if patch.external is not None:
            patch.include(await self._transfer.fetch(patch.external, ServiceKind.APP_STATE))
        return self._missing(patch.key_ids)

    async def _commit(
        self, run: Run, state: CollectionState, batch: Batch, learnt: Learnt, *, last: bool
    ) -> None:
        batch.changes.add(PutAppStateVersion(batch.account, run.name, state.version, state.hash))
        learnt.record(batch)
        ended = {"first": False} if last else {}
        self._standings.record(batch, run.name, epoch=run.epoch, error="", **ended)
        await self._recorder.commit(batch)
        self._count(learnt.ignored)
        if learnt.push_name:
            await self._link.save_device(push_name=learnt.push_name)

    def _learnt(self, run: Run) -> Learnt:
        return Learnt(run.name, run.epoch, first=run.first)

    def _count(self, ignored: Counter[str]) -> None:
        for name, count in ignored.items():
            known = name in self.ignored or len(self.ignored) < MAX_NAMES
            self.ignored[name if known else ""] += count

    async def _patch(
        self, name: str, state: CollectionState, patch: Patch, macs: "_Macs"
    ) -> Applied:
        ring = self._ring(patch.key_ids)
        if len(patch.mutations) < IN_THREAD:
            return apply_patch(name, state, patch, ring, macs.find)
        known = {mac: macs.find(mac) for mac in patch.index_macs}
        return await asyncio.to_thread(apply_patch, name, state, patch, ring, known.get)

    async def _snapshot(self, name: str, reference: bytes) -> Applied:
        """The whole collection, from the media host."""
        raw = await self._transfer.fetch(parse_blob(reference), ServiceKind.APP_STATE)
        ring = self._ring(await asyncio.to_thread(snapshot_key_ids, raw))
        return await asyncio.to_thread(apply_snapshot, name, raw, ring)

    def _missing(self, key_ids: set[bytes]) -> set[bytes]:
        store, account = self._link.store, self._link.account
        return {key for key in key_ids if store.find_appstate_key(account, key) is None}

    def _ring(self, key_ids: set[bytes]) -> KeyRing:
        """The keys of one patch or snapshot, looked up beforehand: the ring may go to a thread.

        Raises AppStateKeyMissing.
        """
        missing = self._missing(key_ids)
        if missing:
            raise AppStateKeyMissing(min(missing), others=missing)
        keys: dict[bytes, bytes] = {}
        for key_id in key_ids:
            known = self._link.store.find_appstate_key(self._link.account, key_id)
            if known is not None:
                keys[key_id] = known.data
        return KeyRing(keys.get)

    def _keep(self, name: str, applied: Applied, batch: Batch) -> CollectionState:
        account = batch.account
        batch.changes.add(
            *(DropAppStateMac(account, name, index) for index in applied.removed_macs),
            *(PutAppStateMac(account, name, index, mac) for index, mac in applied.set_macs.items()),
        )
        return applied.state


def answered(answer: Node, name: str) -> Node:
    """The collection in an answer. Raises MalformedNode."""
    body = answer.child("sync")
    collection = body.child("collection") if body is not None else None
    if collection is None or collection.attr("name") != name:
        raise MalformedNode("an answer about app state has no collection")
    return collection


def _patches(collection: Node) -> list[Patch]:
    """Raises AppStateFailure."""
    patches = collection.child("patches")
    if patches is None:
        return []
    return [Patch(node.data) for node in patches.children_with("patch")]


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
