"""Routing of messages: attributes, fan-out, de-duplication, refusals."""

from scripted.stage import ScriptedResident, Stage, ack_of, enc, message
from wigwag.model.jid import STATUS_JID, Jid
from wigwag.sandbox.network.faults import Fault, FaultKind
from wigwag.wire.ids import participant_hash
from wigwag.wire.nodes import Node


def test_a_text_reaches_peer_and_own_devices():
    stage = Stage()
    alice, bob = stage.account("15550000001", "Alice", companions=2), stage.account("15550000002")
    one, two = alice.companions
    sender, other = stage.connect(one), stage.connect(two)
    receiver = stage.connect(bob.companions[0])
    phone = ScriptedResident()
    stage.network.attach(alice.lid, phone)
    node = message(
        bob.lid,
        devices=(bob.lid, bob.companions[0].lid, alice.lid, two.lid),
        peer_recipient_pn=bob.pn,
    )

    stage.network.handle(one.lid, node)

    ack = sender.one("ack")
    assert ack.attrs == {"class": "message", "id": "M1", "from": bob.lid, "t": "1700000000"}
    got = receiver.one("message")
    assert got.attrs == {
        "id": "M1",
        "t": "1700000000",
        "notify": "Alice",
        "type": "text",
        "from": one.lid,
        "sender_pn": one.pn,
    }
    assert [kid.tag for kid in got.kids] == ["enc"]
    assert got.kids[0].data == f"for {bob.companions[0].lid}".encode()
    own = other.one("message")
    assert own.attrs["from"] == one.lid
    assert own.attrs["recipient"] == bob.lid
    assert own.attrs["peer_recipient_pn"] == bob.pn
    (at_phone,) = phone.all("message")
    assert at_phone.kids[0].data == f"for {alice.lid}".encode()


def test_device_identity_goes_with_prekey_messages_only():
    stage = Stage()
    alice, bob = stage.account("15550000001"), stage.account("15550000002", companions=2)
    first, second = (stage.connect(device) for device in bob.companions)
    kinds = zip(bob.companions, ("pkmsg", "msg"), strict=True)
    participants: list[Node] = [Node("to", {"jid": d.lid}, [enc(b"x", kind)]) for d, kind in kinds]
    content = [
        Node("participants", {}, participants),
        Node("device-identity", {}, b"identity"),
        Node("reporting", {}, b"never passed"),
        Node("bot", {"biz_bot": "1"}),
    ]
    attrs = {"to": bob.lid, "id": "M1", "type": "text", "edit": "1"}
    stage.network.handle(alice.companions[0].lid, Node("message", dict(attrs), list(content)))

    assert [kid.tag for kid in first.one("message").kids] == ["enc", "bot", "device-identity"]
    assert [kid.tag for kid in second.one("message").kids] == ["enc", "bot"]
    assert second.one("message").attr("edit") == "1"


def test_a_repeated_message_is_acknowledged_but_not_routed_again():
    stage = Stage()
    alice, bob = stage.account("15550000001"), stage.account("15550000002")
    sender, receiver = stage.connect(alice.companions[0]), stage.connect(bob.companions[0])
    node = message(bob.lid, devices=(bob.companions[0].lid,))
    stage.network.handle(alice.companions[0].lid, node)
    stage.network.handle(alice.companions[0].lid, node)

    assert len(sender.all("ack")) == 2
    assert len(receiver.all("message")) == 1
    assert stage.network.counters["duplicate_message"] == 1


def test_a_repeated_group_message_may_lack_the_sender_keys_of_before():
    stage = Stage()
    alice, bob = stage.account("15550000001"), stage.account("15550000002")
    group = stage.network.groups.create(alice, "Friends", [bob])
    receiver = stage.connect(bob.companions[0])
    target = Node("to", {"jid": bob.companions[0].lid}, [enc(b"key")])
    body = enc(b"body", "skmsg")
    attrs = {"to": group.jid, "id": "G1", "type": "text"}
    for content in ([Node("participants", {}, [target]), body], [body]):
        stage.network.handle(alice.companions[0].lid, Node("message", {**attrs}, content))
    assert len(receiver.all("message")) == 1
    assert stage.network.counters["duplicate_message"] == 1


def test_the_same_id_of_two_senders_is_two_messages():
    stage = Stage()
    alice, bob = stage.account("15550000001", companions=2), stage.account("15550000002")
    receiver = stage.connect(bob.companions[0])
    for device in alice.companions:
        stage.network.handle(device.lid, message(bob.lid, devices=(bob.companions[0].lid,)))
    assert len(receiver.all("message")) == 2


def test_an_account_addressed_by_its_number():
    stage = Stage()
    alice, bob = stage.account("15550000001"), stage.account("15550000002")
    alice.addressing = "pn"
    receiver = stage.connect(bob.companions[0])
    device = alice.companions[0]
    stage.network.handle(device.lid, message(bob.lid, devices=(bob.companions[0].lid,)))
    got = receiver.one("message")
    assert (got.attrs["from"], got.attrs["sender_lid"]) == (device.pn, device.lid)


