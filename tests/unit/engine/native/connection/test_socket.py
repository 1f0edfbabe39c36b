"""The websocket in the loops that the server runs in."""

import asyncio
import socket
from collections.abc import Callable
from unittest.mock import Mock

import pytest
import uvloop

from wigwag.engine.native.connection.socket import FrameSocket

LOOPS = [asyncio.new_event_loop, uvloop.new_event_loop]


@pytest.mark.parametrize("make_loop", LOOPS)
def test_closing_wakes_the_other_side_in_every_loop(
    make_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    async def closed() -> bytes:
        ended: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            ended.set_result(await reader.read())
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()
        _, writer = await asyncio.open_connection(host, port)
        websocket = Mock()
        websocket.get_extra_info = writer.get_extra_info
        websocket.close = Mock(side_effect=RuntimeError)
        websocket.exception = Mock(return_value=None)
        await FrameSocket(websocket).close()
        async with asyncio.timeout(5):
            answer = await ended
        writer.close()
        server.close()
        await server.wait_closed()
        return answer

    with asyncio.Runner(loop_factory=make_loop) as runner:
        assert runner.run(closed()) == b""


@pytest.mark.parametrize("make_loop", LOOPS)
def test_lines_are_swift_and_probed_in_every_loop(
    make_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    async def options() -> tuple[int, int]:
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()
        _, writer = await asyncio.open_connection(host, port)
        websocket = Mock()
        websocket.get_extra_info = writer.get_extra_info
        FrameSocket(websocket)
        line = writer.get_extra_info("socket")
        found = (
            line.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY),
            line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
        )
        writer.close()
        server.close()
        await server.wait_closed()
        return found

    with asyncio.Runner(loop_factory=make_loop) as runner:
        assert all(runner.run(options()))
