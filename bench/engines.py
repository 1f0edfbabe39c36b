"""Both engines beside each other: memory of a further account, and how long a start takes.

One server on each engine, with one account and with twenty (`--further` for others), started anew
on identities that were linked before. Memory is what the server and its children hold of their own,
with their share of what several hold (PSS).
"""

from pathlib import Path
from typing import NamedTuple

from figures import Figure, Report, parser
from memory import at_rest
from peers.sandbox_process import Resident
from peers.server import ServerProcess, running_server
from stages import Stage, open_stage
from wigwag import runtime
from wigwag.config import Settings
from wigwag.model.capability import EngineKind

LINK_S = 60.0
READY_S = 300.0


class Measured(NamedTuple):
    """Of one server: MB at rest, and seconds from its start until all accounts were connected."""

    memory: float
    start_s: float


def processes(root: int) -> list[int]:
    """A process and all its children."""
    found = [root]
    for pid in found:
        for told in Path(f"/proc/{pid}/task").glob("*/children"):
            found += map(int, told.read_text().split())
    return found


def held(pid: int) -> int:
    """Bytes that the process holds, with its share of what it shares."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    (line,) = [line for line in rollup.splitlines() if line.startswith("Pss:")]
    return int(line.split()[1]) * 1024


def server_of(stage: Stage, kind: EngineKind, count: int) -> ServerProcess:
    settings = {
        "accounts": ",".join(f"a{number}" for number in range(count)),
        "log_level": "error",
        "engine": kind.value,
    }
    if kind is EngineKind.WHATSMEOW:
        # its library knows one address alone, to which the sandbox's proxy leads
        settings |= {"ws_url": Settings().ws_url, "proxy": stage.network.proxy_url}
    return ServerProcess(stage.folder / f"store-{kind}", stage.network, **settings)


async def link(server: ServerProcess, stage: Stage, phones: list[Resident], *, known: int) -> None:
    """Link the accounts beyond the first `known`."""
    async with running_server(server):
        for number, phone in list(enumerate(phones))[known:]:
            await server.pair(phone, f"a{number}")
        await server.ready(READY_S)
        for phone in phones[known:]:
            await stage.network.wait_waiting(phone, 0, LINK_S)
        await server.terminate()


async def measure(server: ServerProcess) -> Measured:
    async def read() -> int:
        return sum(map(held, processes(server.pid)))

    async with running_server(server):
        start_s = await server.ready(READY_S)
        return Measured(await at_rest(read), start_s)


async def bench(report: Report) -> None:
    further: int = report.arguments.further
    few: dict[EngineKind, Measured] = {}
    many: dict[EngineKind, Measured] = {}
    async with open_stage() as stage:
        for kind in EngineKind:
            phones = [await stage.add_phone() for _ in range(1 + further)]
            one, all_of_them = server_of(stage, kind, 1), server_of(stage, kind, 1 + further)
            await link(one, stage, phones[:1], known=0)
            few[kind] = await measure(one)
            await link(all_of_them, stage, phones, known=1)
            many[kind] = await measure(all_of_them)

    def add(name: str, unit: str, values: dict[EngineKind, float]) -> None:
        report.add(
            Figure(
                name=name,
                value=values[EngineKind.WHATSMEOW],
                unit=unit,
                yardstick=values[EngineKind.NATIVE],
                yardstick_name="the native engine",
            )
        )

    kinds = tuple(EngineKind)
    add("memory of a server, one account on whatsmeow", "MB", {k: few[k].memory for k in kinds})
    add(
        f"memory of a further account on whatsmeow (1 to {1 + further})",
        "MB",
        {k: (many[k].memory - few[k].memory) / further for k in kinds},
    )
    add("start to connected, one account on whatsmeow", "s", {k: few[k].start_s for k in kinds})
    add(
        f"start to connected, {1 + further} accounts on whatsmeow",
        "s",
        {k: many[k].start_s for k in kinds},
    )


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--further", type=int, default=19)
    report = Report(arguments.parse_args())
    runtime.run(lambda: bench(report))
    report.close()


if __name__ == "__main__":
    main()
