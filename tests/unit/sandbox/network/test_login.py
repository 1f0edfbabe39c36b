"""Login: success, offline delivery under backpressure, the ends of a stream."""

import pytest

from scripted.stage import ScriptedLink, Stage, ack_of, message
from wigwag.model.errors import InvalidInput, NotFound
from wigwag.model.jid import Jid
from wigwag.sandbox.network.directory import Device
from wigwag.sandbox.network.faults import Fault, FaultKind
from wigwag.wire.nodes import Node


def test_success_names_the_device():
    stage = Stage()
    device = stage.account("15550000001").companions[0]
    link = stage.connect(device, active=False)
    success = link.one("success")
    assert success.attrs["lid"] == device.lid
    assert success.attr("t") == "1700000000"


def test_a_new_device_gets_what_waits_without_offline_marks():
    stage = Stage()
    device = stage.account("15550000001").companions[0]
    stage.network.push(device.lid, Node("message", {"from": device.lid, "type": "text"}))
    link = ScriptedLink()
    stage.network.connect(device.lid, link)
    assert not link.all("message")
    stage.ask(device, "passive", Node("active"), kind="set")
    pushed = link.one("message")
    assert pushed.attr("id")
    assert pushed.attr("t")
    assert "offline" not in pushed.attrs
    (end,) = link.one("ib").kids
    assert (end.tag, end.attrs) == ("offline", {"count": "0"})


def test_a_client_that_is_not_passive_is_active_at_once():
    stage = Stage()
    device = stage.account("15550000001").companions[0]
    stage.network.push(device.lid, Node("notification", {"type": "x"}))
    link = ScriptedLink()
    stage.network.connect(device.lid, link, passive=False)
    assert link.all("notification")


class Slow:
    """Bob, who was here before, comes back to 100 messages on a slow link."""

    def __init__(self) -> None:
        self.stage = Stage()
        alice = self.stage.account("15550000001")
        bob = self.stage.account("15550000002")
        self.device: Device = bob.companions[0]
        self.device.was_active = True
        for number in range(100):
            node = message(bob.lid, f"M{number}", devices=(self.device.lid,))
            self.stage.network.handle(alice.companions[0].lid, node)
        self.sender = alice.companions[0]


class NarrowLink(ScriptedLink):
    """Congested after every tenth stanza."""

    @property
    def congested(self) -> bool:
        return len(self.delivered) >= 10


def test_offline_delivery_waits_for_a_slow_client():
    slow = Slow()
    stage, device = slow.stage, slow.device
    link = NarrowLink()
    stage.network.connect(device.lid, link)
    stage.ask(device, "passive", Node("active"), kind="set")
    live = message(device.account.lid, "LIVE", devices=(device.lid,))
    stage.network.handle(slow.sender.lid, live)
    got: list[Node] = []
    for _ in range(20):
        got += link.drain()
        stage.network.resume(device.lid)
    ids = [node.attr("id") for node in got if node.tag == "message"]
    assert ids == [*(f"M{number}" for number in range(100)), "LIVE"]
    marks = [node for node in got if node.tag == "message" and "offline" in node.attrs]
    assert len(marks) == 100
    ends = [index for index, node in enumerate(got) if node.tag == "ib" and node.child("offline")]
    assert len(ends) == 1
    assert got[ends[0] + 1].attr("id") == "LIVE"


def test_a_lost_slow_connection_starts_over():
    slow = Slow()
    stage, device = slow.stage, slow.device
    link = NarrowLink()
    stage.network.connect(device.lid, link)
    stage.ask(device, "passive", Node("active"), kind="set")
    first = [node for node in link.drain() if node.tag == "message"]
    for node in first:
        stage.network.handle(device.lid, ack_of(node))
    stage.network.disconnect(device.lid, link)
    stage.network.resume(device.lid)
    again = stage.connect(device, active=False)
    stage.ask(device, "passive", Node("active"), kind="set")
    assert len(again.all("message")) == 100 - len(first)


