"""The listener: one port that is CONNECT proxy, TLS endpoint, websocket gateway and media host.

A connection that starts with CONNECT is a client that was told to use a proxy: whatever WhatsApp
host it asks for is this process. One that starts with TLS came directly.
"""

import asyncio
import socket
import ssl
import struct
from contextlib import suppress

import h11
import structlog

from wigwag.model.errors import InvalidInput
from wigwag.sandbox.edge.chat_socket import ChatSocket
from wigwag.sandbox.edge.connection import HANDSHAKE_TIMEOUT_S, Connection
from wigwag.sandbox.edge.media_exchange import MediaExchange
from wigwag.sandbox.edge.mediahost import MediaHost
from wigwag.sandbox.edge.peek import read_proxy_head
from wigwag.sandbox.edge.server_identity import ServerIdentity
from wigwag.sandbox.network.faults import FaultKind
from wigwag.sandbox.network.network import Network

CHAT_PATH = "/ws/chat"
_BACKLOG = 512
_MAX_CONNECTIONS = 5000
_STALL_S = 600.0
_HOSTS = (".whatsapp.com", ".whatsapp.net")
_LOCAL = ("localhost", "127.0.0.1", "[::1]", "::1")

_log = structlog.get_logger(__name__)


class Listener:
    """Serves a network and a media host on one TCP port of `host` (0: any free port)."""

    def __init__(
        self,
        network: Network,
        media: MediaHost,
        identity: ServerIdentity,
        context: ssl.SSLContext,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self._network = network
        self._media = media
        self._identity = identity
        self._context = context
        self._host = host
        self._port = port
        self._server: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None
        self._greeting: set[asyncio.Task[None]] = set()
        self._connections: set[Connection] = set()
        network.profiles.store_picture = self._store_picture

    # -- where it is --

    @property
    def port(self) -> int:
        """The port it listens on, once started."""
        return self._port

    @property
    def address(self) -> str:
        """`host:port` as clients on this machine reach it."""
        host = "127.0.0.1" if self._host in ("", "0.0.0.0") else self._host  # noqa: S104
        return f"[{host}]:{self._port}" if ":" in host else f"{host}:{self._port}"

    @property
    def proxy_url(self) -> str:
        """For HTTPS_PROXY: the client keeps WhatsApp's host names."""
        return f"http://{self.address}"

    @property
    def ws_url(self) -> str:
        """The chat socket without a proxy."""
        return f"wss://{self.address}{CHAT_PATH}"

    @property
    def connections(self) -> int:
        return len(self._connections)

    # -- life --

    async def start(self) -> None:
        """Bind and accept. Raises InvalidInput when the port is taken."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        server = socket.socket(family, socket.SOCK_STREAM)
        try:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind((self._host, self._port))
            server.listen(_BACKLOG)
        except OSError as error:
            server.close()
            raise InvalidInput("The sandbox cannot listen there: the port is taken.") from error
        server.setblocking(False)
        self._server = server
        self._port = server.getsockname()[1]
        self._accepting = asyncio.create_task(self._accept(server), name="sandbox-accept")

    async def stop(self) -> None:
        """Close the port and every connection."""
        tasks = [*self._greeting]
        if self._accepting is not None:
            tasks.append(self._accepting)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in list(self._connections):
            connection.close(abort=True)
        for _ in range(100):
            if not self._connections:
                break
            await asyncio.sleep(0.01)

    def _store_picture(self, data: bytes) -> tuple[str, str]:
        file = self._media.store("profile", data)
        return file.direct_path, file.url

    async def _accept(self, server: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(server)
            except OSError:
                # Out of file descriptors, or the peer left already: neither ends the listener.
                await asyncio.sleep(0.05)
                continue
            full = len(self._connections) + len(self._greeting) >= _MAX_CONNECTIONS
            if full or self._network.faults.take(FaultKind.REFUSE, tag="connect"):
                _reset(connection)
                continue
            stall = self._network.faults.take(FaultKind.STALL)
            task = loop.create_task(_stall(connection) if stall else self._greet(connection))
            self._greeting.add(task)
            task.add_done_callback(self._greeting.discard)

    async def _greet(self, connection: socket.socket) -> None:
        """Answer a CONNECT if there is one, then speak TLS."""
        loop = asyncio.get_running_loop()
        try:
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            async with asyncio.timeout(HANDSHAKE_TIMEOUT_S):
                head = await read_proxy_head(connection)
                if head is not None:
                    answer, accepted = answer_proxy_request(head)
                    await loop.sock_sendall(connection, answer)
                    if not accepted:
                        connection.close()
                        return
                direct = head is None
                await loop.connect_accepted_socket(
                    lambda: self._make_connection(direct), connection, ssl=self._context
                )
        except (OSError, TimeoutError) as error:
            _log.info("client_not_greeted", reason=type(error).__name__)
            connection.close()
        except asyncio.CancelledError:
            connection.close()
            raise

    def _make_connection(self, direct: bool) -> Connection:
        media_host = self.address if direct else ""
        return Connection(
            lambda outlet: ChatSocket(self._network, self._identity, outlet, media_host=media_host),
            lambda outlet: MediaExchange(
                self._media, self._network.faults, self._network.directory, outlet
            ),
            self._connections.add,
            self._connections.discard,
        )


def answer_proxy_request(head: bytes) -> tuple[bytes, bool]:
    """The answer to the head of a proxy request, and whether a tunnel begins.

    Only CONNECT to WhatsApp's hosts, or to this machine, is served: this is no open proxy.
    """
    parser = h11.Connection(h11.SERVER)
    try:
        parser.receive_data(head)
        event = parser.next_event()
    except h11.RemoteProtocolError:
        event = None
    if not isinstance(event, h11.Request):
        return b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", False
    if event.method != b"CONNECT":
        return b"HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\n\r\n", False
    host = event.target.decode("ascii", "replace").rpartition(":")[0].lower()
    if not (host.endswith(_HOSTS) or host in _LOCAL):
        return b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n", False
    return b"HTTP/1.1 200 OK\r\n\r\n", True


async def _stall(connection: socket.socket) -> None:
    """Take a connection and say nothing, until the client has had enough."""
    loop = asyncio.get_running_loop()
    try:
        connection.setblocking(False)
        async with asyncio.timeout(_STALL_S):
            while await loop.sock_recv(connection, 4096):
                pass
    except (OSError, TimeoutError):
        pass
    finally:
        connection.close()


def _reset(connection: socket.socket) -> None:
    """Close with a reset, so that the client sees a refusal and not an end."""
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
