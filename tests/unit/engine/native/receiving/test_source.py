"""Whose stanza it is, by its attributes."""

import pytest

from wigwag.engine.native.receiving.source import NOBODY, parse_source
from wigwag.model.jid import Jid
from wigwag.wire.errors import MalformedNode
from wigwag.wire.nodes import AttrValue, Node

PN = Jid("15550000001", "s.whatsapp.net")
LID = Jid("100000000001", "lid")
HER_PN = Jid("15550000002", "s.whatsapp.net")
HER_LID = Jid("100000000002", "lid")
GROUP = Jid("120363000", "g.us")
LIST = Jid("1700000000", "broadcast")


def source(**attrs: AttrValue):
    return parse_source(Node("message", attrs), PN, LID)


def test_a_person_by_lid() -> None:
    found = source(**{"from": HER_LID.with_device(3), "sender_pn": HER_PN})
    assert found.chat == HER_LID
    assert found.sender == HER_LID.with_device(3)
    assert found.sender_alt == HER_PN.with_device(3)
    assert found.chat_alt == HER_PN
    assert not found.from_me
    assert not found.is_group


def test_a_person_by_phone_number() -> None:
    found = source(**{"from": HER_PN, "sender_lid": HER_LID})
    assert (found.chat, found.chat_alt) == (HER_PN, HER_LID)


def test_a_person_whose_other_address_is_not_told() -> None:
    found = source(**{"from": HER_PN})
    assert found.sender_alt is None
    assert found.chat_alt is None


def test_an_own_device_names_the_chat() -> None:
    attrs = {"from": LID.with_device(2), "recipient": HER_LID, "peer_recipient_pn": HER_PN}
    found = source(**attrs)
    assert found.from_me
    assert (found.chat, found.chat_alt) == (HER_LID, HER_PN)
    assert found.sender == LID.with_device(2)
    assert found.sender_alt == PN.with_device(2)


def test_an_own_device_without_a_chat_writes_to_ourselves() -> None:
    found = source(**{"from": PN})
    assert found.from_me
    assert (found.chat, found.chat_alt) == (PN, LID)


def test_a_member_of_a_group() -> None:
    attrs: dict[str, AttrValue] = {
        "from": GROUP,
        "participant": HER_LID.with_device(1),
        "participant_pn": HER_PN,
        "addressing_mode": "lid",
    }
    found = source(**attrs)
    assert found.is_group
    assert found.chat == GROUP
    assert found.sender == HER_LID.with_device(1)
    assert found.sender_alt == HER_PN.with_device(1)


def test_an_own_device_in_a_group() -> None:
    assert source(**{"from": GROUP, "participant": LID.with_device(4)}).from_me


def test_a_status() -> None:
    found = source(**{"from": Jid("status", "broadcast"), "participant": HER_LID})
    assert found.chat.is_status
    assert found.is_group


def test_what_comes_through_a_broadcast_list_is_in_the_chat_with_its_sender() -> None:
    attrs: dict[str, AttrValue] = {
        "from": LIST,
        "participant": HER_LID.with_device(1),
        "participant_pn": HER_PN,
    }
    found = source(**attrs)
    assert (found.chat, found.chat_alt) == (HER_LID, HER_PN)
    assert found.sender == HER_LID.with_device(1)
    assert found.group == LIST


def test_an_own_broadcast_list_is_a_chat_of_its_own() -> None:
    found = source(**{"from": LIST, "participant": LID.with_device(4)})
    assert found.from_me
    assert found.chat == LIST


def test_a_receipt_of_a_member_of_an_own_broadcast_list() -> None:
    node = Node("receipt", {"from": LIST, "participant": HER_LID})
    assert parse_source(node, PN, LID, require_participant=False).chat == LIST


def test_an_own_receipt_for_what_came_through_a_broadcast_list() -> None:
    node = Node("receipt", {"from": LIST, "participant": LID, "recipient": HER_LID})
    assert parse_source(node, PN, LID, require_participant=False).chat == HER_LID


def test_hosted_devices_are_the_person() -> None:
    assert source(**{"from": Jid("100000000002", "hosted.lid", 99)}).chat == HER_LID


@pytest.mark.parametrize("attrs", [{}, {"from": "not an address"}, {"from": GROUP}])
def test_addresses_that_are_missing(attrs: dict[str, AttrValue]) -> None:
    with pytest.raises(MalformedNode):
        source(**attrs)


def test_a_group_receipt_may_name_nobody() -> None:
    node = Node("receipt", {"from": GROUP})
    assert parse_source(node, PN, LID, require_participant=False).sender == NOBODY
