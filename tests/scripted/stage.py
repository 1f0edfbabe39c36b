"""A pure network with scripted links: a manual clock, a manual timer, no sockets."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count

from wigwag.model.jid import SERVER_JID, Jid
from wigwag.sandbox.network.directory import Account, Device, PublicPreKey, PublicSignedPreKey
from wigwag.sandbox.network.network import Network
from wigwag.sandbox.network.switchboard import NetworkLimits
from wigwag.wire.nodes import AttrValue, Node

START = 1_700_000_000.0


class ManualTimer:
    """Runs callbacks when the test moves its clock; `now` is Unix seconds."""

    def __init__(self) -> None:
        self.time = START
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()

    def now(self) -> float:
        return self.time

    def __call__(self, delay_s: float, callback: Callable[[], None]) -> None:
        heappush(self._queue, (self.time + delay_s, next(self._order), callback))

    def turn(self) -> None:
        """One turn of the loop: what is due now, but not what it makes due."""
        due = [heappop(self._queue) for entry in sorted(self._queue) if entry[0] <= self.time]
        for _, _, callback in due:
            callback()

    def advance(self, seconds: float) -> None:
        end = self.time + seconds
        while self._queue and self._queue[0][0] <= end:
            self.time, _, callback = heappop(self._queue)
            callback()
        self.time = end


@dataclass(eq=False)
class ScriptedLink:
    """Keeps what it was given."""

    delivered: list[Node] = field(default_factory=list[Node])
    closed: bool = False
    aborted: bool = False

    @property
    def congested(self) -> bool:
        return False

    def deliver(self, node: Node) -> None:
        self.delivered.append(node)

    def close(self, *, abort: bool = False) -> None:
        self.closed = True
        self.aborted = abort

    def all(self, tag: str) -> list[Node]:
        return [node for node in self.delivered if node.tag == tag]

    def one(self, tag: str) -> Node:
        (node,) = self.all(tag)
        return node

    def drain(self) -> list[Node]:
        taken, self.delivered = self.delivered, []
        return taken


@dataclass(eq=False)
class ScriptedResident:
    received: list[Node] = field(default_factory=list[Node])
    on_receive: Callable[[Node], None] | None = None

    def receive(self, node: Node) -> None:
        self.received.append(node)
        if self.on_receive is not None:
            self.on_receive(node)

    def all(self, tag: str) -> list[Node]:
        return [node for node in self.received if node.tag == tag]


class Stage:
    """A network with people on it; the first device of each is a companion on a scripted link."""

    def __init__(self, limits: NetworkLimits | None = None, *, timed: bool = True) -> None:
        self.timer = ManualTimer()
        self.network = Network(
            now=self.timer.now,
            random=random.Random(7),
            timer=self.timer if timed else None,
            limits=limits,
        )
        self._ids = count(1)

    def account(self, phone: str, name: str = "", *, companions: int = 1) -> Account:
        """An account with phone and companions, all with keys; nobody is connected."""
        account = self.network.register_account(phone, name=name or f"Person {phone[-1]}")
        self.publish(account.primary.lid)
        for _ in range(companions):
            self.companion(account)
        return account

    def companion(self, account: Account) -> Device:
        directory = self.network.directory
        device = directory.make_device(account, account.next_device)
        device.noise_public = bytes([device.number]) * 32
        directory.adopt(device)
        self.publish(device.lid)
        return device

    def publish(self, lid: Jid, one_time: int = 10) -> None:
        key = lid.device.to_bytes(32)
        self.network.publish_keys(
            lid,
            1000 + lid.device,
            key,
            PublicSignedPreKey(1, key, bytes(64)),
            [PublicPreKey(number, number.to_bytes(32)) for number in range(1, one_time + 1)],
        )

    def connect(self, device: Device, *, active: bool = True) -> ScriptedLink:
        """Log the device in; with `active` as clients do, and forget what it got so far."""
        link = ScriptedLink()
        self.network.connect(device.lid, link)
        if active:
            self.ask(device, "passive", Node("active"), kind="set")
            link.drain()
        return link

    def ask(
        self,
        device: Device,
        xmlns: str,
        *content: Node,
        kind: str = "get",
        to: Jid = SERVER_JID,
        **attrs: AttrValue,
    ) -> str:
        """Send an iq; its id."""
        iq_id = f"q{next(self._ids)}"
        node = Node(
            "iq",
            {"id": iq_id, "xmlns": xmlns, "type": kind, "to": to, **attrs},
            list(content) or None,
        )
        self.network.handle(device.lid, node)
        return iq_id

    def answer(
        self,
        device: Device,
        link: ScriptedLink,
        xmlns: str,
        *content: Node,
        kind: str = "get",
        to: Jid = SERVER_JID,
        **attrs: AttrValue,
    ) -> Node:
        """Send an iq and take its answer."""
        iq_id = self.ask(device, xmlns, *content, kind=kind, to=to, **attrs)
        (answer,) = [node for node in link.delivered if node.attr("id") == iq_id]
        assert answer.tag == "iq"
        link.delivered.remove(answer)
        return answer

    def settle(self, seconds: float = 0.0) -> None:
        """Let everything that is due happen."""
        self.timer.advance(seconds)


def message(
    to: Jid, message_id: str = "M1", *, devices: tuple[Jid, ...] = (), **attrs: AttrValue
) -> Node:
    """A message as clients send it: one <enc> per device."""
    participants: list[Node] = [
        Node("to", {"jid": jid}, [enc(f"for {jid}".encode())]) for jid in devices
    ]
    return Node(
        "message",
        {"to": to, "id": message_id, "type": "text", **attrs},
        [Node("participants", {}, participants)],
    )


def enc(data: bytes, kind: str = "msg", **attrs: AttrValue) -> Node:
    return Node("enc", {"v": "2", "type": kind, **attrs}, data)


def ack_of(node: Node) -> Node:
    """What a client acknowledges a stanza with."""
    attrs: dict[str, AttrValue] = {"class": node.tag, "id": node.attrs["id"]}
    attrs["to"] = node.attrs["from"]
    for name in ("participant", "recipient"):
        if name in node.attrs:
            attrs[name] = node.attrs[name]
    if node.tag != "message" and "type" in node.attrs:
        attrs["type"] = node.attrs["type"]
    return Node("ack", attrs)
