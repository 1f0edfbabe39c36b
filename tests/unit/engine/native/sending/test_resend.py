"""Messages that others could not read are sent to them again."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scripted.signal_peer import SignalPeer
from scripted.traffic_stage import OWN_LID, OWN_PN, T0, TrafficStage
from scripted.waiting import until
from wigwag.engine.native.sending.outbox import Outbox
from wigwag.engine.native.sending.resend import MAX_REQUESTS
from wigwag.model.archived import HistoryAnchor
from wigwag.model.content import MessageKey, Text
from wigwag.model.errors import NotConnected
from wigwag.model.event import IdentityRenewed
from wigwag.model.jid import STATUS_JID, Jid
from wigwag.model.message import Outgoing
from wigwag.wire.content import decode_message
from wigwag.wire.nodes import AttrValue, Node
from wigwag.wire.protocol_messages import HistoryRequest

GROUP = Jid("120363000001", "g.us")


async def send(stage: TrafficStage, to: Jid, message_id: str = "3EB0A") -> Node:
    now = datetime.now(UTC)
    content = Text(text="hello")
    await stage.traffic.send(Outgoing(to=to, id=message_id, content=content, timestamp=now))
    return stage.all_sent("message")[-1]


def request(
    peer: SignalPeer, count: int = 1, *extra: Node, at: dict[str, AttrValue] | None = None
) -> Node:
    retry = Node("retry", {"id": "3EB0A", "count": str(count), "t": str(T0), "v": "1"})
    base: dict[str, AttrValue] = {"from": peer.jid, "id": "3EB0A", "t": str(T0), "type": "retry"}
    registration = Node("registration", {}, peer.local.registration_id.to_bytes(4))
    return Node("receipt", base | (at or {}), [retry, registration, *extra])


def keys_of(peer: SignalPeer) -> Node:
    bundle = peer.bundle_node(peer.jid)
    return Node("keys", {}, [kid for kid in bundle.kids if kid.tag != "registration"])


def text_of(peer: SignalPeer, node: Node) -> str:
    enc = node.child("enc")
    assert enc is not None
    key = MessageKey(chat=OWN_LID.bare, sender=OWN_LID.bare, id="x")
    decoded = decode_message(peer.open(OWN_LID, enc), key)
    if decoded.sender_key is not None:
        peer.learn(GROUP, OWN_LID, decoded.sender_key.data)
    assert isinstance(decoded.content, Text)
    return decoded.content.text


async def resent(stage: TrafficStage, count: int = 1) -> list[Node]:
    def copies() -> list[Node]:
        return [
            node
            for node in stage.all_sent("message")
            if any(enc.attr("count") for enc in node.children_with("enc"))
        ]

    await until(lambda: len(copies()) >= count)
    return copies()


async def test_a_message_is_sent_again_to_the_one_device(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        await send(stage, peer.pn)
        stage.deliver(request(peer))
        (node,) = await resent(stage)
        assert node.attrs == {
            "to": peer.jid,
            "type": "text",
            "id": "3EB0A",
            "t": str(T0),
            "device_fanout": "false",
        }
        assert text_of(peer, node) == "hello"
        (ack,) = await stage.until_sent("ack")
        assert ack.attrs == {"class": "receipt", "id": "3EB0A", "to": peer.jid, "type": "retry"}


async def test_with_keys_a_new_session_begins(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        await send(stage, peer.pn)
        peer.sessions.clear()
        stage.deliver(request(peer, 2, keys_of(peer)))
        (node,) = await resent(stage)
        enc = node.child("enc")
        assert enc is not None
        assert enc.attrs == {"v": "2", "type": "pkmsg", "count": "2"}
        assert node.child("device-identity") is not None
        assert text_of(peer, node) == "hello"


async def test_who_asks_with_another_identity_was_set_up_anew(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        await send(stage, peer.pn)
        peer.renew()
        stage.deliver(request(peer, 2, keys_of(peer)))
        (node,) = await resent(stage)
        assert text_of(peer, node) == "hello"
        (told,) = await stage.until_told(IdentityRenewed)
        assert (told.jid, told.announced) == (peer.jid.bare, False)


async def test_after_two_failures_the_session_is_made_anew(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        await send(stage, peer.pn)
        asked = len(stage.all_sent("iq"))
        stage.deliver(request(peer, 2))
        stage.deliver(request(peer, 3))
        await resent(stage, 2)
        bundles = [n for n in stage.all_sent("iq")[asked:] if n.attr("xmlns") == "encrypt"]
        assert len(bundles) == 1


async def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        await send(stage, peer.pn)
        await stage.restart()
        stage.deliver(request(peer))
        (node,) = await resent(stage)
        assert text_of(peer, node) == "hello"


async def test_an_own_device_gets_its_copy(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        await send(stage, peer.pn)
        stage.deliver(request(stage.phone, at={"recipient": peer.jid.bare}))
        (node,) = await resent(stage)
        assert node.attrs["recipient"] == peer.jid.bare
        enc = node.child("enc")
        assert enc is not None
        key = MessageKey(chat=OWN_LID.bare, sender=OWN_LID.bare, id="x")
        decoded = decode_message(stage.phone.open(OWN_LID, enc), key)
        assert decoded.device_sent_to == peer.jid.bare


async def test_a_member_gets_the_sender_key_with_it(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer, stranger = stage.person(2), stage.person(3)
        stage.groups[GROUP] = [OWN_LID.bare, peer.jid.bare]
        await send(stage, GROUP)
        stage.deliver(request(stranger, at={"from": GROUP, "participant": stranger.jid}))
        stage.deliver(request(peer, at={"from": GROUP, "participant": peer.jid}))
        (node,) = await resent(stage)
        assert node.attrs["to"] == GROUP
        assert node.attrs["participant"] == peer.jid
        assert "device_fanout" not in node.attrs
        assert text_of(peer, node) == "hello"
        await stage.until_sent("ack", 2)
        (enc,) = (await send(stage, GROUP, "3EB0B")).children_with("enc")
        peer.group_open(GROUP, OWN_LID, enc)


async def test_what_we_never_sent_is_only_acked(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer, other = stage.person(2), stage.person(3)
        await send(stage, peer.pn)
        stage.deliver(request(other))
        await stage.until_sent("ack")
        assert len(stage.all_sent("message")) == 1


def copy_for(peer: SignalPeer, node: Node) -> Node:
    (copy,) = [to for to in node.kids[0].kids if to.attrs["jid"] == peer.jid]
    return copy


async def test_keys_that_come_with_a_request_are_used_in_any_case(tmp_path: Path) -> None:
    """The message that it names is not known any more."""
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        await send(stage, peer.pn, "3EB00")
        peer.renew()
        stage.deliver(request(peer, 2, keys_of(peer)))
        await stage.until_sent("ack")
        assert len(stage.all_sent("message")) == 1
        assert text_of(peer, copy_for(peer, await send(stage, peer.pn, "3EB0B"))) == "hello"
        assert await stage.until_told(IdentityRenewed)


@pytest.mark.parametrize("device", [0, 2])
async def test_what_was_asked_of_the_phone_is_asked_again_of_it_alone(
    tmp_path: Path, device: int
) -> None:
    """The phone has lost its sessions; another own device must not read what is for the phone."""
    async with TrafficStage(tmp_path) as stage:
        phone = stage.phone
        anchor = HistoryAnchor(
            key=MessageKey(chat=GROUP, sender=OWN_LID.bare, id="A1"), timestamp=datetime.now(UTC)
        )
        await stage.traffic.history.request(anchor, 50, "3EB0A")
        phone.sessions.clear()
        own = OWN_LID.with_device(device)
        at: dict[str, AttrValue] = {"from": own, "recipient": OWN_PN.bare, "category": "peer"}
        stage.deliver(request(phone, 2, keys_of(phone), at=at))
        await stage.until_sent("ack")
        nodes = stage.all_sent("message")[1:]
        assert len(nodes) == (0 if device else 1)
        for node in nodes:
            assert (node.attrs["to"], node.attrs["category"]) == (own, "peer")
            enc = node.child("enc")
            assert enc is not None
            decoded = decode_message(phone.open(OWN_LID, enc), anchor.key)
            assert isinstance(decoded.protocol, HistoryRequest)


async def test_there_is_an_end_to_asking(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        await send(stage, peer.pn)
        stage.deliver(*(request(peer) for _ in range(MAX_REQUESTS + 5)))
        await stage.until_sent("ack", MAX_REQUESTS + 5)
        assert len(await resent(stage)) == MAX_REQUESTS - 1


async def test_malformed_requests_are_refused(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        node = request(peer)
        node.content = []
        stage.deliver(node)
        (ack,) = await stage.until_sent("ack")
        assert ack.attr("error") == "487"
        broken = keys_of(peer)
        broken.content = []
        await send(stage, peer.pn)
        stage.deliver(request(peer, 2, broken))
        await stage.until_sent("ack", 2)
        assert len(stage.all_sent("message")) == 1


async def test_without_a_connection_it_is_not_acked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    posts: list[asyncio.Future[None]] = []
    post = Outbox.post_unanswered

    def noted(outbox: Outbox, node: Node) -> "asyncio.Future[None]":
        posts.append(post(outbox, node))
        return posts[-1]

    monkeypatch.setattr(Outbox, "post_unanswered", noted)
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        await send(stage, peer.pn)
        stage.connection.go_offline()
        stage.deliver(request(peer))
        await until(lambda: posts and posts[0].done())
        assert isinstance(posts[0].exception(), NotConnected)
        stage.connection.go_online()
        stage.deliver(request(peer))
        await resent(stage)
        await stage.until_sent("ack")
        assert len(stage.all_sent("ack")) == 1


async def test_a_status_is_sent_again_only_to_those_who_may_see_it(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        finn, gina = stage.person(2), stage.person(3)
        chosen = [Node("user", {"jid": finn.pn})]
        attrs = {"type": "whitelist", "default": "true"}
        stage.answers["status"] = lambda _node: [
            Node("privacy", {}, [Node("list", {**attrs}, chosen)])
        ]
        await send(stage, STATUS_JID)
        for peer in (gina, finn):
            at: dict[str, AttrValue] = {
                "from": STATUS_JID,
                "participant": peer.jid,
                "participant_pn": peer.pn,
            }
            stage.deliver(request(peer, at=at))
        (again,) = await resent(stage)
        assert again.attrs["participant"] == finn.jid
        await stage.until_sent("ack", 2)
        assert len(await resent(stage)) == 1
