"""Messages received durably per second, while a person delivers as fast as the network can.

Ours: rows committed in messages.db, through engine, inbox, ingest and archive, each message synced
to the disk twice before it is told to anybody. The yardstick: callbacks of whatsmeow with its
store in its default mode, which has not stored any message by then. Both have talked with the
person before, and get messages that were encrypted beforehand and waited for them: neither the
start of a session nor the sender's work is measured. All take turns: a shared machine has its good
and bad minutes.
"""

import contextlib
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from statistics import median

from figures import Figure, Report, parser
from peers.child import until
from peers.sandbox_process import Resident
from stages import (
    Stage,
    archiving_engine,
    linked_whatsmeow,
    linked_wigwag,
    open_stage,
    text_to,
)
from wigwag import runtime

LIMIT_S = 120.0
THEIRS = "is_from_me = 0"
WHATSMEOWS_SHARE = 6
"""It gets as many messages less, so that each round takes all about as long."""

Burst = Callable[[int], Awaitable[float]]
"""Has so many messages delivered; how many came in a second."""


async def hold(stage: Stage, phone: Resident, count: int) -> int:
    """Have the network hold `count` texts for the phone's companion; the fault that holds them."""
    device = await stage.network.companion(phone)
    held = await stage.network.add_fault("hold", target=device, count=None)
    await stage.network.say(stage.person, phone.jid, count)
    return held


@asynccontextmanager
async def engine_burst(stage: Stage) -> AsyncGenerator[Burst]:
    phone = await stage.add_phone()
    async with archiving_engine(stage, phone) as (engine, archive):
        await engine.send(text_to(stage.person, "hello"))

        async def burst(count: int) -> float:
            before = (await archive.counts())["messages"]
            held = await hold(stage, phone, count)
            commits: list[tuple[float, int]] = []
            first = archive.last_seq
            unsubscribe = archive.subscribe(lambda seq: commits.append((time.perf_counter(), seq)))
            await stage.network.remove_fault(held)
            await until(lambda: archive.last_seq >= first + count, LIMIT_S, "all events")
            unsubscribe()
            assert (await archive.counts())["messages"] == before + count
            begun, early = commits[0]
            ended, last = next(commit for commit in commits if commit[1] >= first + count)
            return (last - early) / (ended - begun)

        yield burst


@asynccontextmanager
async def whatsmeow_burst(stage: Stage) -> AsyncGenerator[Burst]:
    phone = await stage.add_phone()
    async with linked_whatsmeow(stage, phone) as peer:
        await peer.send_text(stage.person.jid, "hello")

        async def burst(count: int) -> float:
            few = max(count // WHATSMEOWS_SHARE, 100)
            held = await hold(stage, phone, few)
            await peer.call("count_quietly")
            await stage.network.remove_fault(held)

            async def all_came() -> bool:
                return bool((await peer.call("counted"))["received"] >= few)

            await until(all_came, LIMIT_S, "all callbacks", poll_s=0.05)
            counted = await peer.call("counted")
            return counted["received"] / counted["seconds"]

        yield burst


@asynccontextmanager
async def server_burst(stage: Stage) -> AsyncGenerator[Burst]:
    phone = await stage.add_phone()
    async with linked_wigwag(stage, phone) as server:
        assert (await server.send(stage.person.jid, "hello")).status == 200

        async def burst(count: int) -> float:
            wanted = server.count("messages", THEIRS) + count
            held = await hold(stage, phone, count)
            began = time.perf_counter()
            await stage.network.remove_fault(held)
            await until(
                lambda: server.count("messages", THEIRS) >= wanted,
                LIMIT_S,
                "all rows",
                poll_s=0.02,
            )
            return count / (time.perf_counter() - began)

        yield burst


async def bench(report: Report) -> None:
    rounds, count = report.arguments.rounds, report.arguments.messages
    found: list[list[float]] = [[], [], []]
    async with open_stage() as stage, contextlib.AsyncExitStack() as stack:
        contestants = (engine_burst, server_burst, whatsmeow_burst)
        bursts = [await stack.enter_async_context(one(stage)) for one in contestants]
        for _ in range(rounds):
            for burst, rates in zip(bursts, found, strict=True):
                rates.append(await burst(count))
    engine, server, whatsmeow = found
    for name, rates, target in (
        ("received durably (engine to archive)", engine, "ratio >= 8"),
        ("received durably (whole server)", server, ""),
    ):
        report.note(f"in each round: {', '.join(f'{rate:,.0f}' for rate in rates)}")
        report.add(
            Figure(
                name=name,
                value=median(rates),
                unit="/s",
                yardstick=median(whatsmeow),
                yardstick_name="whatsmeow's callbacks",
                target=target,
            )
        )


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--messages", type=int, default=6_000, help="of each in a round")
    arguments.add_argument("--rounds", type=int, default=5)
    report = Report(arguments.parse_args())
    runtime.run(lambda: bench(report))
    report.close()


if __name__ == "__main__":
    main()
