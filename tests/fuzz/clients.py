"""Clients of strangers at the sandbox: whatever they send, the others there go on.

`stanzas` are what a linked device says: a `<script>` of stanzas, or one. A message with an
`<enc plain=HOW>` is encrypted by the device for those it goes to: `direct`, `group` or `peer`.
`bytes` are what comes out of TLS; the first byte chooses how far the client behaves well
before the rest is sent: not at all, or up to a websocket, a handshake, a payload, stanzas.
"""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from random import Random
from typing import Final

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri

from fuzz.corpus import ANSWERS, STANZAS, load
from fuzz.mutation import mutate_bytes, mutate_node, mutate_protobuf
from fuzz.samples import GROUP, OWN, OWN_LID, PEER, PEER_LID, raw_contents, raw_protocol
from fuzz.standing import Standing
from fuzz.target import Target
from scripted.neighbours import Neighbourhood
from scripted.waiting import breathe
from wigwag.model.jid import SERVER_JID, Jid
from wigwag.sandbox.edge.chat_socket import ChatSocket
from wigwag.sandbox.edge.connection import Connection
from wigwag.sandbox.edge.media_exchange import MediaExchange
from wigwag.sandbox.edge.server_identity import make_server_identity
from wigwag.sandbox.residents.outgoing import SentMessage
from wigwag.sandbox.residents.person import Behaviour
from wigwag.wire.client_payload import login_payload, registration_payload
from wigwag.wire.errors import MalformedNode, NoiseFailure, WireError
from wigwag.wire.frames import WA_HEADER, FrameReader, encode_frame
from wigwag.wire.nodes import AttrValue, Node, decode_node, encode_node
from wigwag.wire.noise import ClientHandshake
from wigwag.wire.signal.curve import generate_key_pair
from wigwag.wire.signal.keys import make_signed_prekey

LIFE: Final = 150
_MOST: Final = 40
_LEVELS: Final = 6


class ClientWorld:
    """A network with a stranger's device, and others whom it must not disturb."""

    def __init__(self, folder: Path) -> None:
        self._hood = Neighbourhood(folder)
        self._numbers = count(1)

    async def open(self) -> None:
        hood = self._hood
        self._friend = hood.person("Friend", Behaviour.ECHO)
        self._owner, self._stranger = hood.phone("Owner"), hood.phone("Stranger")
        self._good, self._bad = hood.companion(self._owner), hood.companion(self._stranger)
        self._group = hood.group("All", self._owner, self._friend, self._stranger)
        self._identity = make_server_identity(hood.chance.stream("server"), datetime.now(UTC))
        self._moves = {
            OWN: self._stranger.pn,
            OWN_LID: self._stranger.lid,
            PEER: self._friend.pn,
            PEER_LID: self._friend.lid,
            GROUP: self._group.jid,
        }
        await self._talk()

    async def close(self) -> None:
        self._hood.close()

    async def _talk(self) -> None:
        """The others talk with one another as if the stranger were not there."""
        text = f"good {next(self._numbers)}"
        self._friend.send_text(self._owner.lid, text)
        entries = self._good.device.inbox.entries(0)
        assert entries, "nothing arrived"
        assert entries[-1].text == text
        asked = len(self._friend.inbox.entries(0))
        self._good.device.send_text(self._friend.lid, text)
        assert len(self._friend.inbox.entries(0)) > asked or asked >= 2_000
        await asyncio.sleep(0)

    # -- stanzas of a device ----------------------------------------------------------------

    async def take_stanzas(self, data: bytes) -> None:
        try:
            root = decode_node(data)
        except MalformedNode:
            return
        self._come_back()
        network, device = self._hood.network, self._bad.device
        for node in (root.kids if root.tag == "script" else [root])[:_MOST]:
            network.handle(device.lid, self._said(node), link=device)
        await self._talk()

    def _come_back(self) -> None:
        """A device that was unlinked is linked again, one that lost its link logs in."""
        found = self._hood.network.directory.find_device(self._bad.device.lid)
        if found is None:
            self._bad = self._hood.companion(self._stranger)
        elif found.link is None:
            self._bad.log_in()

    def _said(self, node: Node) -> Node:
        node = self._moved(node)
        plain = next((kid for kid in node.kids if "plain" in kid.attrs), None)
        if plain is None:
            return node
        try:
            sealed = self._sealed(plain.attr("plain"), plain.data)
        except WireError:
            return node  # not even its sender can make a copy for the own devices of it
        rest = [kid for kid in node.kids if kid is not plain]
        return Node(node.tag, {**sealed.attrs, **node.attrs}, [*sealed.kids, *rest])

    def _sealed(self, how: str, raw: bytes) -> Node:
        outgoing = self._bad.device.outgoing
        to = self._group.jid if how == "group" else self._friend.lid
        sent = SentMessage(id=f"3EB0F{next(self._numbers)}", to=to, message=raw)
        if how == "group":
            return outgoing.group(sent, self._hood.surroundings.members_of(to))
        return outgoing.peer(sent, self._stranger.lid) if how == "peer" else outgoing.direct(sent)

    def _moved(self, node: Node) -> Node:
        """The addresses of the corpus are those of this world."""
        attrs = {name: self._moved_value(value) for name, value in node.attrs.items()}
        kids = [self._moved(kid) for kid in node.kids]
        return Node(node.tag, attrs, kids if isinstance(node.content, list) else node.content)

    def _moved_value(self, value: AttrValue) -> AttrValue:
        if not isinstance(value, Jid):
            return value
        moved = self._moves.get(value.bare)
        return value if moved is None else moved.with_device(value.device)

    # -- bytes of a connection --------------------------------------------------------------

    async def take_bytes(self, data: bytes) -> None:
        level, rest = (data[0] % _LEVELS, data[1:]) if data else (0, b"")
        client = EdgeClient(self._connection(), self._identity.root_public)
        # Where the server has ended it, there is nobody to shake hands with.
        with suppress(ValueError, NoiseFailure):
            await client.speak(level, rest)
        await asyncio.sleep(0)
        client.leave()
        await self._talk()

    def _connection(self) -> Connection:
        hood, network = self._hood, self._hood.network
        return Connection(
            lambda outlet: ChatSocket(network, self._identity, outlet, media_host=""),
            lambda outlet: MediaExchange(hood.host, network.faults, network.directory, outlet),
            lambda _connection: None,
            lambda _connection: None,
        )


