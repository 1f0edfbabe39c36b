"""Drives a real whatsmeow client, each in its own child process, from asyncio.

The child is pointed at an emulated network by its environment at exec (HTTPS_PROXY and
SSL_CERT_FILE, which Go reads from its initial stack) and by one overwritten key in its memory.
"""

import asyncio
import base64
import itertools
import json
import os
import platform
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parent.parent
TIMEOUT_S = 30.0
_ENDS = ("Error reading from websocket", "Error sending close to websocket")
"""What whatsmeow says when a connection ends; the second when both sides end it at once."""

FAST = "?_foreign_keys=on&_journal_mode=WAL&_synchronous=OFF&_x="
"""Appended to a database's name: no fsync, because no test here pulls the plug."""

DURABLE = ""
"""The same for the database as it comes: a rollback journal, every commit synced to the disk."""


@dataclass(frozen=True)
class Event:
    """Something the client told: `name` as in whatsmeow_child, `data` as the protobuf's JSON."""

    name: str
    data: dict[str, Any]

    @property
    def message(self) -> dict[str, Any]:
        """The waE2E.Message of a message event."""
        found: dict[str, Any] = self.data.get("Message", {})
        return found

    @property
    def text(self) -> str:
        """The text of a message event."""
        message = self.message
        extended = message.get("extendedTextMessage", {})
        return str(message.get("conversation") or extended.get("text", ""))

    @property
    def id(self) -> str:
        return str(self.data.get("Info", {}).get("ID", ""))

    @property
    def from_me(self) -> bool:
        return bool(self.data.get("Info", {}).get("MessageSource", {}).get("IsFromMe", False))

    @property
    def push_name(self) -> str:
        return str(self.data.get("Info", {}).get("Pushname", ""))

    def source(self, name: str) -> str:
        """A JID of a message's source (`Chat`, `Sender`, `SenderAlt`) without its device."""
        return jid_text(self.data.get("Info", {}).get("MessageSource", {}).get(name, {}))

    @property
    def receipt_ids(self) -> list[str]:
        return list(self.data.get("MessageIDs", []))


def jid_text(jid: dict[str, Any]) -> str:
    """`user@server` of a JID in its JSON form."""
    return f"{jid.get('User', '')}@{jid.get('Server', '')}"


def _always(_: Event) -> bool:
    return True


class PeerError(Exception):
    """The client refused a call, or ended."""


