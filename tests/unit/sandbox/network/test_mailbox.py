"""The mailbox: kept until acknowledged, sent again in the first order."""

from wigwag.model.jid import parse_jid
from wigwag.sandbox.network.mailbox import Mailbox
from wigwag.wire.nodes import Node

ALICE, BOB = parse_jid("1:1@lid"), parse_jid("2:1@lid")


def letter(number: int | str, tag: str = "message") -> Node:
    return Node(tag, {"id": str(number), "from": ALICE})


def ids(nodes: list[Node]) -> list[str]:
    return [node.attr("id") for node in nodes]


def unsent(mailbox: Mailbox) -> list[str]:
    taken: list[Node] = []
    while (node := mailbox.take_unsent()) is not None:
        taken.append(node)
    return ids(taken)


def test_what_was_not_acknowledged_is_sent_again_in_order():
    mailbox = Mailbox(10)
    for number in range(5):
        mailbox.add(letter(number), sent=number < 3)
    assert mailbox.count_unsent() == {"message": 2}
    assert unsent(mailbox) == ["3", "4"]
    assert not mailbox.has_unsent
    assert mailbox.settle("message", "1", ALICE, None)
    assert not mailbox.settle("message", "1", ALICE, None)
    assert not mailbox.settle("receipt", "2", ALICE, None)
    mailbox.rewind()
    assert unsent(mailbox) == ["0", "2", "3", "4"]
    mailbox.clear()
    assert len(mailbox) == 0


def test_equal_ids_of_two_senders():
    mailbox = Mailbox(10)
    first = Node("message", {"id": "X", "from": ALICE})
    second = Node("message", {"id": "X", "from": BOB})
    mailbox.add(first, sent=True)
    mailbox.add(second, sent=True)
    assert mailbox.settle("message", "X", BOB, None)
    assert mailbox.pending() == [first]
    assert mailbox.settle("message", "X", ALICE, None)
    assert len(mailbox) == 0


def test_a_second_acknowledgement_takes_no_letter_of_another():
    mailbox = Mailbox(10)
    group = parse_jid("1@g.us")
    receipts = [
        Node("receipt", {"id": "X", "from": group, "participant": who}) for who in (ALICE, BOB)
    ]
    for receipt in receipts:
        mailbox.add(receipt, sent=True)
    assert mailbox.settle("receipt", "X", group, ALICE, "")
    assert not mailbox.settle("receipt", "X", group, ALICE, "")
    assert mailbox.pending() == receipts[1:]


def test_the_kinds_of_receipts_are_told_apart():
    mailbox = Mailbox(10)
    delivered = Node("receipt", {"id": "X", "from": ALICE})
    read = Node("receipt", {"id": "X", "from": ALICE, "type": "read"})
    mailbox.add(delivered, sent=True)
    mailbox.add(read, sent=True)
    assert mailbox.settle("receipt", "X", ALICE, None, "read")
    assert not mailbox.settle("receipt", "X", ALICE, None, "read")
    assert mailbox.pending() == [delivered]


def test_another_address_of_the_sender_settles_the_same():
    known = {parse_jid("15550001@s.whatsapp.net"): ALICE.bare}
    mailbox = Mailbox(10, lambda jid: known.get(jid.bare, jid.bare))
    mailbox.add(Node("receipt", {"id": "X", "from": ALICE}), sent=True)
    mailbox.add(Node("receipt", {"id": "X", "from": BOB}), sent=True)
    assert mailbox.settle("receipt", "X", parse_jid("15550001:7@s.whatsapp.net"), None)
    assert [one.attr_jid("from") for one in mailbox.pending()] == [BOB]


def test_over_the_limit_the_oldest_go():
    mailbox = Mailbox(3)
    for number in range(5):
        mailbox.add(letter(number), sent=False)
    assert ids(mailbox.pending()) == ["2", "3", "4"]
    assert mailbox.dropped == 2
    assert unsent(mailbox) == ["2", "3", "4"]


def test_settling_an_unsent_letter():
    mailbox = Mailbox(3)
    mailbox.add(letter("a"), sent=False)
    mailbox.add(letter("b"), sent=False)
    mailbox.settle("message", "a", ALICE, None)
    assert mailbox.count_unsent() == {"message": 1}
    assert unsent(mailbox) == ["b"]