def test_a_withheld_mapping_is_not_told():
    stage = Stage()
    alice, bob = stage.account("15550000001"), stage.account("15550000002")
    alice.mapping_withheld = True
    receiver = stage.connect(bob.companions[0])
    device = alice.companions[0]
    stage.network.handle(device.lid, message(bob.pn, devices=(bob.companions[0].pn,)))
    got = receiver.one("message")
    assert got.attrs["from"] == device.lid
    assert not {"sender_pn", "sender_lid"} & set(got.attrs)


def test_unknown_recipients_and_malformed_messages_are_refused():
    stage = Stage()
    alice = stage.account("15550000001")
    device = alice.companions[0]
    sender = stage.connect(device)
    stage.network.handle(device.lid, message(Jid("19990000000", "s.whatsapp.net"), "A"))
    stage.network.handle(device.lid, message(Jid("1203", "g.us"), "B"))
    stage.network.handle(device.lid, Node("message", {"id": "C", "type": "text"}))
    stage.network.handle(device.lid, Node("message", {"id": "D", "to": "nonsense@nowhere"}))
    stage.network.handle(device.lid, Node("message", {"to": alice.lid}))
    errors = {ack.attr("id"): ack.attr("error") for ack in sender.all("ack")}
    assert errors == {"A": "404", "B": "404", "C": "487", "D": "487"}


def test_a_blocked_sender_is_acknowledged_and_dropped():
    stage = Stage()
    alice, bob = stage.account("15550000001"), stage.account("15550000002")
    bob.blocked.add(alice.lid)
    sender, receiver = stage.connect(alice.companions[0]), stage.connect(bob.companions[0])
    node = message(bob.lid, devices=(bob.companions[0].lid,))
    stage.network.handle(alice.companions[0].lid, node)
    assert sender.one("ack").attr("error") == ""
    assert not receiver.all("message")


def test_a_retry_goes_to_one_device_with_its_first_time():
    stage = Stage()
    alice, bob = stage.account("15550000001"), stage.account("15550000002", companions=2)
    device = alice.companions[0]
    stage.connect(device)
    first, second = (stage.connect(companion) for companion in bob.companions)
    target = bob.companions[1].lid
    stage.network.handle(device.lid, message(bob.lid, devices=(bob.companions[0].lid, target)))
    first.drain()
    second.drain()
    stage.settle(100)
    attrs = {"to": target, "id": "M1", "type": "text", "t": "1700000000", "device_fanout": "false"}
    retry = Node("message", dict(attrs), [enc(b"again", "pkmsg", count="1")])
    stage.network.handle(device.lid, retry)

    got = second.one("message")
    assert got.attrs["t"] == "1700000000"
    assert got.kids[0].attr("count") == "1"
    assert "device_fanout" not in got.attrs
    assert not first.all("message")


def test_a_group_message_reaches_every_device_of_every_member():
    stage = Stage()
    alice, bob, carol = (stage.account(f"1555000000{n}", companions=1) for n in (1, 2, 3))
    group = stage.network.groups.create(alice, "Friends", [bob, carol])
    device = alice.companions[0]
    sender, b, c = (stage.connect(who.companions[0]) for who in (alice, bob, carol))
    hash_known = participant_hash([d.lid for d in group.devices()])
    skdm = Node("to", {"jid": bob.companions[0].lid}, [enc(b"key", "pkmsg")])
    content = [
        Node("participants", {}, [skdm]),
        Node("device-identity", {}, b"identity"),
        enc(b"text", "skmsg"),
    ]
    attrs = {"to": group.jid, "id": "G1", "type": "text", "addressing_mode": "lid"}
    node = Node("message", attrs | {"phash": hash_known}, list(content))
    stage.network.handle(device.lid, node)

    ack = sender.one("ack")
    assert ack.attrs == {
        "class": "message",
        "id": "G1",
        "from": group.jid,
        "t": "1700000000",
        "addressing_mode": "lid",
    }
    got = b.one("message")
    assert got.attrs == {
        "id": "G1",
        "t": "1700000000",
        "notify": "Person 1",
        "type": "text",
        "from": group.jid,
        "participant": device.lid,
        "participant_pn": device.pn,
        "addressing_mode": "lid",
    }
    assert [kid.attr("type") for kid in got.kids] == ["pkmsg", "skmsg", ""]
    assert [kid.attr("type") for kid in c.one("message").kids] == ["skmsg"]
    assert len(bob.primary.mailbox) == 2  # the group's creation and this message
    wrong = Node("message", {**node.attrs, "id": "G2", "phash": "2:wrong"}, list(content))
    stage.network.handle(device.lid, wrong)
    assert sender.all("ack")[1].attr("phash") == hash_known


