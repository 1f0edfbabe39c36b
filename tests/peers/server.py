"""A wigwag server in a process of its own, to be killed, stopped and started again."""

import asyncio
import contextlib
import json
import os
import re
import signal
import sqlite3
import sys
import time
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from peers.child import child_environment, until
from peers.engines import ENGINE
from peers.nursery import Nursery, Process, pipe_reader
from peers.sandbox_process import Resident, SandboxProcess
from wigwag.model.capability import EngineKind

START_S = 60.0
STOP_S = 15.0
REQUEST_S = 90.0
COMMAND = (sys.executable, "-c", "from wigwag.cli import main; main()")
"""The console script `wigwag`, with this very interpreter."""
_LISTENS = re.compile(r"listens on http://127\.0\.0\.1:(\d+)")


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any


class ServerProcess:
    """`wigwag serve` on a store; every `start` is a new process on the same store.

    `network` is the sandbox that it connects to, None for `--sandbox` or none at all.
    """

    def __init__(
        self,
        store: Path,
        network: SandboxProcess | None = None,
        *,
        arguments: Iterable[str] = (),
        command: Sequence[str] = COMMAND,
        **settings: str,
    ) -> None:
        self.store = store
        self.output: list[str] = []
        self.port = 0
        self.started_at = 0.0
        self._network = network
        self._arguments = tuple(arguments)
        self._command = tuple(command)
        self._settings = settings
        self._process: Process | None = None
        self._pipe: asyncio.BaseTransport | None = None
        self._reading: asyncio.Task[None] | None = None
        self._http: aiohttp.ClientSession | None = None

    # -- the process --

    async def start(self) -> None:
        """Run it until it listens."""
        await self.launch()
        try:
            await until(lambda: bool(self.port) or self.has_ended, START_S, self.tail)
        except AssertionError:
            await self.kill()
            raise
        assert self.port, self.tail()

    async def launch(self) -> None:
        """Run it, and wait for nothing."""
        assert self.has_ended, "the server runs already"
        self.output.clear()
        self.port = 0
        self.started_at = time.monotonic()
        arguments = ("serve", "--port", "0", "--store", str(self.store), *self._arguments)
        reading, writing = os.pipe()
        output, self._pipe = await pipe_reader(reading)
        nursery = Nursery.current if self._command == COMMAND else None
        try:
            with self.log.open("ab") as log:
                if nursery is not None:
                    self._process = await nursery.fork(
                        "wigwag.cli",
                        arguments,
                        environment=self._environment(),
                        directory=self.store.parent,
                        log=log,
                        output=writing,
                    )
                else:
                    self._process = await asyncio.create_subprocess_exec(
                        *self._command,
                        *arguments,
                        env=self._environment(),
                        cwd=self.store.parent,
                        stdin=asyncio.subprocess.DEVNULL,
                        stdout=writing,
                        stderr=log,
                    )
        finally:
            os.close(writing)
        self._reading = asyncio.create_task(self._read(output))

    def _environment(self) -> dict[str, str]:
        inherited = child_environment()
        kept = {name: text for name, text in inherited.items() if not name.startswith("WIGWAG_")}
        given = {f"WIGWAG_{name.upper()}": text for name, text in self._settings.items()}
        if "api_key" not in self._settings:
            kept["WIGWAG_KEYS"] = "off"
        kept["WIGWAG_ENGINE"] = engine = given.get("WIGWAG_ENGINE", ENGINE)
        network = self._network
        if network is None:
            return {**kept, **given}
        # the library of whatsmeow knows one address alone, to which the proxy leads, too
        way = {"WIGWAG_WS_URL": network.ws_url}
        if engine == EngineKind.WHATSMEOW:
            way = {"WIGWAG_PROXY": network.proxy_url}
        return {
            **kept,
            **way,
            "WIGWAG_CA_FILE": str(network.ca_file),
            "WIGWAG_NOISE_ROOT": network.noise_root.hex(),
            **given,
        }

    async def _read(self, stream: asyncio.StreamReader) -> None:
        while line := await stream.readline():
            text = line.decode(errors="replace").rstrip()
            self.output.append(text)
            if found := _LISTENS.search(text):
                self.port = int(found[1])
        if self._pipe is not None:
            self._pipe.close()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        return self._process is None or self._process.returncode is not None

    async def outlives(self, seconds: float) -> bool:
        """Whether it still runs after this time."""
        try:
            await self.wait_end(seconds)
        except TimeoutError:
            return True
        return False

    async def wait_end(self, timeout_s: float = STOP_S) -> int:
        """The exit status, once the process has ended. Raises TimeoutError."""
        assert self._process is not None
        async with asyncio.timeout(timeout_s):
            status = await self._process.wait()
        if self._reading is not None:
            await self._reading
        await self._hang_up()
        return status

    async def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        if not self.has_ended:
            assert self._process is not None
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGKILL)
            await self.wait_end()
        await self._hang_up()

    async def terminate(self, timeout_s: float = STOP_S) -> float:
        """SIGTERM; the seconds until it ended. Raises TimeoutError, AssertionError (bad status)."""
        assert self._process is not None
        began = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        status = await self.wait_end(timeout_s)
        assert status == 0, f"status {status}: {self.tail()}"
        return time.monotonic() - began

    @property
    def log(self) -> Path:
        return self.store.parent / f"{self.store.name}.server.log"

    def tail(self) -> str:
        """The end of what it printed and logged."""
        log = self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""
        return "\n".join([*self.output[-10:], log])

    # -- HTTP --

    async def request(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """A header is named with underscores. Raises aiohttp.ClientError when the server is not
        there (any more)."""
        if self._http is None:
            limit = aiohttp.ClientTimeout(total=REQUEST_S)
            self._http = aiohttp.ClientSession(timeout=limit)
        url = f"http://127.0.0.1:{self.port}{path}"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self._http.request(method, url, json=body, headers=named) as response:
            data = await response.read()
            return Answer(response.status, json.loads(data) if data else None)

    async def send(self, recipient: str, message: str) -> Answer:
        """POST /api/send."""
        return await self.request("POST", "/api/send", {"recipient": recipient, "message": message})

    async def ready(self, timeout_s: float = START_S) -> float:
        """Wait until messages flow; the seconds since the process was started."""
        answer = Answer(0, None)

        async def is_ready() -> bool:
            nonlocal answer
            assert not self.has_ended, f"it ended: {self.tail()}"
            with contextlib.suppress(aiohttp.ClientError):
                answer = await self.request("GET", "/health/ready")
            return answer.status == 200

        await until(is_ready, timeout_s, lambda: f"ready ({answer.body}): {self.tail()}")
        return time.monotonic() - self.started_at

    async def _hang_up(self) -> None:
        # a request that comes meanwhile has a session of its own
        http, self._http = self._http, None
        if http is not None:
            await http.close()

    # -- pairing and the archive --

    async def pair(self, phone: Resident, account: str = "default") -> None:
        """Have the phone scan the newest QR code, and wait until messages flow."""
        assert self._network is not None
        codes: list[str] = []

        def found() -> bool:
            codes[:] = self.query(
                "SELECT json_extract(data, '$.code') FROM events "
                "WHERE account = ? AND type = 'pairing.qr' ORDER BY seq DESC LIMIT 1",
                account,
            )
            return bool(codes)

        await until(found, START_S, self.tail)
        await self._network.scan(phone, codes[0])

    def query(self, sql: str, *values: object, database: str = "messages.db") -> list[Any]:
        """Rows of the archive (the value itself where there is one column), as others read it."""
        path = self.store / database
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            connection.execute("PRAGMA busy_timeout = 5000")
            rows = connection.execute(sql, values).fetchall()
        return [row[0] if len(row) == 1 else row for row in rows]

    def count(self, table: str, where: str = "1", *, database: str = "messages.db") -> int:
        sql = f"SELECT count(*) FROM {table} WHERE {where}"
        return int(self.query(sql, database=database)[0])

    def rss(self) -> int:
        """Memory that it holds, in bytes."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


@asynccontextmanager
async def running_server(server: ServerProcess) -> AsyncGenerator[ServerProcess]:
    """Started; killed at the end."""
    try:
        await server.start()
        yield server
    finally:
        await server.kill()


@asynccontextmanager
async def linked_server(
    store: Path,
    network: SandboxProcess,
    phone: Resident,
    *,
    command: Sequence[str] = COMMAND,
    **settings: str,
) -> AsyncGenerator[ServerProcess]:
    """Started, linked to the phone, and ready; killed at the end."""
    server = ServerProcess(store, network, command=command, **settings)
    async with running_server(server):
        await server.pair(phone)
        await server.ready()
        yield server
