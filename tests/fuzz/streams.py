"""The stream itself: whatever the server says before, at and after a login, the account lives.

An input is a `<script>` of stanzas, or one stanza, told to an engine that is logged in, or that
shows a code. Afterwards it rests in a state that it tells, or comes back by itself; and from
wherever it got to, a person links it anew.
"""

from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Final

from fuzz.mutation import mutate_node
from fuzz.standing import Standing
from fuzz.target import Target
from scripted.engine_stage import ACCOUNT, EngineStage, tasks
from scripted.host import Host
from scripted.waiting import until, until_async
from wigwag.model.account import TERMINAL, ConnectionState
from wigwag.model.jid import SERVER_JID
from wigwag.wire.errors import MalformedNode
from wigwag.wire.nodes import AttrValue, Node, decode_node, encode_node

LIFE: Final = 25
_MOST: Final = 20
_TASKS: Final = 60
"""As many as a linked engine, its server and this test have at most."""

S = ConnectionState
_SETTLED = {S.CONNECTED, S.PAIRING} | TERMINAL


class StreamWorld:
    """An engine on a server that plays along, until an input says otherwise."""

    def __init__(self, folder: Path) -> None:
        self._stage = EngineStage(folder)
        self._numbers = count(1)

    async def open(self) -> None:
        await self._stage.__aenter__()
        self._host = Host(self._stage)
        await self._link()

    async def close(self) -> None:
        await self._host.close()
        await self._stage.__aexit__()

    async def take(self, data: bytes) -> None:
        try:
            root = decode_node(data)
        except MalformedNode:
            # What cannot be read at all is passed over, and the stream goes on.
            await self._say_raw(data)
        else:
            await self._host.say(*(root.kids if root.tag == "script" else [root])[:_MOST])
        await self._have_heard()
        await self._recover()
        assert tasks() < _TASKS, "tasks are left over"

    async def _have_heard(self) -> None:
        """The engine has taken all that was said, or its stream has ended over it."""
        host, name = self._host, f"alive-{next(self._numbers)}"
        told = host.newest
        assert told is not None
        await host.say(_ping(name))
        await until(lambda: host.last_answered == name or told.closed.is_set())

    async def _say_raw(self, data: bytes) -> None:
        newest = self._host.newest
        if newest is not None and not newest.closed.is_set():
            with suppress(ConnectionError):
                await newest.send_plain(data)

    async def _recover(self) -> None:
        """Connected again; by a person's hand only where the engine tells that it rests."""
        engine = self._stage.engine
        await until(lambda: engine.state.state in _SETTLED)
        if engine.state.state is S.CONNECTED:
            return
        if engine.state.state in TERMINAL:
            await engine.start()
        await self._link()

    async def _link(self) -> None:
        """A person scans whatever code is shown, until the engine is connected."""
        engine = self._stage.engine
        if engine.state.rests or engine.state.state is S.STOPPED:
            await engine.start()

        async def connected() -> bool:
            if engine.state.state is S.CONNECTED:
                return True
            if self._stage.store.find_device(ACCOUNT) is None:
                await self._host.scan()
            if engine.state.rests:
                await engine.linking.pair(anew=True)
            return False

        await until_async(connected)


def _ping(name: str = "ping") -> Node:
    return Node("iq", {"from": SERVER_JID, "type": "get", "xmlns": "urn:xmpp:ping", "id": name})


def seeds() -> list[bytes]:
    refs: list[Node] = [Node("ref", {}, b"2@ref%d" % number) for number in range(6)]
    offer: dict[str, AttrValue] = {"from": SERVER_JID, "type": "set", "id": "o", "xmlns": "md"}
    reg = Node(
        "link_code_companion_reg",
        {"stage": "primary_hello"},
        [
            Node("link_code_pairing_wrapped_primary_ephemeral_pub", {}, bytes(80)),
            Node("primary_identity_pub", {}, bytes(32)),
            Node("link_code_pairing_ref", {}, b"ref of 16 bytes."),
        ],
    )
    nodes = [
        Node("stream:error", {"code": "503"}),
        Node("stream:error", {"code": "515"}),
        Node("stream:error", {"code": "401"}, [Node("conflict", {"type": "device_removed"})]),
        Node("stream:error", {}, [Node("conflict", {"type": "replaced"})]),
        Node("stream:error", {}, [Node("ack", {"id": "1"})]),
        *(Node("failure", {"reason": reason}) for reason in ("401", "405", "500", "503")),
        Node("failure", {"reason": "402", "expire": "3600", "code": "101"}),
        Node("success", {"t": "1700000000", "lid": "100000000000001:7@lid"}),
        Node("xmlstreamend"),
        Node("iq", {**offer}, [Node("pair-device", {}, refs)]),
        Node("iq", {**offer}, [Node("pair-success", {}, [Node("device-identity", {}, b"\x0a")])]),
        Node("notification", {"type": "link_code_companion_reg", "id": "n", "t": "5"}, [reg]),
        Node("notification", {"type": "encrypt", "id": "m"}, [Node("count", {"value": "3"})]),
        Node("ib", {"from": SERVER_JID}, [Node("downgrade_webclient")]),
        _ping(),
    ]
    script = Node("script", {}, [nodes[10], nodes[13], _ping()])
    return [encode_node(node) for node in (*nodes, script)]


_standing = Standing(StreamWorld, life=LIFE)

TARGETS = (
    Target(
        "told",
        _standing.take,
        seeds,
        mutate=mutate_node,
        share=5,
        examples=30,
        close=_standing.close,
    ),
)
