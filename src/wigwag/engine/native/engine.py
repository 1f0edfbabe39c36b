"""The native engine: one account as a WhatsApp companion device."""

import asyncio
import os
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, Final

import structlog
from msgspec.structs import replace

from wigwag.engine.native.announcer import Announcer
from wigwag.engine.native.connection.connection import Connection
from wigwag.engine.native.connection.linkcode import parse_phone
from wigwag.engine.native.connection.loggedin import LoggedIn
from wigwag.engine.native.connection.machine import Signal
from wigwag.engine.native.connection.pairing import Pairing, new_device
from wigwag.engine.native.connection.reconnect import Reconnect
from wigwag.engine.native.connection.stanzas import iq
from wigwag.engine.native.connection.states import (
    OUTDATED,
    Ending,
    LoginRefused,
    VersionRenewed,
)
from wigwag.engine.native.connection.turns import Turns
from wigwag.engine.native.endpoint import Endpoint, HttpPool
from wigwag.engine.native.errors import AlreadyPaired, StoreFailed
from wigwag.engine.native.failures import describe
from wigwag.engine.native.identity import Identity, TrafficPart
from wigwag.engine.native.link import Link
from wigwag.engine.native.options import EngineOptions
from wigwag.engine.native.statebook import StateBook
from wigwag.engine.native.store.records import DeviceRecord
from wigwag.engine.native.store.store import EngineStore
from wigwag.engine.native.store.writes import DropIdentity
from wigwag.engine.native.traffic import Traffic
from wigwag.engine.native.version import VersionBook, parse_version
from wigwag.model.account import AccountState, ConnectionState
from wigwag.model.content import MediaKind, MediaRef
from wigwag.model.errors import (
    LoggedOut,
    NotConnected,
    NotPaired,
    StorageBusy,
    StorageFull,
    WigwagError,
)
from wigwag.model.event import EngineEvent
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
from wigwag.ports.presence import PresenceActions
from wigwag.ports.profile import ProfileActions
from wigwag.wire.client_payload import login_payload, registration_payload
from wigwag.wire.nodes import Node
from wigwag.wire.signal.curve import RandomBytes

_STOP_LIMIT_S: Final = 3.0
__all__ = ["EngineOptions", "NativeEngine"]

