"""What the own phone tells: history, messages again, who is who."""

import zlib
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from scripted.traffic_stage import ACCOUNT, OWN_LID, OWN_PN, T0, TrafficStage
from scripted.waiting import JumpingClock, until
from wigwag.engine.native.receiving.openmessages import FIRST_ASK_AFTER_S
from wigwag.engine.native.sync.history import PORTION
from wigwag.model.content import Edit, MessageKey, Text
from wigwag.model.event import (
    HistoryLost,
    HistoryReceived,
    IdentityLinked,
    MessageReceived,
    MessageUndecryptable,
)
from wigwag.model.jid import Jid
from wigwag.model.message import Message
from wigwag.wire.history import encode_history
from wigwag.wire.nodes import AttrValue, Node
from wigwag.wire.proto import history_pb2
from wigwag.wire.protocol_messages import (
    HistoryNotification,
    PlaceholderRequest,
    PlaceholderResponse,
    ProtocolPart,
    encode_protocol,
)
from wigwag.wire.web_message import encode_web_message

HER = Jid("100000000002", "lid")


def from_phone(stage: TrafficStage, part: ProtocolPart, message_id: str) -> Node:
    if not stage.phone.sessions:
        stage.meet(stage.phone)
    enc = stage.phone.seal(OWN_LID, encode_protocol(part))
    attrs: dict[str, AttrValue] = {
        "from": OWN_LID.bare,
        "id": message_id,
        "t": str(T0),
        "type": "text",
        "category": "peer",
    }
    return Node("message", attrs, [enc])


def past(count: int) -> bytes:
    chat = history_pb2.HistorySync(
        syncType=history_pb2.HistorySync.RECENT, chunkOrder=2, progress=50
    )
    conversation = chat.conversations.add(ID=str(HER))
    for number in range(count):
        web = conversation.messages.add().message
        web.key.remoteJID, web.key.ID = str(HER), f"OLD{number}"
        web.messageTimestamp = T0 + number
        web.message.conversation = f"line {number}"
    return zlib.compress(chat.SerializeToString())


def receipts(stage: TrafficStage, kind: str) -> list[str]:
    return [n.attr("id") for n in stage.all_sent("receipt") if n.attr("type") == kind]


