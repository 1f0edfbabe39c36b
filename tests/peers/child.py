"""A child process that answers calls: JSON lines over an inherited socket.

A call is `{"call", "op", ...}`; the answer `{"call", "result"}` or `{"call", "error"}`.
"""

import asyncio
import itertools
import json
import os
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from peers.nursery import TESTS, Nursery, Process

TIMEOUT_S = 30.0
POLL_S = 0.01


def child_environment() -> dict[str, str]:
    """Our environment for a Python child that starts again and again.

    Where bytecode shall not be written beside the sources, it is kept elsewhere: to compile
    everything at each start would take longer than what is tested.
    """
    environment = dict(os.environ)
    if environment.pop("PYTHONDONTWRITEBYTECODE", ""):
        environment["PYTHONPYCACHEPREFIX"] = str(TESTS.parent / ".pytest_cache" / "bytecode")
    return environment


class ChildError(Exception):
    """The child refused a call, or ended."""


@dataclass
class ChildProcess:
    """A Python module run as `python -m <module> <socket fd> <arguments>`; what the nursery
    has `imported` comes from there."""

    module: str
    directory: Path
    name: str
    imported: bool = False
    _process: Process | None = None
    _writer: asyncio.StreamWriter | None = None
    _reading: asyncio.Task[None] | None = None
    _calls: dict[int, "asyncio.Future[Any]"] = field(
        default_factory=dict[int, "asyncio.Future[Any]"]
    )
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    async def spawn(self, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        """Run the module; its standard output and error go to a file in the directory."""
        ours, theirs = socket.socketpair()
        given = {**child_environment(), "PYTHONPATH": str(TESTS), **(environment or {})}
        nursery = Nursery.current if self.imported else None
        with theirs, self.log.open("ab") as log:
            if nursery is not None:
                self._process = await nursery.fork(
                    self.module,
                    arguments,
                    environment=given,
                    directory=self.directory,
                    log=log,
                    passes=theirs.fileno(),
                )
            else:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    self.module,
                    str(theirs.fileno()),
                    *arguments,
                    env=given,
                    cwd=self.directory,
                    pass_fds=(theirs.fileno(),),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )
        reader, self._writer = await asyncio.open_connection(sock=ours, limit=2**27)
        self._reading = asyncio.create_task(self._read(reader))

    async def call(self, op: str, *, timeout_s: float = TIMEOUT_S, **arguments: Any) -> Any:
        """Run `op` in the child. Raises ChildError with its sentence, TimeoutError."""
        if self._writer is None:
            raise ChildError(f"the child does not run: {self.tail()}")
        number = next(self._numbers)
        waiter = self._calls[number] = asyncio.get_running_loop().create_future()
        self._writer.write(json.dumps({"call": number, "op": op, **arguments}).encode() + b"\n")
        try:
            return await asyncio.wait_for(waiter, timeout_s)
        except TimeoutError:
            raise TimeoutError(f"no answer to {op} within {timeout_s} s") from None
        finally:
            self._calls.pop(number, None)

    async def close(self) -> None:
        """Kill the process, and wait until it is gone."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        if self._reading is not None:
            await asyncio.wait({self._reading}, timeout=5)
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> Path:
        return self.directory / f"{self.name}.log"

    def tail(self) -> str:
        """The end of what the child printed."""
        return self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while line := await reader.readline():
                self._take(json.loads(line))
        except (ConnectionError, json.JSONDecodeError):
            pass  # killed in the middle of a line
        finally:
            for waiter in self._calls.values():
                if not waiter.done():
                    waiter.set_exception(ChildError(f"the child ended: {self.tail()}"))

    def _take(self, message: dict[str, Any]) -> None:
        waiter = self._calls.get(message["call"])
        if waiter is None or waiter.done():
            return
        if "error" in message:
            waiter.set_exception(ChildError(message["error"]))
        else:
            waiter.set_result(message["result"])


Operation = Callable[..., Awaitable[Any]]


async def answer_calls(descriptor: int, find: Callable[[str], Operation]) -> None:
    """The child's side: serve calls, each in a task of its own, until the parent hangs up."""
    channel = socket.socket(fileno=descriptor)
    reader, writer = await asyncio.open_connection(sock=channel, limit=2**27)
    tasks: set[asyncio.Task[None]] = set()

    async def answer(request: dict[str, Any]) -> None:
        call = request.pop("call")
        try:
            answer = {"call": call, "result": await find(request.pop("op"))(**request)}
        except Exception as error:  # noqa: BLE001 - told to the parent
            answer = {"call": call, "error": f"{type(error).__name__}: {error}"}
        writer.write(json.dumps(answer).encode() + b"\n")

    while line := await reader.readline():
        task = asyncio.create_task(answer(json.loads(line)))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    for task in tasks:
        task.cancel()
    writer.close()


async def until(
    condition: Callable[[], Awaitable[bool] | bool],
    timeout_s: float,
    what: str | Callable[[], str],
    *,
    poll_s: float = POLL_S,
) -> None:
    """Ask until it is so. Raises AssertionError that says `what` did not come to be."""
    deadline = asyncio.get_running_loop().time() + timeout_s
    while True:
        answer = condition()
        if await answer if isinstance(answer, Awaitable) else answer:
            return
        if asyncio.get_running_loop().time() > deadline:
            said = what if isinstance(what, str) else what()
            raise AssertionError(f"not within {timeout_s} s: {said}")
        await asyncio.sleep(poll_s)
