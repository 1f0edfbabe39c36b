"""Signed webhooks: how many leave in a second of one core, and how long an event is on its way.

All is real: the log, the rows of the outbox with their synced transactions, the signature, the
request. The receiver is a process of its own. The yardstick is the same client posting the same
bytes to the same receiver, with nothing kept and nothing signed.
"""

import asyncio
import contextlib
import sys
import tempfile
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import aiohttp

from figures import ROOT, Figure, Report, parser, percentile
from ingest import ACCOUNT, TOGETHER, events
from peers.child import until
from stages import in_flight
from stored.makers import received
from wigwag import runtime
from wigwag.archive import SqliteArchive
from wigwag.core.feed import Feed
from wigwag.core.ingest import Ingest
from wigwag.core.webhooks import Webhooks
from wigwag.deliver.courier import AT_ONCE
from wigwag.deliver.couriers import Couriers
from wigwag.deliver.postman import Postman
from wigwag.logs import configure_logs
from wigwag.model.event import MessageReceived
from wigwag.model.jid import PN_SERVER, Jid
from wigwag.outward.guard import Guard

LIMIT_S = 120.0
CHATS = 50
PAUSE_S = 0.03
"""Between two events, when one alone is timed."""


class Receiver:
    """The receiver's process, asked how far it is."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self.url = url
        self.http = http

    async def times(self) -> dict[str, float]:
        async with self.http.get(self.url) as response:
            return dict(await response.json(content_type=None))


@contextlib.asynccontextmanager
async def bare_receiver() -> AsyncGenerator[Receiver]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).parent / "bare_receiver.py"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    port = int(await process.stdout.readline())
    try:
        async with aiohttp.ClientSession() as http:
            yield Receiver(f"http://127.0.0.1:{port}/hook", http)
    finally:
        process.stdin.close()
        await process.wait()


class Post:
    """A log with one webhook on it, and the couriers."""

    def __init__(self, archive: SqliteArchive) -> None:
        self.archive = archive
        self.feed = Feed(archive)
        self.ingest = Ingest(archive)
        self.webhooks = Webhooks(archive, self.feed)
        self.couriers = Couriers(archive, self.feed, Postman(Guard(("127.0.0.1",))))
        self.webhooks.on_change = self.couriers.changed

    async def take(self, made: list[MessageReceived]) -> None:
        for at in range(0, len(made), TOGETHER):
            await self.ingest.ingest(ACCOUNT, made[at : at + TOGETHER])


def spread(count: int) -> list[MessageReceived]:
    """Messages in many chats, which are delivered side by side."""
    chats = [Jid(f"4917000{number:05}", PN_SERVER) for number in range(CHATS)]
    return [
        received(f"3EB1{number:016X}", f"text {number}", chat=chats[number % CHATS], seconds=number)
        for number in range(count)
    ]


async def delivered(receiver: Receiver, count: int) -> dict[str, float]:
    """When each event was there, once so many are."""
    times: dict[str, float] = {}

    async def all_came() -> bool:
        times.update(await receiver.times())
        return len(times) >= count

    await until(all_came, LIMIT_S, lambda: f"{len(times)} of {count}", poll_s=0.25)
    return times


async def throughput(folder: Path, count: int) -> tuple[float, float]:
    """Webhooks in a second of this process's processor, and in a second by the clock."""
    async with bare_receiver() as receiver:
        archive = await SqliteArchive.open(folder / "messages.db")
        post = Post(archive)
        try:
            await post.webhooks.create(receiver.url, types=("message.received",))
            await post.take(spread(count))
            began, cpu = time.perf_counter(), time.process_time()
            await post.couriers.start()
            await delivered(receiver, count)

            async def nothing_waits() -> bool:
                return not await archive.count_pending((await post.webhooks.list())[0].id)

            await until(nothing_waits, LIMIT_S, "the outbox is empty")
            return count / (time.process_time() - cpu), count / (time.perf_counter() - began)
        finally:
            await post.couriers.stop()
            await archive.close()


async def bare_throughput(count: int) -> tuple[float, float]:
    body = b"x" * 500
    async with bare_receiver() as receiver:
        began, cpu = time.perf_counter(), time.process_time()

        async def send(number: int) -> None:
            headers = {"webhook-id": str(number)}
            async with receiver.http.post(receiver.url, data=body, headers=headers) as response:
                await response.read()

        await in_flight(AT_ONCE, count, send)
        return count / (time.process_time() - cpu), count / (time.perf_counter() - began)


async def latencies(folder: Path, count: int) -> list[float]:
    """From handing an event over to its request at the receiver, one event at a time."""
    async with bare_receiver() as receiver:
        archive = await SqliteArchive.open(folder / "alone.db")
        post = Post(archive)
        began: dict[str, float] = {}
        try:
            await post.webhooks.create(receiver.url, types=("message.received",))
            await post.couriers.start()
            for event in events(count):
                seq, now = archive.last_seq, time.monotonic()
                await post.ingest.ingest(ACCOUNT, [event])
                page = await post.feed.read(seq, 1)
                began[page.events[0].id] = now
                await asyncio.sleep(PAUSE_S)
            times = await delivered(receiver, count)
            return [times[name] - began[name] for name in began]
        finally:
            await post.couriers.stop()
            await archive.close()


async def bare_latencies(count: int) -> list[float]:
    times: list[float] = []
    async with bare_receiver() as receiver:
        for number in range(count):
            began = time.monotonic()
            headers = {"webhook-id": str(number)}
            async with receiver.http.post(receiver.url, data=b"x", headers=headers) as response:
                await response.read()
            times.append(time.monotonic() - began)
    return times


async def bench(report: Report) -> None:
    configure_logs("error", "console")
    count: int = report.arguments.events
    with tempfile.TemporaryDirectory(prefix="wigwag-bench-", dir=ROOT) as name:
        rates = await throughput(Path(name), count)
        one_by_one = await latencies(Path(name), report.arguments.alone)
    bare_rates = await bare_throughput(count)
    bare_times = await bare_latencies(report.arguments.alone)
    for what, value, bare, target in (
        ("second of one core", rates[0], bare_rates[0], ">= 1,500/s"),
        ("second by the clock", rates[1], bare_rates[1], ""),
    ):
        report.add(
            Figure(
                name=f"signed webhooks, {what}",
                value=value,
                unit="/s",
                yardstick=bare,
                yardstick_name="bare posts",
                target=target,
            )
        )
    for percent, target in ((50, "< 15 ms"), (99, "")):
        report.add(
            Figure(
                name=f"event to webhook, p{percent}",
                value=percentile(one_by_one, percent) * 1000,
                unit="ms",
                yardstick=percentile(bare_times, percent) * 1000,
                yardstick_name=f"bare post, p{percent}",
                target=target,
            )
        )


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--events", type=int, default=5_000)
    arguments.add_argument("--alone", type=int, default=200)
    report = Report(arguments.parse_args())
    runtime.run(lambda: bench(report))
    report.close()


if __name__ == "__main__":
    main()
