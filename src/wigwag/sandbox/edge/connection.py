"""One client connection after TLS: a websocket to the chat, or requests to the media host."""

import asyncio
from collections.abc import Callable
from typing import Protocol, cast

import h11
import structlog

from wigwag.sandbox.edge.chat_socket import ChatSocket
from wigwag.sandbox.edge.media_exchange import MediaExchange

HANDSHAKE_TIMEOUT_S = 30.0
IDLE_TIMEOUT_S = 300.0

_HIGH_WATER = 1 << 20
_MAX_PENDING = 64 << 20
_MAX_HEAD = 64 * 1024

_log = structlog.get_logger(__name__)


class Conversation(Protocol):
    """What both kinds of connection understand."""

    def receive(self, data: bytes) -> None: ...

    def resume(self) -> None: ...

    def lost(self) -> None: ...


class Connection(asyncio.Protocol):
    """Finds out what the client wants, and moves bytes with backpressure.

    What one turn of the event loop writes leaves in one piece: fewer TLS records and system calls.
    """

    def __init__(
        self,
        open_chat: Callable[["Connection"], ChatSocket],
        open_media: Callable[["Connection"], MediaExchange],
        on_made: Callable[["Connection"], None],
        on_lost: Callable[["Connection"], None],
    ) -> None:
        self._open_chat = open_chat
        self._open_media = open_media
        self._on_made = on_made
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._talk: Conversation | None = None
        self._probe: h11.Connection | None = _new_probe()
        self._head = b""
        self._pending: list[bytes] = []
        self._pending_size = 0
        self._paused = False
        self._stalled = False
        self._closing = False
        self._active = True
        self._watchdog: asyncio.TimerHandle | None = None

    # -- asyncio.Protocol --

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=_HIGH_WATER)
        self._watchdog = self._loop.call_later(HANDSHAKE_TIMEOUT_S, self._check_start)
        self._on_made(self)

    def data_received(self, data: bytes) -> None:
        self._active = True
        try:
            if isinstance(self._talk, MediaExchange) and self._talk.idle:
                # A client without a proxy sees one host, and may go on to the chat on a
                # connection that it kept from a download.
                self._talk, self._probe = None, _new_probe()
            if self._talk is not None:
                self._talk.receive(data)
            else:
                self._begin(data)
        except Exception:  # noqa: BLE001 - a hostile client must not end the server
            _log.exception("connection_failed")
            self.close(abort=True)

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._unstall()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._closing = True
        self._pending.clear()
        if self._watchdog is not None:
            self._watchdog.cancel()
        if self._talk is not None:
            self._talk.lost()
        self._on_lost(self)

    # -- Outlet --

    @property
    def congested(self) -> bool:
        if self._paused or self._pending_size > _HIGH_WATER:
            self._stalled = True
            return True
        return False

    def write(self, data: bytes) -> None:
        if self._closing:
            return
        if not self._pending:
            self._loop.call_soon(self._flush)
        self._pending.append(data)
        self._pending_size += len(data)
        if self._pending_size > _MAX_PENDING:
            _log.warning("client_reads_too_slowly")
            self.close(abort=True)

    def close(self, *, abort: bool = False) -> None:
        if self._transport is None or (self._closing and not abort):
            return
        if abort:
            self._closing = True
            self._pending.clear()
            self._transport.abort()
            return
        self._flush()
        self._closing = True
        self._transport.close()

    def later(self, delay_s: float, callback: Callable[[], None]) -> None:
        """Call back unless the connection is gone by then."""
        self._loop.call_later(delay_s, lambda: None if self._closing else callback())

    def _flush(self) -> None:
        if self._transport is None or not self._pending:
            return
        pending = self._pending
        data = pending[0] if len(pending) == 1 else b"".join(pending)
        pending.clear()
        self._pending_size = 0
        if not self._closing:
            self._transport.write(data)
        self._unstall()

    def _unstall(self) -> None:
        if self._stalled and not self._paused and self._talk is not None and not self._closing:
            self._stalled = False
            self._talk.resume()

    # -- the first request --

    def _begin(self, data: bytes) -> None:
        """Look at the first request, then hand all bytes to whom it concerns."""
        probe = self._probe
        if probe is None:
            return
        self._head += data
        try:
            probe.receive_data(data)
            event = probe.next_event()
        except h11.RemoteProtocolError:
            self.close()
            return
        if event is h11.NEED_DATA:
            return
        if not isinstance(event, h11.Request):
            self.close()
            return
        wants_chat = any(
            name == b"upgrade" and value.lower() == b"websocket" for name, value in event.headers
        )
        head, self._head, self._probe = self._head, b"", None
        self._talk = self._open_chat(self) if wants_chat else self._open_media(self)
        self._talk.receive(head)

    # -- timeouts --

    def _check_start(self) -> None:
        talk = self._talk
        if talk is None or (isinstance(talk, ChatSocket) and not talk.established):
            self.close(abort=True)
            return
        self._active = False
        self._watchdog = self._loop.call_later(IDLE_TIMEOUT_S, self._check_idle)

    def _check_idle(self) -> None:
        if not self._active and not self._paused:
            self.close(abort=True)
            return
        self._active = False
        self._watchdog = self._loop.call_later(IDLE_TIMEOUT_S, self._check_idle)


def _new_probe() -> h11.Connection:
    return h11.Connection(h11.SERVER, max_incomplete_event_size=_MAX_HEAD)
