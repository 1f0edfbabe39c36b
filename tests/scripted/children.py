"""A sandbox, and whatsmeow engines on it whose children are real ones."""

import asyncio
import os
import signal
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from peers.child import child_environment
from scripted.waiting import RealClock, until
from wigwag.engine.common.backoff import Backoff
from wigwag.engine.common.endpoint import Endpoint, HttpPool
from wigwag.engine.whatsmeow.engine import WhatsmeowEngine
from wigwag.engine.whatsmeow.supervisor import ChildPolicy
from wigwag.model.account import ConnectionState
from wigwag.model.content import Text
from wigwag.model.event import EngineEvent, MessageReceived, PairingQr, StateChanged
from wigwag.ports import EngineSink
from wigwag.sandbox.residents.phone import Phone
from wigwag.sandbox.sandbox import Sandbox

LIMIT_S = 60.0
SWIFT = ChildPolicy(
    beat_s=0.5, silence_s=20.0, backoff=Backoff(first_s=0.05, cap_s=0.2, least_s=0.01)
)

E = TypeVar("E", bound=EngineEvent)


class Nursery:
    """One sandbox; engines by account, and what each told its sink."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self.http = HttpPool()
        self.engines: dict[str, WhatsmeowEngine] = {}
        self.told: dict[str, list[EngineEvent]] = defaultdict(list)
        self.phones: dict[str, Phone] = {}
        """Whose phone scans the next code of an account."""
        self.scans = True
        self.broken = False
        """Whether the sinks take nothing."""
        self.ingest: EngineSink | None = None
        """An archive that is told first."""
        self._lives: Counter[str] = Counter()
        self._falling: list[asyncio.Task[None]] = []

    def engine(self, account: str, policy: ChildPolicy = SWIFT) -> WhatsmeowEngine:
        endpoint = Endpoint(
            proxy=self.sandbox.proxy_url,
            ca_file=str(self.sandbox.ca_file),
            noise_root=self.sandbox.noise_root,
        )
        engine = self.engines[account] = WhatsmeowEngine(
            account,
            folder=self.folder / account,
            sink=self._sink_of(account),
            http=self.http,
            clock=RealClock(),
            endpoint=endpoint,
            environment=child_environment(),
            policy=policy,
        )
        return engine

    async def linked(self, account: str = "one") -> WhatsmeowEngine:
        """An engine that is linked to a phone of its own and connected."""
        self.phones[account] = self.sandbox.add_phone()
        engine = self.engine(account)
        await engine.start()
        await self.connected(account)
        return engine

    async def connected(self, account: str = "one") -> None:
        await self.state(ConnectionState.CONNECTED, account)

    async def state(self, state: ConnectionState, account: str = "one") -> None:
        engine = self.engines[account]
        await until(lambda: engine.state.state is state, LIMIT_S)

    async def texts(self, wanted: Sequence[str], account: str = "one") -> None:
        """Until all these texts were told."""
        await until(lambda: set(wanted) <= set(self.texts_of(account)), LIMIT_S)

    def texts_of(self, account: str = "one") -> list[str]:
        return [
            event.message.content.text
            for event in self.events(MessageReceived, account)
            if isinstance(event.message.content, Text)
        ]

    def events(self, kind: type[E], account: str = "one") -> list[E]:
        return [event for event in self.told[account] if isinstance(event, kind)]

    def gaps(self, account: str = "one") -> list[StateChanged]:
        found = self.events(StateChanged, account)
        return [event for event in found if event.state.gap_since is not None]

    def kill(self, account: str = "one") -> int:
        """The child of the account; its process."""
        pid = self.engines[account].supervisor.pid
        os.kill(pid, signal.SIGKILL)
        return pid

    async def crash(self, account: str = "one") -> None:
        """The server falls, as its child sees it, and another one is started: the channel ends
        without a word, and nothing that was told is taken any more."""
        former = self.engines[account]
        self._lives[account] += 1
        channel = former.supervisor.channel
        assert channel is not None
        channel.abort()
        self._falling.append(asyncio.create_task(former.supervisor.halt()))
        await self.engine(account).start()

    async def close(self) -> None:
        await asyncio.gather(*(engine.stop() for engine in self.engines.values()), *self._falling)
        await self.http.close()
        await self.sandbox.stop()

    def _sink_of(self, account: str) -> EngineSink:
        life = self._lives[account]

        async def sink(name: str, events: Sequence[EngineEvent]) -> None:
            if life != self._lives[account]:
                await asyncio.Event().wait()
            await self._hear(name, events)

        return sink

    async def _hear(self, account: str, events: Sequence[EngineEvent]) -> None:
        if self.broken:
            raise OSError("the archive takes nothing")
        if self.ingest is not None:
            await self.ingest(account, events)
        self.told[account] += events
        for event in events:
            if isinstance(event, PairingQr) and event.sequence == 1 and self.scans:
                self.phones[account].scan(event.code)


@asynccontextmanager
async def open_nursery(folder: Path, **options: Any) -> AsyncGenerator[Nursery]:
    nursery = Nursery(folder, await Sandbox.start(**options))
    try:
        yield nursery
    finally:
        await nursery.close()
