"""How long a caller may take for what no application sees: for the head of a request, which may
not be without an end either, and for its answer, which waits in memory. Whoever says or reads
nothing holds nothing of the server for long."""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from wigwag.http.joining import JoiningTransport
from wigwag.http.unread import unread_bytes

HEAD_S: Final = 20.0
MAX_HEAD_BYTES: Final = 65_536
WRITE_S: Final = 60.0
"""How long a caller may take nothing of what waits for it; twice that at the most."""

_ANEW: Final = -1
"""How much waits, where that was not looked at since more was written."""


class PatientProtocol(HttpToolsProtocol):
    """HTTP/1.1 that ends the connection of a caller whose head takes too long or grows too large,
    or who takes nothing of its answer; one that takes it slowly may go on.

    Idle connections between two requests are uvicorn's own to end.
    """

    head_s: float = HEAD_S
    write_s: float = WRITE_S

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._is_head = True
        self._head_bytes = 0
        self._late: asyncio.TimerHandle | None = None
        self._look: asyncio.TimerHandle | None = None
        self._waiting = _ANEW

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - as uvicorn has it
        super().connection_made(transport)
        self.transport = JoiningTransport(transport, self.loop)
        self._wait_for_head()

    def handle_websocket_upgrade(self) -> None:
        self._stop_watching()
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

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._waiting = _ANEW

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._stop_watching()
        super().connection_lost(exc)

    def _watch(self) -> None:
        """Look from now on whether what waits becomes less. More of it came meanwhile, or may."""
        self._waiting = _ANEW
        if self._look is None:
            self._look = self.loop.call_later(self.write_s, self._look_again)

    def _stop_watching(self) -> None:
        if self._look is not None:
            self._look.cancel()
            self._look = None

    def _look_again(self) -> None:
        self._look = None
        transport = self.transport
        inner = transport.inner if isinstance(transport, JoiningTransport) else transport
        waiting = unread_bytes(inner)
        if not waiting:
            return
        if waiting == self._waiting:
            inner.abort()
            return
        self._waiting = waiting
        self._look = self.loop.call_later(self.write_s, self._look_again)

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
