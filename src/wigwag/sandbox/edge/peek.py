"""The first bytes of a connection, looked at without taking them: CONNECT or TLS?"""

import asyncio
import socket

TLS_HANDSHAKE = 0x16
_MAX_HEAD = 16 * 1024
_POLL_S = 0.005


async def read_proxy_head(connection: socket.socket) -> bytes | None:
    """Take the head of a proxy request; None, and nothing taken, when TLS begins at once.

    Only the head is taken: TLS bytes right behind it stay in the socket for the TLS layer. b""
    when the connection ended or the head is too long.
    """
    while True:
        seen = await _peek(connection)
        if not seen:
            return b""
        if seen[0] == TLS_HANDSHAKE:
            return None
        end = seen.find(b"\r\n\r\n")
        if end >= 0:
            return connection.recv(end + 4)
        if len(seen) >= _MAX_HEAD:
            return b""
        # What was seen stays readable, so waiting for readability would spin.
        await asyncio.sleep(_POLL_S)


async def _peek(connection: socket.socket) -> bytes:
    while True:
        try:
            return connection.recv(_MAX_HEAD, socket.MSG_PEEK)
        except BlockingIOError:
            await _readable(connection)
        except OSError:
            return b""


async def _readable(connection: socket.socket) -> None:
    """Wait until something can be read; by polling where the loop cannot watch sockets."""
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    try:
        loop.add_reader(connection, _set, ready)
    except NotImplementedError:
        await asyncio.sleep(_POLL_S)
        return
    try:
        await ready
    finally:
        loop.remove_reader(connection)


def _set(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
