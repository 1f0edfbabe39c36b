"""What the phone is asked for when app state cannot be read: keys, and copies of collections.

Each is asked for once in a day, also over restarts (whatsmeow appstate.go:
requestMissingAppStateKeys, BuildAppStateRecoveryRequest).
"""

from collections.abc import Collection
from typing import Final

import msgspec
import structlog

from wigwag.engine.native.link import Link
from wigwag.engine.native.receiving.batch import Batch
from wigwag.engine.native.store.writes import DropNote, PutNote
from wigwag.engine.native.sync.appstate_standing import Standings
from wigwag.engine.native.sync.phone import Phone
from wigwag.model.errors import WigwagError
from wigwag.wire.appstate_actions import COLLECTIONS
from wigwag.wire.appstate_recovery import Recovery
from wigwag.wire.errors import AppStateFailure
from wigwag.wire.protocol_messages import (
    AppStateKeyRequest,
    RecoveryRequest,
    RecoveryResponse,
)

ASK_AGAIN_S: Final = 24 * 3600.0
"""A key or a copy is asked for once in this time."""
MAX_ASKED: Final = 1024
"""Keys whose question is remembered."""
MAX_KEYS: Final = 100
"""Keys in one question."""
ASKED_NOTE: Final = "appstate_keys_asked"
COPY_NOTE: Final = "appstate_copy_"
"""With the name of the collection: the phone's copy, compressed or not."""

_log = structlog.get_logger(__name__)
_encode = msgspec.msgpack.Encoder().encode
_decode_asked = msgspec.msgpack.Decoder(dict[bytes, float]).decode
_decode_copy = msgspec.msgpack.Decoder(tuple[bool, bytes]).decode


class PhoneQuestions:
    """Questions about app state to the phone of one account, and its answers."""

    def __init__(self, link: Link, phone: Phone, standings: Standings) -> None:
        self._link = link
        self._phone = phone
        self._standings = standings
        note = link.store.find_note(link.account, ASKED_NOTE)
        self._asked: dict[bytes, float] = _decode_asked(note) if note is not None else {}
        self._copies: dict[str, Recovery] = {}
        """Copies that came, to be taken over."""
        self._held: dict[str, Recovery] = {}
        """Copies that wait for a key."""
        self._read_copies()

    async def ask_keys(self, name: str, key_ids: Collection[bytes]) -> None:
        """The collection waits for these keys; ask for those that were not asked for lately."""
        now = self._now()
        due = [key for key in sorted(key_ids) if now - self._asked.get(key, 0.0) >= ASK_AGAIN_S]
        if due or not self._standings.of(name).waiting_since:
            self._standings.keep(name, waiting_since=now)
        if not due:
            return
        wanted = due[:MAX_KEYS]
        self._remember(dict.fromkeys(wanted, now))
        try:
            await self._phone.send(AppStateKeyRequest(key_ids=tuple(wanted)))
        except WigwagError as error:
            for key in wanted:
                self._asked.pop(key, None)
            self._remember({})
            _log.info("appstate_key_not_asked", code=error.code)

    async def ask_copy(self, name: str) -> None:
        """The collection cannot be mended here: ask for a copy of it."""
        now = self._link.clock.now()
        self._standings.keep(name, recovering=True, asked_at=now.timestamp())
        try:
            await self._phone.send(RecoveryRequest(collection=name, asked_at=now))
        except WigwagError as error:
            self._standings.keep(name, asked_at=0.0)
            _log.info("appstate_copy_not_asked", code=error.code)

    def answered(self, answer: RecoveryResponse, batch: Batch) -> bool:
        """Keep a copy that the phone sent; False when none of this collection was asked for."""
        try:
            copy = Recovery(answer.snapshot, compressed=answer.compressed)
        except AppStateFailure:
            return False
        name = copy.collection
        if name not in COLLECTIONS or not self._standings.of(name).recovering:
            return False
        content = _encode((answer.compressed, answer.snapshot))
        batch.changes.add(PutNote(batch.account, COPY_NOTE + name, content))
        batch.afterwards.append(lambda: self._copies.update({name: copy}))
        return True

    def take_copy(self, name: str) -> Recovery | None:
        """The phone's copy, if it came; it is gone from here then."""
        return self._copies.pop(name, None)

    def hold_copy(self, name: str, copy: Recovery) -> None:
        """It cannot be taken over before the next keys come."""
        self._held[name] = copy

    def keys_came(self) -> None:
        self._copies |= self._held
        self._held = {}

    def drop_copy(self, name: str) -> None:
        """It is not wanted any more, also not after a restart."""
        self._link.store.defer([DropNote(self._link.account, COPY_NOTE + name)])

    def _read_copies(self) -> None:
        for name in COLLECTIONS:
            note = self._link.store.find_note(self._link.account, COPY_NOTE + name)
            if note is not None:
                compressed, snapshot = _decode_copy(note)
                self._copies[name] = Recovery(snapshot, compressed=compressed)

    def settled(self, name: str) -> None:
        """The collection is as the server has it."""
        standing = self._standings.of(name)
        if standing.recovering:
            self.drop_copy(name)
        self._standings.keep(name, waiting_since=0.0, recovering=False, asked_at=0.0, error="")

    def is_waiting(self, name: str) -> bool:
        """It waits for the phone, and not for so long that the phone is to be asked again."""
        standing = self._standings.of(name)
        return bool(standing.waiting_since or standing.recovering) and not self.is_overdue(name)

    def is_overdue(self, name: str) -> bool:
        """The phone has not answered for so long, or could not be asked."""
        standing = self._standings.of(name)
        asked_at = standing.asked_at if standing.recovering else standing.waiting_since
        waits = bool(standing.recovering or standing.waiting_since)
        return waits and self._now() - asked_at >= ASK_AGAIN_S

    def _remember(self, asked: dict[bytes, float]) -> None:
        self._asked |= asked
        while len(self._asked) > MAX_ASKED:
            self._asked.pop(next(iter(self._asked)))
        self._link.store.defer([PutNote(self._link.account, ASKED_NOTE, _encode(self._asked))])

    def _now(self) -> float:
        return self._link.clock.now().timestamp()
