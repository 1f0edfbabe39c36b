"""A native engine on a scripted server, with traffic that only takes notes."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import BinaryIO, Self, TypeVar

from scripted.phone import LID, PN, ScriptedPhone
from scripted.waiting import RealClock, until
from scripted.whatsapp_server import ScriptedClient, ScriptedServer
from wigwag.engine.common.backoff import Backoff
from wigwag.engine.common.endpoint import HttpPool
from wigwag.engine.native.connection.keepalive import KeepAlivePolicy
from wigwag.engine.native.connection.pairing import PairingPolicy
from wigwag.engine.native.engine import NativeEngine
from wigwag.engine.native.link import Link
from wigwag.engine.native.options import EngineOptions
from wigwag.engine.native.receiving.catchup import CatchUpBook
from wigwag.engine.native.social.social import Social
from wigwag.engine.native.store.store import EngineStore
from wigwag.model.account import ConnectionState
from wigwag.model.content import MediaKind, MediaRef
from wigwag.model.event import EngineEvent, PairingQr, StateChanged
from wigwag.model.jid import Jid
from wigwag.model.message import Outgoing, Sent
from wigwag.ports import (
    NO_COUNTERS,
    AppStateActions,
    Clock,
    Counters,
    HistoryActions,
    MediaActions,
    NumberCheck,
)

ACCOUNT = "default"
SWIFT = EngineOptions(
    backoff=Backoff(first_s=0.01, cap_s=0.05, slow_s=0.05, least_s=0.001),
    connect_limit_s=2.0,
)
E = TypeVar("E", bound=EngineEvent)


class NotingTraffic:
    """Writes down what happens to it."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.notes: list[str] = []
        self.catch_up = CatchUpBook(link.clock)

    @property
    def history(self) -> HistoryActions:
        raise NotImplementedError

    @property
    def counters(self) -> Counters:
        return NO_COUNTERS

    @property
    def appstate(self) -> AppStateActions:
        raise NotImplementedError

    @property
    def social(self) -> Social:
        raise NotImplementedError

    def start(self) -> None:
        self.notes.append("start")

    async def on_connected(self) -> None:
        self.notes.append("connected")

    def on_disconnected(self) -> None:
        self.notes.append("disconnected")

    async def stop(self) -> None:
        self.notes.append("stop")

    async def send(self, message: Outgoing) -> Sent:
        return Sent(id=message.id, chat=message.to, timestamp=message.timestamp)

    async def upload(self, source: BinaryIO, kind: MediaKind) -> MediaRef:
        raise NotImplementedError

    async def download(self, ref: MediaRef, kind: MediaKind, target: Path) -> None:
        raise NotImplementedError

    @property
    def media(self) -> MediaActions:
        raise NotImplementedError

    async def check_numbers(self, phones: Sequence[str]) -> list[NumberCheck]:
        return [NumberCheck(phone=phone, jid=None) for phone in phones]

    async def mark_read(
        self, chat: Jid, sender: Jid, ids: Sequence[str], *, played: bool = False
    ) -> None:
        self.notes.append("read")


class EngineStage:
    """One account; use with `async with`."""

    def __init__(
        self, folder: Path, options: EngineOptions = SWIFT, clock: Clock | None = None
    ) -> None:
        self.folder = folder
        self.options = options
        self.clock = clock or RealClock()
        self.server = ScriptedServer()
        self.events: list[EngineEvent] = []
        self.traffics: list[NotingTraffic] = []
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self.server.start()
        self._stack.push_async_callback(self.server.stop)
        self.store = EngineStore.open(self.folder / "whatsapp.db")
        self._stack.callback(self.store.close)
        self.http = HttpPool()
        self._stack.push_async_callback(self.http.close)
        self.engine = self.make_engine()
        self._stack.push_async_callback(self._stop_engine)
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    async def _stop_engine(self) -> None:
        await self.engine.stop()

    def make_engine(self) -> NativeEngine:
        return NativeEngine(
            ACCOUNT,
            store=self.store,
            sink=self._sink,
            http=self.http,
            clock=self.clock,
            endpoint=self.server.endpoint,
            options=self.options,
            traffic=self._make_traffic,
        )

    def _make_traffic(self, link: Link) -> NotingTraffic:
        self.traffics.append(NotingTraffic(link))
        return self.traffics[-1]

    async def _sink(self, account: str, events: Sequence[EngineEvent]) -> None:
        assert account == ACCOUNT
        self.events += events

    @property
    def states(self) -> list[str]:
        """The states as they were told."""
        return [event.state.state for event in self.events if isinstance(event, StateChanged)]

    def all(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def shown(self) -> str | None:
        """The newest QR code."""
        codes = self.all(PairingQr)
        return codes[-1].code if codes else None

    async def in_state(self, state: ConnectionState) -> None:
        await until(lambda: self.engine.state.state is state and self.states[-1:] == [state])

    async def qr(self, number: int = 1) -> str:
        await until(lambda: len(self.all(PairingQr)) >= number)
        return self.all(PairingQr)[number - 1].code

    async def offered(self) -> ScriptedPhone:
        """Started, connected without an identity, and shown a code."""
        await self.engine.start()
        phone = ScriptedPhone(await self.server.client())
        await phone.offer()
        return phone

    async def paired(self) -> ScriptedClient:
        """Paired, restarted and logged in: the client of the login."""
        seen = len(self.all(PairingQr))
        phone = await self.offered()
        await phone.scan(await self.qr(seen + 1))
        await phone.check_signature()
        await phone.restart()
        client = await self.server.client()
        await client.accept_login(lid=LID, prekeys=0)
        await self.in_state(ConnectionState.CONNECTED)
        assert PN.user == "4915550001"
        return client

    async def reconnected(self) -> ScriptedClient:
        client = await self.server.client()
        await client.accept_login(lid=LID)
        await self.in_state(ConnectionState.CONNECTED)
        return client


def policy(silence_s: float = 5, offer_s: float = 5) -> EngineOptions:
    """Options with these limits, and no pings: a scripted server answers none."""
    pairing = PairingPolicy(silence_s=silence_s, offer_s=offer_s)
    return EngineOptions(
        backoff=SWIFT.backoff,
        connect_limit_s=2.0,
        pairing=pairing,
        keepalive=KeepAlivePolicy(shortest_s=1e6, longest_s=1e6),
    )


def tasks() -> int:
    return len(asyncio.all_tasks())
