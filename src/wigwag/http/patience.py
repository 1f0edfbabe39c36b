"""How long, and how large, the head of a request may be, which no application sees before it is
whole: whoever says it byte by byte, or without an end, holds nothing of the server for long."""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from wigwag.http.joining import JoiningTransport

HEAD_S: Final = 20.0
MAX_HEAD_BYTES: Final = 65_536


class PatientProtocol(HttpToolsProtocol):
    """HTTP/1.1 that ends the connection of a caller whose head takes too long or grows too large.

    Idle connections between two requests are uvicorn's own to end.
    """

    head_s: float = HEAD_S

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._is_head = True
        self._head_bytes = 0
        self._late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - as uvicorn has it
        super().connection_made(transport)
        self.transport = JoiningTransport(transport, self.loop)
        self._wait_for_head()

    def handle_websocket_upgrade(self) -> None:
        if isinstance(self.transport, JoiningTransport):
            self.transport = self.transport.inner
        super().handle_websocket_upgrade()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._is_head or self.transport.is_closing():
            return
        self._head_bytes += len(data)
        if self._head_bytes > MAX_HEAD_BYTES:
            self._end(b"431 Request Header Fields Too Large")
        elif self._late is None:
            self._wait_for_head()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_head, self._head_bytes = True, 0

    def on_headers_complete(self) -> None:
        self._stop_waiting()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        self._late = self.loop.call_later(self.head_s, self._end, b"408 Request Timeout")

    def _stop_waiting(self) -> None:
        self._is_head = False
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _end(self, status: bytes) -> None:
        self._stop_waiting()
        head = b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        self.transport.write(head)
        self.transport.close()
