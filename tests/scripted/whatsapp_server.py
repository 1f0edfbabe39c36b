"""A WhatsApp server on loopback that says and expects what a test writes down."""

import asyncio
import os
from datetime import UTC, datetime

from aiohttp import WSMsgType, web

from wigwag.engine.common.endpoint import Endpoint
from wigwag.model.jid import SERVER_JID, Jid
from wigwag.wire.certificates import issue_chain
from wigwag.wire.client_payload import Login, Registration, parse_client_payload
from wigwag.wire.frames import WA_HEADER, FrameReader, encode_frame
from wigwag.wire.nodes import Node, decode_node, encode_node
from wigwag.wire.noise import NoiseTransport, ServerHandshake
from wigwag.wire.signal.curve import generate_key_pair

LIMIT_S = 10.0


class ScriptedClient:
    """One connection of the client under test, past its handshake."""

    def __init__(
        self,
        websocket: web.WebSocketResponse,
        noise: NoiseTransport,
        visitor: Registration | Login,
        noise_public: bytes,
    ) -> None:
        self.visitor = visitor
        self.noise_public = noise_public
        self.closed = asyncio.Event()
        self._websocket = websocket
        self._noise = noise
        self._received: asyncio.Queue[Node] = asyncio.Queue()
        self.log: list[Node] = []

    def put(self, node: Node) -> None:
        self.log.append(node)
        self._received.put_nowait(node)

    def decrypt(self, frame: bytes) -> Node:
        return decode_node(self._noise.decrypt(frame))

    async def send(self, node: Node) -> None:
        await self.send_bytes(self._noise.encrypt(encode_node(node)))

    async def send_bytes(self, data: bytes) -> None:
        await self._websocket.send_bytes(encode_frame(data))

    async def send_plain(self, plain: bytes) -> None:
        """Encrypted as a stanza is, whatever it says."""
        await self.send_bytes(self._noise.encrypt(plain))

    async def send_garbage(self) -> None:
        """A frame that does not decrypt, but counts."""
        sealed = bytearray(self._noise.encrypt(b"\x00"))
        sealed[0] ^= 1
        await self.send_bytes(bytes(sealed))

    async def receive(self) -> Node:
        async with asyncio.timeout(LIMIT_S):
            return await self._received.get()

    async def expect(self, tag: str, *, child: str = "") -> Node:
        """The next stanza, which has to be this one."""
        node = await self.receive()
        assert node.tag == tag, node
        assert not child or node.child(child) is not None, node
        return node

    async def answer(self, request: Node, content: list[Node] | None = None) -> None:
        attrs = {"from": SERVER_JID, "type": "result", "id": request.attr("id")}
        await self.send(Node("iq", {**attrs}, content))

    async def accept_login(self, *, lid: Jid | None = None, prekeys: int = 50) -> None:
        """Let the client in, as the real server does."""
        lid = lid or Jid("100000000000001", "lid", 7)
        now = str(int(datetime.now(UTC).timestamp()))
        await self.send(Node("success", {"t": now, "lid": lid}))
        while True:
            node = await self.receive()
            if node.tag == "ib":
                continue
            assert node.tag == "iq", node
            if node.attr("xmlns") == "encrypt" and node.attr("type") == "get":
                await self.answer(node, [Node("count", {"value": str(prekeys)})])
            elif node.attr("xmlns") == "encrypt":
                uploaded = node.child("list")
                assert uploaded is not None
                prekeys += len(uploaded.kids)
                await self.answer(node)
            else:
                assert node.child("active") is not None, node
                await self.answer(node)
                return

    async def drop(self) -> None:
        """Cut the connection without a word."""
        self.transport.abort()
        await self._websocket.close()

    @property
    def transport(self) -> asyncio.Transport:
        """The server's end of the line."""
        request = self._websocket._req  # pyright: ignore[reportPrivateUsage]
        assert request is not None
        assert isinstance(request.transport, asyncio.Transport)
        return request.transport

    async def close(self) -> None:
        await self._websocket.close()


class ScriptedServer:
    """Accepts connections; a test takes them one by one with `client()`."""

    def __init__(self) -> None:
        self._root = generate_key_pair()
        self._static = generate_key_pair()
        self._chain = issue_chain(self._root, self._static.public, datetime.now(UTC), os.urandom)
        self._clients: asyncio.Queue[ScriptedClient] = asyncio.Queue()
        self._runner: web.AppRunner | None = None
        self.port = 0
        self.refuse_with = 0
        self.mute = ""
        self.dials = 0
        self.connections: list[ScriptedClient] = []
        self.errors: list[str] = []
        self._leaving = asyncio.Event()

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(
            ws_url=f"http://127.0.0.1:{self.port}/ws/chat", noise_root=self._root.public
        )

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/ws/chat", self._serve)
        self._runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        self._leaving.set()
        for client in self.connections:
            await client.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def client(self) -> ScriptedClient:
        """The next connection that came through its handshake."""
        async with asyncio.timeout(LIMIT_S):
            return await self._clients.get()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.dials += 1
        if self.refuse_with:
            return web.Response(status=self.refuse_with)
        if self.mute == "upgrade":
            await self._leaving.wait()
        websocket = web.WebSocketResponse(compress=False, max_msg_size=1 << 24)
        await websocket.prepare(request)
        if self.mute:
            await self._leaving.wait()
            return websocket
        frames = FrameReader(header=WA_HEADER)
        handshake = ServerHandshake(self._static, self._chain)
        client: ScriptedClient | None = None
        greeted = False
        async for message in websocket:
            assert message.type is WSMsgType.BINARY
            for frame in frames.feed(message.data):
                if client is not None:
                    client.put(client.decrypt(frame))
                elif not greeted:
                    greeted = True
                    await websocket.send_bytes(encode_frame(handshake.respond(frame)))
                else:
                    accepted = handshake.accept(frame)
                    visitor = parse_client_payload(accepted.payload)
                    client = ScriptedClient(
                        websocket, accepted.transport, visitor, accepted.static_public
                    )
                    self.connections.append(client)
                    self._clients.put_nowait(client)
        if client is not None:
            client.closed.set()
        return websocket
