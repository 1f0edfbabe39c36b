"""One uvicorn server in a task of ours; signals stay with the composition root."""

import asyncio
import contextlib
import socket
from collections.abc import Generator

import uvicorn
from starlette.types import ASGIApp

from wigwag.http.handshake import SocketProtocol
from wigwag.http.patience import PatientProtocol
from wigwag.model.errors import ConfigError

GRACE_S = 3
"""How long running requests may take to end at a stop."""
MAX_FRAME_BYTES = 16_384
"""The largest frame of a client's websocket; all it can say is its key."""


def bind(host: str, port: int) -> socket.socket:
    """A bound TCP socket. Raises ConfigError when the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"cannot listen on {host} port {port}: {error.strerror or error}; "
            "choose another with --port"
        ) from error
    listener.setblocking(False)
    return listener


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


class HttpServer:
    """Serves an ASGI application on a bound socket, from `start` to `stop`."""

    def __init__(self, api: ASGIApp, listener: socket.socket) -> None:
        config = uvicorn.Config(
            api,
            http=PatientProtocol,
            ws=SocketProtocol,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=GRACE_S,
            timeout_keep_alive=30,
            ws_max_size=MAX_FRAME_BYTES,
            backlog=256,
        )
        self._listener = listener
        self._server = _Server(config)
        self._task: asyncio.Task[None] | None = None

    @property
    def address(self) -> tuple[str, int]:
        host, port = self._listener.getsockname()[:2]
        return host, port

    async def start(self) -> None:
        """Returns when requests are answered."""
        self._task = asyncio.create_task(self._server.serve([self._listener]), name="http")
        while not self._server.started:
            if self._task.done():
                self._task.result()
                raise ConfigError("the HTTP server did not start")
            await asyncio.sleep(0.005)

    async def stop(self) -> None:
        self._server.should_exit = True
        if self._task is not None:
            await self._task
        self._listener.close()
