"""How message stanzas end: as a message, as an undecryptable one, as a counted drop."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from scripted.signal_peer import SignalPeer
from scripted.traffic_stage import ACCOUNT, OWN_LID, OWN_PN, T0, TrafficStage
from scripted.waiting import until
from scripted.words import GROUP, contents, group_message, text
from wigwag.engine.native.people.addresses import signal_address
from wigwag.engine.native.people.bundles import parse_bundle
from wigwag.engine.native.store.writes import PutSenderKey
from wigwag.model.content import Text, Unsupported
from wigwag.model.event import IdentityRenewed, MessageReceived, MessageUndecryptable
from wigwag.model.jid import STATUS_JID, Jid
from wigwag.model.message import SendState
from wigwag.wire.content import device_sent, sender_key_message, with_sender_key
from wigwag.wire.nodes import AttrValue, Node
from wigwag.wire.proto import e2e_pb2
from wigwag.wire.protobuf import delimited


def broken(enc: Node) -> Node:
    """The last bytes of a pkmsg are outside its MAC."""
    data = bytearray(enc.data)
    data[-16] ^= 1
    return Node("enc", enc.attrs, bytes(data))


async def talking(stage: TrafficStage, number: int = 2) -> SignalPeer:
    """A person with whom there is a session both ways."""
    peer = stage.person(number)
    stage.meet(peer)
    stage.deliver(stage.message(peer, text("hi"), f"HI{number}"))
    await until(lambda: any(e.message.key.id == f"HI{number}" for e in stage.told(MessageReceived)))
    return peer


async def test_sender_key_and_text_in_one_stanza_are_one_message(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = await talking(stage)
        key = sender_key_message(str(GROUP), peer.distribution(GROUP))
        direct = peer.seal(OWN_LID, key)
        stage.deliver(group_message(peer, "G1", direct, peer.group_seal(GROUP, text("all"))))
        await until(lambda: "G1" in contents(stage))
        (message,) = [e.message for e in stage.told(MessageReceived) if e.message.key.id == "G1"]
        assert message.key.chat == GROUP
        assert message.key.sender == peer.jid.bare
        assert message.sender_alt == peer.pn
        assert message.chat_alt is None
        receipts = await stage.until_sent("receipt", 2)
        assert receipts[1].attrs == {
            "id": "G1",
            "to": GROUP,
            "participant": peer.jid,
            "type": "inactive",
        }


async def test_a_sender_key_alone_is_no_message(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = await talking(stage)
        key = sender_key_message(str(GROUP), peer.distribution(GROUP))
        stage.deliver(group_message(peer, "G0", peer.seal(OWN_LID, key)))
        stage.deliver(group_message(peer, "G1", peer.group_seal(GROUP, text("later"))))
        await until(lambda: "G1" in contents(stage))
        assert "G0" not in contents(stage)
        assert stage.traffic.receiver.ledger.drops["sender_key"] == 1


async def test_a_group_message_without_its_key_asks_with_keys_at_once(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = await talking(stage)
        peer.distribution(GROUP)
        stage.deliver(group_message(peer, "G1", peer.group_seal(GROUP, text("lost"))))
        (event,) = await stage.until_told(MessageUndecryptable)
        assert event.reason == "no_sender_key"
        await until(lambda: any(n.attr("type") == "retry" for n in stage.all_sent("receipt")))
        (retry,) = [n for n in stage.all_sent("receipt") if n.attr("type") == "retry"]
        assert retry.child("keys") is not None
        assert retry.attrs["participant"] == peer.jid
        again = with_sender_key(text("lost"), str(GROUP), peer.distribution(GROUP))
        stage.deliver(group_message(peer, "G1", peer.seal(OWN_LID, again, count="1")))
        await until(lambda: contents(stage).get("G1") == Text(text="lost"))


async def test_a_damaged_stored_sender_key_is_replaced_by_the_next_one(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = await talking(stage)
        first = peer.distribution(GROUP)
        await stage.store.commit(
            [PutSenderKey(ACCOUNT, str(GROUP), signal_address(peer.jid), b"\x01damaged")]
        )
        lost = peer.group_seal(GROUP, text("one"))
        stage.deliver(group_message(peer, "G1", lost))
        await stage.until_told(MessageUndecryptable)
        key = peer.seal(OWN_LID, sender_key_message(str(GROUP), first))
        stage.deliver(group_message(peer, "G2", key, peer.group_seal(GROUP, text("two"))))
        stage.deliver(group_message(peer, "G1", lost))
        await until(lambda: {"G1", "G2"} <= contents(stage).keys())


async def test_a_damaged_message_is_asked_for_and_comes_under_its_key(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = await talking(stage)
        good = peer.seal(OWN_LID, text("damaged"))
        stage.deliver(stage.message(peer, b"", "D1", broken(good)))
        (event,) = await stage.until_told(MessageUndecryptable)
        assert event.reason == "invalid_message"
        assert event.push_name == peer.name
        (ack,) = await stage.until_sent("ack")
        assert ack.attrs == {"class": "message", "id": "D1", "to": peer.jid}
        (_, retry) = await stage.until_sent("receipt", 2)
        asked = retry.child("retry")
        assert asked is not None
        assert asked.attrs == {"count": "1", "id": "D1", "t": "1700000000", "v": "1"}
        assert retry.child("keys") is None
        registration = retry.child("registration")
        assert registration is not None
        assert registration.data == (12345).to_bytes(4)
        stage.deliver(
            stage.message(peer, b"", "D1", peer.seal(OWN_LID, text("damaged"), count="1"))
        )
        await until(lambda: "D1" in contents(stage))
        (message,) = [e.message for e in stage.told(MessageReceived) if e.message.key.id == "D1"]
        assert message.key == event.key


async def test_the_second_request_carries_keys_and_the_fifth_is_not_made(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = await talking(stage)
        good = peer.seal(OWN_LID, text("damaged"))
        for count in range(6):
            bad = broken(good)
            bad.attrs = {**bad.attrs, **({"count": str(count)} if count else {})}
            stage.deliver(stage.message(peer, b"", "D1", bad))
            await stage.until_sent("ack", count + 1)
        retries = [n for n in stage.all_sent("receipt") if n.attr("type") == "retry"]
        assert [n.kids[0].attr("count") for n in retries] == ["1", "2", "3", "4"]
        assert [n.child("keys") is not None for n in retries] == [False, True, True, True]
        assert len(stage.told(MessageUndecryptable)) == 1
        keys = [n.child("keys") for n in retries[1:]]
        ids = {k.child("key").child("id").data for k in keys}  # type: ignore[union-attr]
        assert len(ids) == 3


async def test_the_keys_of_a_request_work(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        peer.meet(OWN_LID, stage.own_bundle())
        first = peer.seal(OWN_LID, text("one"))
        for _ in range(2):
            stage.deliver(stage.message(peer, b"", "D1", Node("enc", first.attrs, b"\x33junk")))
        await until(lambda: len(stage.all_sent("receipt")) == 2)
        retry = stage.all_sent("receipt")[1]
        peer.sessions.clear()
        peer.meet(OWN_LID, parse_bundle(retry))
        again = peer.seal(OWN_LID, text("one"), count="2")
        assert again.attr("type") == "pkmsg"
        stage.deliver(stage.message(peer, b"", "D1", again))
        await until(lambda: contents(stage).get("D1") == Text(text="one"))


async def test_a_retry_after_a_restart_goes_on_counting(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = await talking(stage)
        bad = broken(peer.seal(OWN_LID, text("damaged"), count="2"))
        stage.deliver(stage.message(peer, b"", "D1", bad))
        (_, retry) = await stage.until_sent("receipt", 2)
        assert retry.kids[0].attr("count") == "3"


async def test_the_damaged_original_after_the_good_copy_is_no_news(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = await talking(stage)
        stage.deliver(stage.message(peer, text("good"), "D1"))
        await until(lambda: "D1" in contents(stage))
        bad = broken(peer.seal(OWN_LID, text("good")))
        stage.deliver(stage.message(peer, b"", "D1", bad))
        await stage.until_sent("receipt", 3)
        assert not stage.told(MessageUndecryptable)
        assert all(n.attr("type") == "inactive" for n in stage.all_sent("receipt"))


async def test_a_second_copy_on_request_is_not_told_again(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = await talking(stage)
        stage.deliver(stage.message(peer, text("twice"), "D1"))
        copy = peer.seal(OWN_LID, text("twice"), count="1")
        stage.deliver(stage.message(peer, b"", "D1", copy))
        await stage.until_sent("receipt", 3)
        await until(lambda: "D1" in contents(stage))
        assert len(stage.told(MessageReceived)) == 2
        assert stage.traffic.receiver.ledger.drops["duplicate"] == 1


async def test_a_hidden_failure_leaves_no_placeholder(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = await talking(stage)
        bad = broken(peer.seal(OWN_LID, text("a reaction"), **{"decrypt-fail": "hide"}))
        stage.deliver(stage.message(peer, b"", "D1", bad))
        await stage.until_sent("receipt", 2)
        # a copy that is sent again does not say so
        again = broken(peer.seal(OWN_LID, text("a reaction"), count="1"))
        stage.deliver(stage.message(peer, b"", "D1", again))
        await stage.until_sent("receipt", 3)
        assert not stage.told(MessageUndecryptable)
        assert stage.traffic.receiver.ledger.drops["undecryptable_hidden"] == 2


async def test_an_unavailable_message_is_a_placeholder(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = await talking(stage)
        gone = Node("unavailable", {"type": "view_once"})
        stage.deliver(stage.message(peer, b"", "U1", gone))
        (event,) = await stage.until_told(MessageUndecryptable)
        assert event.reason == "unavailable_view_once"
        await stage.until_sent("ack")
        (asked,) = await stage.until_sent("message")
        assert asked.attr("category") == "peer"
        assert asked.attrs["to"] == OWN_PN.bare


@pytest.mark.parametrize(
    ("enc", "error"),
    [
        (Node("enc", {"v": "2", "type": "frskmsg"}, b"x"), ""),
        (Node("enc", {"v": "3", "type": "msg"}, b"x"), ""),
        (Node("enc", {"v": "2", "type": "skmsg"}, b"x"), ""),
        (Node("enc", {"v": "2", "type": "msmsg"}, b"x"), "495"),
    ],
)
async def test_what_is_encrypted_in_an_unknown_way_is_asked_of_the_phone(
    tmp_path: Path, enc: Node, error: str
) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        stage.deliver(stage.message(peer, b"", "X1", enc))
        (event,) = await stage.until_told(MessageUndecryptable)
        assert event.reason == "unknown_encryption"
        (ack,) = await stage.until_sent("ack")
        assert ack.attr("error") == error
        (asked,) = await stage.until_sent("message")
        assert asked.attr("category") == "peer"
        assert not stage.all_sent("receipt")


async def test_a_bot_that_goes_on_with_a_message_has_no_further_place(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        node = stage.message(peer, b"", "X1", Node("enc", {"v": "2", "type": "msmsg"}, b"x"))
        node.content = [*node.kids, Node("bot", {"edit": "inner", "edit_target_id": "X0"})]
        stage.deliver(node)
        await stage.until_sent("ack")
        assert stage.traffic.receiver.ledger.drops == {"undecryptable_hidden": 1}
        assert not stage.told(MessageUndecryptable)


async def test_a_message_that_holds_nothing_is_refused_and_counted(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        stage.deliver(stage.message(peer, b"", "X1", Node("something")))
        (ack,) = await stage.until_sent("ack")
        assert ack.attr("error") == "488"
        assert stage.traffic.receiver.ledger.drops == {"unrecognized": 1}


@pytest.mark.parametrize("tag", ["message", "status"])
async def test_what_a_channel_says_is_told_once_and_acked(tmp_path: Path, tag: str) -> None:
    async with TrafficStage(tmp_path) as stage:
        channel = Jid("120363000000000009", "newsletter")
        attrs: dict[str, AttrValue] = {"from": channel, "id": "N1", "t": "1700000000"}
        said = Node(tag, attrs | {"server_id": "7"}, [Node("plaintext", {}, text("news"))])
        counts = Node(tag, attrs | {"id": "N2"}, [Node("reactions")])
        stage.deliver(said, said, counts)
        acks = await stage.until_sent("ack", 3)
        assert {ack.attr("error") for ack in acks} == {""}
        (event,) = await stage.until_told(MessageReceived)
        assert event.message.content == Text(text="news")
        assert event.message.key.chat == event.message.key.sender == channel
        assert stage.traffic.receiver.ledger.drops == {"duplicate": 1, "newsletter_update": 1}
        assert not stage.all_sent("receipt")


async def test_what_is_no_protobuf_is_refused_and_kept(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = await talking(stage)
        stage.deliver(stage.message(peer, b"\xff\xff\xff\xff", "P1"))
        (ack,) = await stage.until_sent("ack")
        assert ack.attr("error") == "491"
        await until(lambda: "P1" in contents(stage))
        kept = contents(stage)["P1"]
        assert kept == Unsupported(fields=("malformed",), raw=b"\xff\xff\xff\xff")


@pytest.mark.parametrize(
    ("name", "number"),
    [
        *(
            (name, e2e_pb2.Message.DESCRIPTOR.fields_by_name[name].number)
            for name in (
                "buttonsMessage",
                "templateMessage",
                "interactiveMessage",
                "listMessage",
                "orderMessage",
                "productMessage",
            )
        ),
        ("field_999", 999),
    ],
)
async def test_kinds_that_are_not_understood_are_told_with_their_bytes(
    tmp_path: Path, name: str, number: int
) -> None:
    raw = delimited(number, delimited(1, b"x"))
    async with TrafficStage(tmp_path) as stage:
        peer = await talking(stage)
        stage.deliver(stage.message(peer, raw, "K1"))
        await until(lambda: "K1" in contents(stage))
        assert contents(stage)["K1"] == Unsupported(fields=(name,), raw=raw)


@pytest.mark.parametrize("key_first", [True, False])
async def test_sender_key_and_text_in_two_stanzas_of_one_id_are_one_message(
    tmp_path: Path, *, key_first: bool
) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = await talking(stage)
        key = sender_key_message(str(GROUP), peer.distribution(GROUP))
        hands_out = group_message(peer, "G1", peer.seal(OWN_LID, key))
        says = group_message(peer, "G1", peer.group_seal(GROUP, text("all")))
        stage.deliver(*([hands_out, says] if key_first else [says, hands_out]))
        if not key_first:
            await stage.until_told(MessageUndecryptable)
            await stage.until_sent("receipt", 3)
            again = with_sender_key(text("all"), str(GROUP), peer.distribution(GROUP))
            stage.deliver(group_message(peer, "G1", peer.seal(OWN_LID, again, count="1")))
        await until(lambda: contents(stage).get("G1") == Text(text="all"))
        stage.deliver(hands_out, says)
        await until(lambda: stage.traffic.receiver.ledger.drops["duplicate"] == 2)
        assert len([e for e in stage.told(MessageReceived) if e.message.key.id == "G1"]) == 1


async def test_an_own_message_of_another_device(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        stage.meet(stage.phone)
        raw = device_sent(peer.jid.bare, text("from my phone"))
        enc = stage.phone.seal(OWN_LID, raw)
        attrs: dict[str, AttrValue] = {
            "from": OWN_LID.bare,
            "recipient": peer.jid.bare,
            "peer_recipient_pn": peer.pn,
            "id": "O1",
            "t": "1700000000",
            "type": "text",
        }
        stage.deliver(Node("message", attrs, [enc]))
        (event,) = await stage.until_told(MessageReceived)
        message = event.message
        assert message.key.from_me
        assert message.key.chat == peer.jid.bare
        assert message.chat_alt == peer.pn
        assert message.key.sender == OWN_LID.bare
        assert message.state is SendState.SENT
        (receipt,) = await stage.until_sent("receipt")
        assert receipt.attrs == {
            "id": "O1",
            "to": OWN_LID.bare,
            "recipient": peer.jid.bare,
            "type": "sender",
        }


async def test_a_status_is_a_message_of_the_status_chat(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = await talking(stage)
        key = sender_key_message(str(STATUS_JID), peer.distribution(STATUS_JID))
        node = group_message(
            peer, "S1", peer.seal(OWN_LID, key), peer.group_seal(STATUS_JID, text("away"))
        )
        node.attrs["from"] = STATUS_JID
        stage.deliver(node)
        await until(lambda: "S1" in contents(stage))
        assert stage.told(MessageReceived)[-1].message.key.chat == STATUS_JID


async def test_what_comes_through_a_broadcast_list_is_answered_by_its_addresses(
    tmp_path: Path,
) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = await talking(stage)
        place = Jid("1700000000", "broadcast")
        key = peer.seal(OWN_LID, sender_key_message(str(place), peer.distribution(place)))
        node = stage.message(peer, b"", "B1", key, peer.group_seal(place, text("to many")))
        node.attrs |= {"from": place, "participant": peer.jid, "participant_pn": peer.pn}
        stage.deliver(node)
        await until(lambda: contents(stage).get("B1") == Text(text="to many"))
        message = stage.told(MessageReceived)[-1].message
        assert (message.key.chat, message.chat_alt) == (peer.jid.bare, peer.pn.bare)
        (_, receipt) = await stage.until_sent("receipt", 2)
        assert (receipt.attrs["to"], receipt.attrs["participant"]) == (place, peer.jid)


async def test_a_new_identity_is_accepted_and_the_old_session_forgotten(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = await talking(stage)
        peer.renew()
        stage.meet(peer)
        stage.deliver(stage.message(peer, text("new phone"), "A2"))
        await until(lambda: "A2" in contents(stage))
        stage.deliver(stage.message(peer, text("again"), "A3"))
        await until(lambda: "A3" in contents(stage))
        (told,) = stage.told(IdentityRenewed)
        when = datetime.fromtimestamp(T0, UTC)
        assert told == IdentityRenewed(jid=peer.jid.bare, timestamp=when, announced=False)


async def test_an_announced_identity_is_told_once(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = await talking(stage)
        peer.renew()
        stage.meet(peer)
        attrs: dict[str, AttrValue] = {"from": peer.jid.bare, "type": "encrypt", "id": "I1"}
        stage.deliver(
            Node("notification", attrs | {"t": str(T0)}, [Node("identity")]),
            stage.message(peer, text("new phone"), "A2"),
        )
        await until(lambda: "A2" in contents(stage))
        assert [event.announced for event in stage.told(IdentityRenewed)] == [True]


async def test_an_identity_of_a_companion_is_no_news(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2, device=3)
        for number in ("A1", "A2"):
            peer.renew()
            stage.meet(peer)
            stage.deliver(stage.message(peer, text("here"), number))
            await until(lambda number=number: number in contents(stage))
        assert not stage.told(IdentityRenewed)


async def test_a_session_made_by_number_goes_on_by_lid(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        stage.meet(peer)
        by_number = stage.message(peer, text("by number"), "A1")
        by_number.attrs = {**by_number.attrs, "from": peer.pn}
        del by_number.attrs["sender_pn"]
        stage.deliver(by_number)
        await until(lambda: "A1" in contents(stage))
        stage.deliver(stage.message(peer, text("by lid"), "A2"))
        await until(lambda: "A2" in contents(stage))
        assert not stage.told(MessageUndecryptable)


@pytest.mark.parametrize("message_id", ["", "x" * 200, "null\0byte"])
async def test_ids_that_are_none(tmp_path: Path, message_id: str) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        stage.meet(peer)
        stage.deliver(stage.message(peer, text("hi"), message_id))
        (ack,) = await stage.until_sent("ack")
        assert ack.attr("error") == "487"
