"""Clients may say anything: the network refuses, counts, and stays whole."""

import random

import pytest

from scripted.stage import Stage, enc, message
from wigwag.model.jid import STATUS_JID, Jid
from wigwag.wire.nodes import AttrValue, Node

TAGS = ["message", "receipt", "ack", "iq", "presence", "chatstate", "ib", "notification", "call"]
KIDS = [
    "participants", "to", "enc", "list", "item", "user", "usync", "query", "devices", "contact",
    "key", "skey", "id", "value", "signature", "registration", "identity", "count", "sync",
    "collection", "patch", "create", "participant", "add", "remove", "leave", "group", "invite",
    "subject", "description", "body", "ephemeral", "privacy", "category", "picture", "status",
    "remove-companion-device", "active", "media_conn", "composing", "rotate", "pair-device-sign",
]  # fmt: skip
NAMESPACES = [
    "encrypt", "usync", "w:g2", "md", "privacy", "blocklist", "w:sync:app:state", "passive",
    "w:profile:picture", "w:m", "status", "w:biz", "w:p", "nonsense",
]  # fmt: skip
NAMES = ["type", "jid", "id", "t", "participant", "recipient", "name", "version", "code",
         "expiration", "action", "category", "class", "xmlns", "phash", "target"]  # fmt: skip


class Fuzzer:
    def __init__(self, rng: random.Random, jids: list[Jid]) -> None:
        self.rng = rng
        self.jids = jids

    def value(self) -> AttrValue:
        pick = self.rng.randrange(6)
        if pick < 3:
            return self.rng.choice(self.jids)
        words = ["set", "get", "retry", "read", "-5", "99999999999999999999999", "é\0", "x" * 300]
        return self.rng.choice([*words, "available", "subscribe", "regular", "true", "nobody@x"])

    def content(self, depth: int) -> bytes | str | list[Node] | None:
        pick = self.rng.randrange(5)
        if pick == 0 or depth > 3:
            return self.rng.randbytes(self.rng.choice([0, 1, 3, 32, 64]))
        if pick == 1:
            return self.rng.choice(["text", ""])
        if pick == 2:
            return None
        return [self.node(self.rng.choice(KIDS), depth + 1) for _ in range(self.rng.randrange(4))]

    def node(self, tag: str, depth: int = 0) -> Node:
        names = self.rng.sample(NAMES, self.rng.randrange(5))
        attrs: dict[str, AttrValue] = {name: self.value() for name in names}
        if depth == 0:
            attrs["id"] = self.rng.choice(["1", "2", "3"])
            attrs["to"] = self.value()
            if tag == "iq":
                attrs["xmlns"] = self.rng.choice(NAMESPACES)
                attrs["type"] = self.rng.choice(["get", "set", "result"])
        return Node(tag, attrs, self.content(depth))


@pytest.mark.parametrize("seed", range(4))
def test_anything_may_come(seed: int):
    stage = Stage(timed=False)
    alice, bob = stage.account("15550000001", companions=2), stage.account("15550000002")
    group = stage.network.groups.create(bob, "Friends", [alice])
    attacker, witness = alice.companions[0], bob.companions[0]
    jids = [
        alice.lid, alice.pn, attacker.lid, bob.lid, bob.pn, witness.lid, group.jid, STATUS_JID,
        Jid("", "s.whatsapp.net"), Jid("", "g.us"), Jid("9", "lid"), Jid("1", "newsletter"),
    ]  # fmt: skip
    fuzzer = Fuzzer(random.Random(seed), jids)
    stage.connect(attacker)
    for _ in range(1500):
        stage.network.handle(attacker.lid, fuzzer.node(fuzzer.rng.choice(TAGS)))
        if stage.network.directory.find_device(attacker.lid) is None:
            attacker = stage.companion(alice)
            stage.connect(attacker)
    assert stage.network.counters.get("failed", 0) == 0
    bob.blocked.clear()
    link = stage.connect(witness)
    node = message(bob.lid, "LAST", devices=(witness.lid,))
    stage.network.handle(alice.primary.lid, node)
    assert link.delivered[-1].attr("id") == "LAST"
    assert link.delivered[-1].kids[0] == enc(f"for {witness.lid}".encode())
