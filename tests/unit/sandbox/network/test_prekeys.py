"""The prekey store: uploads, bundles, the last key, the warning."""

import hashlib

import pytest

from scripted.stage import ScriptedLink, Stage
from wigwag.model.jid import SERVER_JID, Jid
from wigwag.sandbox.network.directory import Device
from wigwag.sandbox.network.faults import Fault, FaultKind
from wigwag.sandbox.network.switchboard import NetworkLimits
from wigwag.wire.nodes import Node


def key_node(number: int, tag: str = "key") -> Node:
    content = [Node("id", {}, number.to_bytes(3)), Node("value", {}, bytes([number % 256]) * 32)]
    if tag == "skey":
        content.append(Node("signature", {}, bytes(64)))
    return Node(tag, {}, list(content))


def upload(stage: Stage, device: Device, link: ScriptedLink, numbers: range) -> Node:
    content = [
        Node("registration", {}, (4_000_000_000).to_bytes(4)),
        Node("type", {}, b"\x05"),
        Node("identity", {}, b"I" * 32),
        Node("list", {}, [key_node(number) for number in numbers]),
        key_node(9, "skey"),
    ]
    return stage.answer(device, link, "encrypt", *content, kind="set")


def fetch(stage: Stage, device: Device, link: ScriptedLink, *jids: Jid) -> list[Node]:
    users: list[Node] = [Node("user", {"jid": jid, "reason": "identity"}) for jid in jids]
    answer = stage.answer(device, link, "encrypt", Node("key", {}, users))
    return answer.kids[0].kids


def count(stage: Stage, device: Device, link: ScriptedLink) -> int:
    return stage.answer(device, link, "encrypt", Node("count")).kids[0].attr_int("value")


def test_the_digest_of_what_was_uploaded():
    stage = Stage()
    bob = stage.account("15550000001").companions[0]
    link = stage.connect(bob)
    bob.keys = None
    assert stage.answer(bob, link, "encrypt", Node("digest")).kids[0].attr("code") == "404"
    upload(stage, bob, link, range(1, 4))
    (digest,) = stage.answer(bob, link, "encrypt", Node("digest")).kids
    tags = ["registration", "type", "identity", "skey", "list", "hash"]
    assert [kid.tag for kid in digest.kids] == tags
    listed, checked = digest.kids[4:]
    assert [kid.data for kid in listed.kids] == [number.to_bytes(3) for number in range(1, 4)]
    one_time = b"".join(bytes([number]) * 32 for number in range(1, 4))
    material = b"I" * 32 + b"\x09" * 32 + bytes(64) + one_time
    assert checked.data == hashlib.sha1(material, usedforsecurity=False).digest()


def test_upload_and_bundles():
    stage = Stage()
    alice, bob = (stage.account(f"1555000000{n}").companions[0] for n in (1, 2))
    link, owner = stage.connect(alice), stage.connect(bob)
    assert upload(stage, bob, owner, range(100, 107)).attr("type") == "result"
    assert count(stage, bob, owner) == 7
    (bundle,) = fetch(stage, alice, link, bob.lid)
    assert bundle.attrs == {"jid": bob.lid}
    assert [kid.tag for kid in bundle.kids] == ["registration", "type", "identity", "skey", "key"]
    registration, kind, identity, skey, key = bundle.kids
    assert registration.data == (4_000_000_000).to_bytes(4)
    assert (kind.data, identity.data) == (b"\x05", b"I" * 32)
    assert [kid.data for kid in skey.kids] == [(9).to_bytes(3), b"\x09" * 32, bytes(64)]
    assert key.kids[0].data == (100).to_bytes(3)
    assert count(stage, bob, owner) == 6
    owner.drain()
    (second,), (third,) = fetch(stage, alice, link, bob.lid), fetch(stage, alice, link, bob.pn)
    assert second != third
    warning = owner.one("notification")
    assert (warning.attr("type"), warning.attrs["from"]) == ("encrypt", SERVER_JID)
    assert warning.kids[0].attrs == {"value": "4"}
    assert warning.attr("id")


def test_without_one_time_keys_the_bundle_is_smaller():
    stage = Stage()
    alice, bob = (stage.account(f"1555000000{n}").companions[0] for n in (1, 2))
    link, owner = stage.connect(alice), stage.connect(bob)
    upload(stage, bob, owner, range(1, 2))
    stage.network.faults.add(Fault(kind=FaultKind.NO_PREKEYS, target=str(bob.lid)))
    for expected in (False, True, False):
        (bundle,) = fetch(stage, alice, link, bob.lid)
        assert (bundle.child("key") is not None) is expected
        assert bundle.child("skey") is not None


def test_unknown_devices_have_an_error_each():
    stage = Stage()
    alice = stage.account("15550000001").companions[0]
    link = stage.connect(alice)
    unknown = alice.lid.with_device(7)
    known, missing = fetch(stage, alice, link, alice.account.lid, unknown)
    assert known.child("identity") is not None
    assert missing.attrs == {"jid": unknown}
    assert missing.kids[0].attrs == {"code": "404", "text": "item-not-found"}


def test_a_new_identity_voids_the_old_keys_and_bounds_hold():
    stage = Stage(NetworkLimits(prekeys=5))
    bob = stage.account("15550000002").companions[0]
    link = stage.connect(bob)
    upload(stage, bob, link, range(1, 4))
    assert count(stage, bob, link) == 3
    upload(stage, bob, link, range(4, 12))
    assert count(stage, bob, link) == 5
    assert stage.network.counters["prekeys_dropped"]


@pytest.mark.parametrize("missing", ["registration", "identity", "skey", "list"])
def test_malformed_uploads(missing: str):
    stage = Stage()
    bob = stage.account("15550000002").companions[0]
    link = stage.connect(bob)
    bob.keys = None
    content = [
        Node("registration", {}, bytes(4)),
        Node("identity", {}, bytes(32)),
        Node("list", {}, [key_node(1)]),
        key_node(9, "skey"),
    ]
    kept = [node for node in content if node.tag != missing]
    answer = stage.answer(bob, link, "encrypt", *kept, kind="set")
    assert answer.attr("type") == ("result" if missing == "list" else "error")
    short = Node("list", {}, [Node("key", {}, [Node("id", {}, b"1")])])
    answer = stage.answer(bob, link, "encrypt", *content[:2], short, content[3], kind="set")
    assert answer.attr("type") == "error"


def test_rotating_the_signed_prekey():
    stage = Stage()
    bob = stage.account("15550000002").companions[0]
    link = stage.connect(bob)
    answer = stage.answer(
        bob, link, "encrypt", Node("rotate", {}, [key_node(8, "skey")]), kind="set"
    )
    assert answer.attr("type") == "result"
    assert bob.keys is not None
    assert bob.keys.signed.id == 8
    assert count(stage, bob, link) == 10
