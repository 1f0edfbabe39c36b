"""Requests that are slow, large, deep or packed: each ends soon, and the server goes on."""

import asyncio
import gzip
import json
import socket
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import fields
from functools import cache
from typing import Any

import pytest
import pytest_asyncio
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from wigwag.core.accounts import Accounts
from wigwag.http.access import BODY_S, MAX_BODY_BYTES, AccessPolicy
from wigwag.http.api import create_api
from wigwag.http.patience import MAX_HEAD_BYTES, PatientProtocol
from wigwag.http.server import HttpServer, bind
from wigwag.http.services import Services

SOON_S = 30.0
"""Far more than any limit of this test, and far less than for ever."""
CUT = (b"HTTP/1.1 408 ", b"")
"""How a connection ends that still says something: the answer may be lost with it."""
HEAD = b"POST /v1/accounts HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


@cache
def api(body_s: float) -> FastAPI:
    absent: dict[str, Any] = dict.fromkeys(each.name for each in fields(Services))
    given: dict[str, Any] = {"accounts": Accounts()}
    return create_api(Services(**absent | given), AccessPolicy(body_s=body_s))


@asynccontextmanager
async def running(body_s: float) -> AsyncGenerator[int]:
    """The port of a server."""
    server = HttpServer(api(body_s), bind("127.0.0.1", 0))
    await server.start()
    try:
        yield server.address[1]
    finally:
        await server.stop()


@pytest_asyncio.fixture
async def port() -> AsyncGenerator[int]:
    async with running(BODY_S) as port:
        yield port


