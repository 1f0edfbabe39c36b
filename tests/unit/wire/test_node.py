"""The node value."""

import pytest

from wigwag.model.jid import Jid, parse_jid
from wigwag.wire.errors import MalformedNode
from wigwag.wire.nodes import Node

LID = Jid("100000000000001", "lid", 3)


def test_children_are_found_by_tag():
    first, second, other = Node("to", {"n": "1"}), Node("to", {"n": "2"}), Node("enc")
    node = Node("participants", {}, [first, other, second])
    assert node.child("to") is first
    assert node.child("none") is None
    assert node.children_with("to") == [first, second]
    assert node.kids == [first, other, second]


@pytest.mark.parametrize("content", [None, b"raw", "text"])
def test_a_node_without_children_has_none(content: str | bytes | None):
    node = Node("ref", {}, content)
    assert node.kids == []
    assert node.child("ref") is None
    assert node.children_with("ref") == []


def test_data_is_the_content_in_bytes_whichever_form_it_came_in():
    assert Node("a", {}, b"\x00\xff").data == b"\x00\xff"
    assert Node("a", {}, "grün").data == "grün".encode()
    assert Node("a").data == b""
    assert Node("a", {}, [Node("b")]).data == b""
    assert Node("a", {}, b"ok\xff").text == "ok\ufffd"


def test_attributes_as_text():
    node = Node("message", {"id": "3EB0", "from": LID})
    assert node.attr("id") == "3EB0"
    assert node.attr("from") == "100000000000001:3@lid"
    assert node.attr("none") == ""


def test_attributes_as_numbers():
    node = Node("message", {"t": "1763800000", "n": "-5"})
    assert node.attr_int("t") == 1763800000
    assert node.attr_int("n") == -5
    assert Node("error", {"code": str(2**63 - 1)}).attr_int("code") == 2**63 - 1
    assert node.attr_int("none") == 0
    assert node.attr_int("none", 7) == 7


NO_NUMBERS = ["x", "1.5", "1_0", " 1", "--1", "-", "\u0661", "9" * 5000, "+1", str(2**63)]


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_number_is_refused(text: str):
    with pytest.raises(MalformedNode):
        Node("message", {"t": text}).attr_int("t")


def test_attributes_as_addresses():
    node = Node("message", {"from": LID, "to": "49170@s.whatsapp.net", "bad": "x@y"})
    assert node.attr_jid("from") is LID
    assert node.attr_jid("to") == parse_jid("49170@s.whatsapp.net")
    assert node.attr_jid("none") is None
    assert node.require_jid("from") is LID
    with pytest.raises(MalformedNode):
        node.attr_jid("bad")
    with pytest.raises(MalformedNode):
        node.require_jid("none")


def test_equal_is_what_means_the_same_on_the_wire():
    assert Node("a", {}, "x") == Node("a", {}, b"x")
    assert (Node("a", {}, "x") != Node("a", {}, b"x")) is False
    assert Node("a", {}, [Node("b")]) == Node("a", {}, [Node("b")])
    assert Node("a") != Node("a", {}, b"")
    assert Node("a") != Node("a", {"b": "c"})
    assert Node("a", {}, [Node("b")]) != Node("a", {}, [Node("c")])
    assert Node("a", {"j": LID}) != Node("a", {"j": str(LID)})
    assert Node("a") != "a"


def test_nodes_do_not_share_their_attributes():
    first = Node("a")
    first.attrs["x"] = "1"
    assert Node("a").attrs == {}


def test_a_printed_node_tells_nothing_personal():
    node = Node("message", {"from": LID, "notify": "Ada"}, [Node("enc", {}, b"secret"), Node("x")])
    assert repr(node) == "<message from notify><enc>6 bytes</enc><x/></message>"
