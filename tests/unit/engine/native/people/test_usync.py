"""Questions about users, prekeys and read marks: what is asked, and what is made of the answers."""

from pathlib import Path

import pytest

from scripted.traffic_stage import OWN_PN, TrafficStage
from scripted.waiting import until
from wigwag.engine.native.people.bundles import ask_bundles, parse_bundle
from wigwag.engine.native.people.usync import ask_numbers
from wigwag.model.event import IdentityLinked
from wigwag.model.jid import Jid
from wigwag.ports import NumberCheck
from wigwag.wire.errors import MalformedNode
from wigwag.wire.nodes import AttrValue, Node

LID, PN = Jid("100000000002", "lid"), Jid("15550000002", "s.whatsapp.net")
GROUP = Jid("120363000", "g.us")


def numbers(node: Node) -> list[Node]:
    usync = node.child("usync")
    assert usync is not None
    asked = usync.child("list")
    assert asked is not None
    users: list[Node] = []
    for user in asked.kids:
        (contact,) = user.kids
        there = contact.data.startswith(b"+15550000002")
        attrs: dict[str, AttrValue] = {"jid": LID, "pn_jid": PN} if there else {}
        answer = Node("contact", {"type": "in" if there else "out"}, contact.data)
        users.append(Node("user", attrs, [answer]))
    users.append(Node("user", {"jid": LID}))
    return [Node("usync", {}, [Node("list", {}, users)])]


async def test_numbers_in_the_order_asked(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        stage.answers["usync"] = numbers
        found = await stage.traffic.check_numbers(["15559999999", "15550000002", "+15550000002"])
        missing = NumberCheck(phone="15559999999", jid=None)
        there = NumberCheck(phone="15550000002", jid=PN, lid=LID)
        assert found == [missing, there, there]
        await until(lambda: IdentityLinked(lid=LID, pn=PN) in stage.events)
        (request,) = stage.all_sent("iq")
        usync = request.child("usync")
        assert usync is not None
        assert {name: usync.attr(name) for name in ("mode", "context", "last", "index")} == {
            "mode": "query",
            "context": "interactive",
            "last": "true",
            "index": "0",
        }
        query, asked = usync.kids
        assert [kid.tag for kid in query.kids] == [
            "contact",
            "business",
            "disappearing_mode",
            "username",
        ]
        assert asked.kids[0].kids[0].data == b"+15559999999@c.us"


async def test_an_answer_without_a_list_is_malformed(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        stage.answers["usync"] = lambda _node: []
        with pytest.raises(MalformedNode):
            await ask_numbers(stage.link, ["1"])


async def test_bundles_that_cannot_be_used_are_left_out(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        good, bad = stage.person(2), stage.person(3)
        answer = stage.answers["encrypt"]

        def some(node: Node) -> list[Node]:
            listed = answer(node)
            assert listed is not None
            users = listed[0].kids
            users[1].content = users[1].kids[:-2]
            users.append(Node("user"))
            return [Node("list", {}, users)]

        stage.answers["encrypt"] = some
        stranger = Jid("99", "lid")
        found = await ask_bundles(stage.link, [good.jid, bad.jid, stranger])
        assert list(found) == [good.jid]
        assert found[good.jid].identity == good.local.identity.public
        assert found[good.jid].registration_id == good.local.registration_id


async def test_a_bundle_may_lack_its_one_time_key(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        peer.one_time.clear()
        bundle = parse_bundle(peer.bundle_node(peer.jid))
        assert bundle.one_time_id is None
        wrapped = peer.bundle_node(peer.jid)
        registration, *keys = wrapped.kids
        node = Node("user", {}, [registration, Node("keys", {}, keys)])
        assert parse_bundle(node) == bundle
        with pytest.raises(MalformedNode):
            parse_bundle(Node("user", {}, [Node("registration", {}, b"short"), *keys]))


async def test_read_marks_follow_the_privacy_setting(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        hidden = Node("category", {"name": "readreceipts", "value": "none"})
        stage.answers["privacy"] = lambda _node: [Node("privacy", {}, [hidden])]
        await stage.traffic.mark_read(LID, LID, ["A1"])
        await stage.traffic.mark_read(GROUP, LID, ["A2"])
        first, second = stage.all_sent("receipt")
        assert first.attrs["type"] == second.attrs["type"] == "read-self"
        assert "participant" not in first.attrs
        assert second.attrs["participant"] == LID
        asked = [node for node in stage.all_sent("iq") if node.attr("xmlns") == "privacy"]
        assert len(asked) == 1


async def test_read_marks_go_to_the_lid_in_bounded_pieces(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        await stage.traffic.devices.learn_links([(peer.jid.bare, peer.pn)])
        await stage.traffic.mark_read(peer.pn, peer.pn, [f"A{number}" for number in range(300)])
        receipts = stage.all_sent("receipt")
        assert [receipt.attrs["to"] for receipt in receipts] == [peer.jid.bare] * 2
        assert [len(receipt.kids[0].kids) for receipt in receipts] == [255, 43]
        await stage.traffic.mark_read(peer.pn, peer.pn, [])
        assert len(stage.all_sent("receipt")) == 2


async def test_a_changed_privacy_setting_is_followed(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        stage.answers["privacy"] = lambda _node: [Node("privacy")]
        attrs: dict[str, AttrValue] = {"from": OWN_PN.bare, "type": "account_sync", "id": "A"}
        category = Node("category", {"name": "readreceipts", "value": "none"})
        stage.deliver(Node("notification", attrs | {"t": "1"}, [Node("privacy", {}, [category])]))
        await stage.until_sent("iq")
        await stage.traffic.mark_read(LID, LID, ["A1"])
        (receipt,) = stage.all_sent("receipt")
        assert receipt.attr("type") == "read-self"
        assert len(stage.all_sent("iq")) == 1


async def test_played_is_told_in_any_case(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        hidden = Node("category", {"name": "readreceipts", "value": "none"})
        stage.answers["privacy"] = lambda _node: [Node("privacy", {}, [hidden])]
        await stage.traffic.mark_read(LID, LID, ["A1"], played=True)
        (receipt,) = stage.all_sent("receipt")
        assert receipt.attr("type") == "played"
