"""Faults as data, and the pure decision."""

from pathlib import Path
from typing import Literal

import pytest

from scripted.stage import Stage, message
from wigwag.model.errors import InvalidInput
from wigwag.model.jid import parse_jid
from wigwag.sandbox.network.faults import Fault, FaultKind, Faults, Target, acts, fault_from_json
from wigwag.wire.nodes import Node

LID = parse_jid("77:2@lid")
PN = parse_jid("15550000001:2@s.whatsapp.net")


@pytest.mark.parametrize(
    ("text", "included"),
    [
        ("", True),
        ("15550000001", True),
        ("+1 555 000 0001", True),
        ("15550000001@s.whatsapp.net", True),
        ("77@lid", True),
        ("77:2@lid", True),
        ("77:3@lid", False),
        ("15550000001:2@s.whatsapp.net", True),
        ("15550000002", False),
    ],
)
def test_targets(text: str, included: bool):
    assert Target(text).includes(LID, PN) is included


def test_nobody_in_particular_is_only_hit_by_faults_for_all():
    assert Target("").includes(None, None)
    assert not Target("77@lid").includes(None, None)


def test_a_decision_repeats_with_its_seed():
    fault = Fault(kind=FaultKind.GARBLE, count=None, probability=0.3, seed=4)
    first = [acts(fault, asked, 0) for asked in range(1000)]
    assert first == [acts(fault, asked, 0) for asked in range(1000)]
    assert 200 < sum(first) < 400
    other = Fault(kind=FaultKind.GARBLE, count=None, probability=0.3, seed=5)
    assert first != [acts(other, asked, 0) for asked in range(1000)]


def test_a_count_is_used_up():
    faults = Faults()
    faults.add(Fault(kind=FaultKind.GARBLE, count=2, target="77@lid"))
    assert faults.take(FaultKind.GARBLE, parse_jid("88@lid"), parse_jid("9@lid")) is None
    assert faults.take(FaultKind.DELAY, LID, PN) is None
    for _ in range(2):
        assert faults.take(FaultKind.GARBLE, LID, PN) is not None
    assert faults.take(FaultKind.GARBLE, LID, PN) is None
    assert not faults


def test_listing_and_removing():
    faults = Faults(limit=2)
    number = faults.add(Fault(kind=FaultKind.MUTE, count=None))
    faults.add(Fault(kind=FaultKind.DELAY, delay_s=2.5))
    with pytest.raises(InvalidInput):
        faults.add(Fault(kind=FaultKind.DELAY))
    faults.take(FaultKind.MUTE, LID, PN)
    (mute, delay) = faults.list()
    assert (mute.id, mute.asked, mute.acted, delay.fault.delay_s) == (number, 1, 1, 2.5)
    assert faults.remove(number)
    assert not faults.remove(number)
    faults.clear()
    assert faults.list() == []


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"kind": "earthquake"},
        {"kind": "delay", "delay_s": "soon"},
        {"kind": "mute", "count": -1},
        {"kind": "mute", "probability": 2},
        {"kind": "mute", "target": "nobody at all"},
        {"kind": "drop", "when": "never"},
        {"kind": "mute", "direction": "sideways"},
    ],
)
def test_what_is_no_fault(data: object):
    with pytest.raises(InvalidInput):
        Faults().add(fault_from_json(data))


def test_a_fault_from_json():
    fault = fault_from_json({"kind": "nack", "code": 479, "target": "15550000001", "count": None})
    assert fault == Fault(kind=FaultKind.NACK, code=479, target="15550000001", count=None)


def send(stage: Stage, *ids: str) -> None:
    alice, bob = stage.network.directory.accounts()
    target = bob.companions[0].lid
    for message_id in ids:
        node = message(bob.lid, message_id, devices=(target,))
        stage.network.handle(alice.companions[0].lid, node)


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.account("15550000001")
    stage.account("15550000002")
    return stage


def test_garbling_flips_the_last_byte_only_for_its_target(stage: Stage):
    bob = stage.network.directory.accounts()[1]
    link = stage.connect(bob.companions[0])
    stage.network.faults.add(Fault(kind=FaultKind.GARBLE, target="15550000001"))
    stage.network.faults.add(Fault(kind=FaultKind.GARBLE, target="15550000002"))
    send(stage, "A", "B")
    bad, good = (node.kids[0].data for node in link.all("message"))
    assert bad[:-1] == good[:-1]
    assert bad[-1] == good[-1] ^ 0xFF