_LOGOUT_LIMIT_S: Final = 15.0
_UNLINK_LIMIT_S: Final = 5.0
_VERDICT_S: Final = 1.0

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
        self._account = account
        self._store = store
        self._sink = sink
        self._http = http
        self._clock = clock
        self._endpoint = endpoint or Endpoint()
        self._options = options or EngineOptions()
        self._random = random_bytes
        self._turns = turns
        self._versions = versions or VersionBook(clock)
        self._jitter = random.Random(int.from_bytes(random_bytes(8), "big"))
        self._make_traffic = traffic
        self._announcer = Announcer(account, sink, clock)
        self._book = StateBook(clock, self._announcer.tell)
        self._book.know_device(store.find_device(account))
        self._identity: Identity | None = None
        self._pairing: Pairing | None = None
        self._offered = asyncio.Event()
        self._runner: asyncio.Task[None] | None = None
        self._loop: Reconnect | None = None
        self._calls = asyncio.Lock()
        self._connection: Connection | None = None

    # -- ports.Engine ----------------------------------------------------------------------

    @property
    def account(self) -> str:
        return self._account

    @property
    def state(self) -> AccountState:
        connection = self._connection
        if connection is None:
            return self._book.current
        state = self._book.frames_at(connection.last_in, connection.last_out, connection.awaited)
        if self._identity is None:
            return state
        book = self._identity.traffic.catch_up
        return replace(state, catch_up=book.current, last_message_at=book.last_message_at)

    @property
    def linking(self) -> LinkingActions:
        return self

    @property
    def history(self) -> HistoryActions:
        return self._traffic().history

    @property
    def counters(self) -> Counters:
        return self._identity.traffic.counters if self._identity is not None else NO_COUNTERS

    async def start(self) -> None:
        """Begin to connect, or to pair; also from every state where the engine rests."""
        async with self._calls:
            self._begin()

    async def stop(self) -> None:
        async with self._calls:
            await self._stop_running()
            await self._end_identity()
            self._book.signal(Signal.STOP)
            await self._announcer.close()

    async def restart(self) -> None:
        """Connect anew at once, out of every state."""
        async with self._calls:
            await self._stop_running()
            self._book.signal(Signal.STOP, "restarted by request")
            self._begin()

    async def announce_version(self, version: str) -> None:
        """Say this version from the next connection on; see `ports.LinkingActions`."""
        self._versions.current = parse_version(version)
        if self._book.current.state is ConnectionState.OUTDATED:
            await self.start()

    async def pair(self, *, anew: bool = False) -> None:
        """Begin to pair, out of every state; see `ports.LinkingActions`."""
        async with self._calls:
            if self._device() is not None:
                if not anew:
                    raise AlreadyPaired
                await self._unlink_quietly()
            if self._pairing is not None and self._pairing.shown is not None:
                self.tell(self._pairing.shown)
            self._begin()

    async def logout(self) -> None:
        """Unlink this device and forget it.

        Raises NotPaired, NotConnected (nothing is forgotten then), RequestFailed, RequestTimeout.
        """
        identity, device = self._identity, self._device()
        if identity is None or device is None:
            raise NotPaired
        try:
            await identity.link.connection.request(_removal(device), _LOGOUT_LIMIT_S, resend=False)
        except NotConnected:
            # the server may unlink us before it answers: then the attempt has ended with that
            await self._settle_runner()
            if self._device() is None:
                return
            raise
        async with self._calls:
            await self._give_up(identity, "unlinked by request")

    async def pair_code(self, phone: str) -> str:
        """Eight characters to type on the phone with this number, as XXXX-XXXX.

        Starts a pairing when the engine rests. Raises AlreadyPaired, InvalidInput, NotConnected,
        RequestTimeout.
        """
        if self._device() is not None:
            raise AlreadyPaired
        jid = parse_phone(phone)
        await self.start()
        pairing = await self._offering()
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
    def calls(self) -> CallActions:
        return self._traffic().social.calls

    @property
    def profile(self) -> ProfileActions:
        return self._traffic().social.profile

    # -- PairingEars -----------------------------------------------------------------------

    def tell(self, *events: EngineEvent) -> None:
        """A code to show."""
        self._announcer.tell(*events)

    def ready_to_pair(self) -> None:
        self._offered.set()
        self._book.signal(Signal.OFFER)

    def remark(self, reason: str) -> None:
        self._book.remark(reason)

    # -- running ---------------------------------------------------------------------------

    def _begin(self) -> None:
        self._book.signal(Signal.START)
        if self._runner is not None and not self._runner.done():
            if self._loop is not None:
                self._loop.hurry()
            return
        self._runner = asyncio.get_running_loop().create_task(
            self._run(), name=f"engine-{self._account}"
        )

    async def _run(self) -> None:
        """From a start to a verdict that nothing is to be tried any more."""
        while await self._run_once():
            self._book.signal(Signal.START)

    async def _run_once(self) -> bool:
        """To such a verdict; whether a start that came too late for it asks for another."""
        if self._device() is None:
            # what an identity that is gone has left is done with now
            await self._end_identity()
        self._loop = Reconnect(
            self._account,
            self._attempt,
            book=self._book,
            is_paired=lambda: self._device() is not None,
            online_s=self._online_s,
            looks_up=lambda: self._versions.looks_up,
            forget=self._forget,
            persistence=self._options.persistence,
            backoff=self._options.backoff,
            clock=self._clock,
            jitter=self._jitter,
        )
        try:
            await self._versions.freshen(self._http, self._endpoint)
            return await self._loop.run()
        finally:
            self._loop = None
            self._pairing = None

    async def _attempt(self) -> Ending:
        said = self._versions.current
        ending = await self._attempt_once()
        refused = isinstance(ending, LoginRefused) and ending.reason == OUTDATED
        if refused and await self._versions.renew(said, self._http, self._endpoint):
            return VersionRenewed()
        return ending

    async def _attempt_once(self) -> Ending:
        device = self._device()
        if device is None:
            return await self._attempt_pairing()
        identity = self._identity
        if identity is None:
            identity = self._identity = self._make_identity(device)
            identity.traffic.start()
        try:
            return await identity.logged_in.attempt()
        finally:
            self._stream_over()
            await identity.logged_in.close()
            # a stop that had waited long enough may have taken the identity away meanwhile
            identity.traffic.on_disconnected()

    async def _attempt_pairing(self) -> Ending:
        if self._pairing is None:
            self._connection = self._make_connection()
            self._pairing = Pairing(
                self._account,
                new_device(self._random),
                self._connection,
                store=self._store,
                policy=self._options.pairing,
                clock=self._clock,
                random=self._random,
                ears=self,
            )
        pairing, device = self._pairing, self._pairing.device
        payload = registration_payload(
            registration_id=device.registration_id,
            identity_public=device.identity.public,
            signed_prekey=device.signed_prekey,
            device=self._options.device,
            version=self._versions.current,
        )
        try:
            ending = await pairing.attempt(payload)
        finally:
            self._stream_over()
            await pairing.close()
        if self._device() is not None:
            self._book.know_device(pairing.device)
            self._pairing = None
        return ending

    def _stream_over(self) -> None:
        self._offered.clear()
        if self._loop is not None:
            self._loop.stream_over()

    async def _offering(self) -> Pairing | None:
        """The pairing, once the server has offered codes; None if that is not to be."""
        offered = asyncio.ensure_future(self._offered.wait())
        tasks = {offered} if self._runner is None else {offered, self._runner}
        try:
            limit_s = self._options.pairing.offer_s
            await asyncio.wait(tasks, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            offered.cancel()
        return self._pairing if self._offered.is_set() else None

    async def _on_online(self) -> None:
        identity = self._identity
        if identity is None:
            return
        self._book.signal(Signal.ONLINE)
        identity.link.spawn(identity.traffic.on_connected(), "on-connected")

    # -- parts -----------------------------------------------------------------------------

    def _make_connection(self) -> Connection:
        return Connection(
            lambda: self._http.session(self._endpoint),
            self._endpoint,
            clock=self._clock,
            random=self._random,
            keepalive=self._options.keepalive,
            connect_limit_s=self._options.connect_limit_s,
            turns=self._turns,
        )

    def _make_identity(self, device: DeviceRecord) -> Identity:
        self._connection = self._make_connection()
        link = Link(
            self._account,
            device=device,
            connection=self._connection,
            store=self._store,
            http=lambda: self._http.session(self._endpoint),
            endpoint=self._endpoint,
            sink=self._sink,
            announcer=self._announcer,
            clock=self._clock,
            random_bytes=self._random,
            jitter=self._jitter,
            on_device=self._book.know_device,
        )
        logged_in = LoggedIn(
            link,
            payload=lambda: login_payload(
                link.own_jid,
                os_version=self._options.device.os_version,
                version=self._versions.current,
            ),
            on_online=self._on_online,
            success_limit_s=self._options.success_limit_s,
            login_limit_s=self._options.login_limit_s,
        )
        return Identity(link, logged_in, self._make_traffic(link))

    def _device(self) -> DeviceRecord | None:
        """The paired identity, if there is one."""
        device = self._store.find_device(self._account)
        return device if device is not None and device.jid is not None else None

    def _traffic(self) -> TrafficPart:
        if self._book.current.state is ConnectionState.LOGGED_OUT:
            raise LoggedOut
        if self._identity is None:
            raise NotPaired if self._device() is None else NotConnected
        return self._identity.traffic

    def _online_s(self) -> float:
        """How long the last connection was logged in."""
        online_at = self._identity.logged_in.online_at if self._identity is not None else None
        return 0.0 if online_at is None else self._clock.monotonic() - online_at

    # -- ending ----------------------------------------------------------------------------

    async def _forget(self, reason: str) -> None:
        """Drop the identity; what it received still goes to the sink."""
        device = self._device()
        if device is None:
            return
        gone = DropIdentity(
            self._account, device.jid, device.lid, self._clock.now().timestamp(), reason
        )
        try:
            await self._store.commit([gone])
        except (StorageFull, StorageBusy, StoreFailed) as error:
            # the next login is refused again, and then it is forgotten
            _log.warning("identity_not_dropped", account=self._account, code=error.code)

    async def _give_up(self, identity: Identity | None, reason: str) -> None:
        """No more connections of this identity, and nothing of it in the store."""
        await self._stop_running()
        if identity is not None:
            await identity.link.connection.close()
        await self._forget(reason)
        self._book.signal(Signal.UNLINK, reason)

    async def _unlink_quietly(self) -> None:
        """Tell the server if that is possible, and forget the identity in any case.

        Raises StoreFailed when it cannot be forgotten.
        """
        identity, device = self._identity, self._device()
        if identity is not None and device is not None:
            try:
                await identity.link.connection.request(
                    _removal(device), _UNLINK_LIMIT_S, resend=False
                )
            except WigwagError as error:
                _log.info("unlinking_not_told", account=self._account, code=error.code)
        await self._give_up(identity, "unlinked to pair anew")
        if self._device() is not None:
            raise StoreFailed("The old identity cannot be dropped; try again.")

    async def _settle_runner(self) -> None:
        """Wait a moment for the verdict on an ended stream, if it is an end for good."""
        if self._runner is not None:
            await asyncio.wait({self._runner}, timeout=_VERDICT_S)

    async def _stop_running(self) -> None:
        runner, self._runner = self._runner, None
        if runner is not None:
            runner.cancel()
            await _settled(runner)

    async def _end_identity(self) -> None:
        identity, self._identity = self._identity, None
        if identity is not None:
            await identity.end()
        if self._connection is not None:
            # what handles its stanzas would stay in memory with it
            self._book.keep_frames(self._connection.last_in, self._connection.last_out)
            self._connection = None


def _removal(device: DeviceRecord) -> Node:
    """The request to unlink this device (whatsmeow client.go Logout)."""
    jid = device.jid or ""
    request = Node("remove-companion-device", {"jid": jid, "reason": "user_initiated"})
    return iq("md", "set", [request])


async def _settled(task: "asyncio.Task[None]") -> None:
    _, unfinished = await asyncio.wait({task}, timeout=_STOP_LIMIT_S)
    if unfinished:
        _log.error("task_does_not_end", task=task.get_name())
    elif not task.cancelled() and (error := task.exception()) is not None:
        _log.error("task_failed", task=task.get_name(), **describe(error))
