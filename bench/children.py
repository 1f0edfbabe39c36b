"""Accounts on the whatsmeow engine, each a process of its own, beside as many on the native one.

Memory is the proportional set size of the children (the library is shared among them), and what
their supervisors add to the server; start-up is from the start of all until the last is connected.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from figures import Figure, Report, parser
from peers.child import child_environment
from peers.sandbox_process import Resident
from stages import Stage, open_stage
from wigwag import runtime
from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.engine.common.endpoint import Endpoint, HttpPool
from wigwag.engine.native.engine import NativeEngine
from wigwag.engine.native.store.store import EngineStore
from wigwag.engine.whatsmeow.engine import WhatsmeowEngine
from wigwag.model.account import ConnectionState
from wigwag.model.event import EngineEvent, PairingQr

LIMIT_S = 120.0
REST_S = 3.0
"""After the last is connected, before memory is read."""
POLL_S = 0.02

Engines = Sequence[NativeEngine | WhatsmeowEngine]
Make = Callable[[str], NativeEngine | WhatsmeowEngine]


class Town:
    """Phones, and engines of one kind that are linked to them."""

    def __init__(self, stage: Stage, phones: Sequence[Resident]) -> None:
        self.stage = stage
        self.phones = {f"a{number}": phone for number, phone in enumerate(phones)}
        network = stage.network
        self.endpoint = Endpoint(
            proxy=network.proxy_url, ca_file=str(network.ca_file), noise_root=network.noise_root
        )

    async def hear(self, account: str, events: Sequence[EngineEvent]) -> None:
        for event in events:
            if isinstance(event, PairingQr) and event.sequence == 1:
                await self.stage.network.scan(self.phones[account], event.code)

    async def measure(self, make: Make, read: Callable[[Engines], float]) -> tuple[float, float]:
        """Seconds until all are connected again, and `read` of them at rest."""
        for name in self.phones:
            engine = make(name)
            await _connected([engine])
            await engine.stop()
        engines = [make(name) for name in self.phones]
        began = time.perf_counter()
        await _connected(engines)
        seconds = time.perf_counter() - began
        await asyncio.sleep(REST_S)
        memory = read(engines)
        await asyncio.gather(*(engine.stop() for engine in engines))
        return seconds, memory


async def _connected(engines: Engines) -> None:
    await asyncio.gather(*(engine.start() for engine in engines))
    async with asyncio.timeout(LIMIT_S):
        for engine in engines:
            while engine.state.state is not ConnectionState.CONNECTED:  # noqa: ASYNC110
                await asyncio.sleep(POLL_S)


def proportional_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1000
    raise AssertionError("the kernel tells no proportional set size")


def own_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


async def bench(report: Report) -> None:
    count: int = report.arguments.accounts
    async with open_stage() as stage, contextlib.AsyncExitStack() as stack:
        mine = Town(stage, [await stage.add_phone() for _ in range(count)])
        theirs = Town(stage, [await stage.add_phone() for _ in range(count)])
        http = HttpPool()
        stack.push_async_callback(http.close)
        store = EngineStore.open(stage.folder / "whatsapp.db")
        stack.callback(store.close)

        def native(name: str) -> NativeEngine:
            return NativeEngine(
                name, store=store, sink=mine.hear, http=http, clock=SYSTEM_CLOCK,
                endpoint=mine.endpoint,
            )  # fmt: skip

        def whatsmeow(name: str) -> WhatsmeowEngine:
            return WhatsmeowEngine(
                name, folder=stage.folder / "whatsmeow" / name, sink=theirs.hear, http=http,
                clock=SYSTEM_CLOCK, endpoint=theirs.endpoint, environment=child_environment(),
            )  # fmt: skip

        before = own_mb()
        native_s, native_mb = await mine.measure(native, lambda _: own_mb() - before)
        before_children = own_mb()
        children_s, children_mb = await theirs.measure(
            whatsmeow,
            lambda engines: own_mb() - before_children + sum(
                proportional_mb(engine.supervisor.pid)
                for engine in engines
                if isinstance(engine, WhatsmeowEngine)
            ),
        )  # fmt: skip
    report.add(
        Figure(
            name=f"whatsmeow engine, memory of an account ({count})",
            value=children_mb / count,
            unit="MB",
            yardstick=max(native_mb, 0.0) / count,
            yardstick_name="the native engine in this process",
        )
    )
    report.add(
        Figure(
            name=f"whatsmeow engine, {count} accounts connected",
            value=children_s,
            unit="s",
            yardstick=native_s,
            yardstick_name="the native engine",
        )
    )


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--accounts", type=int, default=20)
    report = Report(arguments.parse_args())
    runtime.run(lambda: bench(report))
    report.close()


if __name__ == "__main__":
    main()
