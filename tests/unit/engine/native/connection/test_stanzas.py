"""Acks and iqs as whatsmeow writes them."""

from wigwag.engine.native.connection.control import answer_to
from wigwag.engine.native.connection.stanzas import acknowledge, iq, iq_error, iq_result
from wigwag.engine.native.people.addresses import signal_address, signal_user
from wigwag.model.jid import SERVER_JID, Jid
from wigwag.wire.nodes import Node

GROUP, SENDER = Jid("1203630", "g.us"), Jid("99", "lid", 4)


def test_an_ack_repeats_what_addresses_the_stanza() -> None:
    receipt = Node(
        "receipt",
        {"from": GROUP, "participant": SENDER, "id": "A", "type": "read", "t": "5"},
    )
    assert acknowledge(receipt).attrs == {
        "class": "receipt",
        "id": "A",
        "to": GROUP,
        "participant": SENDER,
        "type": "read",
    }


def test_an_ack_of_a_message_has_no_type_and_may_refuse() -> None:
    message = Node("message", {"from": SENDER, "id": "A", "type": "text", "recipient": GROUP})
    assert acknowledge(message, 487).attrs == {
        "class": "message",
        "id": "A",
        "to": SENDER,
        "recipient": GROUP,
        "error": "487",
    }


def test_requests_and_answers() -> None:
    assert iq("w:p", "get") == Node("iq", {"xmlns": "w:p", "type": "get", "to": SERVER_JID})
    request = Node("iq", {"from": SERVER_JID, "id": "1", "type": "set"})
    assert iq_result(request).attrs == {"to": SERVER_JID, "type": "result", "id": "1"}
    error = iq_error(request, 401, "hmac-mismatch").child("error")
    assert error == Node("error", {"code": "401", "text": "hmac-mismatch"})


def test_only_pings_of_the_server_are_answered() -> None:
    ping = Node("iq", {"from": SERVER_JID, "id": "9", "type": "get", "xmlns": "urn:xmpp:ping"})
    assert answer_to(ping) == Node("iq", {"to": SERVER_JID, "type": "result", "id": "9"})
    other = Node("iq", {"from": SERVER_JID, "id": "9", "type": "get", "xmlns": "w:what"})
    assert answer_to(other) is None


def test_signal_addresses() -> None:
    assert signal_address(Jid("49", "s.whatsapp.net", 3)) == "49:3"
    assert signal_address(Jid("99", "lid")) == "99_1:0"
    assert signal_address(Jid("49", "hosted", 99)) == "49:99"
    assert signal_address(Jid("99", "hosted.lid", 99)) == "99_1:99"
    assert signal_user(Jid("99", "lid", 5)) == "99_1"
