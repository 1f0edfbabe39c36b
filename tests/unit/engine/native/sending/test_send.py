"""Messages out: to whom, in which form, in which order, and what WhatsApp says of them."""

import asyncio
import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scripted.failing import fail_commits, times
from scripted.signal_peer import SignalPeer
from scripted.traffic_stage import ACCOUNT, OWN_LID, OWN_PN, T0, TrafficStage
from scripted.waiting import until
from wigwag.engine.common.errors import RequestFailed
from wigwag.engine.native.store.writes import Write
from wigwag.model.content import Content, Media, MediaKind, MediaRef, Poll, Reaction, Text
from wigwag.model.content import MessageKey as Key
from wigwag.model.errors import (
    InvalidInput,
    NotConnected,
    NotOnWhatsApp,
    SendRejected,
    SendTimeout,
    Unsupported,
    WhatsAppBusy,
)
from wigwag.model.event import IdentityLinked
from wigwag.model.jid import Jid
from wigwag.model.message import Outgoing, Sent
from wigwag.wire.content import decode_message, encode_content
from wigwag.wire.ids import participant_hash
from wigwag.wire.nodes import Node


def outgoing(to: Jid, content: Content | str = "hello", message_id: str = "3EB0A") -> Outgoing:
    if isinstance(content, str):
        content = Text(text=content)
    now = datetime.now(UTC)
    return Outgoing(to=to, id=message_id, content=content, timestamp=now, secret=os.urandom(32))


async def send(stage: TrafficStage, to: Jid, content: Content | str = "hello", **at: str) -> Sent:
    return await stage.traffic.send(outgoing(to, content, at.get("message_id", "3EB0A")))


def copies(node: Node) -> dict[Jid, Node]:
    """The encrypted copy of each device."""
    participants = node.child("participants")
    found: dict[Jid, Node] = {}
    for to in participants.kids if participants is not None else []:
        enc = to.child("enc")
        assert enc is not None
        found[to.require_jid("jid")] = enc
    return found


def words(peer: SignalPeer, enc: Node) -> str:
    key = Key(chat=OWN_LID.bare, sender=OWN_LID.bare, id="x")
    content = decode_message(peer.open(OWN_LID, enc), key).content
    assert isinstance(content, Text)
    return content.text


