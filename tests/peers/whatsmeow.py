"""Drives a real whatsmeow client, each in its own child process, from asyncio.

The child is pointed at an emulated network by its environment at exec (HTTPS_PROXY and
SSL_CERT_FILE, which Go reads from its initial stack) and by one overwritten key in its memory.
"""

import asyncio
import base64
import json
import os
import shutil
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHILD = Path(__file__).with_name("whatsmeow_child.py")
TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Event:
    name: str
    data: dict[str, Any]

    @property
    def text(self) -> str:
        """The text of a message event."""
        message = self.data.get("Message", {})
        return str(
            message.get("conversation") or message.get("extendedTextMessage", {}).get("text", "")
        )

    @property
    def id(self) -> str:
        return str(self.data.get("Info", {}).get("ID", ""))

    def source(self, name: str) -> str:
        """A JID of a message's source (`Chat`, `Sender`, `SenderAlt`) without its device."""
        jid = self.data.get("Info", {}).get("MessageSource", {}).get(name, {})
        return f"{jid.get('User', '')}@{jid.get('Server', '')}"


class PeerError(Exception):
    """The client refused a call, or ended."""


@dataclass
class WhatsmeowPeer:
    """One client. `start` it, `await peer.wait("qr")`, and call its operations by name."""

    directory: Path
    proxy_url: str
    ca_file: Path
    noise_root: bytes
    database: str = "peer.db"
    events: list[Event] = field(default_factory=list[Event])
    _process: asyncio.subprocess.Process | None = None
    _writer: asyncio.StreamWriter | None = None
    _reading: asyncio.Task[None] | None = None
    _calls: dict[int, asyncio.Future[Any]] = field(default_factory=dict[int, "asyncio.Future[Any]"])
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _ended: bool = False

    async def start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            os.set_inheritable(theirs.fileno(), True)
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                str(CHILD),
                str(theirs.fileno()),
                str(self.directory / self.database),
                self.noise_root.hex(),
                env=self._environment(),
                cwd=self.directory,
                pass_fds=(theirs.fileno(),),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=(self.directory / f"{self.database}.stderr").open("ab"),
            )
        reader, self._writer = await asyncio.open_connection(sock=ours, limit=2**27)
        self._reading = asyncio.create_task(self._read(reader))
        await self.wait("ready")

    def _environment(self) -> dict[str, str]:
        names = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")
        keep = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
        return {
            **keep,
            **dict.fromkeys(names, self.proxy_url),
            "SSL_CERT_FILE": str(self.ca_file),
            "NEONIZE_BOT_TAG": "off",
            "PYTHONWARNINGS": "ignore",
        }

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while line := await reader.readline():
                message = json.loads(line)
                if "event" in message:
                    async with self._changed:
                        self.events.append(Event(message["event"], message["data"]))
                        self._changed.notify_all()
                    continue
                waiter = self._calls.pop(message["call"], None)
                if waiter is None or waiter.done():
                    continue
                if "error" in message:
                    waiter.set_exception(PeerError(message["error"]))
                else:
                    waiter.set_result(message["result"])
        except ConnectionError:
            pass
        finally:
            await self._end()

    async def _end(self) -> None:
        async with self._changed:
            self._ended = True
            self._changed.notify_all()
        for waiter in self._calls.values():
            if not waiter.done():
                waiter.set_exception(PeerError("the client's process ended"))

    async def call(self, op: str, *, timeout_s: float = TIMEOUT_S, **arguments: Any) -> Any:
        """Runs `op_<op>` in the child. Raises PeerError with the client's own sentence."""
        if self._writer is None:
            raise PeerError("the client was not started")
        number = max(self._calls, default=0) + 1
        waiter = self._calls[number] = asyncio.get_running_loop().create_future()
        self._writer.write(json.dumps({"call": number, "op": op, **arguments}).encode() + b"\n")
        return await asyncio.wait_for(waiter, timeout_s)

    async def wait(
        self,
        name: str,
        predicate: Callable[[Event], bool] = lambda _: True,
        *,
        timeout_s: float = TIMEOUT_S,
    ) -> Event:
        """The first event of that name, past or coming, for which the predicate holds."""

        def find() -> Event | None:
            return next((e for e in self.events if e.name == name and predicate(e)), None)

        async with self._changed:
            try:
                await asyncio.wait_for(
                    self._changed.wait_for(lambda: find() or self._ended), timeout_s
                )
            except TimeoutError:
                seen = sorted({event.name for event in self.events})
                raise AssertionError(f"no {name!r} event came; seen: {seen}") from None
        event = find()
        if event is None:
            raise PeerError(f"the client's process ended before a {name!r} event: {self.stderr()}")
        return event

    async def wait_text(self, text: str, *, timeout_s: float = TIMEOUT_S) -> Event:
        return await self.wait("message", lambda e: e.text == text, timeout_s=timeout_s)

    def count(self, name: str, predicate: Callable[[Event], bool] = lambda _: True) -> int:
        return sum(1 for event in self.events if event.name == name and predicate(event))

    def forget_events(self) -> None:
        self.events.clear()

    async def download(self, message_id: str) -> bytes:
        return base64.b64decode(await self.call("download", message_id=message_id))

    def stderr(self) -> str:
        path = self.directory / f"{self.database}.stderr"
        return path.read_text(errors="replace")[-2000:] if path.exists() else ""

    async def close(self) -> None:
        """Ends the process; a waiting QR channel would never let it end by itself."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        if self._writer is not None:
            self._writer.close()
        if self._reading is not None:
            await asyncio.wait({self._reading}, timeout=5)


def is_available() -> bool:
    """Whether the real client can run here (the wheel needs Linux and glibc 2.34)."""
    from importlib.util import find_spec

    return sys.platform == "linux" and bool(find_spec("neonize")) and bool(shutil.which("env"))
