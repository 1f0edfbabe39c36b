"""What the larger benches need: a network in its own process, and on it an engine, a whole server
or a real whatsmeow, each linked to a phone of its own."""

import asyncio
import os
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from figures import ROOT
from peers.child import until
from peers.sandbox_process import Resident, SandboxProcess, running_sandbox
from peers.server import ServerProcess, linked_server
from peers.whatsmeow import DURABLE, WhatsmeowPeer
from wigwag.archive import SqliteArchive
from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.core.ingest import Ingest
from wigwag.engine.common.endpoint import Endpoint, HttpPool
from wigwag.engine.native.engine import NativeEngine
from wigwag.engine.native.store.store import EngineStore
from wigwag.logs import configure_logs
from wigwag.model.account import ConnectionState
from wigwag.model.content import Text
from wigwag.model.event import EngineEvent, PairingQr
from wigwag.model.jid import parse_jid
from wigwag.model.message import Outgoing
from wigwag.ports import EngineSink
from wigwag.wire.ids import generate_message_id

LINK_S = 30.0


@dataclass(frozen=True)
class Stage:
    """A network with somebody to talk to; `folder` is on the disk that is measured."""

    folder: Path
    network: SandboxProcess
    person: Resident

    async def add_phone(self) -> Resident:
        return await self.network.add_phone()


@asynccontextmanager
async def open_stage() -> AsyncGenerator[Stage]:
    configure_logs("error", "console")
    with tempfile.TemporaryDirectory(prefix="wigwag-bench-", dir=ROOT) as name:
        folder = Path(name)
        async with running_sandbox(folder) as network:
            yield Stage(folder, network, await network.add_person("Ann"))


@asynccontextmanager
async def linked_engine(
    stage: Stage, phone: Resident, sink: EngineSink | None = None
) -> AsyncGenerator[NativeEngine]:
    """The native engine in this process, its state in whatsapp.db; `sink` gets what it reports."""
    codes: list[str] = []

    async def take(account: str, events: Sequence[EngineEvent]) -> None:
        codes.extend(event.code for event in events if isinstance(event, PairingQr))
        if sink is not None:
            await sink(account, events)

    folder = stage.folder / "engine"
    folder.mkdir()
    store, pool, network = EngineStore.open(folder / "whatsapp.db"), HttpPool(), stage.network
    endpoint = Endpoint(
        ws_url=network.ws_url, ca_file=str(network.ca_file), noise_root=network.noise_root
    )
    engine = NativeEngine(
        "default", store=store, sink=take, http=pool, clock=SYSTEM_CLOCK, endpoint=endpoint
    )
    try:
        await engine.start()
        await until(lambda: bool(codes), LINK_S, "a QR code")
        await network.scan(phone, codes[0])
        await until(lambda: engine.state.state is ConnectionState.CONNECTED, LINK_S, "a connection")
        await settled(stage, phone)
        yield engine
    finally:
        await engine.stop()
        await pool.close()
        store.close()


@asynccontextmanager
async def archiving_engine(
    stage: Stage, phone: Resident
) -> AsyncGenerator[tuple[NativeEngine, SqliteArchive]]:
    """The engine with the whole way behind it: ingest and messages.db."""
    archive = await SqliteArchive.open(stage.folder / "messages.db")
    try:
        async with linked_engine(stage, phone, Ingest(archive).ingest) as engine:
            yield engine, archive
    finally:
        await archive.close()


@asynccontextmanager
async def linked_whatsmeow(stage: Stage, phone: Resident) -> AsyncGenerator[WhatsmeowPeer]:
    """A real whatsmeow with its store as it comes: every write is synced to the disk."""
    network = stage.network
    peer = WhatsmeowPeer(
        stage.folder,
        network.proxy_url,
        network.ca_file,
        network.noise_root,
        name="whatsmeow",
        options=DURABLE,
    )
    try:
        await peer.start()
        await peer.call("connect")
        await network.scan(phone, (await peer.wait("qr")).data["code"])
        await peer.wait("connected")
        await settled(stage, phone)
        yield peer
    finally:
        await peer.close()


@asynccontextmanager
async def linked_wigwag(stage: Stage, phone: Resident) -> AsyncGenerator[ServerProcess]:
    """The whole server in a process of its own."""
    async with linked_server(stage.folder / "store", stage.network, phone) as server:
        await settled(stage, phone)
        yield server


def text_to(person: Resident, text: str) -> Outgoing:
    return Outgoing(
        to=parse_jid(person.jid),
        id=generate_message_id(),
        content=Text(text=text),
        timestamp=SYSTEM_CLOCK.now(),
        secret=os.urandom(32),
    )


async def settled(stage: Stage, phone: Resident) -> None:
    """Until the companion has taken what comes with a linking."""
    await stage.network.wait_waiting(phone, 0, LINK_S)


async def in_flight(workers: int, count: int, work: Callable[[int], Awaitable[object]]) -> None:
    """Do `work(0)` to `work(count - 1)`, so many at a time."""
    numbers = iter(range(count))

    async def worker() -> None:
        for number in numbers:
            await work(number)

    async with asyncio.TaskGroup() as group:
        for _ in range(workers):
            group.create_task(worker())
