"""Messages sent per second, acknowledged by the network, with 1 and with 10 in flight.

The engine keeps its ratchets durable before a frame leaves, and so does whatsmeow, whose store is
in its default mode on the same disk. The further rows go through the whole server by HTTP.
"""

import contextlib
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from statistics import median

import aiohttp

from figures import Figure, Report, parser
from stages import (
    Stage,
    in_flight,
    linked_engine,
    linked_whatsmeow,
    linked_wigwag,
    open_stage,
    text_to,
)
from wigwag import runtime

FLIGHTS = (1, 10)
WARM_UP = 20
ARRIVE_S = 30.0
BURST_S = 120.0

Rates = dict[int, float]
"""Messages in a second, by how many were in flight."""
Burst = Callable[[int, int], Awaitable[object]]
"""Sends that many messages, with so many in flight."""


@asynccontextmanager
async def engine_burst(stage: Stage) -> AsyncGenerator[Burst]:
    async with linked_engine(stage, await stage.add_phone()) as engine:

        async def send(number: int) -> None:
            await engine.send(text_to(stage.person, f"text {number}"))

        yield lambda count, flight: in_flight(flight, count, send)


@asynccontextmanager
async def server_burst(stage: Stage) -> AsyncGenerator[Burst]:
    async with (
        linked_wigwag(stage, await stage.add_phone()) as server,
        aiohttp.ClientSession(f"http://127.0.0.1:{server.port}") as http,
    ):

        async def send(number: int) -> None:
            body = {"recipient": stage.person.jid, "message": f"text {number}"}
            async with http.post("/api/send", json=body) as response:
                answer = await response.json()
                assert response.status == 200, answer

        yield lambda count, flight: in_flight(flight, count, send)


@asynccontextmanager
async def whatsmeow_burst(stage: Stage) -> AsyncGenerator[Burst]:
    async with linked_whatsmeow(stage, await stage.add_phone()) as peer:
        yield lambda count, flight: peer.call(
            "burst", timeout_s=BURST_S, to=stage.person.jid, count=count, in_flight=flight
        )


async def in_turns(bursts: Iterable[Burst], rounds: int, counts: dict[int, int]) -> list[Rates]:
    """The median rates of each, which all send in turns: a disk has its good and bad minutes."""
    contestants = list(bursts)
    for burst in contestants:
        await burst(WARM_UP, 1)
    found: list[dict[int, list[float]]] = [{flight: [] for flight in counts} for _ in contestants]
    for _ in range(rounds):
        for flight, count in counts.items():
            for burst, rates in zip(contestants, found, strict=True):
                began = time.perf_counter()
                await burst(count, flight)
                rates[flight].append(count / (time.perf_counter() - began))
    return [{flight: median(rates[flight]) for flight in counts} for rates in found]


async def bench(report: Report) -> None:
    rounds, count = report.arguments.rounds, report.arguments.messages
    counts = {1: max(count // 5, 20), 10: count}
    async with open_stage() as stage, contextlib.AsyncExitStack() as stack:
        contestants = (engine_burst, server_burst, whatsmeow_burst)
        bursts = [await stack.enter_async_context(one(stage)) for one in contestants]
        engine, server, whatsmeow = await in_turns(bursts, rounds, counts)
        total = len(bursts) * (WARM_UP + rounds * sum(counts.values()))
        await stage.network.wait_arrivals(stage.person, total, ARRIVE_S)
    for who, rates in (("engine", engine), ("server, HTTP /api/send", server)):
        for flight in FLIGHTS:
            report.add(
                Figure(
                    name=f"sent, {flight} in flight ({who})",
                    value=rates[flight],
                    unit="/s",
                    yardstick=whatsmeow[flight],
                    yardstick_name=f"whatsmeow, {flight} in flight",
                    target="ratio >= 3" if (who, flight) == ("engine", 10) else "",
                )
            )


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--messages", type=int, default=300, help="of each in a round")
    arguments.add_argument("--rounds", type=int, default=7)
    report = Report(arguments.parse_args())
    runtime.run(lambda: bench(report))
    report.close()


if __name__ == "__main__":
    main()