async def test_a_first_text_goes_to_every_device_by_lid(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        phone, companion = stage.person(2), stage.person(2, device=1)
        companion.pn = phone.pn
        sent = await send(stage, phone.pn)
        assert sent == Sent(
            id="3EB0A", chat=phone.jid.bare, timestamp=datetime.fromtimestamp(T0, UTC)
        )
        (node,) = stage.all_sent("message")
        assert node.attrs == {
            "id": "3EB0A",
            "type": "text",
            "to": phone.jid.bare,
            "peer_recipient_pn": phone.pn,
        }
        assert [kid.tag for kid in node.kids] == ["participants", "device-identity", "reporting"]
        assert node.kids[1].data == b"device identity"
        found = copies(node)
        assert list(found) == [phone.jid, companion.jid, OWN_LID.bare]
        assert all(enc.attrs == {"v": "2", "type": "pkmsg"} for enc in found.values())
        assert words(phone, found[phone.jid]) == words(companion, found[companion.jid]) == "hello"
        own = decode_message(
            stage.phone.open(OWN_LID, found[OWN_LID.bare]),
            Key(chat=OWN_LID.bare, sender=OWN_LID.bare, id="x"),
        )
        assert own.device_sent_to == phone.jid.bare
        assert own.content == Text(text="hello")
        linked = IdentityLinked(lid=phone.jid.bare, pn=phone.pn)
        await until(lambda: linked in stage.events)


async def test_after_an_answer_no_identity_is_needed(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        for _ in range(2):
            await send(stage, peer.jid.bare)
        first = copies(stage.all_sent("message")[0])
        for who in (peer, stage.phone):
            who.open(OWN_LID, first[who.jid])
            stage.deliver(stage.message(who, encode_content(Text(text="ok")), f"R{who.name}"))
        await stage.until_sent("receipt", 2)
        await send(stage, peer.jid.bare)
        node = stage.all_sent("message")[2]
        assert [kid.tag for kid in node.kids] == ["participants", "reporting"]
        assert {enc.attr("type") for enc in copies(node).values()} == {"msg"}
        requests = [n.attr("xmlns") for n in stage.all_sent("iq")]
        assert requests.count("encrypt") == 1
        assert requests.count("usync") == 1


async def test_forms_of_contents(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        ref = MediaRef(
            direct_path="/v/t",
            media_key=bytes(32),
            file_sha256=bytes(32),
            file_enc_sha256=bytes(32),
            size_bytes=3,
        )
        image = Media(kind=MediaKind.IMAGE, mime="image/jpeg", ref=ref)
        key = Key(chat=peer.jid.bare, sender=peer.jid.bare, id="A1")
        for content in (image, Reaction(target=key, emoji="x"), Poll(question="?", options=("a",))):
            await send(stage, peer.jid.bare, content)
        media, reaction, poll = stage.all_sent("message")
        assert media.attr("type") == "media"
        assert {enc.attr("mediatype") for enc in copies(media).values()} == {"image"}
        assert reaction.attr("type") == "reaction"
        assert {enc.attr("decrypt-fail") for enc in copies(reaction).values()} == {"hide"}
        assert poll.attr("type") == "poll"
        meta = poll.child("meta")
        assert meta is not None
        assert meta.attrs == {"polltype": "creation"}


async def test_calls_for_one_chat_leave_in_their_order(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peers = [stage.person(2), stage.person(3)]
        calls = [
            send(stage, peers[n % 2].pn, f"line {n}", message_id=f"3EB0{n:03d}") for n in range(40)
        ]
        await asyncio.gather(*calls)
        for peer in peers:
            sent = [n for n in stage.all_sent("message") if n.attrs["to"] == peer.jid.bare]
            ids = [node.attr("id") for node in sent]
            assert ids == sorted(ids)
            assert len(ids) == 20
            assert words(peer, copies(sent[0])[peer.jid]) == f"line {peers.index(peer)}"
            for node in sent[1:]:
                words(peer, copies(node)[peer.jid])


async def test_acks_are_awaited_side_by_side(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        await send(stage, peer.pn)
        stage.acks = False
        calls = [
            asyncio.ensure_future(send(stage, peer.pn, message_id=f"3EB0{n:03d}"))
            for n in range(10)
        ]
        await stage.until_sent("message", 11)
        for n in reversed(range(10)):
            attrs = {"class": "message", "id": f"3EB0{n:03d}", "t": str(T0 + n)}
            stage.deliver(Node("ack", dict(attrs)))
        sent = await asyncio.gather(*calls)
        assert [item.timestamp.timestamp() for item in sent] == [T0 + n for n in range(10)]


async def test_the_ratchet_is_durable_before_the_frame_leaves(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        await send(stage, peer.pn)
        release = asyncio.Event()
        submit = stage.store.submit

        def held(writes: Sequence[Write]) -> "asyncio.Future[None]":
            async def later() -> None:
                await release.wait()
                await submit(writes)

            return asyncio.ensure_future(later())

        stage.store.submit = held
        call = asyncio.ensure_future(send(stage, peer.pn, message_id="3EB0B"))
        for _ in range(30):
            await asyncio.sleep(0)
        assert len(stage.all_sent("message")) == 1
        release.set()
        await call
        assert len(stage.all_sent("message")) == 2


async def test_a_failed_commit_fails_the_call_and_the_next_one_works(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        await send(stage, peer.pn)

        fail_commits(stage.store, ACCOUNT, times(1))
        with pytest.raises(NotConnected):
            await send(stage, peer.pn, "lost", message_id="3EB0B")
        await send(stage, peer.pn, "here", message_id="3EB0C")
        first, third = stage.all_sent("message")
        assert third.attr("id") == "3EB0C"
        words(peer, copies(first)[peer.jid])
        assert words(peer, copies(third)[peer.jid]) == "here"


async def test_none_passes_one_that_could_not_be_saved(tmp_path: Path) -> None:
    """A locked store: whatever was to follow the first message comes again, as it does."""
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        fail_commits(stage.store, ACCOUNT, times(1))
        ids = [f"3EB0{number}" for number in range(3)]
        outcomes = await asyncio.gather(
            *(send(stage, peer.pn, message_id=message_id) for message_id in ids),
            return_exceptions=True,
        )
        assert [type(outcome) for outcome in outcomes] == [NotConnected] * 3
        assert not stage.all_sent("message")
        await asyncio.gather(*(send(stage, peer.pn, message_id=message_id) for message_id in ids))
        assert [node.attr("id") for node in stage.all_sent("message")] == ids


async def test_none_passes_one_whose_commit_failed(tmp_path: Path) -> None:
    """The second message looks something up while the commit of the first fails."""
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        await send(stage, peer.pn)
        fail_commits(stage.store, ACCOUNT, times(1))
        first = asyncio.ensure_future(send(stage, peer.pn, message_id="3EB0B"))
        listed = asyncio.Event()
        find = stage.traffic.devices.find_devices

        async def list_devices(users: Sequence[Jid]) -> list[Jid]:
            await asyncio.wait({first})
            listed.set()
            return find(users) or []

        def unknown(users: Iterable[Jid]) -> None:
            del users

        await asyncio.sleep(0)
        stage.traffic.devices.find_devices = unknown
        stage.traffic.devices.list_devices = list_devices
        second = asyncio.ensure_future(send(stage, peer.pn, message_id="3EB0C"))
        for task in (first, second):
            with pytest.raises(NotConnected):
                await task
        assert listed.is_set()
        assert [node.attr("id") for node in stage.all_sent("message")] == ["3EB0A"]


async def test_nobody_there(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        for to in (Jid("15559999999", "s.whatsapp.net"), Jid("99", "lid")):
            with pytest.raises(NotOnWhatsApp):
                await send(stage, to)
        with pytest.raises(Unsupported):
            await send(stage, Jid("1", "bot"))
        assert not stage.all_sent("message")


async def test_a_message_to_ourselves(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        await send(stage, OWN_PN.bare)
        (node,) = stage.all_sent("message")
        assert node.attrs["to"] == OWN_LID.bare
        assert list(copies(node)) == [OWN_LID.bare]


async def test_media_that_was_not_uploaded_is_no_message(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        with pytest.raises(InvalidInput):
            await send(stage, stage.person(2).pn, Media(kind=MediaKind.IMAGE, mime="image/png"))


async def test_a_refusal_carries_its_code(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        stage.ack_attrs = {"error": "463"}
        with pytest.raises(SendRejected) as refused:
            await send(stage, peer.pn)
        assert refused.value.server_code == 463


async def test_no_answer_is_a_timeout(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        await send(stage, peer.pn, message_id="3EB00")  # asks who that is, and for keys
        stage.acks = False
        stage.connection.limit_s = 0.05
        with pytest.raises(SendTimeout):
            await send(stage, peer.pn)


async def test_offline_nothing_leaves(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        stage.connection.go_offline()
        with pytest.raises(NotConnected):
            await send(stage, peer.pn)
        assert not stage.sent


async def test_a_cut_before_the_answer_is_sent_again_as_it_was(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        stage.acks = False
        call = asyncio.ensure_future(send(stage, peer.pn))
        await stage.until_sent("message")
        stage.connection.go_offline()
        stage.acks = True
        stage.connection.go_online()
        await call
        first, second = stage.all_sent("message")
        assert first is second


async def test_a_cut_for_good_is_a_timeout(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        stage.acks = False
        call = asyncio.ensure_future(send(stage, peer.pn))
        await stage.until_sent("message")
        stage.connection.go_offline()
        with pytest.raises(SendTimeout):
            await call


async def test_another_device_hash_asks_for_the_devices_again(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        stage.ack_attrs = {"phash": participant_hash([peer.jid, OWN_LID.bare, OWN_LID])}
        await send(stage, peer.pn)
        await send(stage, peer.pn)
        stage.person(2, device=3).pn = peer.pn
        stage.ack_attrs = {"phash": "2:other"}
        await send(stage, peer.pn)
        stage.ack_attrs = {}
        await send(stage, peer.pn)
        sizes = [len(copies(node)) for node in stage.all_sent("message")]
        assert sizes == [2, 2, 2, 3]


async def test_a_device_without_prekeys_does_not_stop_the_others(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        bundles = stage.answers["encrypt"]

        def some(node: Node) -> list[Node] | None:
            answer = bundles(node)
            assert answer is not None
            answer[0].content = [u for u in answer[0].kids if u.attrs["jid"] != OWN_LID.bare]
            return answer

        stage.answers["encrypt"] = some
        await send(stage, peer.pn)
        (node,) = stage.all_sent("message")
        assert list(copies(node)) == [peer.jid]
        stage.answers["encrypt"] = lambda _node: [Node("list")]
        other = stage.person(3)
        with pytest.raises(SendRejected):
            await send(stage, other.pn)


async def test_a_companion_whose_keys_are_refused_is_left_out_and_asked_for_again(
    tmp_path: Path,
) -> None:
    async with TrafficStage(tmp_path) as stage:
        phone = stage.person(2)
        await send(stage, phone.pn)
        companion = stage.person(2, device=1)
        companion.pn = phone.pn
        await stage.store.commit(stage.traffic.devices.forget([phone.jid.bare]))
        stage.refusals = {"encrypt": 503}
        await send(stage, phone.pn)
        stage.refusals = {}
        await send(stage, phone.pn)
        sizes = [len(copies(node)) for node in stage.all_sent("message")]
        assert sizes == [2, 2, 3]


@pytest.mark.parametrize("asked", ["usync", "encrypt"])
async def test_what_is_refused_in_passing_keeps_a_message_back(tmp_path: Path, asked: str) -> None:
    """Of a person whom nothing is known of; those behind the message are held back with it."""
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        stage.refusals = {asked: 503}
        calls = [send(stage, peer.jid, message_id=f"3EB0{n}") for n in range(2)]
        first, second = await asyncio.gather(*calls, return_exceptions=True)
        assert (type(first), type(second)) == (WhatsAppBusy, NotConnected)
        assert not stage.all_sent("message")
        stage.refusals = {}
        await send(stage, peer.jid)


async def test_what_is_refused_for_good_ends_a_message(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        stage.refusals = {"usync": 400}
        with pytest.raises(RequestFailed):
            await send(stage, stage.person(2).jid)


async def test_many_new_people_at_once_share_what_is_ours(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peers = [stage.person(number) for number in range(2, 12)]
        calls = [send(stage, p.pn, message_id=f"3EB0{n:03d}") for n, p in enumerate(peers)]
        await asyncio.gather(*calls)
        for peer, node in zip(
            peers, sorted(stage.all_sent("message"), key=lambda n: n.attr("id")), strict=True
        ):
            assert words(peer, copies(node)[peer.jid]) == "hello"
