"""A real Chromium, without a window, which opens one page and tells what became of it."""

import asyncio
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")
NEEDS_CHROMIUM = pytest.mark.skipif(
    PROGRAM is None, reason="CHROMIUM IS MISSING: no browser judges what is exported; make chromium"
)
LIMIT_S = 60.0
HIT = "/hit"
"""What an address of the listener has in it, so that nothing else is taken for one."""


@dataclass
class Listener:
    """Everybody else on the network: whatever name is looked for is here."""

    port: int = 0
    asked: list[str] = field(default_factory=list[str])

    @property
    def hits(self) -> list[str]:
        return [line for line in self.asked if HIT in line]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(LIMIT_S):
                self.asked.append((await reader.readline()).decode("latin-1"))
            writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
            await writer.drain()
        except (OSError, TimeoutError, ValueError):
            self.asked.append("broken off")
        finally:
            writer.close()


@asynccontextmanager
async def open_listener() -> AsyncGenerator[Listener]:
    listener = Listener()
    server = await asyncio.start_server(listener.serve, "127.0.0.1", 0)
    listener.port = server.sockets[0].getsockname()[1]
    async with server:
        yield listener


async def dom_of(
    address: str, profile: Path, listener: Listener, *, but: str = "", loads_s: int = 20
) -> str:
    """The document as it stands once it is loaded, or after `loads_s`.

    Every name but `but` leads to the listener.
    """
    assert PROGRAM is not None
    rules = f"MAP * 127.0.0.1:{listener.port}" + (f", EXCLUDE {but}" if but else "")
    process = await asyncio.create_subprocess_exec(
        PROGRAM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        "--no-first-run", "--disable-background-networking", "--disable-component-update",
        "--disable-sync", "--disable-extensions", "--disable-default-apps",
        "--autoplay-policy=no-user-gesture-required", f"--user-data-dir={profile}",
        f"--host-resolver-rules={rules}", "--virtual-time-budget=3000",
        f"--timeout={loads_s * 1000}",
        "--dump-dom", address,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        out, _ = await asyncio.wait_for(process.communicate(), LIMIT_S)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return out.decode(errors="replace")
