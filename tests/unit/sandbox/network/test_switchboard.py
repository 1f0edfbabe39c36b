"""The queue of work: flat, bounded, and nothing ends it."""

import random

from scripted.stage import ScriptedResident, Stage, ack_of, enc
from wigwag.model.jid import Jid
from wigwag.sandbox.network.network import Network
from wigwag.sandbox.network.switchboard import NetworkLimits
from wigwag.wire.nodes import Node


def talk(stage: Stage, sender: Jid, target: Jid, message_id: str) -> None:
    attrs = {"to": target, "id": message_id, "type": "text"}
    stage.network.handle(sender, Node("message", dict(attrs), [enc(b"x")]))


def test_two_echoes_cannot_take_the_process():
    stage = Stage(NetworkLimits(burst=50))
    alice, bob = stage.account("15550000001"), stage.account("15550000002")
    counts = {"a": 0, "b": 0}

    def echo(name: str, me: Jid, peer: Jid):
        def answer(node: Node) -> None:
            if node.tag == "message":
                counts[name] += 1
                talk(stage, me, peer, f"{name}{counts[name]}")

        return answer

    stage.network.attach(alice.lid, ScriptedResident(on_receive=echo("a", alice.lid, bob.lid)))
    stage.network.attach(bob.lid, ScriptedResident(on_receive=echo("b", bob.lid, alice.lid)))
    talk(stage, alice.lid, bob.lid, "first")
    assert 5 < counts["b"] < 50, "others get their turn after a burst"
    before = counts["b"]
    stage.timer.turn()
    assert before < counts["b"] < before + 50


def test_a_failing_resident_ends_nothing():
    stage = Stage()
    alice, bob = stage.account("15550000001"), stage.account("15550000002")

    def fail(_node: Node) -> None:
        raise RuntimeError

    stage.network.attach(bob.lid, ScriptedResident(on_receive=fail))
    talk(stage, alice.lid, bob.lid, "1")
    talk(stage, alice.lid, bob.lid, "2")
    assert stage.network.counters["failed"] == 2


def test_without_a_timer_everything_happens_in_the_call():
    network = Network(random=random.Random(1), now=lambda: 1.0)
    alice, bob = network.register_account("15550000001"), network.register_account("15550000002")
    person, other = ScriptedResident(), ScriptedResident()
    network.attach(alice.lid, person)
    network.attach(bob.lid, other)
    attrs = {"to": bob.lid, "id": "1", "type": "text"}
    network.handle(alice.lid, Node("message", dict(attrs), [enc(b"x")]))
    assert [node.tag for node in person.received] == ["ack"]
    assert [node.tag for node in other.received] == ["message"]


def test_a_resident_gets_what_waited_for_it():
    stage = Stage()
    alice, bob = stage.account("15550000001"), stage.account("15550000002")
    talk(stage, alice.lid, bob.lid, "1")
    assert len(bob.primary.mailbox) == 1
    resident = ScriptedResident()
    stage.network.attach(bob.lid, resident)
    assert [node.attr("id") for node in resident.received] == ["1"]
    assert len(bob.primary.mailbox) == 0
    stage.network.detach(bob.lid)
    talk(stage, alice.lid, bob.lid, "2")
    assert len(bob.primary.mailbox) == 1


def test_a_phone_notifies_its_own_companions_only():
    stage = Stage()
    alice, bob = stage.account("15550000001"), stage.account("15550000002")
    link, other = stage.connect(alice.companions[0]), stage.connect(bob.companions[0])
    for target in (alice.companions[0].lid, bob.companions[0].lid):
        node = Node("notification", {"to": target, "type": "mediaretry", "id": "M"}, [Node("rmr")])
        stage.network.handle(alice.lid, node)
    got = link.one("notification")
    assert got.attrs == {
        "type": "mediaretry",
        "id": "M",
        "from": alice.lid,
        "t": "1700000000",
    }
    assert not other.delivered
    stage.network.handle(alice.companions[0].lid, ack_of(got))
    assert len(alice.companions[0].mailbox) == 0


def test_mailboxes_are_bounded():
    stage = Stage(NetworkLimits(mailbox=10))
    alice, bob = stage.account("15550000001"), stage.account("15550000002")
    for number in range(30):
        talk(stage, alice.lid, bob.lid, str(number))
    assert bob.primary.mailbox.pending()[0].attr("id") == "20"
    assert bob.primary.mailbox.dropped == 20


def test_what_was_seen_is_bounded():
    stage = Stage(NetworkLimits(seen=3))
    alice, bob = stage.account("15550000001"), stage.account("15550000002")
    for number in range(10):
        talk(stage, alice.lid, bob.lid, str(number))
    assert len(alice.primary.seen) == 3
