"""Proxies on loopback that write down what they are asked for, and lead to one place."""

import asyncio
import base64
import ssl
from contextlib import suppress
from typing import Self
from urllib.parse import quote

USER, PASSWORD = "us@er", "p@ss:w/rd%"
CREDENTIALS = f"{quote(USER, safe='')}:{quote(PASSWORD, safe='')}"


class RecordingProxy:
    """An HTTP CONNECT and SOCKS5 proxy before another, which listens on `target_port`."""

    def __init__(self, scheme: str, context: ssl.SSLContext | None = None) -> None:
        self.scheme = scheme
        self.asked: list[str] = []
        self.refused = 0
        self.port = 0
        self.target_port = 0
        self._context = context
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._context)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.die()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5)
        await self._server.wait_closed()

    def url(self, credentials: str = CREDENTIALS) -> str:
        return f"{self.scheme}://{credentials}@127.0.0.1:{self.port}"

    def die(self) -> None:
        """Hang up on everybody, and listen no more."""
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.append(writer)
        with suppress(OSError, asyncio.IncompleteReadError):
            greet = self._socks if self.scheme.startswith("socks") else self._connect
            if await greet(reader, writer):
                await self._relay(reader, writer)
        writer.close()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        token = base64.b64encode(f"{USER}:{PASSWORD}".encode())
        if b"Proxy-Authorization: Basic " + token not in head:
            self.refused += 1
            writer.write(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")
            return False
        self.asked.append(head.split()[1].decode())
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        return True

    async def _socks(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        _, methods = await reader.readexactly(2)
        assert 2 in await reader.readexactly(methods)
        writer.write(b"\x05\x02")
        _, size = await reader.readexactly(2)
        user = await reader.readexactly(size)
        password = await reader.readexactly((await reader.readexactly(1))[0])
        right = (user.decode(), password.decode()) == (USER, PASSWORD)
        writer.write(b"\x01\x00" if right else b"\x01\x01")
        if not right:
            self.refused += 1
            return False
        _, command, _, kind = await reader.readexactly(4)
        assert command == 1
        assert kind == 3, "a host name is asked for, not an address"
        host = await reader.readexactly((await reader.readexactly(1))[0])
        port = int.from_bytes(await reader.readexactly(2), "big")
        self.asked.append(f"{host.decode()}:{port}")
        writer.write(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
        return True

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
        self._writers.append(far_writer)
        host = self.asked[-1]
        far_writer.write(f"CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        await far_reader.readuntil(b"\r\n\r\n")
        await asyncio.gather(_pipe(reader, far_writer), _pipe(far_reader, writer))


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
