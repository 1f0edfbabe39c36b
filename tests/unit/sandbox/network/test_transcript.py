"""The transcript: order, bounds, JSON."""

import json

from scripted.stage import Stage, message
from wigwag.model.jid import parse_jid
from wigwag.sandbox.network.transcript import Transcript, entry_to_json
from wigwag.wire.nodes import Node

DEVICE = parse_jid("15550000001:2@s.whatsapp.net")


def test_entries_after_a_number_and_of_a_device():
    transcript = Transcript(capacity=5)
    for number in range(1, 9):
        device = DEVICE if number % 2 else "unpaired-1"
        transcript.record(float(number), device, True, Node("iq", {"id": str(number)}))
    assert transcript.last_seq == 8
    assert [entry.seq for entry in transcript.entries()] == [4, 5, 6, 7, 8]
    assert [entry.seq for entry in transcript.entries(after=6)] == [7, 8]
    assert [entry.seq for entry in transcript.entries(after=8)] == []
    assert [entry.seq for entry in transcript.entries(limit=2)] == [4, 5]
    odd = transcript.entries(accept=lambda device: device == DEVICE)
    assert [entry.seq for entry in odd] == [5, 7]
    transcript.clear()
    assert len(transcript) == 0


def test_bytes_are_bounded():
    transcript = Transcript(capacity=1000, max_bytes=10_000)
    for _ in range(100):
        transcript.record(0.0, DEVICE, False, Node("message", {}, [Node("enc", {}, bytes(1600))]))
    assert len(transcript) == 5


def test_without_capacity_nothing_is_kept():
    transcript = Transcript(capacity=0)
    transcript.record(0.0, DEVICE, True, Node("iq"))
    assert transcript.entries() == []


def test_json():
    transcript = Transcript()
    content = [Node("enc", {"type": "msg"}, b"\x00\xff"), Node("text", {}, "word"), Node("none")]
    node = Node("message", {"to": DEVICE, "id": "1"}, list(content))
    transcript.record(1_700_000_000.5, DEVICE, True, node)
    told = entry_to_json(transcript.entries()[0])
    assert json.loads(json.dumps(told)) == {
        "seq": 1,
        "time": "2023-11-14T22:13:20.500000Z",
        "device": "15550000001:2@s.whatsapp.net",
        "direction": "in",
        "stanza": {
            "tag": "message",
            "attrs": {"to": "15550000001:2@s.whatsapp.net", "id": "1"},
            "content": [
                {"tag": "enc", "attrs": {"type": "msg"}, "content": {"base64": "AP8="}},
                {"tag": "text", "attrs": {}, "content": "word"},
                {"tag": "none", "attrs": {}, "content": None},
            ],
        },
    }


def test_the_network_writes_what_crosses_a_link():
    stage = Stage()
    alice, bob = stage.account("15550000001"), stage.account("15550000002")
    stage.connect(alice.companions[0])
    stage.connect(bob.companions[0])
    before = stage.network.transcript.last_seq
    node = message(bob.lid, devices=(bob.companions[0].lid, bob.lid))
    stage.network.handle(alice.companions[0].lid, node)
    entries = stage.network.transcript.entries(after=before)
    assert [(entry.device, entry.inbound, entry.node.tag) for entry in entries] == [
        (alice.companions[0].pn, True, "message"),
        (alice.companions[0].pn, False, "ack"),
        (bob.companions[0].pn, False, "message"),
    ]
