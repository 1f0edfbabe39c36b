"""App state: which collections have to be fetched, and fetching them one after the other.

A collection that has to be fetched is noted durably until it was (whatsmeow appstate.go).
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable
from enum import Enum
from typing import Final

import msgspec
import structlog

from wigwag.engine.native.failures import describe
from wigwag.engine.native.link import Link
from wigwag.engine.native.receiving.batch import Batch
from wigwag.engine.native.store.writes import PutAppStateKey, PutNote
from wigwag.engine.native.sync.appstate_sync import CollectionSync
from wigwag.engine.native.sync.phone import Phone
from wigwag.model.errors import NotConnected, WigwagError
from wigwag.wire.appstate_actions import COLLECTIONS
from wigwag.wire.errors import AppStateKeyMissing
from wigwag.wire.nodes import Node
from wigwag.wire.protocol_messages import AppStateKeyRequest, AppStateKeyShare

DUE_NOTE: Final = "appstate_due"
"""Note with the collections that changed on the server."""
ASK_AGAIN_S: Final = 24 * 3600.0
"""A key is asked for once in this time."""
MAX_ASKED: Final = 1024
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
    """The collections of one account."""

    def __init__(self, link: Link, phone: Phone, sync: CollectionSync) -> None:
        self._link = link
        self._phone = phone
        self._sync = sync
        self._due: dict[str, int] = dict.fromkeys(self._noted(), 0)
        """Collections to fetch, with the failures so far."""
        self._fetching: str | None = None
        self._wakeup = asyncio.Event()
        self._asked: OrderedDict[bytes, float] = OrderedDict()
        self._lacking: set[str] = set()
        """Collections that wait for a key of the phone."""

    def shared(self, share: AppStateKeyShare, batch: Batch) -> None:
        """The phone handed out keys."""
        for key in share.keys:
            batch.changes.add(
                PutAppStateKey(
                    batch.account, key.key_id, key.data, key.fingerprint, key.timestamp_ms
                )
            )
        wanted = [*self._unsynced(), *self._lacking]
        self._note(wanted, batch)
        batch.afterwards.append(lambda: self._add(wanted))

    def notified(self, node: Node, batch: Batch) -> None:
        """`<notification type=server_sync>`: collections changed on the server."""
        named = [child.attr("name") for child in node.children_with("collection")]
        wanted = [name for name in named if name in COLLECTIONS]
        self._note(wanted, batch)
        batch.afterwards.append(lambda: self._add(wanted))

    def connected(self) -> None:
        """Logged in: what could not be fetched before is due again."""
        for name in self._due:
            self._due[name] = 0
        if self._link.store.latest_appstate_key(self._link.account) is not None:
            self._add(self._unsynced())
        self._wakeup.set()

    async def run(self) -> None:
        """Fetch for ever; ends by cancellation."""
        while True:
            name = self._next()
            if name is None:
                self._wakeup.clear()
                await self._wakeup.wait()
                continue
            # Taken out before: a change that is announced meanwhile is due again.
            failures = self._due.pop(name)
            self._fetching = name
            outcome = await self._fetch(name)
            self._fetching = None
            if outcome is Outcome.DONE:
                self._save()
            else:
                again = _TRIES if outcome is Outcome.OFFLINE else failures + 1
                self._due.setdefault(name, again)

    # -- inside -----------------------------------------------------------------------------

    def _next(self) -> str | None:
        if not self._link.online:
            return None
        return next((name for name, failures in self._due.items() if failures < _TRIES), None)

    async def _fetch(self, name: str) -> Outcome:
        try:
            await self._sync.fetch(name)
        except AppStateKeyMissing as error:
            self._lacking.add(name)
            await self._ask_key(error.key_id)
            return Outcome.DONE
        except NotConnected:
            return Outcome.OFFLINE
        except WigwagError as error:
            _log.warning("appstate_not_fetched", collection=name, code=error.code)
            return Outcome.FAILED
        except Exception as error:  # noqa: BLE001 - one strange collection must not end the others
            _log.error("appstate_broken", collection=name, **describe(error))
            return Outcome.FAILED
        self._lacking.discard(name)
        return Outcome.DONE

    async def _ask_key(self, key_id: bytes) -> None:
        """Ask the phone for a key, unless that was done lately."""
        now = self._link.clock.monotonic()
        asked = self._asked.get(key_id)
        if asked is not None and now - asked < ASK_AGAIN_S:
            return
        self._asked[key_id] = now
        while len(self._asked) > MAX_ASKED:
            self._asked.popitem(last=False)
        try:
            await self._phone.send(AppStateKeyRequest(key_ids=(key_id,)))
        except WigwagError as error:
            self._asked.pop(key_id, None)
            _log.info("appstate_key_not_asked", code=error.code)

    def _unsynced(self) -> list[str]:
        store, account = self._link.store, self._link.account
        return [name for name in COLLECTIONS if store.find_appstate_version(account, name) is None]

    def _add(self, names: Iterable[str]) -> None:
        for name in names:
            self._due[name] = 0
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
        return _encode(list(dict.fromkeys([*fetching, *self._due, *more])))
