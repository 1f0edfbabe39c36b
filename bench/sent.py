"""Messages sent per second, acknowledged by the network, with 1 and with 10 in flight.

The engine keeps its ratchets durable before a frame leaves, and so does whatsmeow, whose store is
in its default mode on the same disk. The further rows go through the whole server by HTTP.
"""

import time
from typing import Any

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


async def engine_rates(stage: Stage, counts: dict[int, int]) -> dict[int, float]:
    async with linked_engine(stage, await stage.add_phone()) as engine:

        async def send(number: int) -> None:
            await engine.send(text_to(stage.person, f"text {number}"))

        return await measured(stage, send, counts)


async def server_rates(stage: Stage, counts: dict[int, int]) -> dict[int, float]:
    async with (
        linked_wigwag(stage, await stage.add_phone()) as server,
        aiohttp.ClientSession(f"http://127.0.0.1:{server.port}") as http,
    ):

        async def send(number: int) -> None:
            body = {"recipient": stage.person.jid, "message": f"text {number}"}
            async with http.post("/api/send", json=body) as response:
                answer = await response.json()
                assert response.status == 200, answer

        return await measured(stage, send, counts)


async def measured(stage: Stage, send: Any, counts: dict[int, int]) -> dict[int, float]:
    """The rate for every number in flight; all messages must have come to the person."""
    before = len(await stage.network.arrivals(stage.person))
    await in_flight(1, WARM_UP, send)
    rates: dict[int, float] = {}
    for flight, count in counts.items():
        began = time.perf_counter()
        await in_flight(flight, count, send)
        rates[flight] = count / (time.perf_counter() - began)
    total = before + WARM_UP + sum(counts.values())
    await stage.network.wait_arrivals(stage.person, total, 30.0)
    return rates


async def whatsmeow_rates(stage: Stage, counts: dict[int, int]) -> dict[int, float]:
    phone = await stage.add_phone()
    rates: dict[int, float] = {}
    async with linked_whatsmeow(stage, phone) as peer:
        await peer.call("burst", to=stage.person.jid, count=WARM_UP, in_flight=1)
        for flight, count in counts.items():
            seconds = await peer.call(
                "burst", timeout_s=120.0, to=stage.person.jid, count=count, in_flight=flight
            )
            rates[flight] = count / seconds
    return rates


async def bench(report: Report) -> None:
    count: int = report.arguments.messages
    many = {1: count // 2, 10: count}
    few = {1: max(count // 8, 50), 10: max(count // 5, 50)}
    async with open_stage() as stage:
        engine = await engine_rates(stage, many)
        whatsmeow = await whatsmeow_rates(stage, few)
        server = await server_rates(stage, many)
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
    arguments.add_argument("--messages", type=int, default=3000)
    report = Report(arguments.parse_args())
    runtime.run(lambda: bench(report))
    report.close()


if __name__ == "__main__":
    main()
