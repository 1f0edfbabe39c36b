"""Real Baileys in a child process: a second client, with habits of its own (make baileys)."""

import asyncio
import itertools
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from peers.child import until
from wigwag.sandbox.residents.phone import Phone
from wigwag.sandbox.sandbox import Sandbox

FOLDER = Path(__file__).parent / "baileys"
LIMIT_S = 20.0
_LINE_BYTES = 2**24

Event = dict[str, Any]


def why_unavailable() -> str:
    """Why there is no Baileys here; empty when there is."""
    if shutil.which("node") is None:
        return "NO BAILEYS: there is no node; install it and run make baileys"
    if not (FOLDER / "node_modules" / "baileys").is_dir():
        return "NO BAILEYS: it is not installed; run make baileys"
    return ""


@dataclass
class Baileys:
    """A client; `events` has everything that it told."""

    sandbox: Sandbox
    phone: Phone
    log: Path
    events: list[Event] = field(default_factory=list[Event])
    _process: asyncio.subprocess.Process | None = None
    _reading: asyncio.Task[None] | None = None
    _calls: dict[int, "asyncio.Future[Any]"] = field(
        default_factory=dict[int, "asyncio.Future[Any]"]
    )
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    async def link(self) -> None:
        """Start it, scan its code, and wait until it is connected."""
        environment = {**os.environ, "NODE_EXTRA_CA_CERTS": str(self.sandbox.ca_file)}
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                "node",
                str(FOLDER / "client.mjs"),
                self.sandbox.ws_url,
                self.sandbox.noise_root.hex(),
                env=environment,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                limit=_LINE_BYTES,
            )
        self._reading = asyncio.create_task(self._read(self._process))
        code = await self.wait(lambda event: event.get("event") == "qr")
        self.phone.scan(code["code"])
        await self.wait(lambda event: event.get("event") == "open")

    async def call(self, op: str, *args: Any) -> Any:
        """Run an operation of client.mjs. Raises RuntimeError with its sentence, TimeoutError."""
        assert self._process is not None
        assert self._process.stdin is not None
        number = next(self._numbers)
        answer = self._calls[number] = asyncio.get_running_loop().create_future()
        line = json.dumps({"call": number, "op": op, "args": args})
        self._process.stdin.write(line.encode() + b"\n")
        try:
            return await asyncio.wait_for(answer, LIMIT_S)
        finally:
            del self._calls[number]

    async def wait(self, wanted: Callable[[Event], bool]) -> Event:
        """The first event like this, told already or soon."""
        await until(lambda: any(map(wanted, self.events)), LIMIT_S, self._tail)
        return next(filter(wanted, self.events))

    async def wait_text(self, text: str) -> Event:
        return await self.wait(lambda event: event.get("text") == text)

    async def close(self) -> None:
        """Kill the process, and wait until it is gone."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        if self._reading is not None:
            await self._reading

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            said = json.loads(line)
            if "event" in said:
                self.events.append(said)
                continue
            answer = self._calls.get(said["call"])
            if answer is None or answer.done():
                continue
            if "error" in said:
                answer.set_exception(RuntimeError(said["error"]))
            else:
                answer.set_result(said["result"])

    def _tail(self) -> str:
        return f"{self.events[-5:]} {self.log.read_text(errors='replace')[-2000:]}"
