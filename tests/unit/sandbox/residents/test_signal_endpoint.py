"""Signal endpoints through the real network: texts, groups, retries, receipts, new identities."""

import pytest

from scripted.neighbours import Neighbourhood
from wigwag.model.errors import MalformedJid, NotFound
from wigwag.model.jid import STATUS_JID
from wigwag.sandbox.network.faults import Fault, FaultKind
from wigwag.sandbox.residents.incoming import MAX_RETRIES
from wigwag.sandbox.residents.person import Person
from wigwag.wire.nodes import Node


def texts(person: Person) -> list[str]:
    return [entry.text for entry in person.inbox.entries()]


def test_a_text_arrives_and_is_acknowledged(hood: Neighbourhood) -> None:
    ann, bob = hood.person("Ann"), hood.person("Bob")
    sent = ann.send_text(bob.phone, "Hello")
    (entry,) = bob.inbox.entries()
    assert (entry.id, entry.text, entry.sender, entry.chat) == (sent, "Hello", ann.lid, ann.lid)
    assert entry.push_name == "Ann"
    assert not entry.from_me
    (receipt,) = ann.receipts
    assert (receipt.kind, receipt.ids, receipt.sender) == ("delivered", (sent,), bob.lid)


def test_a_thousand_texts_arrive_in_order(hood: Neighbourhood) -> None:
    ann, bob = hood.person("Ann"), hood.person("Bob")
    said = [f"text {number}" for number in range(1_000)]
    ids = ann.send_many(bob.lid, said)
    assert texts(bob) == said
    assert [entry.id for entry in bob.inbox.entries()] == ids


def test_both_begin_at_once(hood: Neighbourhood) -> None:
    """Crossing first messages leave both with a session that works."""
    ann, bob = hood.person("Ann"), hood.person("Bob")
    hold = hood.network.faults.add(Fault(kind=FaultKind.HOLD, target=bob.phone, count=None))
    ann.send_text(bob.lid, "from Ann")
    bob.send_text(ann.lid, "from Bob")
    hood.network.faults.remove(hold)
    ann.send_text(bob.lid, "more")
    bob.send_text(ann.lid, "more")
    assert texts(bob) == ["from Ann", "more"]
    assert texts(ann) == ["from Bob", "more"]


def test_an_unknown_address_is_an_error(hood: Neighbourhood) -> None:
    ann = hood.person("Ann")
    with pytest.raises(NotFound):
        ann.send_text("4915100000000", "Hello?")
    with pytest.raises(MalformedJid):
        ann.send_text("nobody", "Hello?")


def test_a_group_gets_one_key_and_many_messages(hood: Neighbourhood) -> None:
    ann, bob, cem = (hood.person(name) for name in ("Ann", "Bob", "Cem"))
    group = hood.group("Three", ann, bob, cem)
    for number in range(3):
        ann.send_text(group.jid, f"text {number}")
    bob.send_text(group.jid, "reply")
    assert texts(cem) == ["text 0", "text 1", "text 2", "reply"]
    assert texts(bob) == ["text 0", "text 1", "text 2"]
    assert {entry.chat for entry in cem.inbox.entries()} == {group.jid}


def test_a_new_member_reads_on_and_a_former_one_does_not(hood: Neighbourhood) -> None:
    ann, bob, cem = (hood.person(name) for name in ("Ann", "Bob", "Cem"))
    group = hood.group("Two", ann, bob)
    find = hood.network.directory.get
    ann.send_text(group.jid, "before")
    hood.network.groups.change_members(group, find(ann.lid), "add", [find(cem.lid)])
    ann.send_text(group.jid, "together")
    hood.network.groups.change_members(group, find(ann.lid), "remove", [find(bob.lid)])
    held = ann.keyring.distribution(group.jid)
    ann.send_text(group.jid, "after")
    assert texts(bob) == ["before", "together"]
    assert texts(cem) == ["together", "after"]
    assert ann.keyring.distribution(group.jid)[2:] != held[2:]


def test_a_sender_that_is_no_member_is_refused(hood: Neighbourhood) -> None:
    ann, bob, eve = (hood.person(name) for name in ("Ann", "Bob", "Eve"))
    group = hood.group("Two", ann, bob)
    eve.send_text(group.jid, "let me in")
    assert texts(bob) == []
    assert eve.counters["refused"] == 1


def test_a_status_goes_to_everybody(hood: Neighbourhood) -> None:
    ann, bob, cem = (hood.person(name) for name in ("Ann", "Bob", "Cem"))
    ann.send_text(STATUS_JID, "my status")
    ann.send_text("status@broadcast", "another")
    assert texts(bob) == texts(cem) == ["my status", "another"]
    assert bob.inbox.entries()[0].chat == STATUS_JID


@pytest.mark.parametrize("damaged", [1, 2, 3])
def test_a_damaged_text_is_asked_for_again(hood: Neighbourhood, damaged: int) -> None:
    ann, bob = hood.person("Ann"), hood.person("Bob")
    ann.send_text(bob.lid, "first")
    garble = Fault(kind=FaultKind.GARBLE, target=bob.phone, count=damaged)
    hood.network.faults.add(garble)
    sent = ann.send_text(bob.lid, "damaged")
    ann.send_text(bob.lid, "next")
    assert texts(bob) == ["first", "damaged", "next"]
    assert bob.inbox.find(sent) is not None
    assert bob.counters["undecryptable"] == ann.counters["retry_answered"] == damaged


