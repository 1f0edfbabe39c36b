"""One side of a comparison: a client, the people and groups of its world, and what it has said."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from peers.native import NativePeer
from peers.parity.ears import Body, Ears
from peers.parity.fieldtree import field_tree
from peers.parity.roles import Roles
from peers.parity.shapes import shape_of, without_members
from peers.stage import Companion, Stage
from wigwag.model.content import Content
from wigwag.model.jid import STATUS_JID, Jid
from wigwag.sandbox.residents.correspondent import Correspondent
from wigwag.sandbox.residents.person import Person
from wigwag.wire.nodes import Node
from wigwag.wire.proto import e2e_pb2
from wigwag.wire.protobuf import parse
from wigwag.wire.reporting import reporting_node

ME = "me"
STATUS = "status"
TRANSCRIPT_LIMIT = 20_000


@dataclass
class Side:
    """One client and its world. People and groups are named by the same words on both sides."""

    client: Companion | NativePeer
    stage: Stage
    ears: Ears
    people: dict[str, Correspondent] = field(default_factory=dict[str, Correspondent])
    groups: dict[str, Jid] = field(default_factory=dict[str, Jid])
    words: dict[str, str] = field(default_factory=dict[str, str])
    """Ids, names and numbers of this side, and what both sides call them."""
    _since: int = 0
    _heard_bodies: int = 0
    _greeted: dict[Jid, int] = field(default_factory=dict[Jid, int])
    _given: set[str] = field(default_factory=set[str])
    _counts: dict[str, int] = field(default_factory=dict[str, int])
    _last: dict[str, str] = field(default_factory=dict[str, str])

    # -- who is there --

    def person(self, name: str) -> Person:
        person = self.people[name]
        assert isinstance(person, Person)
        return person

    @property
    def friend(self) -> Person:
        return self.person("friend")

    @property
    def group(self) -> Jid:
        return self.groups["group"]

    def jid(self, name: str) -> Jid:
        """The address that a client is given for a person (PN), a group, "status" or "me"."""
        if name == ME:
            return self.client.pn
        if name == STATUS:
            return STATUS_JID
        return self.groups[name] if name in self.groups else self.people[name].pn

    def lid(self, name: str) -> Jid:
        """The same by LID, as chats are called on the wire."""
        if name == ME:
            return self.client.lid
        return self.people[name].lid if name in self.people else self.jid(name)

    def roles(self) -> Roles:
        named = {self.client.lid: "me.lid", self.client.pn: "me.pn"}
        words = {self.client.phone.name: "<my name>"}
        for name, person in self.people.items():
            named |= {person.lid: f"{name}.lid", person.pn: f"{name}.pn"}
            words |= {f"+{person.pn.user}@c.us": f"<number of {name}>"}
        named |= {group: name for name, group in self.groups.items()}
        sandbox = self.stage.sandbox
        for other in (*sandbox.people.values(), *sandbox.phones.values()):
            named.setdefault(other.lid, "stranger.lid")
            named.setdefault(other.pn, "stranger.pn")
        return Roles(named, words | self.words)

    @property
    def said(self) -> str:
        """The id of the last message that the client sent."""
        return self._last["said"]

    @property
    def heard(self) -> str:
        """The id of the last message that the client got."""
        return self._last["heard"]

    def call(self, kind: str, value: str) -> str:
        """Give `value` (an id) a word that both sides share: the how many-th of its kind."""
        number = self._counts[kind] = self._counts.get(kind, 0) + 1
        self.words[value] = f"<{kind} {number}>"
        self._last[kind] = value
        return value

    # -- scenes --

    async def say(self, chat: str, text: str) -> str:
        """The client sends a text; its id."""
        to = self.jid(chat)
        if isinstance(self.client, NativePeer):
            return self.call("said", await self.client.send_text(to, text))
        # Given only a text, neonize makes an extended text of it with an empty context.
        return self.call("said", await self.client.send(to, {"conversation": text}))

    async def hear(self, text: str, chat: str = ME, *, by: str = "friend") -> str:
        """Somebody sends a text, and the client takes it; its id."""
        sent = self.call("heard", self.people[by].send_text(self.jid(chat), text))
        await self.client.wait_text(text)
        return sent

    async def hear_content(self, content: Content, chat: str = ME, *, by: str = "friend") -> str:
        """Somebody sends any content, and the client takes it; its id."""
        sent = self.call("heard", self.people[by].send(self.jid(chat), content))
        await self.client.wait_message(sent)
        return sent

    # -- what it said --

    @property
    def settled(self) -> bool:
        """It has acknowledged everything that came."""
        device = self.stage.sandbox.network.directory.find_device(self.client.device)
        return device is None or not len(device.mailbox)

    def nodes(self) -> list[Node]:
        """Every stanza of the scene, as it was sent."""
        return [node for _, node in self._entries()]

    def stanzas(self) -> list[str]:
        """Every stanza of the scene as a line."""
        roles = self.roles()
        return [shape_of(self._comparable(seq, node), roles) for seq, node in self._entries()]

    def bodies(self) -> list[str]:
        """Every message of the scene, as each of its readers decrypted it."""
        roles = self.roles()
        lines = (self._line(body, roles) for body in self.own_bodies(self._heard_bodies))
        return [line for line in lines if line not in self._given]

    def own_bodies(self, since: int = 0) -> Iterator[Body]:
        """What residents decrypted of this very client."""
        me = self.client.device
        return (body for body in self.ears.bodies[since:] if body.envelope.sender == me)

    def wrong_tokens(self) -> list[str]:
        """The reporting tokens of the scene that do not fit what the readers decrypted."""
        plain = {
            body.envelope.id: body
            for body in self.own_bodies(self._heard_bodies)
            if body.reader != self.client.lid and not body.is_key_only
        }
        return [
            f"{shape_of(node, self.roles())} of {self.client.phone.name}"
            for node in self.nodes()
            if (found := node.child("reporting")) is not None
            and (body := plain.get(node.attr("id"))) is not None
            and found != self._reporting(node, body)
        ]

    def _reporting(self, node: Node, body: Body) -> Node:
        message = parse(e2e_pb2.Message, body.plaintext)
        chat = node.require_jid("to")
        by_lid = chat.is_lid or node.attr("addressing_mode") == "lid"
        return reporting_node(
            body.plaintext,
            message.messageContextInfo.messageSecret,
            node.attr("id"),
            self.client.lid if by_lid else self.client.pn,
            chat,
        )

    def begin(self) -> None:
        """A scene begins: what was said before is done with."""
        self._given |= {line for line in self.bodies() if "senderKeyDistributionMessage" in line}
        self._since = self.stage.sandbox.transcript.last_seq
        self._heard_bodies = len(self.ears.bodies)

    def _entries(self) -> Iterator[tuple[int, Node]]:
        device = self.client.pn.with_device(self.client.device.device)
        transcript = self.stage.sandbox.transcript
        for entry in transcript.entries(self._since, TRANSCRIPT_LIMIT, lambda who: who == device):
            if entry.inbound:
                yield entry.seq, entry.node

    def _comparable(self, seq: int, node: Node) -> Node:
        """Of the messages to one group only the first shows to whom it hands a sender key."""
        if node.tag != "message":
            return node
        chat = node.require_jid("to")
        if not chat.is_group or self._greeted.setdefault(chat, seq) == seq:
            return node
        return without_members(node)

    @staticmethod
    def _line(body: Body, roles: Roles) -> str:
        reader, chat = roles.jid(body.reader), roles.jid(body.envelope.chat)
        return f"body for {reader} in {chat}: {field_tree(body.plaintext, roles)}"
