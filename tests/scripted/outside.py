"""Other servers as hostile ones are: names that lead inside, and a service of this machine that
nobody may be led to. Every name is answered by a resolver of the test, and every connection is made
by the test, too: to a service on loopback, or to nowhere. Nothing leaves this machine.
"""

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import Any, NamedTuple, Protocol

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from wigwag.deliver.postman import Postman
from wigwag.model.errors import WigwagError
from wigwag.outward.guard import Guard
from wigwag.outward.webfiles import WebFiles

PUBLIC = "93.184.216.34"
SECRET = "what only this machine may know"
PRIVATE = (
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.254",
    "192.168.0.1", "169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.192", "198.18.0.1",
    "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.51.100.1", "203.0.113.1",
    "192.88.99.1", "::1", "::", "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:a9fe:a9fe",
    "::127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "2002:7f00:1::",
    "2001:0:7f00:1::", "2001:db8::1", "fe80::1", "fe80::1%lo", "fe80::1%25lo", "fc00::1",
    "fd00:ec2::254", "fec0::1", "ff02::1", "100::1", "5f00::1", "3fff::1",
)  # fmt: skip
"""What names of strangers lead to: loopback, private, link-local and cloud metadata, in every form
of IPv6 that hides an address of IPv4, and whatever else is not the public internet."""
SPELLED = (
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0x0.0x0.0x1", "0x7f.1",
    "017700000001", "0177.0.0.1", "0177.0.0.01", "127.0.0.1.", "127.0.0.01", "127.000.000.001",
    "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:0001]", "[::127.0.0.1]",
    "[fe80::1%25lo]", "[::1%25lo]", "[64:ff9b::7f00:1]", "0", "0.0.0.0", "[::]", "localhost",
    "localhost.", "LOCALHOST", "localhost.localdomain", "ip6-localhost", "①②⑦.0.0.1",
    "user:secret@127.0.0.1", "example.com@127.0.0.1", "127.0.0.1#@example.com",
    "127。0。0。1", "example.com%00.evil",
    "169.254.169.254", "[::ffff:169.254.169.254]", "2852039166", "metadata.google.internal", "",
    "%31%32%37.0.0.1", "127.0.0.1%2f@example.com", "[127.0.0.1]", "4294967297", "127.0.0.256",
)  # fmt: skip
"""Loopback, and the address of clouds' metadata, as a URL may spell them."""


class Names(AbstractResolver):
    """Answers each question with the next of these addresses; with the last one from then on."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked += 1
        addresses = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=0,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        pass


class Wall:
    """Every connection that is tried; those beyond loopback lead nowhere. Of names only those of
    this machine are known, and whatever is a number in any spelling."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tried: list[str] = []
        loop = asyncio.SelectorEventLoop
        connect = loop.sock_connect

        async def sock_connect(own: Any, sock: socket.socket, address: Any) -> None:
            self.tried.append(str(address[0]))
            if address[0] != "127.0.0.1":
                raise ConnectionRefusedError(111, "nothing leaves this machine")
            await connect(own, sock, address)

        async def getaddrinfo(_own: Any, host: str, port: int, **more: Any) -> list[Any]:
            known = "127.0.0.1" if host.lower().rstrip(".").startswith("localhost") else host
            flags = more.pop("flags", 0) | socket.AI_NUMERICHOST
            return socket.getaddrinfo(known, port, flags=flags, **more)

        monkeypatch.setattr(loop, "sock_connect", sock_connect)
        monkeypatch.setattr(loop, "getaddrinfo", getaddrinfo)

    @property
    def inside(self) -> list[str]:
        """What was tried of what is not public."""
        return [address for address in self.tried if not ip_address(address).is_global]


class Inside:
    """A service of this machine that answers everybody; `to` is where it sends them on."""

    def __init__(self) -> None:
        self.port = 0
        self.seen: list[str] = []
        self.to = ""
        self.status = 200
        self.moves: dict[str, str] = {}
        """Where each path sends one on; behind the last one lies a file."""

    async def answer(self, request: web.Request) -> web.Response:
        self.seen.append(request.path)
        if request.path in self.moves:
            return web.Response(status=302, headers={"Location": self.moves[request.path]})
        if self.moves:
            return web.Response(body=b"the file")
        headers = {"Location": self.to, "Refresh": f"0; url={self.to}"} if self.to else {}
        return web.Response(status=self.status, text=SECRET, headers=headers)


@asynccontextmanager
async def inside() -> AsyncGenerator[Inside]:
    service = Inside()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", service.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    service.port = runner.addresses[0][1]
    try:
        yield service
    finally:
        await runner.cleanup()


class Reply(NamedTuple):
    """What came of a request: the status that was reached, or the words of a failure."""

    status: int = 0
    word: str = ""
    detail: str = ""
    body: bytes = b""


class Asker(Protocol):
    async def ask(self, url: str) -> Reply: ...

    async def close(self) -> None: ...


class WebhookAsker:
    """Posts an event."""

    def __init__(self, guard: Guard, resolver: AbstractResolver | None = None) -> None:
        self._postman = Postman(guard, resolver=resolver)

    async def ask(self, url: str) -> Reply:
        outcome = await self._postman.post(url, b"{}", {})
        return Reply(status=outcome.status, word=outcome.error, detail=outcome.error)

    async def close(self) -> None:
        await self._postman.close()


class FileAsker:
    """Fetches a file that is to be sent."""

    def __init__(
        self, guard: Guard, resolver: AbstractResolver | None = None, **limits: float
    ) -> None:
        self._files = WebFiles(guard, resolver=resolver, **limits)

    async def ask(self, url: str) -> Reply:
        try:
            async with self._files.open(url) as file:
                return Reply(status=200, body=b"".join([chunk async for chunk in file.chunks]))
        except WigwagError as error:
            return Reply(word=error.code, detail=error.detail)

    async def close(self) -> None:
        await self._files.close()


ASKERS: dict[str, type[WebhookAsker] | type[FileAsker]] = {
    "webhook": WebhookAsker,
    "file": FileAsker,
}
REFUSED = {"address_refused", "url_refused"}
UNREACHED = {*REFUSED, "not_reachable", "bad_url", "url_failed"}


@asynccontextmanager
async def raw_server(
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncGenerator[int]:
    """A server on loopback that says what it likes once it has heard a request; its port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the other side had enough
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
