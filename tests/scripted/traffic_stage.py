"""The engine's traffic over a connection in memory, with people made from wire.signal.

`stage.sent` has every stanza that left; `stage.deliver` plays the server. Requests are answered by
`stage.answer`, messages with an ack, as the server would.
"""

import asyncio
import os
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self, TypeVar, cast

import aiohttp

from scripted.signal_peer import SignalPeer
from scripted.waiting import RealClock, until
from wigwag.engine.common.announcer import Announcer
from wigwag.engine.common.endpoint import Endpoint
from wigwag.engine.common.errors import RequestFailed, RequestTimeout
from wigwag.engine.native.connection.connection import Connection, Pending
from wigwag.engine.native.connection.logins import Logins
from wigwag.engine.native.connection.prekeys import make_prekeys
from wigwag.engine.native.link import Link
from wigwag.engine.native.store.records import DeviceRecord
from wigwag.engine.native.store.store import EngineStore
from wigwag.engine.native.store.writes import (
    PutDevice,
    PutLid,
    PutPreKey,
    PutSignedPreKey,
    RemoveInbox,
)
from wigwag.engine.native.traffic import Traffic
from wigwag.model.errors import NotConnected
from wigwag.model.event import EngineEvent
from wigwag.model.jid import Jid
from wigwag.ports import Clock
from wigwag.wire.nodes import AttrValue, Node
from wigwag.wire.signal.curve import generate_key_pair
from wigwag.wire.signal.keys import PreKeyBundle, make_signed_prekey

ACCOUNT = "default"
OWN_PN = Jid("15550000001", "s.whatsapp.net", 1)
OWN_LID = Jid("100000000001", "lid", 1)
T0 = 1_700_000_000
E = TypeVar("E", bound=EngineEvent)