class MemoryTransport(asyncio.Transport):
    """What the server writes is kept until somebody takes it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.ended = False

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        del high, low

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def close(self) -> None:
        self.ended = True

    def abort(self) -> None:
        self.ended = True


class EdgeClient:
    """A client of whom nothing is real but its bytes."""

    def __init__(self, connection: Connection, root_public: bytes) -> None:
        self._transport = MemoryTransport()
        self._connection = connection
        self._root_public = root_public
        self._websocket = ClientProtocol(parse_uri("ws://web.whatsapp.com/ws/chat"))
        self._frames = FrameReader()
        self._heard: list[bytes] = []
        connection.connection_made(self._transport)

    async def speak(self, level: int, rest: bytes) -> None:
        """Behave well up to the level, then send the rest. Raises NoiseFailure."""
        if not level:
            self._put(rest)
            return
        self._websocket.send_request(self._websocket.connect())
        await self._flush()
        if level == 1:
            self._put(rest)
        elif level == 2:
            await self._send(rest)
        else:
            await self._shake_hands(level, rest)

    async def _shake_hands(self, level: int, rest: bytes) -> None:
        handshake = ClientHandshake(_KEYS, self._root_public, now=datetime.now(UTC))
        (hello,) = await self._ask(WA_HEADER + encode_frame(handshake.hello()))
        if level == 3:
            await self._send(encode_frame(rest))
            return
        payload = rest if level == 4 else _REGISTRATION
        finish, noise = handshake.finish(hello, payload)
        await self._ask(encode_frame(finish))
        if level == 5:
            await self._send(encode_frame(noise.encrypt(rest)))

    def leave(self) -> None:
        self._connection.connection_lost(None)

    async def _ask(self, data: bytes) -> list[bytes]:
        """Send, and the frames of the answer."""
        self._heard.clear()
        await self._send(data)
        return [frame for one in self._heard for frame in self._frames.feed(one)]

    async def _send(self, data: bytes) -> None:
        self._websocket.send_binary(data)
        await self._flush()

    async def _flush(self) -> None:
        """Everything leaves, and what the server says to it is read."""
        for data in self._websocket.data_to_send():
            self._put(data)
        await breathe(3)
        self._websocket.receive_data(bytes(self._transport.written))
        self._transport.written.clear()
        for event in self._websocket.events_received():
            if isinstance(event, Frame) and event.opcode is Opcode.BINARY:
                self._heard.append(bytes(event.data))

    def _put(self, data: bytes) -> None:
        if not self._transport.ended:
            self._connection.data_received(data)


_KEYS = generate_key_pair()
_REGISTRATION = registration_payload(
    registration_id=77, identity_public=_KEYS.public, signed_prekey=make_signed_prekey(_KEYS, 1)
)


def stanza_seeds() -> list[bytes]:
    """What clients asked and got, turned round, and messages of every kind."""
    heard = [decode_node(entry) for entry in load(STANZAS)]
    asked = [decode_node(entry).kids[0] for entry in load(ANSWERS)]
    turned = [_turned(node) for node in heard if node.tag != "message"]
    said = [_message("direct", PEER_LID, raw) for raw in raw_contents()]
    said += [_message("group", GROUP, raw) for raw in raw_contents()[:6]]
    said += [_message("peer", OWN_LID, raw, category="peer") for raw in raw_protocol()]
    nodes = [*asked, *turned, *said]
    scripts = [Node("script", {}, nodes[at : at + 12]) for at in range(0, len(nodes), 12)]
    return [encode_node(node) for node in (*nodes, *scripts)]


def _message(how: str, to: Jid, raw: bytes, **more: str) -> Node:
    attrs: dict[str, AttrValue] = {"to": to, "type": "text", **more}
    return Node("message", attrs, [Node("enc", {"plain": how, "v": "2"}, raw)])


def _turned(node: Node) -> Node:
    attrs = {"to" if name == "from" else name: value for name, value in node.attrs.items()}
    return Node(node.tag, attrs, node.content)


def byte_seeds() -> list[bytes]:
    keys = _KEYS.public
    path = "/mms/image/" + "A" * 43 + "="
    requests = [
        f"POST {path}?auth=x&token=y HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
        "GET /v/t62.7118-24/1.enc HTTP/1.1\r\nHost: mmg.whatsapp.net\r\nRange: bytes=0-1\r\n\r\n",
        f"DELETE {path} HTTP/1.1\r\nHost: mmg.whatsapp.net\r\n\r\n",
        "GET /ws/chat HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    ]
    unpaired = Node(
        "iq",
        {"id": "1", "type": "set", "xmlns": "md", "to": SERVER_JID},
        [
            Node(
                "link_code_companion_reg",
                {"jid": OWN, "stage": "companion_hello"},
                [
                    Node("link_code_pairing_wrapped_companion_ephemeral_pub", {}, bytes(80)),
                    Node("companion_server_auth_key_pub", {}, keys),
                ],
            )
        ],
    )
    signed = Node("pair-device-sign", {}, [Node("device-identity", {"key-index": "1"}, keys)])
    answer = Node("iq", {"id": "1", "type": "result", "to": SERVER_JID}, [signed])
    return [
        *(b"\0" + request.encode() for request in requests),
        b"\1\x82\x84\0\0\0\0abcd\x89\x80\0\0\0\0\x88\x82\0\0\0\0\x03\xe8",
        b"\2" + WA_HEADER + encode_frame(bytes(40)),
        b"\3" + bytes(60),
        b"\4" + _REGISTRATION,
        b"\4" + login_payload(Jid("15550000001", "s.whatsapp.net", 1)),
        *(b"\5" + encode_node(node) for node in (unpaired, answer)),
    ]


def mutate_level(data: bytes, chance: Random) -> bytes:
    """The rest in its own terms; the level stays, mostly."""
    if not data or chance.random() < 0.05:
        return mutate_bytes(data, chance)
    change = {4: mutate_protobuf, 5: mutate_node}.get(data[0] % _LEVELS, mutate_bytes)
    return data[:1] + change(data[1:], chance)


class _BytesWorld(ClientWorld):
    async def take(self, data: bytes) -> None:
        await self.take_bytes(data)


class _StanzasWorld(ClientWorld):
    async def take(self, data: bytes) -> None:
        await self.take_stanzas(data)


_bytes = Standing(_BytesWorld, life=LIFE)
_stanzas = Standing(_StanzasWorld, life=LIFE)

TARGETS = (
    Target("bytes", _bytes.take, byte_seeds, mutate=mutate_level, share=3, close=_bytes.close),
    Target(
        "stanzas",
        _stanzas.take,
        stanza_seeds,
        mutate=mutate_node,
        share=5,
        close=_stanzas.close,
    ),
)
