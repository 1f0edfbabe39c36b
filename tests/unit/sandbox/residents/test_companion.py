"""People of several devices."""

import pytest

from scripted.neighbours import Neighbourhood
from wigwag.model.errors import InvalidInput, NotFound
from wigwag.sandbox.network.directory import MAX_DEVICE
from wigwag.sandbox.network.faults import Fault, FaultKind
from wigwag.sandbox.residents.correspondent import Correspondent
from wigwag.wire.nodes import Node
from wigwag.wire.pairing import verify_companion_signature


def texts(one: Correspondent) -> list[str]:
    return [entry.text for entry in one.inbox.entries()]


def test_every_device_gets_a_message_and_any_of_them_answers(hood: Neighbourhood) -> None:
    ann, bob = hood.person("Ann"), hood.person("Bob")
    ann.send_text(bob.lid, "before")
    laptop = bob.link_companion()
    ann.send_text(bob.lid, "after")
    assert (texts(bob), texts(laptop)) == (["before", "after"], ["after"])
    assert sorted(receipt.sender.device for receipt in ann.receipts) == [0, 0, 1]
    laptop.send_text(ann.lid, "from the laptop")
    (entry,) = ann.inbox.entries()
    assert (entry.sender, entry.chat, entry.device) == (bob.lid, bob.lid, 1)
    (copy,) = [entry for entry in bob.inbox.entries() if entry.from_me]
    assert (copy.text, copy.chat, copy.device) == ("from the laptop", ann.lid, 1)


def test_what_a_companion_did_is_its_persons(hood: Neighbourhood) -> None:
    ann, bob = hood.person("Ann"), hood.person("Bob")
    laptop = bob.link_companion()
    poll = ann.send_poll(bob.lid, "Tea?", ["yes", "no"])
    laptop.vote(poll, ["yes"])
    said = laptop.send_text(ann.lid, "one")
    laptop.edit(said, "two")
    vote, text, edit = ann.inbox.entries()
    assert (vote.options, vote.sender) == (("yes",), bob.lid)
    assert (text.text, edit.text, edit.target) == ("one", "two", said)


def test_a_group_knows_all_devices(hood: Neighbourhood) -> None:
    ann, bob = hood.person("Ann"), hood.person("Bob")
    group = hood.group("Two", ann, bob)
    ann.send_text(group.jid, "one")
    laptop = bob.link_companion()
    ann.send_text(group.jid, "two")
    laptop.send_text(group.jid, "three")
    assert (texts(ann), texts(bob), texts(laptop)) == (
        ["three"],
        ["one", "two", "three"],
        ["two"],
    )


def test_a_companion_asks_again_for_itself(hood: Neighbourhood) -> None:
    ann, bob = hood.person("Ann"), hood.person("Bob")
    laptop = bob.link_companion()
    hood.network.faults.add(Fault(kind=FaultKind.GARBLE, target=str(laptop.lid), count=2))
    ann.send_text(bob.lid, "hello")
    assert (texts(bob), texts(laptop)) == (["hello"], ["hello"])
    assert (bob.counters["undecryptable"], laptop.counters["undecryptable"]) == (0, 2)


def test_those_who_asked_hear_of_devices(
    hood: Neighbourhood, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob, owner = hood.person("Bob"), hood.phone()
    client = hood.companion(owner)
    heard: list[Node] = []
    monkeypatch.setattr(client.device, "deliver", heard.append)
    account = hood.network.directory.get(bob.lid)
    account.watchers[client.device.lid] = {bob.lid}
    laptop = bob.link_companion()
    laptop.send_text(owner.phone, "hello")
    bob.unlink_companion(1)
    added, said, removed = heard
    assert [kid.tag for node in (added, removed) for kid in node.kids] == ["add", "remove"]
    device = added.kids[0].child("device")
    assert device is not None
    assert device.attrs == {"jid": laptop.lid, "key-index": "1"}
    proof = said.child("device-identity")
    assert proof is not None
    phone, own = bob.keyring.local.identity.public, laptop.keyring.local.identity.public
    assert verify_companion_signature(proof.data, account_public=phone, companion_public=own) == 1


def test_a_new_identity_ends_all_companions(hood: Neighbourhood) -> None:
    ann, bob = hood.person("Ann"), hood.person("Bob")
    laptop = bob.link_companion()
    ann.send_text(bob.lid, "one")
    bob.replace_keys()
    ann.send_text(bob.lid, "two")
    assert (texts(bob), texts(laptop)) == (["one", "two"], ["one"])
    assert bob.link_companion().lid.device == 2
    with pytest.raises(NotFound):
        bob.device(1)
    with pytest.raises(NotFound):
        bob.unlink_companion(1)


def test_there_is_an_end_to_devices(hood: Neighbourhood) -> None:
    bob = hood.person("Bob")
    hood.network.directory.get(bob.lid).next_device = MAX_DEVICE
    bob.link_companion()
    with pytest.raises(InvalidInput):
        bob.link_companion()