@dataclass
class WhatsmeowPeer:
    """One client. `start` it, `await peer.wait("qr")`, and call its operations by name.

    `close` kills it; `start` again runs a new process on the same database.
    """

    directory: Path
    proxy_url: str
    ca_file: Path
    noise_root: bytes
    name: str = "peer"
    log_level: str = "WARNING"
    options: str = FAST
    reporting: bool = False
    """Send reporting tokens, and with them message secrets."""
    events: list[Event] = field(default_factory=list[Event])
    _process: asyncio.subprocess.Process | None = None
    _writer: asyncio.StreamWriter | None = None
    _reading: asyncio.Task[None] | None = None
    _calls: dict[int, asyncio.Future[Any]] = field(default_factory=dict[int, "asyncio.Future[Any]"])
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _ended: bool = True

    # -- the process --

    async def start(self) -> None:
        """Run the client until it is ready for calls; events of an earlier run are forgotten."""
        if not self._ended:
            raise PeerError("the client runs already")
        self.events.clear()
        self._ended = False
        ours, theirs = socket.socketpair()
        with theirs, self._errors.open("ab") as errors:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "peers.whatsmeow_child",
                str(theirs.fileno()),
                str(self.directory / f"{self.name}.db{self.options}"),
                self.noise_root.hex(),
                env=self._environment(),
                cwd=self.directory,
                pass_fds=(theirs.fileno(),),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=errors,
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
            "PEER_LOG": self.log_level,
            "PEER_REPORTING": "on" if self.reporting else "",
            "PYTHONPATH": str(TESTS),
            "PYTHONWARNINGS": "ignore",
        }

    async def close(self) -> None:
        """Kill the process; a waiting QR channel would never let it end by itself."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        if self._reading is not None:
            await asyncio.wait({self._reading}, timeout=5)
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while line := await reader.readline():
                message = json.loads(line)
                if "event" in message:
                    await self._take_event(Event(message["event"], message["data"]))
                else:
                    self._take_answer(message)
        except (ConnectionError, json.JSONDecodeError):
            pass  # killed in the middle of a line
        finally:
            await self._end()

    async def _take_event(self, event: Event) -> None:
        async with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def _take_answer(self, message: dict[str, Any]) -> None:
        waiter = self._calls.pop(message["call"], None)
        if waiter is None or waiter.done():
            return
        if "error" in message:
            waiter.set_exception(PeerError(message["error"]))
        else:
            waiter.set_result(message["result"])

    async def _end(self) -> None:
        async with self._changed:
            self._ended = True
            self._changed.notify_all()
        for waiter in self._calls.values():
            if not waiter.done():
                waiter.set_exception(PeerError("the client's process ended"))
        self._calls.clear()

    # -- calls --

    async def call(self, op: str, *, timeout_s: float = TIMEOUT_S, **arguments: Any) -> Any:
        """Run `op_<op>` in the child. Raises PeerError with the client's own sentence."""
        if self._writer is None or self._ended:
            raise PeerError(f"the client does not run: {self.stderr()}")
        number = next(self._numbers)
        waiter = self._calls[number] = asyncio.get_running_loop().create_future()
        self._writer.write(json.dumps({"call": number, "op": op, **arguments}).encode() + b"\n")
        try:
            return await asyncio.wait_for(waiter, timeout_s)
        finally:
            self._calls.pop(number, None)

    async def send_text(self, to: object, text: str) -> str:
        """The id of the sent message."""
        sent = await self.call("send_text", to=str(to), text=text)
        return str(sent["id"])

    async def send(self, to: object, message: dict[str, Any]) -> str:
        """Send a waE2E.Message given in its JSON form; the id."""
        sent = await self.call("send", to=str(to), message=message)
        return str(sent["id"])

    async def send_image(self, to: object, image: bytes, caption: str = "") -> str:
        sent = await self.call(
            "send_image", to=str(to), image=base64.b64encode(image).decode(), caption=caption
        )
        return str(sent["id"])

    async def send_document(self, to: object, document: bytes, filename: str) -> str:
        encoded = base64.b64encode(document).decode()
        sent = await self.call("send_document", to=str(to), document=encoded, filename=filename)
        return str(sent["id"])

    async def download(self, message_id: str) -> bytes:
        """The decrypted file of a message that came."""
        return base64.b64decode(await self.call("download", message_id=message_id))

    # -- events --

    def mark(self) -> int:
        """The number of events so far, as `since` of a later wait."""
        return len(self.events)

    async def wait(
        self,
        name: str,
        predicate: Callable[[Event], bool] = _always,
        *,
        since: int = 0,
        timeout_s: float = TIMEOUT_S,
    ) -> Event:
        """The first event of that name, past (from `since` on) or coming, that fits.

        Raises AssertionError when none comes, PeerError when the client ends before.
        """

        def find() -> Event | None:
            return next(self._matching(name, predicate, since), None)

        async with self._changed:
            try:
                await asyncio.wait_for(
                    self._changed.wait_for(lambda: find() or self._ended), timeout_s
                )
            except TimeoutError:
                raise AssertionError(f"no {name!r} event came; {self.summary()}") from None
        event = find()
        if event is None:
            raise PeerError(f"the client ended before a {name!r} event: {self.stderr()}")
        return event

    async def wait_text(self, text: str, *, timeout_s: float = TIMEOUT_S) -> Event:
        return await self.wait("message", lambda e: e.text == text, timeout_s=timeout_s)

    async def wait_receipt(self, message_id: str, kind: str) -> Event:
        """A receipt for the message; `kind` is DELIVERED, READ, SENDER, INACTIVE ..."""
        return await self.wait(
            "receipt", lambda e: message_id in e.receipt_ids and e.data.get("Type") == kind
        )

    def all(self, name: str, predicate: Callable[[Event], bool] = _always) -> list[Event]:
        return list(self._matching(name, predicate, 0))

    def count(self, name: str, predicate: Callable[[Event], bool] = _always) -> int:
        return len(self.all(name, predicate))

    def _matching(
        self, name: str, predicate: Callable[[Event], bool], since: int
    ) -> Iterator[Event]:
        return (
            event
            for event in itertools.islice(self.events, since, None)
            if event.name == name and predicate(event)
        )

    @property
    def complaints(self) -> list[str]:
        """What whatsmeow warned of: on a faithful network, nothing but the end of a connection."""
        return [
            event.data["text"]
            for event in self.all("log", lambda e: e.data["name"].startswith("whatsmeow"))
            if not event.data["text"].startswith(_ENDS)
        ]

    def summary(self) -> str:
        seen = sorted({event.name for event in self.events})
        return f"seen: {seen}; complaints: {self.complaints[-5:]}"

    @property
    def _errors(self) -> Path:
        return self.directory / f"{self.name}.stderr"

    def stderr(self) -> str:
        return self._errors.read_text(errors="replace")[-2000:] if self._errors.exists() else ""


def why_unavailable() -> str:
    """Why the real client cannot run here, or nothing. A missing wheel is no excuse."""
    if sys.platform != "linux":
        return "the real whatsmeow client is driven on Linux only"
    libc, version = platform.libc_ver()
    if libc != "glibc" or tuple(int(part) for part in version.split(".")) < (2, 34):
        return f"the neonize wheel needs glibc 2.34; here is {libc or 'another libc'} {version}"
    return ""