class MemoryConnection:
    """What traffic uses of a Connection, without a socket."""

    def __init__(self, answer: Callable[[Node], Node | None]) -> None:
        self.sent: list[Node] = []
        self.refused: list[Node] = []
        """What was to be sent without a connection."""
        self.connected = True
        self.paused = False
        self.abandoned: list[str] = []
        self.limit_s = 5.0
        self.answer = answer
        self._handlers: dict[tuple[str, str], Callable[[Node], None]] = {}
        self._waiting: dict[str, asyncio.Future[Node | None]] = {}
        self._ids = 0
        self._logins = Logins(soon_s=0.2)
        self._logins.begin()

    @property
    def online(self) -> bool:
        return self._logins.online

    @property
    def login(self) -> int:
        return self._logins.current

    async def wait_online(self, timeout_s: float) -> bool:
        return await self._logins.wait(timeout_s)

    def go_offline(self) -> None:
        self.connected = False
        self._logins.lose()
        waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            if not future.done():
                future.set_result(None)

    def go_online(self) -> None:
        self.connected = True
        self._logins.begin()

    async def send(self, node: Node) -> None:
        if not self.connected:
            self.refused.append(node)
            raise NotConnected
        self.sent.append(node)
        answer = self.answer(node)
        if answer is not None:
            asyncio.get_running_loop().call_soon(self.deliver, answer)

    async def send_many(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            await self.send(node)

    async def begin(self, node: Node) -> Pending:
        if not node.attr("id"):
            node.attrs["id"] = self.next_id()
        future: asyncio.Future[Node | None] = asyncio.get_running_loop().create_future()
        self._waiting[node.attr("id")] = future
        await self.send(node)
        return Pending(cast("Connection", self), node, node.attr("id"), future)

    async def await_reply(self, pending: Pending, timeout_s: float, *, resend: bool) -> Node:
        try:
            async with asyncio.timeout(min(timeout_s, self.limit_s)):
                reply = await pending.future
                while reply is None and resend and await self._logins.next():
                    again = await self.begin(pending.node)
                    reply = await again.future
        except TimeoutError as error:
            raise RequestTimeout from error
        if reply is None:
            raise NotConnected
        return reply

    async def request(self, node: Node, timeout_s: float = 5.0, *, resend: bool = True) -> Node:
        pending = await self.begin(node)
        reply = await pending.reply(timeout_s, resend=resend)
        if reply.attr("type") == "result":
            return reply
        error = reply.child("error")
        raise RequestFailed(error.attr_int("code") if error is not None else 0)

    def next_id(self) -> str:
        self._ids += 1
        return f"1.2-{self._ids}"

    def on_node(self, tag: str, handler: Callable[[Node], None], *, type: str = "") -> None:  # noqa: A002
        self._handlers[tag, type] = handler

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False

    def deliver(self, node: Node) -> None:
        if node.tag in ("iq", "ack"):
            future = self._waiting.pop(node.attr("id"), None)
            if future is not None:
                if not future.done():
                    future.set_result(node)
                return
        self.dispatch(node, node.attr("type"))

    def dispatch(self, node: Node, kind: str) -> None:
        handler = self._handlers.get((node.tag, kind))
        handler = handler or self._handlers.get((node.tag, ""))
        handler = handler or self._handlers.get(("", ""))
        if handler is not None:
            handler(node)

    def abandon(self, why: str) -> None:
        self.abandoned.append(why)
        self.go_offline()

    async def close(self) -> None:
        self.go_offline()

    async def retire(self) -> None:
        self.go_offline()
        self._logins.end()


class TrafficStage:
    """An account on a network that consists of `people` and `groups`."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self.folder = folder
        self.clock: Clock = clock or RealClock()
        self.people: dict[Jid, SignalPeer] = {}
        self.groups: dict[Jid, list[Jid]] = {}
        self.answers: dict[str, Callable[[Node], list[Node] | None]] = {
            "usync": self._usync,
            "encrypt": self._bundles,
            "w:g2": self._group,
            "privacy": lambda _node: [],
        }
        self.refusals: dict[str, int] = {}
        """Namespaces of requests that the server refuses, and with which code."""
        self.acks = True
        self.ack_attrs: dict[str, AttrValue] = {}
        self.on_message: Callable[[Node], None] | None = None
        self.events: list[EngineEvent] = []
        self.batches: list[int] = []
        self.sink_error: Exception | None = None
        self.phone = SignalPeer(OWN_LID.bare, OWN_PN.bare, "Phone")
        self.add(self.phone)

    # -- life -------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        self.store = EngineStore.open(self.folder / "whatsapp.db")
        device = self.store.find_device(ACCOUNT) or await self._make_device()
        self.connection = MemoryConnection(self.answer)
        self.http = aiohttp.ClientSession()
        self.link = Link(
            ACCOUNT,
            device=device,
            connection=cast("Connection", self.connection),
            store=self.store,
            http=lambda: self.http,
            endpoint=Endpoint(),
            sink=self.sink,
            announcer=Announcer(ACCOUNT, self.sink, self.clock),
            clock=self.clock,
            random_bytes=os.urandom,
            jitter=random.Random(1),
            on_device=lambda _device: None,
        )
        self.traffic = Traffic(self.link)
        self.traffic.start()
        await asyncio.sleep(0)
        # behind what the inbox begins with: a test may let the next commit fail
        await self.store.commit([RemoveInbox(ACCOUNT, ())])
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self.traffic.stop()
        await self.link.close()
        await self.http.close()
        self.store.close()

    async def restart(self) -> None:
        """As after a stop: the same people, the same store, a new process."""
        await self.close()
        await self.__aenter__()

    async def _make_device(self) -> DeviceRecord:
        identity = generate_key_pair()
        signed = make_signed_prekey(identity, 1)
        device = DeviceRecord(
            noise=generate_key_pair(),
            identity=identity,
            registration_id=12345,
            adv_secret=os.urandom(32),
            signed_prekey=signed,
            jid=OWN_PN,
            lid=OWN_LID,
            account_identity=b"device identity",
        )
        pair = signed.pair
        signed_write = PutSignedPreKey(
            ACCOUNT, signed.id, pair.private, pair.public, signed.signature
        )
        self.prekeys = make_prekeys(1, 100, os.urandom)
        await self.store.commit(
            [
                PutDevice(ACCOUNT, device),
                signed_write,
                PutLid(ACCOUNT, OWN_LID.user, OWN_PN.user),
                *(PutPreKey(ACCOUNT, k.id, k.pair.private, k.pair.public) for k in self.prekeys),
            ]
        )
        return device

    # -- the network ------------------------------------------------------------------------

    def add(self, peer: SignalPeer) -> SignalPeer:
        self.people[peer.jid] = peer
        return peer

    def person(self, number: int, *, device: int = 0) -> SignalPeer:
        """A device of person `number` (from 2), known to the network."""
        lid = Jid(f"10000000{number:04d}", "lid", device)
        return self.add(
            SignalPeer(lid, Jid(f"1555000{number:04d}", "s.whatsapp.net"), f"P{number}")
        )

    async def sink(self, account: str, events: Sequence[EngineEvent]) -> None:
        assert account == ACCOUNT
        if self.sink_error is not None:
            raise self.sink_error
        await asyncio.sleep(0)
        self.events += events
        self.batches.append(len(events))

    def answer(self, node: Node) -> Node | None:
        """What the server says to a stanza of ours."""
        if node.tag == "iq" and (code := self.refusals.get(node.attr("xmlns"))) is not None:
            error = Node("error", {"code": str(code)})
            return Node("iq", {"id": node.attr("id"), "type": "error"}, [error])
        if node.tag == "iq":
            made = self.answers.get(node.attr("xmlns"))
            content = made(node) if made is not None else []
            if content is None:
                return None
            attrs: dict[str, AttrValue] = {"id": node.attr("id"), "type": "result"}
            return Node("iq", attrs, content)
        if node.tag == "message":
            if self.on_message is not None:
                self.on_message(node)
            if self.acks:
                attrs = {"class": "message", "id": node.attr("id"), "from": node.attrs["to"]}
                return Node("ack", attrs | {"t": str(T0)} | self.ack_attrs)
        return None

    def devices_of(self, user: Jid) -> list[Jid]:
        """All devices of a user, ours too, by the kind of address that was asked."""
        found = [
            peer.jid for peer in self.people.values() if user.user in (peer.jid.user, peer.pn.user)
        ]
        if user.user in (OWN_LID.user, OWN_PN.user):
            found.append(OWN_LID)
        return [Jid(user.user, user.server, jid.device) for jid in found]

    def _usync(self, node: Node) -> list[Node]:
        usync = node.child("usync")
        assert usync is not None
        query, asked = usync.child("query"), usync.child("list")
        assert query is not None
        assert asked is not None
        users: list[Node] = []
        for user in asked.children_with("user"):
            jid = user.attr_jid("jid")
            if jid is None:
                continue
            known = [p for p in self.people.values() if jid.user in (p.jid.user, p.pn.user)]
            content: list[Node] = []
            if known and query.child("lid") is not None:
                content.append(Node("lid", {"val": known[0].jid.bare}))
            if known:
                devices = [
                    Node("device", {"id": str(device.device)}) for device in self.devices_of(jid)
                ]
                content.append(Node("devices", {}, [Node("device-list", {}, devices)]))
            users.append(Node("user", {"jid": jid}, content))
        return [Node("usync", {}, [Node("result"), Node("list", {}, users)])]

    def _bundles(self, node: Node) -> list[Node]:
        asked = node.child("key")
        assert asked is not None
        users: list[Node] = []
        for user in asked.children_with("user"):
            jid = user.require_jid("jid")
            peer = self.find(jid)
            if peer is None:
                users.append(Node("user", {"jid": jid}, [Node("error", {"code": "404"})]))
            else:
                users.append(peer.bundle_node(jid))
        return [Node("list", {}, users)]

    def find(self, jid: Jid) -> SignalPeer | None:
        for peer in self.people.values():
            if jid.device == peer.jid.device and jid.user in (peer.jid.user, peer.pn.user):
                return peer
        return None

    def _group(self, node: Node) -> list[Node]:
        if node.child("participating") is not None:
            return [Node("groups", {}, [self.group_node(group) for group in self.groups])]
        return [self.group_node(node.require_jid("to"))]

    def group_node(self, group: Jid) -> Node:
        members = [Node("participant", {"jid": jid}) for jid in self.groups[group]]
        attrs: dict[str, AttrValue] = {"id": group.user, "subject": "Friends"}
        return Node("group", attrs | {"addressing_mode": "lid"}, members)

    # -- talking ----------------------------------------------------------------------------

    @property
    def sent(self) -> list[Node]:
        return self.connection.sent

    def all_sent(self, tag: str) -> list[Node]:
        return [node for node in self.sent if node.tag == tag]

    def told(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    async def until_told(self, kind: type[E], count: int = 1) -> list[E]:
        await until(lambda: len(self.told(kind)) >= count)
        return self.told(kind)

    async def until_sent(self, tag: str, count: int = 1) -> list[Node]:
        await until(lambda: len(self.all_sent(tag)) >= count)
        return self.all_sent(tag)

    def own_bundle(self) -> PreKeyBundle:
        """Our bundle, with the next one-time key."""
        device = self.link.device
        key = self.prekeys.pop(0)
        return PreKeyBundle(
            registration_id=device.registration_id,
            identity=device.identity.public,
            signed_id=device.signed_prekey.id,
            signed_public=device.signed_prekey.pair.public,
            signed_signature=device.signed_prekey.signature,
            one_time_id=key.id,
            one_time_public=key.pair.public,
        )

    def meet(self, peer: SignalPeer) -> None:
        peer.meet(OWN_LID, self.own_bundle())

    def message(
        self, peer: SignalPeer, raw: bytes, message_id: str, *encs: Node, **attrs: AttrValue
    ) -> Node:
        """A message of `peer` to us; `encs` stand in for the one it would have."""
        content = list(encs) or [peer.seal(OWN_LID, raw)]
        base: dict[str, AttrValue] = {
            "from": peer.jid,
            "sender_pn": peer.pn,
            "id": message_id,
            "t": str(T0),
            "type": "text",
            "notify": peer.name,
        }
        return Node("message", base | attrs, content)

    def deliver(self, *nodes: Node) -> None:
        for node in nodes:
            self.connection.deliver(node)
