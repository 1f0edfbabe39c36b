"""The native engine in a sandbox, linked to a phone there; what it tells is in `events`."""

import asyncio
import os
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import ClassVar, Self, TypeVar

from scripted.waiting import RealClock, until
from wigwag.engine.common.backoff import Backoff
from wigwag.engine.common.endpoint import Endpoint, HttpPool
from wigwag.engine.native.engine import NativeEngine
from wigwag.engine.native.options import EngineOptions
from wigwag.engine.native.store.store import EngineStore
from wigwag.model.account import ConnectionState
from wigwag.model.capability import EVERYTHING, Capability
from wigwag.model.content import Content, Text
from wigwag.model.event import EngineEvent, HistoryReceived, MessageReceived, PairingQr
from wigwag.model.jid import Jid
from wigwag.model.message import Message, Outgoing, Sent
from wigwag.ports import Clock, Engine
from wigwag.sandbox.network.directory import Device
from wigwag.sandbox.residents.phone import Phone
from wigwag.sandbox.sandbox import Sandbox, SandboxOptions
from wigwag.sandbox.virtual_time import VirtualTime

ACCOUNT = "default"
SWIFT = EngineOptions(backoff=Backoff(first_s=0.01, cap_s=0.05, slow_s=0.05, least_s=0.001))
E = TypeVar("E", bound=EngineEvent)
HEAR_LIMIT_S = 20.0


class EngineTown:
    """A sandbox with one phone, and the engine as its companion; both in virtual time if given."""

    capabilities: ClassVar[frozenset[Capability]] = EVERYTHING

    def __init__(self, folder: Path, time: VirtualTime | None = None) -> None:
        self.time = time
        self.folder = folder
        self.options = SWIFT
        self.proxy = ""
        self.ca_file: Path | None = None
        self.clock: Clock = time or RealClock()
        self.events: list[EngineEvent] = []
        self.sink_error: Exception | None = None
        self.on_events: Callable[[Sequence[EngineEvent]], None] | None = None
        self._ids = count(1)

    async def __aenter__(self) -> Self:
        options = SandboxOptions(seed=5)
        if self.time is None:
            self.sandbox = await Sandbox.start(options)
        else:
            self.sandbox = await Sandbox.start(options, self.time.time, self.time.call_later)
        self.phone: Phone = self.sandbox.add_phone("15550100001", "Alex")
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
        await self.sandbox.stop()

    async def open(self) -> None:
        """Start the engine; it resumes when it was linked before."""
        self.store = EngineStore.open(self.folder / "whatsapp.db")
        self.http = HttpPool()
        self.engine: Engine = self._make_engine()
        await self.engine.start()

    def _make_engine(self) -> Engine:
        return NativeEngine(
            ACCOUNT,
            store=self.store,
            sink=self.sink,
            http=self.http,
            clock=self.clock,
            endpoint=self.endpoint,
            options=self.options,
        )

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(
            proxy=self.proxy or self.sandbox.proxy_url,
            ca_file=str(self.ca_file or self.sandbox.ca_file),
            noise_root=self.sandbox.noise_root,
        )

    async def close(self) -> None:
        await self.engine.stop()
        await self.http.close()
        self.store.close()

    async def restart(self) -> None:
        """As after a stop: a new engine on the same store."""
        await self.close()
        await self.open()
        await self.connected()

    async def sink(self, account: str, events: Sequence[EngineEvent]) -> None:
        assert account == ACCOUNT
        if self.sink_error is not None:
            raise self.sink_error
        self.events += events
        if self.on_events is not None:
            self.on_events(events)

    # -- life -------------------------------------------------------------------------------

    async def link(self) -> Self:
        """Scan the code with the phone, and wait until the engine is connected."""
        (qr, *_) = await self.until_told(PairingQr)
        self.sandbox.scan(qr.code, self.phone.pn)
        await self.connected()
        return self

    async def connected(self) -> None:
        await until(lambda: self.engine.state.state is ConnectionState.CONNECTED)

    async def settled(self) -> Self:
        """Until the first history and the push name are here."""
        await until(lambda: self.engine.state.push_name)
        await self.until_told(HistoryReceived)
        return self

    @property
    def device(self) -> Device:
        """The engine's device as the network knows it."""
        found = self.sandbox.network.directory.find_device(self.phone.companions[-1])
        assert found is not None
        return found

    def drop(self) -> None:
        """Cut the engine's connection."""
        self.sandbox.network.board.drop(self.device, abort=True)

    # -- talking ----------------------------------------------------------------------------

    def outgoing(self, to: Jid, content: Content | str, message_id: str = "") -> Outgoing:
        if isinstance(content, str):
            content = Text(text=content)
        return Outgoing(
            to=to,
            id=message_id or f"3EB0{next(self._ids):018X}",
            content=content,
            timestamp=self.clock.now(),
            secret=os.urandom(32),
        )

    async def send(self, to: Jid, content: Content | str, message_id: str = "") -> Sent:
        async with asyncio.timeout(10):
            return await self.engine.send(self.outgoing(to, content, message_id))

    def told(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    async def until_told(self, kind: type[E], count: int = 1) -> list[E]:
        await until(lambda: len(self.told(kind)) >= count)
        return self.told(kind)

    @property
    def messages(self) -> list[Message]:
        return [event.message for event in self.told(MessageReceived)]

    @property
    def texts(self) -> list[str]:
        contents = [message.content for message in self.messages]
        return [content.text for content in contents if isinstance(content, Text)]

    async def until_texts(self, *texts: str) -> None:
        await until(lambda: set(texts) <= set(self.texts))

    async def hear(
        self, kind: type[E], predicate: Callable[[E], bool] = lambda _: True, *, since: int = 0
    ) -> E:
        """The first event of this kind, past (from `since` on) or coming, that fits."""

        def find() -> E | None:
            found = (e for e in self.events[since:] if isinstance(e, kind) and predicate(e))
            return next(found, None)

        await until(find, HEAR_LIMIT_S)
        event = find()
        assert event is not None
        return event

    async def hear_message(self, message_id: str) -> Message:
        event = await self.hear(MessageReceived, lambda e: e.message.key.id == message_id)
        return event.message
