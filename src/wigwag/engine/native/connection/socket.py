"""The websocket to WhatsApp: frames in, frames out."""

import os
import socket as sockets
from asyncio.trsock import TransportSocket
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from socket import SHUT_RDWR, socket
from typing import Final

import aiohttp
import structlog

from wigwag.engine.common.endpoint import Endpoint
from wigwag.engine.common.errors import DialFailed, SocketClosed
from wigwag.engine.native.connection.together import send_together
from wigwag.wire.frames import WA_HEADER, FrameReader, encode_frame

MAX_MESSAGE_BYTES: Final = 1 << 24
"""Largest websocket message, and largest frame, that is read (whatsmeow socket/constants.go)."""

_TOGETHER_BYTES: Final = 16_384
"""Frames up to so many bytes are written together."""
_CLOSE_WAIT_S: Final = 1.0
_PROBES: Final = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}
"""Seconds of silence until the system's first probe, between probes, and how many; where it has
them. They free what a pulse cannot: a socket of a process that is busy or suspended."""
_log = structlog.get_logger(__name__)


class FrameSocket:
    """One websocket connection; every frame is one message, the first behind WhatsApp's header."""

    def __init__(self, websocket: aiohttp.ClientWebSocketResponse) -> None:
        self._websocket = websocket
        self._line: TransportSocket | None = websocket.get_extra_info("socket")
        self._keep_line_alive()
        self._reader = FrameReader(MAX_MESSAGE_BYTES)
        self._header = WA_HEADER

    @classmethod
    async def dial(cls, session: aiohttp.ClientSession, endpoint: Endpoint) -> "FrameSocket":
        """Connect, by the endpoint's proxy if it has one. Raises DialFailed; set the limit."""
        try:
            websocket = await session.ws_connect(
                endpoint.ws_url,
                origin=endpoint.origin,
                headers={"Cache-Control": "no-cache", "Pragma": "no-cache"},
                max_msg_size=MAX_MESSAGE_BYTES,
                compress=0,
                timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_WAIT_S),  # pyright: ignore[reportCallIssue]
                **endpoint.http_arguments(),
            )
        except aiohttp.WSServerHandshakeError as error:
            raise DialFailed(f"WhatsApp answered the connection with {error.status}.") from error
        except aiohttp.ClientHttpProxyError as error:
            raise DialFailed(f"The proxy answered with {error.status}.") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise DialFailed(f"WhatsApp cannot be reached: {type(error).__name__}.") from error
        return cls(websocket)

    async def send(self, frames: Iterable[bytes]) -> None:
        """Write frames in order; each is taken from `frames` in the step in which it is written.

        Raises SocketClosed, MalformedFrame for a frame that is too long.
        """
        taken: list[bytes] = []
        size_bytes = 0
        try:
            for data in frames:
                taken.append(self._header + encode_frame(data))
                self._header = b""
                size_bytes += len(data)
                if size_bytes >= _TOGETHER_BYTES:
                    full, taken, size_bytes = taken, [], 0
                    await self._write(full)
        finally:
            # also when a later one cannot be had: those before it have used up their counters
            if taken:
                await self._write(taken)

    async def _write(self, messages: list[bytes]) -> None:
        try:
            await send_together(self._websocket, messages)
        except (aiohttp.ClientError, OSError, RuntimeError) as error:
            raise SocketClosed from error

    async def receive(self) -> list[bytes]:
        """The next frames. Raises SocketClosed at the end, MalformedFrame for a broken stream."""
        while True:
            message = await self._websocket.receive()
            if message.type is aiohttp.WSMsgType.BINARY:
                return self._reader.feed(message.data)
            if message.type is aiohttp.WSMsgType.ERROR:
                _untrace(message.data)
            if message.type is not aiohttp.WSMsgType.TEXT:
                raise SocketClosed
            _log.debug("socket_text_ignored")

    async def close(self) -> None:
        """Close the connection; waits a moment for the other side to agree."""
        try:
            await self._websocket.close()
        except (aiohttp.ClientError, OSError, RuntimeError, TimeoutError) as error:
            _log.debug("socket_close_failed", error=type(error).__name__)
        finally:
            self._hang_up()
            _untrace(self._websocket.exception())

    def _keep_line_alive(self) -> None:
        """Small frames leave at once, and the system probes a line on which nothing moves."""
        with suppress(OSError), self._handle() as line:
            line.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_NODELAY, 1)
            line.setsockopt(sockets.SOL_SOCKET, sockets.SO_KEEPALIVE, 1)
            for name, value in _PROBES.items():
                option = getattr(sockets, name, None)
                if option is not None:
                    line.setsockopt(sockets.IPPROTO_TCP, option, value)

    def _hang_up(self) -> None:
        """Wake whoever still waits for the other side to take what was written."""
        with suppress(OSError), self._handle() as line:
            line.shutdown(SHUT_RDWR)

    @contextmanager
    def _handle(self) -> Generator[socket]:
        """A second handle on the same socket. Raises OSError when it is closed."""
        if self._line is None:
            raise OSError
        try:
            handle = self._line.dup()
        except TypeError:
            # uvloop's sockets are for looking only
            handle = socket(fileno=os.dup(self._line.fileno()))
        with handle:
            yield handle


def _untrace(error: BaseException | None) -> None:
    """aiohttp keeps what ended a websocket, and the traceback of that leads back to the websocket:
    with the buffers of its TLS it would stay in memory until the collector of cycles comes by."""
    while error is not None:
        error.__traceback__ = None
        error = error.__context__