def test_a_damaged_group_message_is_asked_for_again(hood: Neighbourhood) -> None:
    ann, bob, cem = (hood.person(name) for name in ("Ann", "Bob", "Cem"))
    group = hood.group("Three", ann, bob, cem)
    hood.network.faults.add(Fault(kind=FaultKind.GARBLE, target=bob.phone, count=2))
    ann.send_text(group.jid, "damaged for Bob")
    ann.send_text(group.jid, "next")
    assert texts(bob) == ["damaged for Bob", "next"]
    assert texts(cem) == ["damaged for Bob", "next"]


def test_asking_again_has_an_end(hood: Neighbourhood) -> None:
    ann, bob = hood.person("Ann"), hood.person("Bob")
    garble = Fault(kind=FaultKind.GARBLE, target=bob.phone, count=None)
    number = hood.network.faults.add(garble)
    ann.send_text(bob.lid, "never readable")
    assert texts(bob) == []
    assert bob.counters["undecryptable"] == MAX_RETRIES + 1
    hood.network.faults.remove(number)
    ann.send_text(bob.lid, "readable")
    assert texts(bob) == ["readable"]


def test_a_duplicate_is_taken_once(hood: Neighbourhood) -> None:
    ann, bob = hood.person("Ann"), hood.person("Bob")
    ann.send_text(bob.lid, "first")
    hood.network.faults.add(Fault(kind=FaultKind.DUPLICATE, target=bob.phone, count=None))
    ann.send_text(bob.lid, "twice")
    assert texts(bob) == ["first", "twice"]
    assert bob.counters["undecryptable"] == 0


def test_a_session_that_one_side_lost_is_made_anew(hood: Neighbourhood) -> None:
    ann, bob = hood.person("Ann"), hood.person("Bob")
    ann.send_text(bob.lid, "first")
    bob.send_text(ann.lid, "reply")
    bob.keyring.forget_session(ann.lid)
    ann.send_text(bob.lid, "lost session")
    assert texts(bob) == ["first", "lost session"]
    assert bob.counters["undecryptable"] == ann.counters["retry_answered"] >= 1


def test_a_reinstallation_brings_a_new_identity(hood: Neighbourhood) -> None:
    ann, bob = hood.person("Ann"), hood.person("Bob")
    ann.send_text(bob.lid, "before")
    old = bob.keyring.local.identity.public
    bob.replace_keys()
    assert bob.keyring.local.identity.public != old
    ann.send_text(bob.lid, "after")
    bob.send_text(ann.lid, "I have a new phone")
    assert texts(bob) == ["before", "after"]
    assert texts(ann) == ["I have a new phone"]
    assert bob.counters["undecryptable"] == 0


def test_prekeys_are_refilled(hood: Neighbourhood) -> None:
    bob = hood.person("Bob")
    device = hood.network.directory.get_device(bob.lid)
    assert device.keys is not None
    for _ in range(200):
        assert hood.surroundings.take_bundle(bob.lid) is not None
    assert len(device.keys.one_time) >= 4


def test_without_one_time_prekeys_it_goes_on(hood: Neighbourhood) -> None:
    ann, bob = hood.person("Ann"), hood.person("Bob")
    hood.network.faults.add(Fault(kind=FaultKind.NO_PREKEYS, target=bob.phone, count=None))
    ann.send_text(bob.lid, "hello")
    assert texts(bob) == ["hello"]


@pytest.mark.parametrize("addressing", ["lid", "pn"])
def test_senders_by_either_address(hood: Neighbourhood, addressing: str) -> None:
    ann, bob = hood.person("Ann"), hood.person("Bob")
    hood.network.directory.get(ann.lid).addressing = addressing
    ann.send_text(bob.lid, "hello")
    bob.send_text(bob.inbox.entries()[0].chat, "hello back")
    assert texts(bob) == ["hello"]
    assert texts(ann) == ["hello back"]
    assert bob.inbox.entries()[0].sender == ann.lid


@pytest.mark.parametrize(
    "stanza",
    [
        Node("message"),
        Node("message", {"from": "nonsense"}),
        Node("message", {"from": "1@g.us", "id": "1"}),
        Node("message", {"from": "1@lid", "id": "1", "t": "99999999999999"}),
        Node("receipt", {"type": "retry"}),
        Node("receipt", {"from": "1@lid", "type": "retry"}, [Node("retry", {"count": "x"})]),
        Node("receipt"),
        Node("notification"),
        Node("notification", {"type": "encrypt"}, [Node("identity")]),
        Node("ack"),
        Node("iq"),
        Node(""),
    ],
    ids=repr,
)
def test_a_malformed_stanza_does_no_harm(hood: Neighbourhood, stanza: Node) -> None:
    ann, bob = hood.person("Ann"), hood.person("Bob")
    bob.receive(stanza)
    ann.send_text(bob.lid, "still there")
    assert texts(bob) == ["still there"]


def test_a_stanza_that_decrypts_to_nothing_is_asked_for_again(hood: Neighbourhood) -> None:
    ann, bob = hood.person("Ann"), hood.person("Bob")
    enc = Node("enc", {"v": "2", "type": "msg"}, b"\x33garbage")
    bob.receive(Node("message", {"from": ann.lid, "id": "M1", "t": "1"}, [enc]))
    assert bob.counters["undecryptable"] == 1
    assert ann.counters["retry_unanswered"] == 1
