"""What the native engine sends is what the real whatsmeow sends in the same situation.

Both live through the same scenes on one sandbox, each with a friend and a group of its own. Every
stanza that either wrote is compared, whatever its order, since both write from several tasks. The
few intended differences are listed in `DECISIONS`.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from peers.native import NativePeer
from peers.shapes import Roles, difference, shape_of, without_known_members
from peers.stage import Companion, Stage, until
from wigwag.model.content import (
    ContactCard,
    Contacts,
    Edit,
    Location,
    MessageKey,
    Poll,
    Reaction,
    Revoke,
    Text,
)
from wigwag.model.event import GroupJoined
from wigwag.model.jid import STATUS_JID, Jid
from wigwag.sandbox.edge import admission
from wigwag.sandbox.network.faults import FaultKind
from wigwag.sandbox.residents.person import Person
from wigwag.sandbox.samples import make_png
from wigwag.wire.client_payload import Login, Registration, parse_client_payload
from wigwag.wire.nodes import Node
from wigwag.wire.proto.handshake_pb2 import ClientPayload, DeviceProps
from wigwag.wire.protobuf import parse

pytestmark = pytest.mark.whatsmeow

IMAGE = make_png(seed=1)

DECISIONS = (
    # Others see our name although we never go online.
    re.compile(r"<presence name=me type=unavailable>"),
    # The archive knows every group from the first login on.
    re.compile(r"<iq .* xmlns=w:g2>\[<participating>\[<participants><description>\]\]"),
    # A collection whose first fetch is under way at the end of the login is fetched once more.
    re.compile(
        r"<iq .* xmlns=w:sync:app:state>\[<sync>\[<.* return_snapshot=false version=\d+>\]\]"
    ),
)
"""What the engine sends and whatsmeow does not. Beside these, the engine gives its sender key to
those who lack it, where whatsmeow gives it to everyone with every message; and it keeps device
lists and sent tokens over a restart, where whatsmeow asks and sends anew."""


@dataclass
class Side:
    """One client, its friend, its group, and what it has sent."""

    client: Companion | NativePeer
    friend: Person
    stage: Stage
    group: Jid
    bystander: Person

    @property
    def roles(self) -> Roles:
        return Roles(
            {
                self.client.lid: "me.lid",
                self.client.pn: "me.pn",
                self.friend.lid: "them.lid",
                self.friend.pn: "them.pn",
                self.bystander.lid: "bystander.lid",
                self.bystander.pn: "bystander.pn",
                self.group: "group",
                **{person.lid: "stranger.lid" for person in self.strangers()},
            }
        )

    def strangers(self) -> list[Person]:
        """Those of the other side; they are heard of only by their statuses."""
        people = self.stage.sandbox.people.values()
        return [person for person in people if person not in (self.friend, self.bystander)]

    def sent(self) -> list[str]:
        """Every stanza since it is logged in, as shapes."""
        device = self.client.pn.with_device(1)
        entries = self.stage.sandbox.transcript.entries(0, 10_000, lambda who: who == device)
        return [self.shape(entry.node) for entry in entries if entry.inbound]

    def shape(self, node: Node) -> str:
        line = shape_of(without_known_members(node), self.roles)
        return line.replace(f"name={self.client.phone.name} ", "name=me ")


@dataclass
class Duo:
    """The real client and ours in the same scene."""

    stage: Stage
    ada: Companion
    wig: NativePeer
    theirs: Side
    ours: Side

    async def agree(self) -> None:
        """Until both have sent the same, all in all. Fails with what is left."""

        async def same() -> bool:
            return not self.left()

        try:
            await until(same, timeout_s=5.0)
        except TimeoutError:
            pytest.fail("engine (+) and whatsmeow (-) differ:\n" + "\n".join(self.left()))

    def left(self) -> list[str]:
        ours = [line for line in self.ours.sent() if not is_decided(line)]
        return difference(ours, self.theirs.sent())

    async def play(
        self, theirs: Callable[[], Awaitable[object]], ours: Callable[[], Awaitable[object]]
    ) -> None:
        await asyncio.gather(theirs(), ours())
        await self.agree()

    async def each(self, scene: Callable[[Side], Awaitable[object]]) -> None:
        """A scene in which the client only reacts."""
        await self.play(lambda: scene(self.theirs), lambda: scene(self.ours))


@pytest.fixture
async def duo(tmp_path: Path) -> AsyncIterator[Duo]:
    stage = await Stage.open(tmp_path)
    try:
        sandbox = stage.sandbox
        ada, wig = stage.companion("Ada"), stage.native("Wig")
        await asyncio.gather(ada.link(), wig.link())
        await ada.wait_app_state()
        sides: list[Side] = []
        for client in (ada, wig):
            friend, bystander = (sandbox.add_person(name=name) for name in ("Friend", "Bystander"))
            members = [friend.pn, client.pn, bystander.pn]
            group = sandbox.create_group("Group", members, creator=friend.pn).jid
            sides.append(Side(client, friend, stage, group, bystander))
        await ada.wait("joined_group")
        await wig.wait(GroupJoined)
        duo = Duo(stage, ada, wig, *sides)
        await duo.agree()
        yield duo
        assert len(duo.theirs.sent()) > 15
    finally:
        await stage.close()


def is_decided(line: str) -> bool:
    return any(decision.fullmatch(line) for decision in DECISIONS)


def said_at_the_door(raw: bytes) -> ClientPayload:
    """A client payload without keys, names and who it is."""
    payload = parse(ClientPayload, raw)
    payload.ClearField("username")
    for name in ("osVersion", "osBuildNumber"):
        payload.userAgent.ClearField(name)
    if payload.HasField("devicePairingData"):
        data = payload.devicePairingData
        for name in ("eRegid", "eIdent", "eSkeyVal", "eSkeySig"):
            assert data.HasField(name)
            data.ClearField(name)
        properties = parse(DeviceProps, data.deviceProps)
        properties.ClearField("os")
        properties.ClearField("platformType")
        data.deviceProps = properties.SerializeToString()
    return payload


async def test_pairing_and_login(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    """What both say in the handshake and while they are not paired."""
    payloads: list[ClientPayload] = []

    def listen(raw: bytes) -> Registration | Login:
        payloads.append(said_at_the_door(raw))
        return parse_client_payload(raw)

    monkeypatch.setattr(admission, "parse_client_payload", listen)
    await stage.companion("Ada").link()
    await stage.native("Wig").link()
    assert len(payloads) == 4
    assert payloads[:2] == payloads[2:]

    said: dict[str, list[str]] = {}
    for entry in stage.sandbox.transcript.entries(0, 1000, lambda who: isinstance(who, str)):
        if entry.inbound:
            said.setdefault(str(entry.device), []).append(shape_of(entry.node, Roles({})))
    theirs, ours = said.values()
    assert theirs == ours


async def receive(side: Side, text: str, to: Jid | None = None) -> str:
    sent = side.friend.send_text(to or side.client.pn, text)
    await side.client.wait_text(text)
    return sent


async def test_texts_and_receipts(duo: Duo):
    """From the login on: first contact, session, answers, read receipts, statuses."""
    a, w = duo.theirs.friend, duo.ours.friend
    await duo.play(lambda: duo.ada.send_text(a.pn, "one"), lambda: duo.wig.send_text(w.pn, "one"))
    await duo.each(lambda side: receive(side, "answer"))
    await duo.play(lambda: duo.ada.send_text(a.pn, "two"), lambda: duo.wig.send_text(w.pn, "two"))
    ids = {"theirs": await receive(duo.theirs, "read"), "ours": await receive(duo.ours, "read")}
    for more in ([], ["3EB0AAAAAAAAAAAAAAAAAA"]):
        await duo.play(
            lambda more=more: duo.ada.call(
                "mark_read", ids=[ids["theirs"], *more], chat=str(a.lid), sender=str(a.lid)
            ),
            lambda more=more: duo.wig.engine.mark_read(w.lid, w.lid, [ids["ours"], *more]),
        )
    await duo.each(lambda side: receive(side, "a status", STATUS_JID))


async def test_every_kind_of_message(duo: Duo):
    ada, wig, a, w = duo.ada, duo.wig, duo.theirs.friend, duo.ours.friend
    mine = await ada.send_text(a.pn, "mine"), await wig.send_text(w.pn, "mine")
    got = await receive(duo.theirs, "yours"), await receive(duo.ours, "yours")
    await duo.agree()
    target = MessageKey(chat=w.lid, sender=w.lid, id=got[1])
    for emoji in ("👍", ""):
        await duo.play(
            lambda emoji=emoji: ada.call(
                "react", chat=str(a.lid), sender=str(a.lid), message_id=got[0], emoji=emoji
            ),
            lambda emoji=emoji: wig.send(w.pn, Reaction(target=target, emoji=emoji)),
        )
    own = wig.own_key(w.lid, mine[1])
    await duo.play(
        lambda: ada.call("edit", chat=str(a.lid), message_id=mine[0], text="edited"),
        lambda: wig.send(w.pn, Edit(target=own, content=Text(text="edited"))),
    )
    await duo.play(
        lambda: ada.call("revoke", chat=str(a.lid), sender=str(ada.pn), message_id=mine[0]),
        lambda: wig.send(w.pn, Revoke(target=own)),
    )
    poll = Poll(question="?", options=("a", "b"), selectable=1, secret=b"s" * 32)
    await duo.play(
        lambda: ada.call("send_poll", to=str(a.pn), question="?", options=["a", "b"]),
        lambda: wig.send(w.pn, poll),
    )
    place = {"locationMessage": {"degreesLatitude": 1, "degreesLongitude": 2}}
    await duo.play(
        lambda: ada.send(a.pn, place), lambda: wig.send(w.pn, Location(latitude=1, longitude=2))
    )
    card = ContactCard(name="K", vcard="V")
    await duo.play(
        lambda: ada.send(a.pn, {"contactMessage": {"displayName": "K", "vcard": "V"}}),
        lambda: wig.send(w.pn, Contacts(cards=(card,))),
    )
    await duo.play(
        lambda: ada.send_image(a.pn, IMAGE, "c"), lambda: wig.send_image(w.pn, IMAGE, "c")
    )


async def test_groups(duo: Duo):
    ada, wig, a, w = duo.ada, duo.wig, duo.theirs, duo.ours
    for text in ("first", "second"):
        await duo.play(
            lambda text=text: ada.send_text(a.group, text),
            lambda text=text: wig.send_text(w.group, text),
        )
    await duo.each(lambda side: receive(side, "answer", side.group))
    await duo.play(
        lambda: ada.send_image(a.group, IMAGE, "c"), lambda: wig.send_image(w.group, IMAGE, "c")
    )
    got = await receive(a, "react to me", a.group), await receive(w, "react to me", w.group)
    target = MessageKey(chat=w.group, sender=w.friend.lid, id=got[1])
    await duo.play(
        lambda: ada.call(
            "react", chat=str(a.group), sender=str(a.friend.lid), message_id=got[0], emoji="x"
        ),
        lambda: wig.send(w.group, Reaction(target=target, emoji="x")),
    )
    await duo.play(
        lambda: ada.call("mark_read", ids=[got[0]], chat=str(a.group), sender=str(a.friend.lid)),
        lambda: wig.engine.mark_read(w.group, w.friend.lid, [got[1]]),
    )


@pytest.mark.parametrize("times", [1, 2])
async def test_retries(duo: Duo, times: int):
    """Both ask again, and both send again, for a person and for a group."""

    async def ask(side: Side, chat: Jid, text: str) -> None:
        duo.stage.inject(FaultKind.GARBLE, side.client.device, count=times)
        await receive(side, text, chat)

    async def answer(side: Side, chat: Jid, text: str) -> None:
        duo.stage.inject(FaultKind.GARBLE, side.friend.lid, count=times)
        await side.client.send_text(chat, text)
        await side.friend.wait_for(lambda entry: entry.text == text)

    await duo.each(lambda side: ask(side, side.client.pn, "begins a session"))
    await duo.each(lambda side: ask(side, side.client.pn, "goes on"))
    await duo.each(lambda side: answer(side, side.friend.pn, "once more"))
    await duo.each(lambda side: ask(side, side.group, "to all"))
    await duo.each(lambda side: answer(side, side.group, "once more to all"))


async def test_other_own_devices(duo: Duo):
    async def hear_of_the_phone(side: Side) -> None:
        side.client.phone.send_text(side.friend.pn, "by phone")
        await side.client.wait_text("by phone")

    async def hear_of_a_twin(side: Side) -> None:
        twin = duo.stage.companion("Twin", side.client.phone)
        await twin.link()
        await twin.send_text(side.friend.pn, "by twin")
        await side.client.wait_text("by twin")

    a, w = duo.theirs.friend, duo.ours.friend
    await duo.play(lambda: duo.ada.send_text(a.pn, "one"), lambda: duo.wig.send_text(w.pn, "one"))
    await duo.each(hear_of_the_phone)
    await duo.each(hear_of_a_twin)


async def test_a_new_connection(duo: Duo):
    """Logged in again, with messages that waited."""

    async def away(side: Side) -> None:
        await side.client.close()
        side.friend.send_text(side.client.pn, "meanwhile")
        await side.client.resume()
        await side.client.wait_text("meanwhile")

    await duo.each(away)
