"""A minimal client over real sockets: TLS, websocket, Noise, stanzas. Nothing is answered by it."""

import asyncio
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count

from websockets.asyncio.client import ClientConnection, connect

from wigwag.model.jid import SERVER_JID, Jid
from wigwag.sandbox.edge.listener import Listener
from wigwag.wire.client_payload import login_payload, registration_payload
from wigwag.wire.frames import WA_HEADER, FrameReader, encode_frame
from wigwag.wire.nodes import Node, decode_node, encode_node
from wigwag.wire.noise import ClientHandshake, NoiseTransport
from wigwag.wire.pairing import verify_device_identity
from wigwag.wire.signal.curve import KeyPair, generate_key_pair
from wigwag.wire.signal.keys import SignedPreKey, make_signed_prekey

TIMEOUT_S = 10.0


class ScriptedClient:
    """One companion: its keys live as long as the object, over any number of connections."""

    def __init__(self, listener: Listener, root_public: bytes, context: ssl.SSLContext) -> None:
        self.listener = listener
        self.root_public = root_public
        self.context = context
        self.noise_keys: KeyPair = generate_key_pair()
        self.identity: KeyPair = generate_key_pair()
        self.signed: SignedPreKey = make_signed_prekey(self.identity, 1)
        self.adv_secret = bytes(range(32))
        self.jid: Jid | None = None
        self.received: list[Node] = []
        self._socket: ClientConnection | None = None
        self._noise: NoiseTransport | None = None
        self._frames = FrameReader()
        self._ids = count(1)

    async def dial(self, *, proxied: bool = True) -> None:
        """Connect and shake hands: to register, or to log in once paired."""
        uri = "wss://web.whatsapp.com/ws/chat" if proxied else self.listener.ws_url
        self._socket = await connect(
            uri,
            ssl=self.context,
            proxy=self.listener.proxy_url if proxied else None,
            compression=None,
            max_size=None,
        )
        handshake = ClientHandshake(self.noise_keys, self.root_public, now=datetime.now(UTC))
        await self._socket.send(WA_HEADER + encode_frame(handshake.hello()))
        self._frames = FrameReader()
        (answer,) = await self._frames_of_next()
        finish, self._noise = handshake.finish(answer, self._payload())
        await self._socket.send(encode_frame(finish))

    def _payload(self) -> bytes:
        if self.jid is not None:
            return login_payload(self.jid)
        return registration_payload(
            registration_id=77, identity_public=self.identity.public, signed_prekey=self.signed
        )

    async def send(self, node: Node) -> None:
        assert self._socket is not None
        assert self._noise is not None
        await self._socket.send(encode_frame(self._noise.encrypt(encode_node(node))))

    async def receive(self) -> Node:
        """The next stanza. Raises ConnectionClosed at the end."""
        assert self._noise is not None
        while not self.received:
            frames = await self._frames_of_next()
            self.received += [decode_node(self._noise.decrypt(frame)) for frame in frames]
        return self.received.pop(0)

    async def receive_until(self, wanted: Callable[[Node], bool]) -> Node:
        while True:
            node = await self.receive()
            if wanted(node):
                return node

    async def receive_tag(self, tag: str) -> Node:
        return await self.receive_until(lambda node: node.tag == tag)

    async def ask(self, xmlns: str, *content: Node, kind: str = "get") -> Node:
        """Send an iq and wait for its answer."""
        iq_id = f"1.1-{next(self._ids)}"
        attrs = {"id": iq_id, "xmlns": xmlns, "type": kind, "to": SERVER_JID}
        await self.send(Node("iq", dict(attrs), list(content) or None))
        return await self.receive_until(lambda node: node.attr("id") == iq_id)

    async def answer_pairing(self, success: Node) -> None:
        """Countersign what the phone said, and remember who this is now."""
        pairing = success.child("pair-success")
        assert pairing is not None
        container, device = pairing.child("device-identity"), pairing.child("device")
        assert container is not None
        assert device is not None
        verified = verify_device_identity(container.data, self.adv_secret, self.identity)
        self.jid = device.require_jid("jid")
        signed = Node(
            "device-identity", {"key-index": str(verified.key_index)}, verified.signed_for_server
        )
        attrs = {"id": success.attr("id"), "type": "result", "to": SERVER_JID}
        await self.send(Node("iq", dict(attrs), [Node("pair-device-sign", {}, [signed])]))

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()

    async def _frames_of_next(self) -> list[bytes]:
        assert self._socket is not None
        async with asyncio.timeout(TIMEOUT_S):
            while True:
                data = await self._socket.recv()
                assert isinstance(data, bytes)
                frames = self._frames.feed(data)
                assert len(frames) == 1, "one frame per websocket message"
                return frames
