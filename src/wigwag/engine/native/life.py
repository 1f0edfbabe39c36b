"""The life of an account: it pairs, connects, stays connected, and ends."""

import asyncio
from typing import Final

import structlog

from wigwag.engine.common.errors import StoreFailed
from wigwag.engine.common.failures import describe
from wigwag.engine.common.machine import Signal
from wigwag.engine.common.reconnect import Reconnect
from wigwag.engine.common.statebook import StateBook
from wigwag.engine.common.states import OUTDATED, Ending, LoginRefused, VersionRenewed
from wigwag.engine.native.assembly import Assembly
from wigwag.engine.native.connection.connection import Connection
from wigwag.engine.native.connection.pairing import Pairing
from wigwag.engine.native.identity import Identity
from wigwag.engine.native.store.records import DeviceRecord
from wigwag.engine.native.store.writes import DropIdentity
from wigwag.model.errors import StorageBusy, StorageFull
from wigwag.model.event import EngineEvent

STOP_LIMIT_S: Final = 3.0
_VERDICT_S: Final = 1.0

_log = structlog.get_logger(__name__)


class Life:
    """Runs at most one attempt at a time; a pairing or an identity lives over several."""

    def __init__(self, assembly: Assembly, book: StateBook) -> None:
        self._make = assembly
        self._book = book
        self._account = assembly.account
        self._identity: Identity | None = None
        self._pairing: Pairing | None = None
        self._offered = asyncio.Event()
        self._runner: asyncio.Task[None] | None = None
        self._loop: Reconnect | None = None
        self._connection: Connection | None = None

    @property
    def identity(self) -> Identity | None:
        """The parts of the paired identity, once it has begun to connect."""
        return self._identity

    @property
    def pairing(self) -> Pairing | None:
        """The pairing under way."""
        return self._pairing

    @property
    def connection(self) -> Connection | None:
        """The newest connection, open or not."""
        return self._connection

    @property
    def running(self) -> bool:
        """Whether something is being tried."""
        return self._runner is not None and not self._runner.done()

    def device(self) -> DeviceRecord | None:
        """The paired identity as it is stored, if there is one."""
        device = self._make.store.find_device(self._account)
        return device if device is not None and device.jid is not None else None

    # -- what the engine wants -------------------------------------------------------------

    def begin(self) -> None:
        """Connect, or pair; at once if it waits to do so."""
        self._book.signal(Signal.START)
        if self.running:
            if self._loop is not None:
                self._loop.hurry()
            return
        self._runner = asyncio.get_running_loop().create_task(
            self._run(), name=f"engine-{self._account}"
        )

    async def halt(self) -> None:
        """Try nothing more; the identity stays as it is."""
        runner, self._runner = self._runner, None
        if runner is not None:
            runner.cancel()
            await _settled(runner)

    async def settle(self) -> None:
        """Wait a moment for the verdict on an ended stream, if it is an end for good."""
        if self._runner is not None:
            await asyncio.wait({self._runner}, timeout=_VERDICT_S)

    async def end_identity(self) -> None:
        """Stop the parts of the identity, and keep nothing of them."""
        identity, self._identity = self._identity, None
        if identity is not None:
            await identity.end()
        if self._connection is not None:
            self._book.keep_frames(self._connection.last_in, self._connection.last_out)
            # what handles its stanzas would stay in memory with it
            self._connection.forget_handlers()
            self._connection = None

    async def give_up(self, reason: str) -> None:
        """No more connections of this identity, and nothing of it in the store."""
        identity = self._identity
        await self.halt()
        if identity is not None:
            await identity.link.connection.close()
        await self._forget(reason)
        self._book.signal(Signal.UNLINK, reason)

    async def offering(self) -> Pairing | None:
        """The pairing, once the server has offered codes; None if that is not to be."""
        offered = asyncio.ensure_future(self._offered.wait())
        tasks = {offered} if self._runner is None else {offered, self._runner}
        limit_s = self._make.options.pairing.offer_s
        try:
            await asyncio.wait(tasks, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            offered.cancel()
        return self._pairing if self._offered.is_set() else None

    # -- PairingEars -----------------------------------------------------------------------

    def tell(self, *events: EngineEvent) -> None:
        """A code to show."""
        self._make.announcer.tell(*events)

    def ready_to_pair(self) -> None:
        self._offered.set()
        self._book.signal(Signal.OFFER)

    def remark(self, reason: str) -> None:
        self._book.remark(reason)

    # -- running ---------------------------------------------------------------------------

    async def _run(self) -> None:
        """From a start to a verdict that nothing is to be tried any more."""
        while await self._run_once():
            self._book.signal(Signal.START)

    async def _run_once(self) -> bool:
        """To such a verdict; whether a start that came too late for it asks for another."""
        if self.device() is None:
            # what an identity that is gone has left is done with now
            await self.end_identity()
        make = self._make
        self._loop = Reconnect(
            self._account,
            self._attempt,
            book=self._book,
            is_paired=lambda: self.device() is not None,
            online_s=self._online_s,
            looks_up=lambda: make.versions.looks_up,
            forget=self._forget,
            persistence=make.options.persistence,
            backoff=make.options.backoff,
            clock=make.clock,
            jitter=make.jitter,
        )
        try:
            await make.versions.freshen(make.http, make.endpoint)
            return await self._loop.run()
        finally:
            self._loop = None
            self._pairing = None

    async def _attempt(self) -> Ending:
        make = self._make
        said = make.versions.current
        ending = await self._attempt_once()
        refused = isinstance(ending, LoginRefused) and ending.reason == OUTDATED
        if refused and await make.versions.renew(said, make.http, make.endpoint):
            return VersionRenewed()
        return ending

    async def _attempt_once(self) -> Ending:
        device = self.device()
        if device is None:
            return await self._attempt_pairing()
        identity = self._identity
        if identity is None:
            identity = self._identity = self._make.identity(
                device, on_device=self._book.know_device, on_online=self._on_online
            )
            self._connection = identity.link.connection
            identity.traffic.start()
        try:
            return await identity.logged_in.attempt()
        finally:
            self._stream_over()
            await identity.logged_in.close()
            # a stop that had waited long enough may have taken the identity away meanwhile
            identity.traffic.on_disconnected()

    async def _attempt_pairing(self) -> Ending:
        pairing = self._pairing
        if pairing is None:
            pairing = self._pairing = self._make.pairing(self)
            self._connection = pairing.connection
        try:
            ending = await pairing.attempt(self._make.registration(pairing.device))
        finally:
            self._stream_over()
            await pairing.close()
        if self.device() is not None:
            self._book.know_device(pairing.device)
            self._pairing = None
        return ending

    def _stream_over(self) -> None:
        self._offered.clear()
        if self._loop is not None:
            self._loop.stream_over()

    async def _on_online(self) -> None:
        identity = self._identity
        if identity is None:
            return
        self._book.signal(Signal.ONLINE)
        identity.link.spawn(identity.traffic.on_connected(), "on-connected")

    def _online_s(self) -> float:
        """How long the last connection was logged in."""
        online_at = self._identity.logged_in.online_at if self._identity is not None else None
        return 0.0 if online_at is None else self._make.clock.monotonic() - online_at

    async def _forget(self, reason: str) -> None:
        """Drop the identity; what it received still goes to the sink."""
        device = self.device()
        if device is None:
            return
        now = self._make.clock.now().timestamp()
        gone = DropIdentity(self._account, device.jid, device.lid, now, reason)
        try:
            await self._make.store.commit([gone])
        except (StorageFull, StorageBusy, StoreFailed) as error:
            # the next login is refused again, and then it is forgotten
            _log.warning("identity_not_dropped", account=self._account, code=error.code)


async def _settled(task: "asyncio.Task[None]") -> None:
    _, unfinished = await asyncio.wait({task}, timeout=STOP_LIMIT_S)
    if unfinished:
        _log.error("task_does_not_end", task=task.get_name())
    elif not task.cancelled() and (error := task.exception()) is not None:
        _log.error("task_failed", task=task.get_name(), **describe(error))
