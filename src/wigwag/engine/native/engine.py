"""The native engine: one account as a WhatsApp companion device."""

import asyncio
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, Final

import structlog
from msgspec.structs import replace

from wigwag.engine.common.endpoint import Endpoint, HttpPool
from wigwag.engine.common.errors import AlreadyPaired, StoreFailed
from wigwag.engine.common.machine import Signal
from wigwag.engine.common.phones import parse_phone
from wigwag.engine.common.statebook import StateBook
from wigwag.engine.native.assembly import Assembly
from wigwag.engine.native.connection.stanzas import iq
from wigwag.engine.native.connection.turns import Turns
from wigwag.engine.native.identity import TrafficPart
from wigwag.engine.native.life import Life
from wigwag.engine.native.link import Link
from wigwag.engine.native.options import EngineOptions
from wigwag.engine.native.store.records import DeviceRecord
from wigwag.engine.native.store.store import EngineStore
from wigwag.engine.native.traffic import Traffic
from wigwag.engine.native.version import VersionBook
from wigwag.model.account import AccountState, ConnectionState
from wigwag.model.capability import EVERYTHING, Capability, EngineKind
from wigwag.model.content import MediaKind, MediaRef
from wigwag.model.errors import (
    LoggedOut,
    NotConnected,
    NotPaired,
    WigwagError,
)
from wigwag.model.jid import Jid
from wigwag.model.message import Outgoing, Sent
from wigwag.ports import (
    NO_COUNTERS,
    AppStateActions,
    Clock,
    Counters,
    EngineSink,
    HistoryActions,
    LinkingActions,
    MediaActions,
    NumberCheck,
)
from wigwag.ports.calls import CallActions
from wigwag.ports.groups import CommunityActions, GroupActions
from wigwag.ports.newsletters import NewsletterActions
from wigwag.ports.presence import PresenceActions
from wigwag.ports.profile import ProfileActions
from wigwag.wire.nodes import Node
from wigwag.wire.signal.curve import RandomBytes

__all__ = ["EngineOptions", "NativeEngine"]

_LOGOUT_LIMIT_S: Final = 15.0
_UNLINK_LIMIT_S: Final = 5.0

_log = structlog.get_logger(__name__)


