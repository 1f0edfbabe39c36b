"""The chat socket before the handshake: requests that are none end the connection in order."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from wigwag.sandbox.edge.chat_socket import ChatSocket
from wigwag.sandbox.edge.server_identity import ServerIdentity
from wigwag.sandbox.network.network import Network


@dataclass
class NotingOutlet:
    """Keeps what was written."""

    written: list[bytes] = field(default_factory=list[bytes])
    closed: bool = False
    congested: bool = False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def close(self, *, abort: bool = False) -> None:
        self.closed = True

    def later(self, delay_s: float, callback: Callable[[], None]) -> None:
        callback()


def test_bytes_behind_a_refused_upgrade_end_the_connection(identity: ServerIdentity) -> None:
    outlet = NotingOutlet()
    socket = ChatSocket(Network(random=random.Random(1)), identity, outlet, media_host="")
    head = b"GET /ws/chat HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    socket.receive(head + b"ket\r\nConnection: Upgrade\r\n\r\n")
    assert outlet.closed
    assert not any(b" 101 " in data for data in outlet.written)
