"""Processes that begin with everything imported: most of the time of a start goes into imports.

They are forked off one that has nothing but the imports, so each is a process of its own as if it
had been started. There is a nursery in tests, not in benches.
"""

import asyncio
import io
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, ClassVar, Protocol

TESTS = Path(__file__).parent.parent


class Process(Protocol):
    """What the tests do with a child process."""

    @property
    def pid(self) -> int: ...

    @property
    def returncode(self) -> int | None: ...

    def send_signal(self, signal: int, /) -> None: ...

    def kill(self) -> None: ...

    async def wait(self) -> int: ...


class Forked(asyncio.Protocol):
    """A process of the nursery, at the reading end of its status. No task: whoever cleans up after
    everything was cancelled can still wait for the end."""

    def __init__(self) -> None:
        self.pid = 0
        self.returncode: int | None = None
        self.begun = asyncio.Event()
        """It has its `pid`; without one it never came to be."""
        self._said = b""
        self._ended = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        self._said += data
        if b"\n" in self._said and not self.pid:
            self.pid = int(self._said.split(b"\n")[0])
            self.begun.set()

    def connection_lost(self, exc: Exception | None) -> None:
        _, _, status = self._said.partition(b"\n")
        self.returncode = int(status) if status else -signal.SIGKILL
        self.begun.set()
        self._ended.set()

    def send_signal(self, signal: int, /) -> None:
        if self.returncode is None:
            os.kill(self.pid, signal)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    async def wait(self) -> int:
        await self._ended.wait()
        assert self.returncode is not None
        return self.returncode


class Nursery:
    """Begins with its first child, and ends with `close`; its children live on."""

    current: "ClassVar[Nursery | None]" = None
    """The one to have processes from; None where all are to be started anew."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._orders: socket.socket | None = None
        self._log: IO[bytes] | None = None

    async def fork(
        self,
        module: str,
        arguments: Sequence[str],
        *,
        environment: Mapping[str, str],
        directory: Path,
        log: IO[bytes],
        output: int | None = None,
        passes: int | None = None,
    ) -> Forked:
        """`main` of a module in a process of its own, which prints to `output` or else the log."""
        if self._orders is None:
            self._begin(environment)
        assert self._orders is not None
        order = {
            "module": module,
            "arguments": list(arguments),
            "environment": dict(environment),
            "directory": str(directory),
            "passes": passes is not None,
        }
        reading, writing = os.pipe()
        loop = asyncio.get_running_loop()
        _, forked = await loop.connect_read_pipe(Forked, io.FileIO(reading))
        descriptors = [log.fileno() if output is None else output, log.fileno(), writing]
        if passes is not None:
            descriptors.append(passes)
        try:
            socket.send_fds(self._orders, [json.dumps(order).encode()], descriptors)
        finally:
            os.close(writing)
        await forked.begun.wait()
        assert forked.pid, f"the nursery ended: {self._said()}"
        return forked

    def _begin(self, environment: Mapping[str, str]) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the nursery
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "peers.nursery_child", str(theirs.fileno())],
                env={**environment, "PYTHONPATH": str(TESTS)},
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
            )
        self._orders = ours

    def _said(self) -> str:
        if self._log is None:
            return ""
        self._log.seek(0)
        return self._log.read().decode(errors="replace")[-3000:]

    def close(self) -> None:
        if self._orders is not None:
            self._orders.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=30)
        if self._log is not None:
            self._log.close()


async def pipe_reader(descriptor: int) -> tuple[asyncio.StreamReader, asyncio.BaseTransport]:
    """The reading end of a pipe as a stream, and the transport that closes it."""
    reader = asyncio.StreamReader()
    pipe = io.FileIO(descriptor)
    line, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), pipe
    )
    return reader, line