class NativeEngine:
    """Implements ports.Engine on WhatsApp's own protocol."""

    def __init__(
        self,
        account: str,
        *,
        store: EngineStore,
        sink: EngineSink,
        http: HttpPool,
        clock: Clock,
        endpoint: Endpoint | None = None,
        options: EngineOptions | None = None,
        random_bytes: RandomBytes = os.urandom,
        turns: Turns | None = None,
        versions: VersionBook | None = None,
        traffic: Callable[[Link], TrafficPart] = Traffic,
    ) -> None:
        make = Assembly(
            account,
            store=store,
            sink=sink,
            http=http,
            clock=clock,
            endpoint=endpoint or Endpoint(),
            options=options or EngineOptions(),
            random_bytes=random_bytes,
            turns=turns,
            versions=versions or VersionBook(clock),
            traffic=traffic,
        )
        self._account = account
        self._versions = make.versions
        self._announcer = make.announcer
        self._book = StateBook(clock, self._announcer.tell)
        self._book.know_device(store.find_device(account))
        self._life = Life(make, self._book)
        self._calls = asyncio.Lock()

    # -- ports.Engine ----------------------------------------------------------------------

    @property
    def account(self) -> str:
        return self._account

    @property
    def kind(self) -> EngineKind:
        return EngineKind.NATIVE

    @property
    def capabilities(self) -> frozenset[Capability]:
        return EVERYTHING

    @property
    def state(self) -> AccountState:
        connection = self._life.connection
        if connection is None:
            return self._book.current
        state = self._book.frames_at(connection.last_in, connection.last_out, connection.awaited)
        identity = self._life.identity
        if identity is None:
            return state
        book = identity.traffic.catch_up
        return replace(state, catch_up=book.current, last_message_at=book.last_message_at)

    @property
    def linking(self) -> LinkingActions:
        return self

    @property
    def history(self) -> HistoryActions:
        return self._traffic().history

    @property
    def counters(self) -> Counters:
        identity = self._life.identity
        return identity.traffic.counters if identity is not None else NO_COUNTERS

    async def start(self) -> None:
        """Begin to connect, or to pair; also from every state where the engine rests."""
        async with self._calls:
            self._life.begin()

    async def stop(self) -> None:
        async with self._calls:
            await self._life.halt()
            await self._life.end_identity()
            self._book.signal(Signal.STOP)
            await self._announcer.close()

    async def restart(self) -> None:
        """Connect anew at once, out of every state."""
        async with self._calls:
            await self._life.halt()
            self._book.signal(Signal.STOP, "restarted by request")
            self._life.begin()

    async def pair(self, *, anew: bool = False) -> None:
        """Begin to pair, out of every state; see `ports.LinkingActions`."""
        async with self._calls:
            if self._life.device() is not None:
                if not anew:
                    raise AlreadyPaired
                await self._unlink_quietly()
            pairing = self._life.pairing
            if pairing is not None and pairing.shown is not None:
                self._announcer.tell(pairing.shown)
            self._life.begin()

    async def logout(self) -> None:
        """Unlink this device and forget it.

        Raises NotPaired, NotConnected (nothing is forgotten then), RequestFailed, RequestTimeout.
        """
        identity, device = self._life.identity, self._life.device()
        if identity is None or device is None:
            raise NotPaired
        try:
            await identity.link.connection.request(_removal(device), _LOGOUT_LIMIT_S, resend=False)
        except NotConnected:
            # the server may unlink us before it answers: then the attempt has ended with that
            await self._life.settle()
            if self._life.device() is None:
                return
            raise
        async with self._calls:
            await self._life.give_up("unlinked by request")

    async def pair_code(self, phone: str) -> str:
        """Eight characters to type on the phone with this number, as XXXX-XXXX.

        Starts a pairing when the engine rests. Raises AlreadyPaired, InvalidInput, NotConnected,
        RequestTimeout.
        """
        if self._life.device() is not None:
            raise AlreadyPaired
        jid = parse_phone(phone)
        await self.start()
        pairing = await self._life.offering()
        if pairing is None:
            raise NotConnected
        return await pairing.ask_code(jid)

    @property
    def appstate(self) -> AppStateActions:
        return self._traffic().appstate

    async def send(self, message: Outgoing) -> Sent:
        return await self._traffic().send(message)

    async def upload(self, source: BinaryIO, kind: MediaKind) -> MediaRef:
        return await self._traffic().upload(source, kind)

    async def download(self, ref: MediaRef, kind: MediaKind, target: Path) -> None:
        await self._traffic().download(ref, kind, target)

    @property
    def media(self) -> MediaActions:
        return self._traffic().media

    async def check_numbers(self, phones: Sequence[str]) -> list[NumberCheck]:
        return await self._traffic().check_numbers(phones)

    async def mark_read(
        self, chat: Jid, sender: Jid, ids: Sequence[str], *, played: bool = False
    ) -> None:
        await self._traffic().mark_read(chat, sender, ids, played=played)

    @property
    def presence(self) -> PresenceActions:
        return self._traffic().social.presence

    @property
    def groups(self) -> GroupActions:
        return self._traffic().social.groups

    @property
    def communities(self) -> CommunityActions:
        return self._traffic().social.communities

    @property
    def newsletters(self) -> NewsletterActions:
        return self._traffic().social.newsletters

    @property
    def calls(self) -> CallActions:
        return self._traffic().social.calls

    @property
    def profile(self) -> ProfileActions:
        return self._traffic().social.profile

    # -- parts -----------------------------------------------------------------------------

    def _traffic(self) -> TrafficPart:
        if self._book.current.state is ConnectionState.LOGGED_OUT:
            raise LoggedOut
        identity = self._life.identity
        if identity is None:
            raise NotPaired if self._life.device() is None else NotConnected
        return identity.traffic

    async def _unlink_quietly(self) -> None:
        """Tell the server if that is possible, and forget the identity in any case.

        Raises StoreFailed when it cannot be forgotten.
        """
        identity, device = self._life.identity, self._life.device()
        if identity is not None and device is not None:
            try:
                await identity.link.connection.request(
                    _removal(device), _UNLINK_LIMIT_S, resend=False
                )
            except WigwagError as error:
                _log.info("unlinking_not_told", account=self._account, code=error.code)
        await self._life.give_up("unlinked to pair anew")
        if self._life.device() is not None:
            raise StoreFailed("The old identity cannot be dropped; try again.")


def _removal(device: DeviceRecord) -> Node:
    """The request to unlink this device (whatsmeow client.go Logout)."""
    jid = device.jid or ""
    request = Node("remove-companion-device", {"jid": jid, "reason": "user_initiated"})
    return iq("md", "set", [request])
