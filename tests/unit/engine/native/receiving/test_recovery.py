"""Messages that cannot be read: asked of the phone together, and hoped for over restarts."""

from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import pytest

from scripted.signal_peer import SignalPeer
from scripted.traffic_stage import ACCOUNT, OWN_LID, T0, TrafficStage
from scripted.waiting import JumpingClock, VirtualClock, breathe, until
from wigwag.engine.native.receiving import openmessages as openmessages_module
from wigwag.engine.native.receiving.openmessages import ASK_AGAIN_AFTER_S, FIRST_ASK_AFTER_S
from wigwag.engine.native.receiving.recovery import MAX_KEYS
from wigwag.engine.native.store.records import OpenMessage
from wigwag.engine.native.store.writes import PutLid, PutOpenMessage, RemoveInbox
from wigwag.model.content import MessageKey, Text
from wigwag.model.event import MessageReceived, MessageUndecryptable
from wigwag.model.message import Message
from wigwag.wire.content import decode_message, encode_content
from wigwag.wire.nodes import AttrValue, Node
from wigwag.wire.protocol_messages import (
    PlaceholderRequest,
    PlaceholderResponse,
    ProtocolPart,
    encode_protocol,
)
from wigwag.wire.web_message import encode_web_message

GARBAGE = Node("enc", {"v": "2", "type": "msg"}, b"garbage")


def text(words: str) -> bytes:
    return encode_content(Text(text=words))


def from_phone(stage: TrafficStage, part: ProtocolPart, message_id: str) -> Node:
    if stage.phone.session(OWN_LID).is_empty:
        stage.meet(stage.phone)
    attrs: dict[str, AttrValue] = {
        "from": OWN_LID.bare,
        "id": message_id,
        "t": str(T0),
        "type": "text",
        "category": "peer",
    }
    return Node("message", attrs, [stage.phone.seal(OWN_LID, encode_protocol(part))])


def _key(peer: SignalPeer, message_id: str) -> MessageKey:
    return MessageKey(chat=peer.jid, sender=peer.jid, id=message_id)


def asked_ids(stage: TrafficStage, request: Node) -> list[str]:
    """The messages that a request to the phone names."""
    (enc,) = request.children_with("enc")
    raw = stage.phone.open(OWN_LID, enc)
    key = stage.told(MessageUndecryptable)[0].key
    part = decode_message(raw, key).protocol
    assert isinstance(part, PlaceholderRequest)
    return [wanted.id for wanted in part.keys]


async def asked(stage: TrafficStage, clock: VirtualClock, count: int) -> Node:
    """The request to the phone for so many messages, when their senders have had their time."""
    await until(lambda: stage.traffic.counters.open_messages == count)
    await clock.advance(FIRST_ASK_AFTER_S + 1)
    (request,) = await stage.until_sent("message")
    return request


def resent(stage: TrafficStage, words: str, message_id: str, peer: SignalPeer) -> bytes:
    """The message as the phone knows it, under the number of its sender."""
    lost = next(e for e in stage.told(MessageUndecryptable) if e.key.id == message_id)
    key = lost.key.__class__(chat=peer.pn, sender=peer.pn, id=message_id)
    at = datetime.fromtimestamp(T0, UTC)
    return encode_web_message(Message(key=key, timestamp=at, content=Text(text=words)))


async def test_what_fails_together_is_asked_for_together(tmp_path: Path) -> None:
    count = MAX_KEYS + 20
    async with TrafficStage(tmp_path, JumpingClock()) as stage:
        peer = stage.person(2)
        stage.deliver(*(stage.message(peer, b"", f"D{number}", GARBAGE) for number in range(count)))
        requests = await stage.until_sent("message", 2)
        named = [asked_ids(stage, request) for request in requests[:2]]
        assert [len(ids) for ids in named] == [MAX_KEYS, 20]
        assert list(chain(*named)) == [f"D{number}" for number in range(count)]
        assert stage.traffic.counters.open_messages == count


