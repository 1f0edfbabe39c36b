"""Memory: of a server at rest with one account, and of every further linked account in it.

Resident set sizes, each of a process that was started anew on identities linked before, so that
the work of linking is not in them. The yardstick is whatsmeow in a process of the same kind.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from figures import Figure, Report, parser
from peers.child import TESTS, ChildProcess
from peers.sandbox_process import Resident
from peers.server import ServerProcess, running_server
from stages import Stage, open_stage
from wigwag import runtime

STEP_S = 0.25
CALM_STEPS = 4
LIMIT_S = 60.0
MEGABYTE = 1_000_000


async def at_rest(read: Any) -> float:
    """The resident set in MB, once it has not moved by 1 % for a second."""
    seen: list[float] = []
    async with asyncio.timeout(LIMIT_S):
        while True:
            seen.append(await read() / MEGABYTE)
            recent = seen[-CALM_STEPS:]
            if len(recent) == CALM_STEPS and max(recent) < 1.01 * min(recent):
                return recent[-1]
            await asyncio.sleep(STEP_S)


async def server_rss(stage: Stage, phones: list[Resident], *, fresh: int) -> float:
    """The server with these accounts; the last `fresh` of them are linked now."""
    names = [f"a{number}" for number in range(len(phones))]
    settings = {"accounts": ",".join(names), "log_level": "error"}
    server = ServerProcess(stage.folder / "store", stage.network, **settings)

    async def read() -> int:
        return server.rss()

    if fresh:
        async with running_server(server):
            for name, phone in list(zip(names, phones, strict=True))[-fresh:]:
                await server.pair(phone, name)
            await server.ready()
            for phone in phones[-fresh:]:
                await stage.network.wait_waiting(phone, 0, LIMIT_S)
            await server.terminate()
    async with running_server(server):
        await server.ready()
        return await at_rest(read)


class WhatsmeowAccounts(ChildProcess):
    """Several whatsmeow clients in one process (bench/whatsmeow_accounts.py)."""

    def __init__(self, folder: Path, name: str) -> None:
        super().__init__("whatsmeow_accounts", folder, name)

    async def read(self) -> int:
        return int(await self.call("rss"))


@asynccontextmanager
async def whatsmeow_accounts(stage: Stage, count: int) -> AsyncGenerator[WhatsmeowAccounts]:
    network = stage.network
    child = WhatsmeowAccounts(stage.folder, "whatsmeow")
    names = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")
    environment = {
        **dict.fromkeys(names, network.proxy_url),
        "SSL_CERT_FILE": str(network.ca_file),
        "PYTHONPATH": f"{TESTS}:{Path(__file__).parent}",
        "PYTHONWARNINGS": "ignore",
    }
    try:
        arguments = (str(stage.folder / "accounts"), str(count), network.noise_root.hex())
        await child.spawn(*arguments, environment=environment)
        yield child
    finally:
        await child.close()


async def whatsmeow_rss(stage: Stage, phones: list[Resident], *, fresh: int) -> float:
    """Whatsmeow with these accounts; the last `fresh` of them are linked now."""
    known = len(phones) - fresh
    if fresh:
        async with whatsmeow_accounts(stage, len(phones)) as child:
            for number, phone in enumerate(phones):
                code = await child.call("connect", timeout_s=LIMIT_S, number=number)
                if number >= known:
                    await stage.network.scan(phone, code)
                await child.call("wait_connected", timeout_s=LIMIT_S, number=number)
            for phone in phones[known:]:
                await stage.network.wait_waiting(phone, 0, LIMIT_S)
    async with whatsmeow_accounts(stage, len(phones)) as child:
        for number in range(len(phones)):
            await child.call("connect", timeout_s=LIMIT_S, number=number)
            await child.call("wait_connected", timeout_s=LIMIT_S, number=number)
        return await at_rest(child.read)


async def bench(report: Report) -> None:
    further: int = report.arguments.further
    async with open_stage() as stage:
        phones = [await stage.add_phone() for _ in range(1 + further)]
        peers = [await stage.add_phone() for _ in range(1 + further)]
        one = await server_rss(stage, phones[:1], fresh=1)
        all_of_them = await server_rss(stage, phones, fresh=further)
        other_one = await whatsmeow_rss(stage, peers[:1], fresh=1)
        other_all = await whatsmeow_rss(stage, peers, fresh=further)
    report.add(
        Figure(
            name="memory at rest, one account",
            value=one,
            unit="MB",
            yardstick=other_one,
            yardstick_name="whatsmeow in Python, one client",
        )
    )
    report.add(
        Figure(
            name=f"memory of a further account (1 to {1 + further})",
            value=(all_of_them - one) / further,
            unit="MB",
            yardstick=(other_all - other_one) / further,
            yardstick_name="whatsmeow, a further client",
            target="< 2 MB",
        )
    )


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--further", type=int, default=20)
    report = Report(arguments.parse_args())
    runtime.run(lambda: bench(report))
    report.close()


if __name__ == "__main__":
    main()
