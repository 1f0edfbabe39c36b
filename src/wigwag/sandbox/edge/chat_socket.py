"""A client's chat connection: websocket, frames and Noise around its stanzas.

Sans I/O: `receive` takes bytes of the client, what is to be sent goes to the outlet. One Noise
frame is one websocket message, never split: whatsmeow loses the stream otherwise.
"""

import structlog
from websockets.exceptions import InvalidState, ProtocolError
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from wigwag.sandbox.edge.admission import Visitor, admit
from wigwag.sandbox.edge.media_exchange import Outlet
from wigwag.sandbox.edge.server_identity import ServerIdentity
from wigwag.sandbox.network.faults import FaultKind
from wigwag.sandbox.network.network import Network
from wigwag.wire.errors import WireError
from wigwag.wire.frames import MAX_FRAME_BYTES, WA_HEADER, FrameReader, encode_frame
from wigwag.wire.nodes import Node, decode_node, encode_node
from wigwag.wire.noise import NoiseTransport, ServerHandshake

_MAX_MESSAGE = MAX_FRAME_BYTES + 64
_GOING_AWAY = 1001
_LINGER_S = 0.3
"""Between the last stanza and the end of the connection. whatsmeow forgets stanzas that it has
read but not handled when the connection ends, a <stream:error> among them (client.go)."""
_DATA = (Opcode.BINARY, Opcode.CONT)
_ENDING = (State.CLOSING, State.CLOSED)

_log = structlog.get_logger(__name__)


class ChatSocket:
    """One chat connection; the network's `Link` to this client."""

    def __init__(
        self, network: Network, identity: ServerIdentity, outlet: Outlet, *, media_host: str
    ) -> None:
        self._network = network
        self._outlet = outlet
        self._media_host = media_host
        self._websocket = ServerProtocol(max_size=_MAX_MESSAGE)
        self._frames = FrameReader(header=WA_HEADER)
        self._handshake: ServerHandshake | None = ServerHandshake(identity.static, identity.chain)
        self._greeted = False
        self._noise: NoiseTransport | None = None
        self._visitor: Visitor | None = None
        self._ending = False
        self._closed = False

    @property
    def established(self) -> bool:
        """The client is past its handshake."""
        return self._noise is not None

    # -- from the client --

    def receive(self, data: bytes) -> None:
        """Bytes of the TLS stream. Whatever is wrong with them ends the connection."""
        if self._closed:
            return
        self._websocket.receive_data(data)
        for event in self._websocket.events_received():
            if isinstance(event, Request):
                self._upgrade(event)
            elif isinstance(event, Frame) and event.opcode in _DATA:
                self._read(bytes(event.data))
        self._flush()
        if self._websocket.state in _ENDING:
            self._finish()

    def resume(self) -> None:
        """The outlet takes more."""
        if self._visitor is not None:
            self._visitor.resume()

    def lost(self) -> None:
        """The connection ended."""
        self._closed = True
        visitor, self._visitor = self._visitor, None
        if visitor is not None:
            visitor.leave()

    def _upgrade(self, request: Request) -> None:
        fault = self._network.faults.take(FaultKind.REFUSE, tag="upgrade")
        if fault is not None:
            self._websocket.send_response(self._websocket.reject(fault.code or 503, ""))
            self._flush()
            self._finish()
            return
        if self._websocket.parser_exc is not None:
            # What followed the request at once was garbage: there is nothing left to answer to.
            self._finish()
            return
        self._websocket.send_response(self._websocket.accept(request))

    def _read(self, data: bytes) -> None:
        try:
            for frame in self._frames.feed(data):
                if self._closed or self._ending:
                    return
                if self._noise is None:
                    self._shake_hands(frame)
                elif self._visitor is not None:
                    self._visitor.receive(decode_node(self._noise.decrypt(frame)))
        except WireError as error:
            self._network.board.counters["malformed_client"] += 1
            _log.info("client_malformed", code=error.code)
            self.close()

    def _shake_hands(self, frame: bytes) -> None:
        handshake = self._handshake
        if handshake is None:
            return
        if not self._greeted:
            self._greeted = True
            self._send_frame(handshake.respond(frame))
            return
        accepted = handshake.accept(frame)
        self._handshake = None
        self._noise = accepted.transport
        self._visitor = admit(
            self._network,
            self,
            accepted.static_public,
            accepted.payload,
            media_host=self._media_host,
        )

    # -- to the client: the network's Link --

    @property
    def congested(self) -> bool:
        return self._outlet.congested

    def deliver(self, node: Node) -> None:
        if self._closed or self._ending or self._noise is None:
            return
        try:
            self._send_frame(self._noise.encrypt(encode_node(node)))
        except WireError as error:
            self._network.board.counters["undeliverable"] += 1
            _log.warning("stanza_undeliverable", code=error.code)

    def close(self, *, abort: bool = False) -> None:
        """End the connection: a moment after the last stanza, or in the middle of everything."""
        if self._closed:
            return
        if abort:
            self._closed = True
            self._outlet.close(abort=True)
        elif not self._ending:
            self._ending = True
            self._outlet.later(_LINGER_S, self._finish)

    def _finish(self) -> None:
        if self._closed:
            return
        try:
            self._websocket.send_close(_GOING_AWAY)
            self._flush()
        except (InvalidState, ProtocolError):
            pass
        self._closed = True
        self._outlet.close()

    def _send_frame(self, data: bytes) -> None:
        try:
            self._websocket.send_binary(encode_frame(data))
        except (InvalidState, ProtocolError):
            return
        self._flush()

    def _flush(self) -> None:
        write = self._outlet.write
        for data in self._websocket.data_to_send():
            if data:
                write(data)
