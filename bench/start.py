"""From the start of `wigwag serve --sandbox` to ready: first start, and start on the same store.

The yardstick is an interpreter that only imports the libraries that a server needs.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from figures import ROOT, Figure, Report, parser
from peers.child import child_environment
from peers.server import ServerProcess

LIBRARIES = (
    "aiohttp, alembic, cryptography, fastapi, google.protobuf, msgspec, segno, sqlalchemy, "
    "structlog, typer, uvicorn, uvloop, websockets"
)


def import_s() -> float:
    began = time.perf_counter()
    command = [sys.executable, "-c", f"import {LIBRARIES}"]
    subprocess.run(command, check=True, env=child_environment())
    return time.perf_counter() - began


async def starts(folder: Path, count: int) -> list[float]:
    """Seconds from the start of the process to ready; the first one makes the store."""
    server = ServerProcess(folder / "store", arguments=("--sandbox",))
    seconds: list[float] = []
    for _ in range(count):
        try:
            await server.start()
            seconds.append(await server.ready())
        finally:
            await server.kill()
    return seconds


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--starts", type=int, default=4)
    report = Report(arguments.parse_args())
    with tempfile.TemporaryDirectory(prefix="wigwag-bench-", dir=ROOT) as folder:
        first, *later = asyncio.run(starts(Path(folder), report.arguments.starts))
    imports = min(import_s() for _ in range(3))
    for name, value in (("first start", first), ("later start", min(later))):
        report.add(
            Figure(
                name=f"serve --sandbox to ready, {name}",
                value=value,
                unit="s",
                yardstick=imports,
                yardstick_name="importing the libraries",
                target="< 3 s",
            )
        )
    report.close()


if __name__ == "__main__":
    main()