def test_delay_duplicate_and_reorder(stage: Stage):
    bob = stage.network.directory.accounts()[1]
    link = stage.connect(bob.companions[0])
    faults = stage.network.faults
    faults.add(Fault(kind=FaultKind.DELAY, delay_s=5, tag="message"))
    send(stage, "A", "B")
    stage.settle(5)
    faults.add(Fault(kind=FaultKind.DUPLICATE))
    send(stage, "C")
    faults.add(Fault(kind=FaultKind.REORDER, tag="message", count=2))
    send(stage, "D", "E", "F")
    assert [node.attr("id") for node in link.all("message")] == list("BACCED")
    stage.settle(1)
    assert [node.attr("id") for node in link.all("message")] == list("BACCEDF")


def test_a_delayed_stanza_of_a_lost_connection_comes_with_the_next(stage: Stage):
    bob = stage.network.directory.accounts()[1].companions[0]
    first = stage.connect(bob)
    stage.network.faults.add(Fault(kind=FaultKind.DELAY, delay_s=5, tag="message"))
    send(stage, "A")
    stage.network.disconnect(bob.lid, first)
    second = stage.connect(bob, active=False)
    stage.ask(bob, "passive", Node("active"), kind="set")
    assert [node.attr("id") for node in second.all("message")] == ["A"]
    stage.settle(5)
    assert len(second.all("message")) == 1
    assert not first.all("message")


def test_mute_in_one_direction(stage: Stage):
    alice, bob = stage.network.directory.accounts()
    sender, link = stage.connect(alice.companions[0]), stage.connect(bob.companions[0])
    faults = stage.network.faults
    number = faults.add(
        Fault(kind=FaultKind.MUTE, target="15550000002", direction="out", count=None)
    )
    send(stage, "A")
    assert not link.delivered
    assert len(sender.drain()) == 1
    faults.remove(number)
    faults.add(Fault(kind=FaultKind.MUTE, target="15550000001", direction="in"))
    send(stage, "B", "C")
    assert [node.attr("id") for node in link.all("message")] == ["C"]


def test_dropping_before_and_after_routing(stage: Stage):
    alice, bob = stage.network.directory.accounts()
    device = alice.companions[0]
    receiver = stage.connect(bob.companions[0])
    cases: list[tuple[Literal["before", "after"], list[str]]] = [
        ("before", []),
        ("after", ["after"]),
    ]
    for when, arrived in cases:
        sender = stage.connect(device)
        stage.network.faults.add(Fault(kind=FaultKind.DROP, when=when))
        stage.ask(device, "w:p")
        sender.drain()
        send(stage, when)
        assert sender.aborted
        assert not sender.delivered
        assert [node.attr("id") for node in receiver.all("message")] == arrived
        sender = stage.connect(device)
        send(stage, when)
        assert sender.one("ack").attr("id") == when
        assert [node.attr("id") for node in receiver.drain()] == [when]


def test_holding_offline_until_the_fault_ends(stage: Stage):
    bob = stage.network.directory.accounts()[1].companions[0]
    link = stage.connect(bob)
    number = stage.network.faults.add(Fault(kind=FaultKind.HOLD, target="15550000002", count=None))
    send(stage, "A", "B")
    assert not link.delivered
    stage.network.disconnect(bob.lid, link)
    again = stage.connect(bob)
    assert not again.delivered
    stage.network.faults.remove(number)
    assert [node.attr("id") for node in again.all("message")] == ["A", "B"]


def test_a_stream_error_acts_at_once_or_at_the_next_stanza(stage: Stage):
    alice, bob = stage.network.directory.accounts()
    device = bob.companions[0]
    link = stage.connect(device)
    faults = stage.network.faults
    faults.add(Fault(kind=FaultKind.STREAM_ERROR, code=409, target="15550000002"))
    error = link.one("stream:error")
    assert (error.attrs, error.kids[0].attrs) == ({}, {"type": "replaced"})
    assert link.closed
    faults.add(Fault(kind=FaultKind.STREAM_ERROR, code=515, target="15550000001"))
    link = stage.connect(alice.companions[0], active=False)
    stage.ask(alice.companions[0], "w:p")
    assert link.one("stream:error").attrs == {"code": "515"}


def test_ignoring_one_namespace(stage: Stage):
    device = stage.network.directory.accounts()[0].companions[0]
    link = stage.connect(device)
    stage.network.faults.add(Fault(kind=FaultKind.IGNORE, tag="iq", xmlns="w:p", count=None))
    stage.ask(device, "w:p")
    assert not link.delivered
    assert stage.answer(device, link, "privacy", Node("privacy")).attr("type") == "result"


def test_the_reference_has_every_kind_of_fault() -> None:
    page = (Path(__file__).parents[4] / "docs/reference/sandbox-faults.md").read_text()
    listed = [line.split("`")[1] for line in page.splitlines() if line.startswith("| `")]
    assert listed == [kind.value for kind in FaultKind]
