"""Receipts: acknowledged, settled, relayed to those whom they concern."""

import pytest

from scripted.stage import ScriptedLink, ScriptedResident, Stage, message
from wigwag.model.jid import STATUS_JID, Jid
from wigwag.sandbox.network.directory import Account
from wigwag.wire.nodes import AttrValue, Node


class Two:
    """Alice with two companions and Bob with two, all connected."""

    def __init__(self) -> None:
        self.stage = Stage()
        self.alice = self.stage.account("15550000001", companions=2)
        self.bob = self.stage.account("15550000002", companions=2)
        self.a1, self.a2 = (self.stage.connect(d) for d in self.alice.companions)
        self.b1, self.b2 = (self.stage.connect(d) for d in self.bob.companions)

    def receipt(self, who: Account, to: Jid, content: list[Node] | None = None, **attrs: AttrValue):
        node = Node("receipt", {"id": "M1", "to": to, **attrs}, list(content) if content else None)
        self.stage.network.handle(who.companions[0].lid, node)

    def links(self) -> list[ScriptedLink]:
        return [self.a1, self.a2, self.b1, self.b2]


@pytest.fixture
def two() -> Two:
    return Two()


def test_a_delivery_reaches_all_devices_of_the_sender(two: Two):
    author = two.alice.companions[0].lid
    two.receipt(two.bob, author)
    assert two.b1.one("ack").attrs == {"class": "receipt", "id": "M1", "from": author}
    expected = {"from": two.bob.companions[0].lid, "id": "M1", "t": "1700000000"}
    assert two.a1.one("receipt").attrs == expected
    assert two.a2.one("receipt").attrs == expected
    assert not two.b2.delivered


def test_a_read_is_told_to_the_own_other_devices_too(two: Two):
    items = Node("list", {}, [Node("item", {"id": "M2"})])
    two.receipt(two.bob, two.alice.lid, [items], type="read", t="1")
    got = two.a1.one("receipt")
    assert got.attr("type") == "read"
    assert got.kids == [items]
    own = two.b2.one("receipt")
    assert own.attrs["from"] == two.bob.companions[0].lid
    assert own.attrs["recipient"] == two.alice.lid
    two.receipt(two.bob, two.alice.lid, type="read-self")
    assert len(two.a1.all("receipt")) == 1
    assert len(two.b2.all("receipt")) == 2


def test_kinds_that_end_at_the_server_or_the_phone(two: Two):
    phone = ScriptedResident()
    two.stage.network.attach(two.bob.lid, phone)
    two.receipt(two.bob, two.bob.companions[1].lid, type="sender", recipient=two.alice.lid)
    assert not phone.received
    for kind in ("peer_msg", "hist_sync", "server-error"):
        two.receipt(two.bob, two.bob.pn, type=kind)
    assert [node.attr("type") for node in phone.received] == [
        "peer_msg",
        "hist_sync",
        "server-error",
    ]
    assert len(two.b1.all("ack")) == 4
    assert not two.b2.delivered
    assert not two.a1.delivered


def test_a_retry_reaches_only_the_device_that_sent(two: Two):
    content = [Node("retry", {"count": "1", "id": "M1", "t": "1", "v": "1"})]
    two.receipt(two.bob, two.alice.companions[1].lid, content, type="retry")
    got = two.a2.one("receipt")
    assert got.attrs["from"] == two.bob.companions[0].lid
    assert got.attr("type") == "retry"
    assert got.kids == content
    assert not two.a1.delivered


def test_a_retry_among_own_devices_names_the_chat(two: Two):
    other = two.alice.companions[1].lid
    two.receipt(two.alice, other, type="retry", recipient=two.bob.lid)
    got = two.a2.one("receipt")
    assert got.attrs["from"] == two.alice.companions[0].lid
    assert got.attrs["recipient"] == two.bob.lid


def test_group_receipts_go_to_the_author(two: Two):
    group = two.stage.network.groups.create(two.alice, "Friends", [two.bob])
    for link in two.links():
        link.drain()
    author = two.alice.companions[0].lid
    two.receipt(two.bob, group.jid, participant=author)
    assert two.b1.one("ack").attrs["participant"] == author
    got = two.a2.one("receipt")
    assert got.attrs["from"] == group.jid
    assert got.attrs["participant"] == two.bob.companions[0].lid
    two.receipt(two.bob, group.jid, participant=author, type="retry")
    assert two.a1.all("receipt")[1].attr("type") == "retry"
    assert len(two.a2.all("receipt")) == 1
    two.receipt(two.bob, STATUS_JID, participant=author, type="read")
    assert two.a2.all("receipt")[1].attrs["from"] == STATUS_JID
    assert two.b2.all("receipt")[0].attrs["from"] == STATUS_JID


def test_nonsense_is_acknowledged_and_counted(two: Two):
    two.receipt(two.bob, Jid("1", "lid"))
    two.receipt(two.bob, Jid("1", "g.us"))
    two.receipt(two.bob, Jid("1", "g.us"), participant=two.alice.lid)
    assert len(two.b1.all("ack")) == 3
    assert two.stage.network.counters["unroutable_receipt"] == 3
    two.stage.network.handle(two.bob.companions[0].lid, Node("receipt", {"id": "1"}))
    assert two.stage.network.counters["refused"] == 1


def test_a_receipt_for_several_empties_the_mailbox(two: Two):
    target = two.bob.companions[0]
    for number in range(3):
        node = message(two.bob.lid, f"M{number}", devices=(target.lid,))
        two.stage.network.handle(two.alice.companions[0].lid, node)
    assert len(target.mailbox) == 3
    items = Node("list", {}, [Node("item", {"id": "M2"}), Node("item", {"id": "unknown"})])
    two.receipt(two.bob, two.alice.companions[0].lid, [items])
    assert [node.attr("id") for node in target.mailbox.pending()] == ["M0"]
