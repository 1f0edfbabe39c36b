"""App-state collections: versions, conflicts, pages, snapshots."""

import pytest

from scripted.stage import ScriptedLink, ScriptedResident, Stage
from wigwag.model.jid import SERVER_JID
from wigwag.sandbox.network.appstate import COLLECTIONS, PAGE
from wigwag.sandbox.network.directory import Device
from wigwag.sandbox.network.faults import Fault, FaultKind
from wigwag.sandbox.network.switchboard import NetworkLimits
from wigwag.wire.errors import MalformedNode
from wigwag.wire.nodes import AttrValue, Node
from wigwag.wire.proto.syncd_pb2 import SyncdPatch


def patch(mark: bytes) -> bytes:
    return SyncdPatch(snapshotMAC=mark * 32, patchMAC=b"p").SerializeToString()


def sync(
    stage: Stage,
    device: Device,
    link: ScriptedLink,
    name: str,
    new: bytes = b"",
    **attrs: AttrValue,
) -> Node:
    content: list[Node] = [Node("patch", {}, new)] if new else []
    collection = Node("collection", {"name": name, **attrs}, content)
    wanted = Node("sync", {}, [collection])
    answer = stage.answer(device, link, "w:sync:app:state", wanted, kind="set")
    assert answer.attr("type") == "result"
    return answer.kids[0].kids[0]


def versions(collection: Node) -> list[int]:
    patches = collection.child("patches")
    assert patches is not None
    return [parsed(node).version.version for node in patches.kids]


def parsed(node: Node) -> SyncdPatch:
    found = SyncdPatch()
    found.ParseFromString(node.data)
    return found


def test_an_empty_collection():
    stage = Stage()
    device = stage.account("15550000001").companions[0]
    link = stage.connect(device)
    for name in COLLECTIONS:
        answer = sync(stage, device, link, name, return_snapshot="true")
        assert answer.attrs == {
            "name": name,
            "version": "0",
            "type": "result",
            "has_more_patches": "false",
        }
        assert versions(answer) == []


def test_the_phone_writes_and_companions_are_told():
    stage = Stage()
    account = stage.account("15550000001", companions=2)
    phone = ScriptedResident()
    stage.network.attach(account.lid, phone)
    one, two = (stage.connect(device) for device in account.companions)
    for mark in (b"a", b"b"):
        assert stage.network.collections.append(account, "regular", patch(mark), by=account.primary)
    assert not phone.received
    told = one.all("notification")
    assert [node.attr("type") for node in told] == ["server_sync", "server_sync"]
    assert told[1].attrs["from"] == SERVER_JID
    assert told[1].kids[0].attrs == {"name": "regular", "version": "2"}
    assert len(two.all("notification")) == 2
    device = account.companions[0]
    full = sync(stage, device, one, "regular", return_snapshot="true")
    assert versions(full) == [1, 2]
    assert versions(sync(stage, device, one, "regular", version="1")) == [2]
    assert versions(sync(stage, device, one, "regular", version="2")) == []


def test_a_clients_patch_and_a_conflict():
    stage = Stage()
    account = stage.account("15550000001", companions=2)
    phone = ScriptedResident()
    stage.network.attach(account.lid, phone)
    first, second = account.companions
    one, two = stage.connect(first), stage.connect(second)
    answer = sync(stage, first, one, "regular_low", patch(b"a"), version="0")
    assert answer.attrs == {"name": "regular_low", "version": "1", "type": "result"}
    assert not one.delivered
    assert two.one("notification").attr("type") == "server_sync"
    assert phone.received[0].attr("type") == "server_sync"
    conflict = sync(stage, second, two, "regular_low", patch(b"b"), version="0")
    assert conflict.attr("type") == "error"
    assert conflict.kids[0].attrs == {"code": "409", "text": "conflict"}
    assert versions(conflict) == [1]
    answer = sync(stage, second, two, "regular_low", patch(b"b"), version="1")
    assert answer.attr("version") == "2"


def test_pages():
    stage = Stage()
    account = stage.account("15550000001")
    for _ in range(PAGE + 2):
        stage.network.collections.append(account, "regular", patch(b"a"))
    device = account.companions[0]
    link = stage.connect(device)
    first = sync(stage, device, link, "regular")
    assert first.attr("has_more_patches") == "true"
    assert versions(first) == list(range(1, PAGE + 1))
    rest = sync(stage, device, link, "regular", version=str(PAGE))
    assert rest.attr("has_more_patches") == "false"
    assert versions(rest) == [PAGE + 1, PAGE + 2]


def test_a_snapshot_stands_for_old_patches():
    stage = Stage()
    account = stage.account("15550000001")
    for _ in range(3):
        stage.network.collections.append(account, "regular", patch(b"a"))
    stage.network.collections.set_snapshot(account, "regular", 2, b"reference")
    device = account.companions[0]
    link = stage.connect(device)
    full = sync(stage, device, link, "regular", return_snapshot="true")
    assert full.kids[0] == Node("snapshot", {}, b"reference")
    assert versions(full) == [3]
    assert full.attr("version") == "3"
    assert versions(sync(stage, device, link, "regular", version="1")) == [2, 3]


def test_what_a_snapshot_covers_makes_room():
    stage = Stage(NetworkLimits(patches=3))
    account = stage.account("15550000001")
    collections = stage.network.collections
    for _ in range(3):
        collections.append(account, "regular", patch(b"a"))
    with pytest.raises(MalformedNode):
        collections.append(account, "regular", patch(b"a"))
    collections.set_snapshot(account, "regular", 2, b"reference")
    collections.append(account, "regular", patch(b"a"))
    device = account.companions[0]
    link = stage.connect(device)
    assert versions(sync(stage, device, link, "regular", version="2")) == [3, 4]
    assert collections.version(account, "regular") == 4


def test_a_spoilt_mac():
    stage = Stage()
    account = stage.account("15550000001")
    stage.network.collections.append(account, "regular", patch(b"a"))
    device = account.companions[0]
    link = stage.connect(device)
    stage.network.faults.add(Fault(kind=FaultKind.APP_STATE_MAC))
    bad = sync(stage, device, link, "regular").child("patches")
    good = sync(stage, device, link, "regular").child("patches")
    assert bad is not None
    assert good is not None
    assert parsed(bad.kids[0]).snapshotMAC != parsed(good.kids[0]).snapshotMAC == b"a" * 32


def test_refusals_and_bounds():
    stage = Stage(NetworkLimits(patches=1))
    account = stage.account("15550000001")
    device = account.companions[0]
    link = stage.connect(device)
    bad = [
        Node("sync", {}, [Node("collection", {"name": "unheard_of"})]),
        Node("sync", {}, [Node("collection", {"name": "regular", "version": "x"})]),
        Node(
            "sync",
            {},
            [Node("collection", {"name": "regular", "version": "0"}, [Node("patch", {}, b"\xff")])],
        ),
    ]
    for node in bad:
        answer = stage.answer(device, link, "w:sync:app:state", node, kind="set")
        assert answer.attr("type") == "error"
    assert stage.answer(device, link, "w:sync:app:state", kind="set").attr("type") == "error"
    stage.network.collections.append(account, "regular", patch(b"a"))
    with pytest.raises(MalformedNode):
        stage.network.collections.append(account, "regular", patch(b"a"))