@pytest.mark.parametrize("phone_first", [True, False])
async def test_the_phones_copy_and_the_retry_make_one_message(
    tmp_path: Path, *, phone_first: bool
) -> None:
    async with TrafficStage(tmp_path, JumpingClock()) as stage:
        peer = stage.person(2)
        stage.meet(peer)
        stage.deliver(stage.message(peer, text("hi"), "H"))
        stage.deliver(stage.message(peer, b"", "D1", GARBAGE))
        request, *_ = await stage.until_sent("message")
        found = (resent(stage, "found", "D1", peer),)
        answer = PlaceholderResponse(request_id=request.attr("id"), messages=found)
        steps = [
            from_phone(stage, answer, "P1"),
            stage.message(peer, b"", "D1", peer.seal(OWN_LID, text("found"), count="1")),
        ]
        stage.deliver(*(steps if phone_first else reversed(steps)))
        await until(lambda: stage.traffic.receiver.ledger.drops["duplicate"] == 1)
        (lost,) = stage.told(MessageUndecryptable)
        await stage.until_told(MessageReceived, 2)
        assert [e.message.key for e in stage.told(MessageReceived)][1:] == [lost.key]
        assert stage.traffic.counters.open_messages == 0
        assert stage.store.list_open_messages(ACCOUNT, 10) == []


async def test_what_the_phone_does_not_have_is_asked_for_no_more(tmp_path: Path) -> None:
    clock = VirtualClock()
    async with TrafficStage(tmp_path, clock) as stage:
        peer = stage.person(2)
        stage.meet(peer)
        stage.deliver(stage.message(peer, text("hi"), "H"))
        stage.deliver(*(stage.message(peer, b"", f"D{number}", GARBAGE) for number in range(3)))
        request = await asked(stage, clock, 3)
        found = (resent(stage, "found", "D1", peer),)
        stage.deliver(
            from_phone(
                stage, PlaceholderResponse(request_id=request.attr("id"), messages=found), "P1"
            )
        )
        await until(lambda: stage.traffic.receiver.ledger.drops["placeholder_not_found"] == 2)
        open_now = stage.store.list_open_messages(ACCOUNT, 10)
        assert [(one.key.id, one.ask_at) for one in open_now] == [("D0", None), ("D2", None)]
        # its sender may still send it again
        stage.deliver(stage.message(peer, b"", "D0", peer.seal(OWN_LID, text("late"), count="1")))
        await stage.until_told(MessageReceived, 3)
        assert stage.traffic.counters.open_messages == 1


async def test_an_answer_that_comes_before_the_acknowledgement_has_the_last_word(
    tmp_path: Path,
) -> None:
    clock = VirtualClock()
    async with TrafficStage(tmp_path, clock) as stage:
        acks: list[Node] = []
        answer = stage.connection.answer

        def late(node: Node) -> Node | None:
            ack = answer(node)
            if node.tag == "message" and ack is not None:
                acks.append(ack)
                return None
            return ack

        stage.connection.answer = late
        peer = stage.person(2)
        stage.deliver(stage.message(peer, b"", "D0", GARBAGE))
        request = await asked(stage, clock, 1)
        nothing = PlaceholderResponse(request_id=request.attr("id"), messages=())
        stage.deliver(from_phone(stage, nothing, "P1"))
        await until(lambda: stage.traffic.receiver.ledger.drops["placeholder_not_found"] == 1)
        for ack in acks:
            stage.connection.deliver(ack)
        await breathe()
        # what was deferred meanwhile comes with it
        await stage.store.commit([PutLid(ACCOUNT, "1", "1")])
        (message,) = stage.store.list_open_messages(ACCOUNT, 10)
        assert message.ask_at is None


