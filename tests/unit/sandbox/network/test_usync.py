"""usync: devices, addresses, is it on WhatsApp; and who is told of changes."""

from scripted.stage import Stage
from scripted.usync import query, users_of
from wigwag.model.jid import Jid
from wigwag.wire.ids import participant_hash
from wigwag.wire.nodes import Node


def test_device_lists():
    stage = Stage()
    alice, bob = stage.account("15550000001"), stage.account("15550000002", companions=2)
    device = alice.companions[0]
    link = stage.connect(device)
    devices = Node("devices", {"version": "2"})
    asked = query([devices], [Node("user", {"jid": bob.lid}), Node("user", {"jid": alice.pn})])
    answer = stage.answer(device, link, "usync", asked)
    usync = answer.kids[0]
    assert usync.attrs == asked.attrs
    assert [kid.tag for kid in usync.kids] == ["result", "list"]
    first, second = users_of(answer)
    assert first.attrs == {"jid": bob.lid}
    listing = first.kids[0].kids[0]
    assert listing.tag == "device-list"
    assert listing.attrs["hash"] == participant_hash(
        [bob.lid, bob.lid.with_device(1), bob.lid.with_device(2)]
    )
    assert [kid.attrs for kid in listing.kids] == [
        {"id": "0"},
        {"id": "1", "key-index": "1"},
        {"id": "2", "key-index": "2"},
    ]
    assert second.attrs == {"jid": alice.pn}


def test_a_send_to_a_number_learns_its_lid():
    stage = Stage()
    alice, bob = stage.account("15550000001"), stage.account("15550000002")
    bob.about = "Busy"
    device = alice.companions[0]
    link = stage.connect(device)
    parts = [
        Node("business", {}, [Node("verified_name")]),
        Node("status"),
        Node("picture"),
        Node("devices", {"version": "2"}),
        Node("lid"),
    ]
    unknown = Jid("19990000000", "s.whatsapp.net")
    asked = query(parts, [Node("user", {"jid": bob.pn}), Node("user", {"jid": unknown})], "full")
    known, other = users_of(stage.answer(device, link, "usync", asked))
    lid = known.child("lid")
    status = known.child("status")
    assert lid is not None
    assert status is not None
    assert lid.attrs == {"val": bob.lid}
    assert status.data == b"Busy"
    assert (other.attrs, other.content) == ({"jid": unknown}, None)
    bob.mapping_withheld = True
    known, _ = users_of(stage.answer(device, link, "usync", asked))
    assert known.child("lid") is None


def test_is_on_whatsapp():
    stage = Stage()
    alice, bob = stage.account("15550000001"), stage.account("5511987654321")
    stage.network.directory.add_alias("551187654321", bob)
    device = alice.companions[0]
    link = stage.connect(device)
    numbers = ["+5511987654321@c.us", "551187654321", "+19990000000@c.us", "nonsense"]
    users = [Node("user", {}, [Node("contact", {}, number)]) for number in numbers]
    asked = query([Node("contact", {"addressing_mode": "lid"})], users)
    found, alias, out, bad = users_of(stage.answer(device, link, "usync", asked))
    for node in (found, alias):
        assert node.attrs == {"jid": bob.lid, "pn_jid": bob.pn}
        assert node.kids[0].attr("type") == "in"
    assert found.kids[0].data == b"+5511987654321@c.us"
    assert isinstance(found.kids[0].content, bytes)
    assert out.attrs["jid"] == Jid("19990000000", "s.whatsapp.net")
    assert out.kids[0].attr("type") == bad.kids[0].attr("type") == "out"


def test_those_who_asked_are_told_of_changes_by_the_address_they_used():
    stage = Stage()
    alice, bob = stage.account("15550000001"), stage.account("15550000002")
    asker, other = alice.companions[0], stage.companion(bob)
    link, own = stage.connect(asker), stage.connect(other)
    devices = Node("devices", {"version": "2"})
    stage.answer(asker, link, "usync", query([devices], [Node("user", {"jid": bob.lid})]))
    stage.network.remove_device(bob.companions[0].lid)
    told = link.one("notification")
    assert (told.attr("type"), told.attrs["from"]) == ("devices", bob.lid)
    (change,) = told.kids
    assert (change.tag, change.attrs) == (
        "remove",
        {"device_hash": participant_hash([bob.lid, other.lid])},
    )
    assert change.kids[0].attrs["jid"] == bob.lid.with_device(1)
    sync = own.one("notification")
    assert (sync.attr("type"), sync.attrs["from"]) == ("account_sync", bob.lid)
    listing = sync.kids[0]
    assert [kid.attrs["jid"] for kid in listing.kids] == [bob.lid, other.lid]
    assert listing.attr("dhash") == participant_hash([bob.lid, other.lid])


def test_malformed_queries():
    stage = Stage()
    device = stage.account("15550000001").companions[0]
    link = stage.connect(device)
    nonsense = query([], [Node("user", {"jid": "no jid at all"})])
    for content in ([], [Node("usync")], [Node("usync", {}, [Node("query")])], [nonsense]):
        answer = stage.answer(device, link, "usync", *content)
        assert answer.attr("type") == "error"
    assert users_of(stage.answer(device, link, "usync", query([], [Node("user")])))[0].attrs == {}