def test_the_older_connection_is_replaced():
    stage = Stage()
    device = stage.account("15550000001").companions[0]
    old, new = stage.connect(device), stage.connect(device)
    error = old.one("stream:error")
    assert (error.attrs, error.kids[0].attrs) == ({}, {"type": "replaced"})
    assert old.closed
    stage.network.disconnect(device.lid, old)
    assert device.link is new
    stage.network.handle(device.lid, Node("iq", {"id": "1", "xmlns": "w:p"}), link=old)
    assert not new.delivered
    stage.network.handle(device.lid, Node("iq", {"id": "1", "xmlns": "w:p"}), link=new)
    assert new.one("iq").attr("id") == "1"


@pytest.mark.parametrize(
    ("code", "attrs", "conflict"),
    [
        (401, {"code": "401"}, "device_removed"),
        (409, {}, "replaced"),
        (503, {"code": "503"}, ""),
        (515, {"code": "515"}, ""),
    ],
)
def test_stream_errors(code: int, attrs: dict[str, str], conflict: str):
    stage = Stage()
    device = stage.account("15550000001").companions[0]
    link = stage.connect(device)
    stage.network.stream_error(device.lid, code)
    error = link.one("stream:error")
    assert error.attrs == attrs
    assert [kid.attrs for kid in error.kids] == ([{"type": conflict}] if conflict else [])
    assert link.closed
    assert not device.online


def test_failures():
    login = Stage().network.login
    assert login.failure(401).attrs["location"] == "frc"
    banned = login.failure(402)
    assert (banned.attr("code"), banned.attr("expire")) == ("101", "3600")
    short = login.failure(402, Fault(kind=FaultKind.LOGIN_FAILURE, code=402, delay_s=60.0))
    assert short.attr("expire") == "60"


def test_only_companions_with_their_own_key_log_in():
    stage = Stage()
    account = stage.account("15550000001")
    device = account.companions[0]
    check = stage.network.login.authenticate
    assert check("15550000001", 1, device.noise_public) is device
    assert check("15550000001", 1, bytes(32)) is None
    assert check("15550000001", 0, b"") is None
    assert check("15550000001", 2, device.noise_public) is None
    assert check("15550000009", 1, device.noise_public) is None


def test_removing_a_device():
    stage = Stage()
    account = stage.account("15550000001")
    device = account.companions[0]
    link = stage.connect(device)
    stage.network.remove_device(device.lid)
    assert link.one("stream:error").attr("code") == "401"
    assert account.companions == []
    stage.network.handle(device.lid, Node("iq", {"id": "1", "xmlns": "w:p"}))
    assert stage.network.counters["unknown_sender"] == 1
    with pytest.raises(InvalidInput):
        stage.network.remove_device(account.lid)
    with pytest.raises(NotFound):
        stage.network.remove_device(Jid("5", "lid", 3))
    assert stage.companion(account).number == 2, "numbers are never used twice"


def test_a_client_logs_itself_out():
    stage = Stage()
    account = stage.account("15550000001", companions=2)
    first, second = account.companions
    link, other = stage.connect(first), stage.connect(second)
    removal = Node("remove-companion-device", {"jid": second.pn, "reason": "user_initiated"})
    assert stage.answer(first, link, "md", removal, kind="set").attr("type") == "error"
    removal = Node("remove-companion-device", {"jid": first.pn, "reason": "user_initiated"})
    assert stage.answer(first, link, "md", removal, kind="set").attr("type") == "result"
    assert account.companions == [second]
    assert other.one("notification").attr("type") == "account_sync"


def test_a_dirty_mark():
    stage = Stage()
    device = stage.account("15550000001").companions[0]
    link = stage.connect(device)
    stage.network.login.mark_dirty(device)
    assert link.one("ib").kids[0].attr("type") == "account_sync"