def test_who_is_no_member_or_may_not_speak_is_refused():
    stage = Stage()
    alice, bob, carol = (stage.account(f"1555000000{n}") for n in (1, 2, 3))
    group = stage.network.groups.create(alice, "Friends", [bob])
    group.announce = True
    links = {who: stage.connect(who.companions[0]) for who in (alice, bob, carol)}
    for who in links:
        node = Node("message", {"to": group.jid, "id": "G", "type": "text"}, [enc(b"x", "skmsg")])
        stage.network.handle(who.companions[0].lid, node)
    errors = [link.one("ack").attr("error") for link in links.values()]
    assert errors == ["", "403", "403"]


def test_a_status_goes_to_the_devices_that_the_sender_names():
    stage = Stage()
    alice, bob, carol = (stage.account(f"1555000000{n}") for n in (1, 2, 3))
    device = alice.companions[0]
    sender, b, c = (stage.connect(who.companions[0]) for who in (alice, bob, carol))
    to = Node("to", {"jid": bob.companions[0].pn}, [enc(b"key")])
    content = [Node("participants", {}, [to]), enc(b"story", "skmsg")]
    node = Node("message", {"to": STATUS_JID, "id": "S", "type": "text"}, list(content))
    stage.network.handle(device.lid, node)
    got = b.one("message")
    assert (got.attrs["from"], got.attrs["participant"]) == (STATUS_JID, device.lid)
    assert got.attrs["addressing_mode"] == "lid"
    assert sender.one("ack").attr("error") == ""
    assert not c.delivered


def test_a_peer_message_reaches_the_own_phone():
    stage = Stage()
    alice = stage.account("15550000001")
    phone = ScriptedResident()
    stage.network.attach(alice.lid, phone)
    device = alice.companions[0]
    link = stage.connect(device)
    content = [Node("meta", {"appdata": "default"}), enc(b"request")]
    attrs = {"to": alice.pn, "id": "P", "type": "text", "category": "peer"}
    stage.network.handle(device.lid, Node("message", dict(attrs), list(content)))
    (got,) = phone.all("message")
    assert got.attrs["from"] == device.lid
    assert (got.attr("category"), got.attr("recipient")) == ("peer", "")
    assert link.one("ack").attr("class") == "message"

    reply = Node("message", {**attrs, "to": device.lid, "id": "R"}, [enc(b"answer")])
    stage.network.handle(alice.lid, reply)
    assert link.one("message").attrs["from"] == alice.lid


def test_faults_of_acknowledgement():
    stage = Stage()
    alice, bob = stage.account("15550000001"), stage.account("15550000002")
    device = alice.companions[0]
    sender, receiver = stage.connect(device), stage.connect(bob.companions[0])

    def send(message_id: str) -> None:
        target = bob.companions[0].lid
        stage.network.handle(device.lid, message(bob.lid, message_id, devices=(target,)))

    stage.network.faults.add(Fault(kind=FaultKind.NACK, code=463, target="15550000001"))
    send("A")
    assert sender.drain()[0].attr("error") == "463"
    assert not receiver.all("message")
    stage.network.faults.add(Fault(kind=FaultKind.NO_ACK))
    send("B")
    assert not sender.drain()
    assert receiver.drain()[0].attr("id") == "B"
    stage.network.faults.add(Fault(kind=FaultKind.ACK_DELAY, delay_s=3))
    send("C")
    assert not sender.delivered
    stage.settle(3)
    assert sender.drain()[0].attr("id") == "C"
    send("A")
    assert sender.drain()[0].attr("error") == ""
    assert [node.attr("id") for node in receiver.all("message")] == ["C", "A"]


def test_the_mailbox_keeps_until_acknowledged():
    stage = Stage()
    alice, bob = stage.account("15550000001"), stage.account("15550000002")
    device, target = alice.companions[0], bob.companions[0]
    for number in range(3):
        node = message(bob.lid, f"M{number}", devices=(target.lid,))
        stage.network.handle(device.lid, node)
    target.was_active = True
    first = stage.connect(target, active=False)
    assert [node.tag for node in first.drain()] == ["success"]
    stage.ask(target, "passive", Node("active"), kind="set")
    result, preview, *messages, end = first.drain()
    assert result.tag == "iq"
    assert preview.kids[0].attrs == {
        "count": "3",
        "message": "3",
        "notification": "0",
        "receipt": "0",
        "appdata": "0",
    }
    assert [(node.attr("id"), node.attr("offline")) for node in messages] == [
        ("M0", "0"),
        ("M1", "1"),
        ("M2", "2"),
    ]
    assert end.kids[0].attrs == {"count": "3"}
    stage.network.handle(target.lid, ack_of(messages[1]))
    receipt = Node("receipt", {"id": "M0", "to": messages[0].attrs["from"]})
    stage.network.handle(target.lid, receipt)
    stage.network.disconnect(target.lid, first)

    again = stage.connect(target, active=False)
    stage.ask(target, "passive", Node("active"), kind="set")
    assert [node.attr("id") for node in again.all("message")] == ["M2"]
