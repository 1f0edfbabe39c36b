"""Presence and chat states: only for those who are there and want to know."""

from scripted.stage import Stage
from wigwag.model.jid import Jid
from wigwag.wire.nodes import Node


def test_subscribers_learn_of_coming_and_going():
    stage = Stage()
    alice, bob = stage.account("15550000001"), stage.account("15550000002", "Bob")
    watcher, device = alice.companions[0], bob.companions[0]
    link, own = stage.connect(watcher), stage.connect(device)
    subscribe = Node("presence", {"type": "subscribe", "to": bob.lid})
    stage.network.handle(watcher.lid, Node("presence", {"type": "available"}))
    stage.network.handle(watcher.lid, subscribe)
    assert link.drain()[0].attrs == {"from": bob.lid, "type": "unavailable"}
    available = Node("presence", {"type": "available", "name": "Bobby"})
    stage.network.handle(device.lid, available)
    assert link.drain()[0].attrs == {"from": bob.lid}
    assert device.name == "Bobby"
    stage.settle(60)
    stage.network.disconnect(device.lid, own)
    assert link.drain()[0].attrs == {
        "from": bob.lid,
        "type": "unavailable",
        "last": "1700000060",
    }
    stage.network.handle(watcher.lid, Node("presence", {"type": "unsubscribe", "to": bob.lid}))
    stage.connect(device)
    stage.network.handle(device.lid, available)
    assert not link.delivered


def test_a_hidden_last_seen():
    stage = Stage()
    alice, bob = stage.account("15550000001"), stage.account("15550000002")
    bob.privacy["last"] = "none"
    link = stage.connect(alice.companions[0])
    subscribe = Node("presence", {"type": "subscribe", "to": bob.pn})
    stage.network.handle(alice.companions[0].lid, Node("presence", {"type": "available"}))
    stage.network.handle(alice.companions[0].lid, subscribe)
    assert link.one("presence").attr("last") == "deny"


def test_who_is_not_available_is_told_nothing():
    stage = Stage()
    alice, bob = stage.account("15550000001"), stage.account("15550000002")
    watcher, device = alice.companions[0], bob.companions[0]
    link = stage.connect(watcher)
    stage.connect(device)
    stage.network.handle(watcher.lid, Node("presence", {"type": "subscribe", "to": bob.lid}))
    stage.network.handle(device.lid, Node("presence", {"type": "available"}))
    assert not link.delivered
    stage.network.handle(watcher.lid, Node("presence", {"type": "available"}))
    assert link.one("presence").attrs == {"from": bob.lid}
    link.drain()
    stage.network.handle(watcher.lid, Node("presence", {"type": "unavailable"}))
    stage.network.handle(device.lid, Node("presence", {"type": "unavailable"}))
    assert not link.delivered


def test_a_subscription_ends_with_its_connection():
    stage = Stage()
    alice, bob = stage.account("15550000001"), stage.account("15550000002")
    watcher, device = alice.companions[0], bob.companions[0]
    first = stage.connect(watcher)
    stage.connect(device)
    stage.network.handle(watcher.lid, Node("presence", {"type": "subscribe", "to": bob.lid}))
    stage.network.disconnect(watcher.lid, first)
    again = stage.connect(watcher)
    stage.network.handle(watcher.lid, Node("presence", {"type": "available"}))
    stage.network.handle(device.lid, Node("presence", {"type": "available"}))
    assert not again.all("presence")
    assert (bob.subscribers, watcher.watched) == (set(), set())


def test_typing_to_a_person():
    stage = Stage()
    alice, bob = stage.account("15550000001"), stage.account("15550000002")
    link = stage.connect(bob.companions[0])
    composing = Node("composing", {"media": "audio"})
    sender = alice.companions[0].lid
    stage.network.handle(sender, Node("chatstate", {"to": bob.lid}, [composing]))
    got = link.one("chatstate")
    assert got.attrs == {"from": alice.lid}
    assert got.kids == [composing]
    assert len(bob.companions[0].mailbox) == 0
    bob.blocked.add(alice.lid)
    stage.network.handle(sender, Node("chatstate", {"to": bob.lid}, [Node("paused")]))
    assert len(link.all("chatstate")) == 1


def test_typing_in_a_group():
    stage = Stage()
    alice, bob, carol = (stage.account(f"1555000000{n}") for n in (1, 2, 3))
    group = stage.network.groups.create(alice, "Friends", [bob])
    own, link = stage.connect(alice.companions[0]), stage.connect(bob.companions[0])
    typing = Node("chatstate", {"to": group.jid}, [Node("composing")])
    stage.network.handle(alice.companions[0].lid, typing)
    stage.network.handle(carol.companions[0].lid, typing)
    assert link.one("chatstate").attrs == {"from": group.jid, "participant": alice.lid}
    assert not own.all("chatstate")


def test_nonsense_is_counted():
    stage = Stage()
    device = stage.account("15550000001").companions[0]
    stage.connect(device)
    nowhere = Jid("1", "lid")
    for node in (
        Node("presence", {"type": "flying"}),
        Node("chatstate", {"to": nowhere}),
        Node("chatstate", {"to": nowhere}, [Node("composing")]),
        Node("presence", {"type": "subscribe", "to": nowhere}),
        Node("presence", {"type": "subscribe"}),
    ):
        stage.network.handle(device.lid, node)
    counters = stage.network.counters
    assert counters["presence_refused"] == counters["chatstate_refused"] == 1
    assert counters["refused"] == 1
