"""Calls: told when they come and when they end, and turned away."""

from pathlib import Path

import pytest

from peers.native import NativePeer
from peers.stage import Stage
from scripted.failing import fail_commits, times
from scripted.traffic_stage import ACCOUNT, OWN_LID, T0, TrafficStage
from scripted.waiting import until
from wigwag.engine.native.social import calls as module
from wigwag.model.errors import InvalidInput
from wigwag.model.event import CallEnd, CallEnded, CallOffered
from wigwag.model.jid import Jid
from wigwag.wire.nodes import AttrValue, Node

HER = Jid("100000000002", "lid")
HER_PN = Jid("15550000002", "s.whatsapp.net")
GROUP = Jid("120363000001", "g.us")


def call(tag: str, call_id: str = "C1", *, sender: Jid = HER, **attrs: AttrValue) -> Node:
    about: dict[str, AttrValue] = {"call-id": call_id, "call-creator": HER, "caller_pn": HER_PN}
    outer: dict[str, AttrValue] = {"from": sender, "id": f"S{tag}", "t": str(T0)}
    return Node("call", outer, [Node(tag, about | attrs)])


def ends(stage: TrafficStage) -> list[tuple[str, CallEnd]]:
    return [(event.id, event.reason) for event in stage.told(CallEnded)]


@pytest.mark.parametrize(
    ("last", "reason"),
    [
        (call("terminate", reason="accepted_elsewhere"), CallEnd.ELSEWHERE),
        (call("terminate", reason="rejected_elsewhere"), CallEnd.REJECTED),
        (call("terminate", reason="timeout"), CallEnd.MISSED),
        (call("terminate"), CallEnd.MISSED),
        (call("reject"), CallEnd.REJECTED),
        (call("accept", sender=OWN_LID.bare), CallEnd.ELSEWHERE),
    ],
)
async def test_a_call_ends_once(tmp_path: Path, last: Node, reason: CallEnd) -> None:
    async with TrafficStage(tmp_path) as stage:
        offer = call("offer")
        offer.kids[0].content = [Node("audio"), Node("video")]
        stage.deliver(offer, call("preaccept"), call("transport"), last, call("terminate"))
        (offered,) = await stage.until_told(CallOffered)
        assert (offered.id, offered.caller, offered.caller_alt) == ("C1", HER, HER_PN)
        assert (offered.video, offered.group) == (True, None)
        acks = await stage.until_sent("ack", 5)
        assert acks[0].attrs == {"class": "call", "id": "Soffer", "to": HER}
        await until(lambda: ends(stage) == [("C1", reason)])


async def test_an_end_that_did_not_become_durable_is_told_when_it_does(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        stage.deliver(call("offer"))
        await stage.until_told(CallOffered)
        fail_commits(stage.store, ACCOUNT, times(1))
        stage.deliver(call("terminate"))
        await until(lambda: ends(stage) == [("C1", CallEnd.MISSED)])


async def test_a_call_of_a_group(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        notice = call("offer_notice", media="video", type="group")
        notice.kids[0].attrs["group-jid"] = GROUP
        stage.deliver(notice, call("accept"), call("offer", "C2"))
        offers = await stage.until_told(CallOffered, 2)
        assert (offers[0].group, offers[0].video) == (GROUP, True)
        assert (offers[1].group, offers[1].video) == (None, False)
        assert ends(stage) == [], "somebody else accepted"


async def test_turning_a_call_away(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        stage.deliver(call("offer"))
        await stage.until_told(CallOffered)
        await stage.traffic.social.calls.reject(HER, "C1")
        (reject,) = stage.all_sent("call")
        assert {k: v for k, v in reject.attrs.items() if k != "id"} == {
            "from": stage.link.pn,
            "to": HER,
        }
        assert reject.kids == [Node("reject", {"call-id": "C1", "call-creator": HER, "count": "0"})]
        stage.deliver(call("terminate"))
        await until(lambda: stage.traffic.receiver.ledger.drops["call_ended_before"] == 1)
        assert ends(stage) == [("C1", CallEnd.REJECTED)]
        for caller, call_id in ((GROUP, "C1"), (HER, "")):
            with pytest.raises(InvalidInput):
                await stage.traffic.social.calls.reject(caller, call_id)


async def test_a_call_is_turned_away_by_either_address_of_its_caller(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        stage.deliver(call("offer"))
        await stage.until_told(CallOffered)
        await stage.traffic.social.calls.reject(HER_PN, "C1")
        (reject,) = stage.all_sent("call")
        assert (reject.attr_jid("to"), reject.kids[0].attr_jid("call-creator")) == (HER, HER)
        await until(lambda: ends(stage) == [("C1", CallEnd.REJECTED)])


async def test_memory_is_bounded_and_nonsense_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_CALLS", 2)
    async with TrafficStage(tmp_path) as stage:
        stage.deliver(*[call("offer", f"C{number}") for number in range(5)])
        await stage.until_told(CallOffered, 5)
        nobody = Node("call", {"from": HER, "id": "X", "t": str(T0)}, [Node("offer")])
        stage.deliver(nobody, Node("call", {"from": HER, "id": "Y", "t": str(T0)}))
        acks = await stage.until_sent("ack", 7)
        assert [ack.attr("error") for ack in acks[5:]] == ["487", ""]


async def test_on_the_emulated_network(tmp_path: Path) -> None:
    stage = await Stage.open(tmp_path)
    try:
        wig: NativePeer = stage.native("Wig")
        await wig.link()
        ann = stage.sandbox.add_person(name="Ann")
        network = stage.sandbox.network
        find = network.directory.get
        made = [network.calls.offer(find(ann.pn), find(wig.pn)) for _ in range(3)]
        for one in made:
            await wig.wait(CallOffered, lambda event, one=one: event.id == one.id)
        network.calls.answer(made[0].id)
        network.calls.end(made[1].id, "timeout")
        await wig.engine.calls.reject(ann.lid, made[2].id)
        for one, reason in zip(
            made, (CallEnd.ELSEWHERE, CallEnd.MISSED, CallEnd.REJECTED), strict=True
        ):
            ended = await wig.wait(CallEnded, lambda event, one=one: event.id == one.id)
            assert (ended.reason, ended.caller) == (reason, ann.lid)
    finally:
        await stage.close()
