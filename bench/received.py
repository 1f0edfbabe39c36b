"""Messages received durably per second, while a person delivers as fast as the network can.

Ours: rows committed in messages.db, through engine, inbox, ingest and archive, each message synced
to the disk twice before it is told to anybody. The yardstick: callbacks of whatsmeow with its
store in its default mode, which has not stored any message by then. Both have talked with the
person before, and get messages that were encrypted beforehand and waited for them: neither the
start of a session nor the sender's work is measured.
"""

import time

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


async def hold(stage: Stage, phone: Resident, count: int) -> int:
    """Have the network hold `count` texts for the phone's companion; the fault that holds them."""
    device = await stage.network.companion(phone)
    held = await stage.network.add_fault("hold", target=device, count=None)
    await stage.network.say(stage.person, phone.jid, count)
    return held


async def engine_rate(stage: Stage, count: int) -> float:
    phone = await stage.add_phone()
    async with archiving_engine(stage, phone) as (engine, archive):
        await engine.send(text_to(stage.person, "hello"))
        held = await hold(stage, phone, count)
        commits: list[tuple[float, int]] = []
        first = archive.last_seq
        unsubscribe = archive.subscribe(lambda seq: commits.append((time.perf_counter(), seq)))
        await stage.network.remove_fault(held)
        await until(lambda: archive.last_seq >= first + count, LIMIT_S, "all events")
        unsubscribe()
        assert (await archive.counts())["messages"] == count
        begun, early = commits[0]
        ended, last = next(commit for commit in commits if commit[1] >= first + count)
        return (last - early) / (ended - begun)


async def whatsmeow_rate(stage: Stage, count: int) -> float:
    phone = await stage.add_phone()
    async with linked_whatsmeow(stage, phone) as peer:
        await peer.send_text(stage.person.jid, "hello")
        held = await hold(stage, phone, count)
        await peer.call("count_quietly")
        await stage.network.remove_fault(held)

        async def all_came() -> bool:
            return bool((await peer.call("counted"))["received"] >= count)

        await until(all_came, LIMIT_S, "all callbacks", poll_s=0.05)
        counted = await peer.call("counted")
        return counted["received"] / counted["seconds"]


async def server_rate(stage: Stage, count: int) -> float:
    phone = await stage.add_phone()
    async with linked_wigwag(stage, phone) as server:
        assert (await server.send(stage.person.jid, "hello")).status == 200
        held = await hold(stage, phone, count)
        began = time.perf_counter()
        await stage.network.remove_fault(held)
        wanted = "is_from_me = 0"
        await until(
            lambda: server.count("messages", wanted) >= count, LIMIT_S, "all rows", poll_s=0.02
        )
        return count / (time.perf_counter() - began)


async def bench(report: Report) -> None:
    count: int = report.arguments.messages
    async with open_stage() as stage:
        engine = await engine_rate(stage, count)
        whatsmeow = await whatsmeow_rate(stage, max(count // 8, 100))
        server = await server_rate(stage, count)
    for name, value, target in (
        ("received durably (engine to archive)", engine, "ratio >= 8"),
        ("received durably (whole server)", server, ""),
    ):
        report.add(
            Figure(
                name=name,
                value=value,
                unit="/s",
                yardstick=whatsmeow,
                yardstick_name="whatsmeow's callbacks",
                target=target,
            )
        )


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--messages", type=int, default=10_000)
    report = Report(arguments.parse_args())
    runtime.run(lambda: bench(report))
    report.close()


if __name__ == "__main__":
    main()