@pytest_asyncio.fixture
async def hasty(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[int]:
    """A server that waits for half a second only."""
    monkeypatch.setattr(PatientProtocol, "head_s", 0.5)
    async with running(0.5) as port:
        yield port


async def said(reader: asyncio.StreamReader) -> bytes:
    """All that comes until the connection ends."""
    async with asyncio.timeout(SOON_S):
        try:
            return await reader.read()
        except ConnectionResetError:
            return b""


async def ask(port: int, *pieces: bytes) -> tuple[int, bytes]:
    """Status and body; 0 where the connection ended without an answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
    except ConnectionError:
        pass
    answer = await said(reader)
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]) if head else 0, body


async def is_well(port: int) -> bool:
    status, body = await ask(
        port, b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )
    return (status, json.loads(body)) == (200, {"status": "ok"})


@pytest.mark.parametrize("start", [b"", b"GET / HT", HEAD, HEAD + b"X-Slow: a"])
async def test_a_head_that_never_ends_is_cut_off(hasty: int, start: bytes) -> None:
    connections = [await asyncio.open_connection("127.0.0.1", hasty) for _ in range(50)]
    for _, writer in connections:
        writer.write(start)
    assert await is_well(hasty), "while fifty callers say nothing more"
    for reader, writer in connections:
        assert (await said(reader)).startswith(b"HTTP/1.1 408 ")
        writer.close()


async def test_a_head_that_drips_is_cut_off_at_the_same_time(hasty: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", hasty)
    answer = asyncio.create_task(said(reader))
    began = time.monotonic()
    writer.write(b"GET / HTTP/1.1\r\n")
    while not answer.done():
        assert time.monotonic() - began < SOON_S
        writer.write(b"X-Drip: 1\r\n")
        await asyncio.wait({answer}, timeout=0.02)
    assert (await answer)[:13] in CUT
    writer.close()


async def test_a_second_request_has_its_time_too(hasty: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", hasty)
    writer.write(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert (await reader.readuntil(b'"ok"}')).startswith(b"HTTP/1.1 200 ")
    writer.write(b"GET /health/li")
    assert (await said(reader)).startswith(b"HTTP/1.1 408 ")
    writer.close()


async def test_a_body_that_drips_is_refused_in_time(hasty: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", hasty)
    answer = asyncio.create_task(said(reader))
    began = time.monotonic()
    writer.write(HEAD + b"Connection: close\r\nContent-Length: 100000\r\n\r\n{")
    while not answer.done():
        assert time.monotonic() - began < SOON_S
        writer.write(b" ")
        await asyncio.wait({answer}, timeout=0.02)
    told = await answer
    assert told[:13] in CUT
    assert not told or b'"body_too_slow"' in told
    writer.close()
    assert await is_well(hasty)


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * (2 * MAX_HEAD_BYTES) + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        HEAD + b"X-Long: " + b"a" * (2 * MAX_HEAD_BYTES) + b"\r\n\r\n",
        HEAD + b"".join(b"X-%d: 1\r\n" % number for number in range(20_000)) + b"\r\n",
        HEAD + b"".join(b"X-%d: 1\r\n" % number for number in range(200_000)),
    ],
)
async def test_a_head_without_measure_is_refused(port: int, head: bytes) -> None:
    pieces = [head[start : start + 16_384] for start in range(0, len(head), 16_384)]
    status, _ = await ask(port, *pieces)
    assert status in {0, 431}, "refused, or cut off while it was still said"
    assert await is_well(port)


def with_length(body: bytes, *more: bytes) -> bytes:
    return (
        HEAD
        + b"".join(more)
        + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
        + body
    )


DEEP = b"[" * 900_000 + b"]" * 900_000


@pytest.mark.parametrize(
    ("request_bytes", "status", "code"),
    [
        (with_length(DEEP), 400, "invalid_input"),
        (with_length(b'{"account": ' + DEEP + b"}"), 400, "invalid_input"),
        (with_length(b'{"account": ' + b"9" * 1_000_000 + b"}"), 400, "invalid_input"),
        (with_length(gzip.compress(b" " * 50_000_000), b"Content-Encoding: gzip\r\n"), 400, ""),
        (with_length(b" " * (MAX_BODY_BYTES + 1)), 413, "body_too_large"),
        (HEAD + b"Connection: close\r\nContent-Length: 99999999999999999999\r\n\r\n", 400, ""),
        (HEAD + b"Connection: close\r\nContent-Length: -1\r\n\r\n", 400, ""),
        (HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400, ""),
        (HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, ""),
    ],
)
async def test_a_body_without_measure_is_the_callers_mistake(
    port: int, request_bytes: bytes, status: int, code: str
) -> None:
    found, body = await ask(port, request_bytes)
    assert found == status or (found, status) == (0, 413), body[:200]
    if code and found:
        assert json.loads(body)["code"] == code
    assert await is_well(port)


async def test_chunks_beyond_the_limit_are_refused(port: int) -> None:
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    count = MAX_BODY_BYTES // 65_536 + 2
    status, body = await ask(
        port, HEAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n", *[chunk] * count
    )
    assert status in {0, 413}, body[:200]
    assert await is_well(port)


PIECE = b"x" * 1_000_000


def telling(pieces: int) -> ASGIApp:
    """An application whose answer has so many pieces."""

    async def tell(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for left in reversed(range(pieces)):
            await send({"type": "http.response.body", "body": PIECE, "more_body": left > 0})

    return tell


@asynccontextmanager
async def asked(
    pieces: int, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.Event]]:
    """What a server answers that waits 0.2 s for a reader, and whether it has let the caller go."""
    gone = asyncio.Event()

    class Watched(PatientProtocol):
        write_s = 0.2

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            gone.set()

    monkeypatch.setattr("wigwag.http.server.PatientProtocol", Watched)
    server = HttpServer(telling(pieces), bind("127.0.0.1", 0))
    await server.start()
    caller = socket.socket()
    caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    caller.setblocking(False)
    await asyncio.get_running_loop().sock_connect(caller, server.address)
    reader, writer = await asyncio.open_connection(sock=caller, limit=1_024)
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    try:
        yield reader, gone
    finally:
        writer.close()
        await server.stop()


@pytest.mark.parametrize("pieces", [8, 1_000_000], ids=["whole", "without an end"])
async def test_who_takes_nothing_of_an_answer_is_let_go(
    pieces: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with asked(pieces, monkeypatch) as (_, gone), asyncio.timeout(SOON_S):
        await gone.wait()


async def test_who_takes_an_answer_slowly_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async with asked(8, monkeypatch) as (reader, gone):
        end = asyncio.create_task(gone.wait())
        for _ in range(60):
            await reader.readexactly(2_000)
            await asyncio.wait({end}, timeout=0.02)
        assert not gone.is_set()
        end.cancel()
