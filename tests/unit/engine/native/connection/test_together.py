"""Messages written together are read one by one, in their order, by a websocket of another make."""

import asyncio
import os
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
import uvloop
from aiohttp import web

from wigwag.engine.native.connection import together
from wigwag.engine.native.connection.together import client_frame, send_together
from wigwag.sandbox.edge.tls import make_tls_identity

SIZES = (1, 0, 125, 126, 65_535, 65_536, 200_000, 3)
MESSAGES = [os.urandom(size) for size in SIZES]


@asynccontextmanager
async def connected(
    folder: Path | None = None,
) -> AsyncGenerator[tuple[aiohttp.ClientWebSocketResponse, list[bytes]]]:
    """A websocket to a server, and what that reads; over TLS with its certificate in `folder`."""
    tls = make_tls_identity(folder) if folder is not None else None
    trust = ssl.create_default_context(cafile=tls.ca_file) if tls is not None else True
    got: list[bytes] = []

    async def serve(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        got.extend([message.data async for message in socket])
        return socket

    app = web.Application()
    app.router.add_get("/", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(
            runner, "127.0.0.1", 0, ssl_context=tls.server_context() if tls is not None else None
        )
        await site.start()
        host, port = runner.addresses[0][:2]
        async with (
            asyncio.timeout(30),
            aiohttp.ClientSession() as session,
            session.ws_connect(
                f"http{'s' if tls is not None else ''}://{host}:{port}/", ssl=trust
            ) as websocket,
        ):
            yield websocket, got
    finally:
        await runner.cleanup()


async def sent(bundles: list[list[bytes]]) -> list[bytes]:
    """What a server reads of these bundles."""
    async with connected() as (websocket, got):
        for bundle in bundles:
            await send_together(websocket, bundle)
    return got


async def test_all_sizes_arrive_in_their_order() -> None:
    assert await sent([MESSAGES, MESSAGES[:1], MESSAGES]) == [*MESSAGES, *MESSAGES[:1], *MESSAGES]


async def test_a_full_line_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "BUFFERED_MAX", -1)
    assert await sent([MESSAGES, MESSAGES]) == MESSAGES * 2


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("make_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_one_write_in_every_loop(
    make_loop: Callable[[], asyncio.AbstractEventLoop],
    tls: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """uvloop's transports are not derived from asyncio's, so that each has to be tried."""
    apart: list[bytes] = []
    send_bytes = aiohttp.ClientWebSocketResponse.send_bytes

    async def sent_apart(websocket: aiohttp.ClientWebSocketResponse, data: bytes) -> None:
        apart.append(data)
        await send_bytes(websocket, data)

    async def talk() -> list[bytes]:
        async with connected(tmp_path if tls else None) as (websocket, got):
            await send_together(websocket, MESSAGES)
        return got

    monkeypatch.setattr(aiohttp.ClientWebSocketResponse, "send_bytes", sent_apart)
    with asyncio.Runner(loop_factory=make_loop) as runner:
        assert runner.run(talk()) == MESSAGES
    assert apart == MESSAGES[-1:]


async def test_it_goes_without_the_place_where_aiohttp_writes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with connected() as (websocket, _):
        assert together._line_of(websocket) is not None  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(together, "_line_of", lambda _websocket: None)  # pyright: ignore
    assert await sent([MESSAGES]) == MESSAGES


async def test_a_closed_websocket_refuses_all() -> None:
    async with connected() as (websocket, got):
        await websocket.close()
        with pytest.raises(aiohttp.ClientConnectionResetError):
            await send_together(websocket, MESSAGES)
    assert got == []


def test_a_masked_frame_of_the_rfc() -> None:
    """RFC 6455, 5.7: "Hello", there as text."""
    assert client_frame(b"Hello", bytes.fromhex("37fa213d")).hex() == "828537fa213d7f9f4d5158"
