"""A large document sent and received: how much the engine's process grows, and MB/s.

The file is sparse, the network a process of its own; what is measured is this process, which runs
the engine and nothing else. The yardstick of the growth is the size of the file.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from figures import Figure, Report, parser
from scripted.footprint import Footprint
from stages import linked_engine, open_stage
from wigwag.model.content import MediaKind, MediaRef

MEGABYTE = 1_000_000
TARGET = "below 40 MB"


async def measured(
    report: Report, name: str, size: int, work: Callable[[], Awaitable[None]]
) -> None:
    footprint, begun = Footprint(), time.perf_counter()
    await work()
    taken = time.perf_counter() - begun
    report.add(
        Figure(
            name=f"growth while {name}",
            value=footprint.growth / MEGABYTE,
            unit="MB",
            yardstick=size / MEGABYTE,
            yardstick_name="the file",
            target=TARGET,
        )
    )
    print(f"   {name}: {size / MEGABYTE / taken:.0f} MB/s", flush=True)


async def run(report: Report) -> None:
    size = report.arguments.megabytes * MEGABYTE
    async with open_stage() as stage:
        phone = await stage.add_phone()
        source, target = stage.folder / "document", stage.folder / "received"
        with source.open("wb") as file:
            file.truncate(size)
        async with linked_engine(stage, phone) as engine:
            sent: list[MediaRef] = []

            async def send() -> None:
                with source.open("rb") as stream:
                    sent.append(await engine.upload(stream, MediaKind.DOCUMENT))

            async def receive() -> None:
                await engine.download(sent[0], MediaKind.DOCUMENT, target)

            await measured(report, "sending", size, send)
            await measured(report, "receiving", size, receive)
            assert_same_size(source, target)


def assert_same_size(source: Path, target: Path) -> None:
    if source.stat().st_size != target.stat().st_size:
        raise AssertionError("the received document has another size")


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--megabytes", type=int, default=2_000)
    report = Report(arguments.parse_args())
    asyncio.run(run(report))
    report.close()


if __name__ == "__main__":
    main()
