"""App state: which collections have to be fetched, fetching them one after the other, and writing.

A collection that has to be fetched is noted durably until it was (whatsmeow appstate.go). One whose
hashes do not fit even from the beginning waits for the phone's copy; it is not fetched at each
login, and nobody is ever unlinked for it.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Final

import msgspec
import structlog

from wigwag.engine.common.failures import describe
from wigwag.engine.native.link import Link
from wigwag.engine.native.receiving.batch import Batch
from wigwag.engine.native.receiving.ends import DropReason
from wigwag.engine.native.receiving.recorder import Recorder
from wigwag.engine.native.store.writes import PutAppStateKey, PutNote
from wigwag.engine.native.sync.appstate_phone import PhoneQuestions
from wigwag.engine.native.sync.appstate_standing import Standings
from wigwag.engine.native.sync.appstate_sync import CollectionSync
from wigwag.engine.native.sync.appstate_writing import PatchWriter, by_collection
from wigwag.model.appstate import AppStateChange, CollectionStatus, SyncPhase
from wigwag.model.errors import (
    AppStateUnavailable,
    InvalidInput,
    MediaCorrupt,
    MediaGone,
    NotConnected,
    WigwagError,
)
from wigwag.wire.appstate_actions import COLLECTIONS
from wigwag.wire.errors import AppStateFailure, AppStateKeyMissing
from wigwag.wire.nodes import Node
from wigwag.wire.protocol_messages import AppStateKeyShare, RecoveryResponse

DUE_NOTE: Final = "appstate_due"
"""Note with the collections that changed on the server."""
MAX_CHANGES: Final = 1_000
"""Changes in one call."""
_TRIES: Final = 3

_log = structlog.get_logger(__name__)
_encode = msgspec.msgpack.Encoder().encode
_decode_names = msgspec.msgpack.Decoder(list[str]).decode


class Outcome(Enum):
    """How fetching a collection ended."""

    DONE = 1
    """With it, or with a question to the phone."""
    FAILED = 2
    OFFLINE = 3
    """`connected` makes it due again."""


class AppState:
    """The collections of one account; implements ports.AppStateActions."""

    def __init__(
        self,
        link: Link,
        *,
        phone: PhoneQuestions,
        sync: CollectionSync,
        standings: Standings,
        recorder: Recorder,
    ) -> None:
        self._link = link
        self._phone = phone
        self._sync = sync
        self._standings = standings
        self._recorder = recorder
        self._writer = PatchWriter(link, sync)
        self._due: dict[str, int] = dict.fromkeys(self._noted(), 0)
        """Collections to fetch, with the failures so far."""
        self._coming: set[str] = set()
        """Collections of batches that are not durable yet: a note must not lose them."""
        self._fetching: str | None = None
        self._wakeup = asyncio.Event()
        self._turn = asyncio.Lock()
        """Held while a collection is fetched or written: they stand on each other."""

    # -- what comes in ----------------------------------------------------------------------

    def shared(self, share: AppStateKeyShare, batch: Batch) -> None:
        """A device of the account handed out keys; the newest of an id counts."""
        store, account = self._link.store, self._link.account
        for key in share.keys:
            known = store.find_appstate_key(account, key.key_id)
            if known is None or known.timestamp < key.timestamp_ms:
                batch.changes.add(
                    PutAppStateKey(account, key.key_id, key.data, key.fingerprint, key.timestamp_ms)
                )
        lacking = [name for name in COLLECTIONS if self._standings.of(name).waiting_since]
        wanted = [*self._unsynced(), *lacking]
        batch.afterwards.append(self._phone.keys_came)
        self._want(wanted, batch)

    def notified(self, node: Node, batch: Batch) -> None:
        """`<notification type=server_sync>`: collections changed on the server."""
        named = [child.attr("name") for child in node.children_with("collection")]
        wanted = [name for name in COLLECTIONS if name in named]
        self._want(wanted, batch)

    def recovered(self, answer: RecoveryResponse, batch: Batch) -> None:
        """The phone sent its copy of a collection: kept until it is taken over."""
        if not self._phone.answered(answer, batch):
            batch.drop(DropReason.APP_STATE_COPY_UNWANTED)
            return
        batch.afterwards.append(self._wakeup.set)

    def connected(self) -> None:
        """Logged in: what could not be fetched before is due again."""
        for name in self._due:
            self._due[name] = 0
        if self._link.store.latest_appstate_key(self._link.account) is not None:
            self._add(name for name in self._unsynced() if not self._phone.is_waiting(name))
        self._add(name for name in COLLECTIONS if self._phone.is_overdue(name))
        self._wakeup.set()

    async def run(self) -> None:
        """Fetch for ever; ends by cancellation."""
        while True:
            self._wakeup.clear()
            async with self._turn:
                await self._take_copies()
            name = self._next()
            if name is None:
                await self._wakeup.wait()
                continue
            async with self._turn:
                await self._fetch_due(name)

    # -- ports.AppStateActions --------------------------------------------------------------

    async def change(self, changes: Sequence[AppStateChange]) -> None:
        if len(changes) > MAX_CHANGES:
            raise InvalidInput(f"at most {MAX_CHANGES} changes at a time")
        if not self._link.online:
            raise NotConnected
        at = self._link.clock.now()
        for name, group in by_collection(changes).items():
            async with self._turn:
                await self._write(name, group, at=at)
        await self._recorder.handed()

    def statuses(self) -> tuple[CollectionStatus, ...]:
        return tuple(self._status(name) for name in COLLECTIONS)

    def ignored(self) -> Mapping[str, int]:
        return dict(self._sync.ignored)

    # -- inside -----------------------------------------------------------------------------

    def _status(self, name: str) -> CollectionStatus:
        state, standing = self._sync.state(name), self._standings.of(name)
        phase = SyncPhase.SYNCED if state is not None else SyncPhase.UNSYNCED
        if standing.recovering:
            phase = SyncPhase.RECOVERING
        elif standing.waiting_since:
            phase = SyncPhase.WAITING_FOR_KEY
        elif name in self._due or name == self._fetching:
            phase = SyncPhase.DUE
        version = state.version if state is not None else 0
        return CollectionStatus(name=name, version=version, phase=phase, error=standing.error)

    async def _write(self, name: str, changes: Sequence[AppStateChange], *, at: datetime) -> None:
        if self._standings.of(name).recovering:
            raise AppStateUnavailable
        # Due until it was fetched again: what the server took is found also after a crash.
        self._due.setdefault(name, 0)
        batch = self._recorder.open()
        self._note([name], batch)
        await self._recorder.commit(batch)
        await self._writer.write(name, changes, at)
        await self._fetch_due(name)

    async def _fetch_due(self, name: str) -> None:
        # Taken out before: a change that is announced meanwhile is due again.
        failures = self._due.pop(name, 0)
        self._fetching = name
        outcome = await self._fetch(name)
        self._fetching = None
        if outcome is Outcome.DONE:
            self._save()
        else:
            again = _TRIES if outcome is Outcome.OFFLINE else failures + 1
            self._due.setdefault(name, again)

    def _next(self) -> str | None:
        if not self._link.online:
            return None
        return next((name for name, failures in self._due.items() if failures < _TRIES), None)

    async def _fetch(self, name: str) -> Outcome:
        try:
            await self._fetch_or_ask(name)
        except NotConnected:
            return Outcome.OFFLINE
        except WigwagError as error:
            _log.warning("appstate_not_fetched", collection=name, code=error.code)
            self._standings.keep(name, error=error.code)
            return Outcome.FAILED
        except Exception as error:  # noqa: BLE001 - one strange collection must not end the others
            _log.error("appstate_broken", collection=name, **describe(error))
            self._standings.keep(name, error="internal")
            return Outcome.FAILED
        return Outcome.DONE

    async def _fetch_or_ask(self, name: str) -> None:
        """Fetch a collection; what cannot be read is a question to the phone, once in a while."""
        standing = self._standings.of(name)
        if standing.recovering and not standing.asked_at:
            await self._phone.ask_copy(name)
        elif not standing.recovering or self._phone.is_overdue(name):
            try:
                await self._sync.fetch(name)
            except AppStateKeyMissing as error:
                await self._phone.ask_keys(name, error.key_ids)
            except (AppStateFailure, MediaGone, MediaCorrupt) as error:
                _log.warning("appstate_unreadable", collection=name, code=error.code)
                self._standings.keep(name, error=error.code)
                await self._phone.ask_copy(name)
            else:
                self._phone.settled(name)

    async def _take_copies(self) -> None:
        """Take over the copies of collections that the phone sent."""
        for name in COLLECTIONS:
            recovery = self._phone.take_copy(name)
            if recovery is None:
                continue
            try:
                if await self._sync.recover(name, recovery):
                    _log.info("appstate_recovered", collection=name, version=recovery.version)
            except AppStateKeyMissing as error:
                self._phone.hold_copy(name, recovery)
                await self._phone.ask_keys(name, error.key_ids)
            except AppStateFailure as error:
                _log.warning("appstate_copy_refused", collection=name, code=error.code)
                self._phone.drop_copy(name)
            else:
                self._phone.settled(name)
                self._add([name])

    def _want(self, names: list[str], batch: Batch) -> None:
        """These are due as soon as the batch is durable."""
        self._note(names, batch)
        self._coming.update(names)
        batch.afterwards.append(lambda: self._add(names))

    def _unsynced(self) -> list[str]:
        return [name for name in COLLECTIONS if self._sync.state(name) is None]

    def _add(self, names: Iterable[str]) -> None:
        for name in names:
            self._due[name] = 0
            self._coming.discard(name)
        self._wakeup.set()

    def _noted(self) -> list[str]:
        note = self._link.store.find_note(self._link.account, DUE_NOTE)
        return [] if note is None else [name for name in _decode_names(note) if name in COLLECTIONS]

    def _note(self, names: Iterable[str], batch: Batch) -> None:
        batch.changes.add(PutNote(batch.account, DUE_NOTE, self._due_names(names)))

    def _save(self) -> None:
        """Note what is still due."""
        note = PutNote(self._link.account, DUE_NOTE, self._due_names(()))
        self._link.store.defer([note])

    def _due_names(self, more: Iterable[str]) -> bytes:
        fetching = [self._fetching] if self._fetching is not None else []
        names = dict.fromkeys([*fetching, *self._due, *sorted(self._coming), *more])
        return _encode(list(names))
