"""What faults make of stanzas on their way."""

from typing import Any

import pytest

from scripted.stage import Stage
from wigwag.model.jid import Jid
from wigwag.sandbox.network.directory import Device
from wigwag.sandbox.network.distortions import distorted
from wigwag.sandbox.network.faults import Fault, FaultKind
from wigwag.wire.nodes import AttrValue, Node

GROUP = Jid("120363000001", "g.us")


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.account("15550000001")
    stage.account("15550000002")
    return stage


def to_alice(stage: Stage, node: Node, **fault: Any) -> Node:
    """The node as it comes to the first account's companion under one fault."""
    network = stage.network
    network.faults.clear()
    network.faults.add(Fault(target="15550000001", **fault))
    device: Device = network.directory.accounts()[0].companions[0]
    return distorted(network.faults, network.directory, device, node)


def group_message() -> Node:
    encs = [Node("enc", {"v": "2", "type": kind}, kind.encode()) for kind in ("pkmsg", "skmsg")]
    return Node("message", {"from": GROUP, "id": "A"}, [*encs, Node("device-identity", {}, b"d")])


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("", [b"pkms\x98", b"skms\x98"]),
        ("skmsg", [b"pkmsg", b"skms\x98"]),
        ("pkmsg", [b"pkms\x98", b"skmsg"]),
        ("msg", [b"pkmsg", b"skmsg"]),
    ],
)
def test_one_kind_of_encryption_is_garbled(stage: Stage, kind: str, expected: list[bytes]) -> None:
    node = to_alice(stage, group_message(), kind=FaultKind.GARBLE, tag=kind)
    assert [kid.data for kid in node.kids] == [*expected, b"d"]
    assert bool(stage.network.faults) is (kind == "msg")


@pytest.mark.parametrize(("tag", "attrs"), [("", {}), ("view_once", {"type": "view_once"})])
def test_a_message_that_is_for_other_devices(
    stage: Stage, tag: str, attrs: dict[str, AttrValue]
) -> None:
    node = to_alice(stage, group_message(), kind=FaultKind.UNAVAILABLE, tag=tag)
    assert [(kid.tag, kid.attrs) for kid in node.kids] == [("unavailable", attrs)]


def test_messages_between_own_devices_are_always_for_them(stage: Stage) -> None:
    peer = Node("message", {"from": "x", "category": "peer"}, [Node("enc", {"type": "msg"}, b"a")])
    assert to_alice(stage, peer, kind=FaultKind.UNAVAILABLE) is peer


@pytest.mark.parametrize(
    ("attrs", "meta"),
    [({"edit": "1"}, {}), ({"type": "reaction"}, {}), ({"type": "poll"}, {"polltype": "vote"})],
)
def test_what_changes_a_message_is_for_all_devices(
    stage: Stage, attrs: dict[str, AttrValue], meta: dict[str, AttrValue]
) -> None:
    change = Node("message", {"from": GROUP, **attrs}, [Node("enc", {}, b"a"), Node("meta", meta)])
    assert to_alice(stage, change, kind=FaultKind.UNAVAILABLE) is change


def test_a_receipt_names_its_sender_in_another_way(stage: Stage) -> None:
    bob = stage.network.directory.accounts()[1]
    for given, other in ((bob.lid, bob.pn), (bob.pn, bob.lid)):
        node = Node("receipt", {"from": given.with_device(2), "id": "A"})
        got = to_alice(stage, node, kind=FaultKind.RECEIPT_FORM)
        assert got.attrs == {"from": other.with_device(2), "id": "A"}
    in_group = Node("receipt", {"from": GROUP, "participant": bob.lid, "type": "read"})
    got = to_alice(stage, in_group, kind=FaultKind.RECEIPT_DEVICE, code=9, tag="read")
    assert got.attrs == {"from": GROUP, "participant": bob.lid.with_device(9), "type": "read"}


def test_a_request_to_send_again_comes_from_the_device_that_makes_it(stage: Stage) -> None:
    bob = stage.network.directory.accounts()[1]
    node = Node("receipt", {"from": bob.lid.with_device(2), "id": "A", "type": "retry"})
    assert to_alice(stage, node, kind=FaultKind.RECEIPT_DEVICE) is node


def test_receipts_of_other_types_and_of_nobody_stay(stage: Stage) -> None:
    bob = stage.network.directory.accounts()[1]
    delivered = Node("receipt", {"from": bob.lid, "id": "A"})
    assert to_alice(stage, delivered, kind=FaultKind.RECEIPT_FORM, tag="read") is delivered
    whole = Node("receipt", {"from": GROUP, "id": "A"})
    assert to_alice(stage, whole, kind=FaultKind.RECEIPT_DEVICE) is whole
    stranger = Node("receipt", {"from": Jid("9", "lid"), "id": "A"})
    assert to_alice(stage, stranger, kind=FaultKind.RECEIPT_FORM).attrs == stranger.attrs


def test_a_receipt_tells_no_address_that_nobody_may_know(stage: Stage) -> None:
    bob = stage.network.directory.accounts()[1]
    bob.mapping_withheld = True
    node = Node("receipt", {"from": bob.lid, "id": "A"})
    assert to_alice(stage, node, kind=FaultKind.RECEIPT_FORM).attrs == node.attrs


def test_a_phone_gets_the_content_of_every_message(stage: Stage) -> None:
    network = stage.network
    network.faults.add(Fault(kind=FaultKind.UNAVAILABLE))
    phone = network.directory.accounts()[0].primary
    node = group_message()
    assert distorted(network.faults, network.directory, phone, node) is node