async def test_history_inside_its_notification(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        count = 2 * PORTION + 200
        part = HistoryNotification(sync_type="recent", inline=past(count))
        stage.deliver(from_phone(stage, part, "H1"))
        events = await stage.until_told(HistoryReceived, 3)
        # the chat itself counts as one
        assert [len(event.messages) for event in events] == [PORTION - 1, PORTION, 201]
        assert events[0].chats[0].jid == HER
        assert {(event.sync_type, event.chunk, event.progress) for event in events} == {
            ("recent", 2, 50)
        }
        await until(lambda: receipts(stage, "hist_sync") == ["H1"])
        assert receipts(stage, "sender") == receipts(stage, "peer_msg") == ["H1"]
        (told,) = [n for n in stage.all_sent("receipt") if n.attr("type") == "hist_sync"]
        assert told.attrs["to"] == OWN_PN.bare


async def test_history_that_the_sink_did_not_take_comes_after_a_restart(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        stage.sink_error = RuntimeError("closed")
        part = HistoryNotification(sync_type="recent", inline=past(3))
        stage.deliver(from_phone(stage, part, "H1"))
        await until(lambda: receipts(stage, "sender") == ["H1"])
        await stage.close()
        stage.sink_error = None
        await stage.__aenter__()
        await stage.until_told(HistoryReceived)
        await until(lambda: receipts(stage, "hist_sync") == ["H1"])
        await stage.restart()
        assert stage.store.list_inbox(ACCOUNT, 0, 10) == []


async def test_history_that_is_damaged_is_given_up(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path, JumpingClock()) as stage:
        part = HistoryNotification(sync_type="recent", inline=b"no zlib")
        stage.deliver(from_phone(stage, part, "H1"))
        stage.deliver(from_phone(stage, HistoryNotification(sync_type="recent"), "H2"))
        good = HistoryNotification(sync_type="push_name", inline=past(1))
        stage.deliver(from_phone(stage, good, "H3"))
        await stage.until_told(HistoryReceived, 2)
        await until(lambda: receipts(stage, "hist_sync") == ["H2", "H3", "H1"])
        (lost,) = await stage.until_told(HistoryLost)
        assert (lost.sync_type, lost.reason, lost.asked) == ("recent", "malformed_protobuf", True)


async def test_links_in_history_are_learnt(tmp_path: Path) -> None:
    pn = Jid("15550000002", "s.whatsapp.net")
    async with TrafficStage(tmp_path) as stage:
        blob = encode_history(sync_type="recent", links=(IdentityLinked(lid=HER, pn=pn),))
        part = HistoryNotification(sync_type="recent", inline=blob)
        stage.deliver(from_phone(stage, part, "H1"))
        await until(lambda: IdentityLinked(lid=HER, pn=pn) in stage.events)
        assert stage.store.find_lid_user(ACCOUNT, pn.user) == HER.user


async def test_a_message_that_the_phone_sends_again_fills_the_gap(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        stage.deliver(stage.message(peer, b"", "U1", Node("unavailable")))
        (lost,) = await stage.until_told(MessageUndecryptable)
        await stage.until_sent("message")
        message = Message(
            key=lost.key, timestamp=datetime.fromtimestamp(T0, UTC), content=Text(text="found")
        )
        part = PlaceholderResponse(request_id="x", messages=(encode_web_message(message), b"\xff"))
        stage.deliver(from_phone(stage, part, "P1"), from_phone(stage, part, "P2"))
        (event,) = await stage.until_told(MessageReceived)
        assert msgspec.structs.replace(event.message, push_name="") == message
        await until(lambda: receipts(stage, "peer_msg") == ["P1", "P2"])
        assert len(stage.told(MessageReceived)) == 1
        assert stage.traffic.receiver.ledger.drops["placeholder_malformed"] == 2


async def test_an_edit_that_the_phone_sends_again_is_that_edit(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        stage.deliver(stage.message(peer, b"", "E1", Node("unavailable")))
        (lost,) = await stage.until_told(MessageUndecryptable)
        target = msgspec.structs.replace(lost.key, id="A1")
        edit = Edit(target=target, content=Text(text="right"))
        message = Message(key=lost.key, timestamp=datetime.fromtimestamp(T0, UTC), content=edit)
        part = PlaceholderResponse(request_id="x", messages=(encode_web_message(message),))
        stage.deliver(from_phone(stage, part, "P1"))
        (event,) = await stage.until_told(MessageReceived)
        assert (event.message.key, event.message.content) == (lost.key, edit)
        await until(lambda: receipts(stage, "peer_msg") == ["P1"])


async def test_the_phone_is_asked_when_the_sender_does_not_answer(tmp_path: Path) -> None:
    clock = JumpingClock()
    async with TrafficStage(tmp_path, clock) as stage:
        peer = stage.person(2)
        stage.deliver(stage.message(peer, b"", "D1", Node("enc", {"v": "2", "type": "msg"}, b"x")))
        asked, *_ = await stage.until_sent("message")
        assert any(abs(slept - FIRST_ASK_AFTER_S) < 0.1 for slept in clock.sleeps)
        (enc,) = asked.children_with("enc")
        key = MessageKey(chat=peer.jid.bare, sender=peer.jid.bare, id="D1")
        assert stage.phone.open(OWN_LID, enc) == encode_protocol(PlaceholderRequest(keys=(key,)))
        assert [kid.tag for kid in asked.kids] == ["meta", "enc", "device-identity"]
        assert asked.kids[0].attrs == {"appdata": "default"}


async def test_peer_messages_of_others_are_not_taken(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        stage.meet(peer)
        part = HistoryNotification(sync_type="recent", inline=past(1))
        stage.deliver(stage.message(peer, encode_protocol(part), "H1"))
        await stage.until_sent("receipt")
        assert not stage.told(HistoryReceived)