async def test_a_request_that_ended_with_the_process_is_made_again(tmp_path: Path) -> None:
    clock = VirtualClock()
    async with TrafficStage(tmp_path, clock) as stage:
        answer = stage.connection.answer

        def all_but_messages(node: Node) -> Node | None:
            return None if node.tag == "message" else answer(node)

        stage.connection.answer = all_but_messages
        stage.deliver(stage.message(stage.person(2), b"", "D1", GARBAGE))
        await asked(stage, clock, 1)
        await stage.store.commit([PutLid(ACCOUNT, "1", "1")])
        await stage.restart()
        request, *_ = await stage.until_sent("message")
        assert asked_ids(stage, request) == ["D1"]
        assert stage.store.list_open_messages(ACCOUNT, 1)[0].asks == 0


async def test_a_silent_phone_is_asked_a_bounded_number_of_times(tmp_path: Path) -> None:
    clock = JumpingClock()
    async with TrafficStage(tmp_path, clock) as stage:
        peer = stage.person(2)
        stage.deliver(stage.message(peer, b"", "D1", GARBAGE))
        most = 1 + len(ASK_AGAIN_AFTER_S)
        await stage.until_sent("message", most)
        assert sum(ASK_AGAIN_AFTER_S) < sum(clock.sleeps) < 2 * sum(ASK_AGAIN_AFTER_S)
        # what was noted goes into the store with the next commit
        stage.meet(peer)
        stage.deliver(stage.message(peer, text("hi"), "H"))
        await until(lambda: stage.store.list_open_messages(ACCOUNT, 1)[0].asks == most)
        assert stage.store.list_open_messages(ACCOUNT, 1)[0].ask_at is None
        assert len(stage.all_sent("message")) == most


async def test_a_restart_goes_on_with_what_was_asked(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        stage.deliver(stage.message(peer, b"", "D1", GARBAGE))
        (first,) = await stage.until_sent("receipt")
        assert first.kids[0].attr("count") == "1"
        await stage.restart()
        assert stage.traffic.counters.open_messages == 1
        # the same stanza again: its acknowledgement was lost
        stage.deliver(stage.message(peer, b"", "D1", GARBAGE))
        (second,) = await stage.until_sent("receipt")
        assert second.kids[0].attr("count") == "2"
        stage.clock = JumpingClock()
        await stage.restart()
        request, *_ = await stage.until_sent("message")
        assert asked_ids(stage, request) == ["D1"]


async def test_only_so_many_messages_are_hoped_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openmessages_module, "MAX_OPEN", 5)
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        for number in range(12):
            stage.deliver(stage.message(peer, b"", f"D{number}", GARBAGE))
            await stage.until_sent("ack", number + 1)
        assert stage.traffic.counters.open_messages == 5
        await stage.store.commit([RemoveInbox(ACCOUNT, ())])  # the oldest go with the next commit
        kept = [one.key.id for one in stage.store.list_open_messages(ACCOUNT, 100)]
        assert kept == [f"D{number}" for number in range(7, 12)]


async def test_no_more_are_hoped_for_in_a_burst_nor_after_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openmessages_module, "MAX_OPEN", 5)
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        names = [f"D{number}" for number in range(40)]
        stage.deliver(*(stage.message(peer, b"", name, GARBAGE) for name in names))
        await stage.until_sent("receipt", 40)
        assert stage.traffic.counters.open_messages == 5
        await stage.restart()
        kept = [one.key.id for one in stage.store.list_open_messages(ACCOUNT, 100)]
        assert kept == names[-5:]
        left = [PutOpenMessage(ACCOUNT, OpenMessage(key=_key(peer, f"L{n}"))) for n in range(8)]
        await stage.store.commit(left)  # as a process leaves them that ends in a burst
        await stage.restart()
        assert stage.traffic.counters.open_messages == 5
        await stage.store.commit([RemoveInbox(ACCOUNT, ())])
        kept = [one.key.id for one in stage.store.list_open_messages(ACCOUNT, 100)]
        assert kept == [f"L{n}" for n in range(3, 8)]
