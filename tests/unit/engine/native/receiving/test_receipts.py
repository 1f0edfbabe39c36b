"""Receipts in and out."""

from datetime import UTC, datetime

import pytest

from wigwag.engine.native.receiving.receipts import (
    delivery_receipt,
    parse_receipts,
    protocol_receipt,
    read_receipt,
    stanza_time,
)
from wigwag.model.jid import Jid
from wigwag.model.receipt import Receipt, ReceiptKind
from wigwag.wire.errors import MalformedNode
from wigwag.wire.nodes import AttrValue, Node

PN, LID = Jid("15550000001", "s.whatsapp.net"), Jid("100000000001", "lid")
HER = Jid("100000000002", "lid")
GROUP = Jid("120363000", "g.us")
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
T = str(int(AT.timestamp()))


def receipts(*content: Node, **attrs: AttrValue) -> list[Receipt]:
    base: dict[str, AttrValue] = {"from": HER.with_device(1), "id": "A1", "t": T}
    return parse_receipts(Node("receipt", base | attrs, list(content)), PN, LID)


def told(kind: ReceiptKind, *ids: str, chat: Jid = HER, by_me: bool = False) -> list[Receipt]:
    return [Receipt(kind=kind, chat=chat, sender=HER, ids=ids, timestamp=AT, by_me=by_me)]


def test_delivered_read_played() -> None:
    assert receipts() == told(ReceiptKind.DELIVERED, "A1")
    assert receipts(type="read") == told(ReceiptKind.READ, "A1")
    assert receipts(type="played") == told(ReceiptKind.PLAYED, "A1")


def test_several_messages_in_one() -> None:
    items = Node("list", {}, [Node("item", {"id": "A2"}), Node("item"), Node("item", {"id": "A3"})])
    assert receipts(items, type="read") == told(ReceiptKind.READ, "A1", "A2", "A3")


@pytest.mark.parametrize("kind", ["inactive", "sender", "peer_msg", "hist_sync", "server-error"])
def test_types_that_say_nothing_of_a_message(kind: str) -> None:
    assert receipts(type=kind) == []


def test_what_an_own_device_read() -> None:
    attrs: dict[str, AttrValue] = {"from": LID.with_device(2), "recipient": HER}
    (receipt,) = receipts(**attrs, type="read-self")
    assert receipt.by_me
    assert receipt.chat == HER
    (receipt,) = receipts(**attrs, type="read")
    assert receipt.by_me
    assert receipts(**attrs) == []


def test_a_member_of_a_group() -> None:
    attrs: dict[str, AttrValue] = {"from": GROUP, "participant": HER.with_device(2)}
    assert receipts(**attrs) == told(ReceiptKind.DELIVERED, "A1", chat=GROUP)


def test_many_members_of_a_group() -> None:
    users = [Node("user", {"jid": HER, "t": T}), Node("user", {"jid": Jid("3", "lid"), "t": T})]
    attrs: dict[str, AttrValue] = {"from": GROUP}
    found = receipts(Node("participants", {"key": "A7"}, users), **attrs, type="read")
    assert [(receipt.sender.user, receipt.ids) for receipt in found] == [
        (HER.user, ("A7",)),
        ("3", ("A7",)),
    ]


@pytest.mark.parametrize(
    "attrs", [{"id": ""}, {"t": ""}, {"t": "soon"}, {"t": "99999999999999"}, {"from": GROUP}]
)
def test_malformed(attrs: dict[str, AttrValue]) -> None:
    with pytest.raises(MalformedNode):
        receipts(**attrs)


def test_what_we_say_of_a_message() -> None:
    base: dict[str, AttrValue] = {"from": HER.with_device(1), "id": "A1", "t": T, "type": "text"}
    message = Node("message", base)
    quiet = delivery_receipt(message, from_me=False, active=False)
    assert quiet.attrs == {"id": "A1", "to": HER.with_device(1), "type": "inactive"}
    assert delivery_receipt(message, from_me=False, active=True).attrs.get("type") is None
    assert delivery_receipt(message, from_me=True, active=True).attrs["type"] == "sender"
    peer = Node("message", base | {"type": "peer_msg"})
    assert delivery_receipt(peer, from_me=True, active=False).attrs["type"] == "peer_msg"
    group = Node("message", base | {"participant": HER, "recipient": GROUP})
    attrs = delivery_receipt(group, from_me=False, active=True).attrs
    assert attrs["participant"] == HER
    assert attrs["recipient"] == GROUP


def test_what_we_tell_the_phone() -> None:
    assert protocol_receipt("A1", "hist_sync", PN).attrs == {
        "id": "A1",
        "type": "hist_sync",
        "to": PN,
    }


def test_what_we_read() -> None:
    one = read_receipt(HER, HER, ["A1"], AT)
    assert one == Node("receipt", {"id": "A1", "type": "read", "to": HER, "t": T})
    many = read_receipt(GROUP, HER.with_device(3), ["A1", "A2", "A3"], AT, hidden=True)
    assert many.attrs["type"] == "read-self"
    assert many.attrs["participant"] == HER
    assert [item.attr("id") for item in many.kids[0].kids] == ["A2", "A3"]


def test_times() -> None:
    assert stanza_time(Node("message", {"t": T})) == AT
