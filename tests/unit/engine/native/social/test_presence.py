"""What others see of us."""

from pathlib import Path

import pytest

from scripted.traffic_stage import ACCOUNT, TrafficStage
from wigwag.engine.native.social import presence as module
from wigwag.engine.native.store.writes import PutLid, PutToken
from wigwag.model.chat import ChatActivity
from wigwag.model.content import Text
from wigwag.model.errors import InvalidInput, NotConnected
from wigwag.model.jid import STATUS_JID, Jid
from wigwag.wire.content import encode_content
from wigwag.wire.nodes import Node

HER = Jid("100000000002", "lid")
HER_PN = Jid("15550000002", "s.whatsapp.net")
GROUP = Jid("120363000001", "g.us")


def said(stage: TrafficStage) -> list[tuple[str, ...]]:
    """Type and name of every presence that left, or whom it subscribes to."""
    return [
        tuple(f"{key}={value}" for key, value in node.attrs.items())
        for node in stage.all_sent("presence")
    ]


async def test_nobody_is_available_unless_asked(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        await stage.link.save_device(push_name="Alex")
        assert not stage.traffic.social.presence.available
        await stage.traffic.on_connected()
        await stage.traffic.on_connected()
        assert said(stage) == [("type=unavailable", "name=Alex")] * 2
        assert stage.all_sent("ib") == []


async def test_the_wish_is_said_after_each_login_and_outlives_a_restart(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        await stage.link.save_device(push_name="Alex")
        await stage.traffic.social.presence.set_available(True)
        assert said(stage) == [("type=available", "name=Alex")]
        (session,) = stage.all_sent("ib")
        assert [kid.tag for kid in session.kids] == ["unified_session"]
        await stage.traffic.on_connected()
        assert said(stage) == [("type=available", "name=Alex")] * 2
        await stage.restart()
        assert stage.traffic.social.presence.available
        await stage.traffic.on_connected()
        assert said(stage) == [("type=available", "name=Alex")]
        await stage.traffic.social.presence.set_available(False)
        await stage.restart()
        await stage.traffic.on_connected()
        assert said(stage) == [("type=unavailable", "name=Alex")]


async def test_a_wish_made_offline_waits_for_the_login(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        stage.connection.go_offline()
        await stage.traffic.social.presence.set_available(True)
        assert said(stage) == []
        stage.connection.go_online()
        await stage.traffic.on_connected()
        assert said(stage) == [("type=available",)]


async def test_while_available_deliveries_are_shown_to_others(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        finn = stage.person(2)
        stage.meet(finn)
        for available, kind in ((True, ""), (False, "inactive")):
            await stage.traffic.social.presence.set_available(available)
            before = len(stage.all_sent("receipt"))
            text = encode_content(Text(text="hello"), secret=b"", timestamp=stage.clock.now())
            stage.deliver(stage.message(finn, text, f"T{available}"))
            receipts = await stage.until_sent("receipt", before + 1)
            assert receipts[before].attr("type") == kind


@pytest.mark.parametrize(
    ("activity", "state"),
    [
        (ChatActivity.COMPOSING, Node("composing")),
        (ChatActivity.RECORDING, Node("composing", {"media": "audio"})),
        (ChatActivity.PAUSED, Node("paused")),
    ],
)
async def test_typing(tmp_path: Path, activity: ChatActivity, state: Node) -> None:
    async with TrafficStage(tmp_path) as stage:
        await stage.store.commit([PutLid(ACCOUNT, HER.user, HER_PN.user)])
        for chat, to in ((HER_PN, HER), (GROUP, GROUP)):
            await stage.traffic.social.presence.set_activity(chat, activity)
            assert stage.all_sent("chatstate")[-1] == Node("chatstate", {"to": to}, [state])
        with pytest.raises(InvalidInput):
            await stage.traffic.social.presence.set_activity(STATUS_JID, activity)


async def test_subscriptions_carry_the_token_and_are_made_again(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        now = int(stage.clock.now().timestamp())
        await stage.store.commit(
            [
                PutLid(ACCOUNT, HER.user, HER_PN.user),
                PutToken(ACCOUNT, str(HER), b"token", now, 0),
            ]
        )
        await stage.traffic.social.presence.subscribe(HER_PN)
        wanted = Node("presence", {"type": "subscribe", "to": HER}, [Node("tctoken", {}, b"token")])
        assert stage.all_sent("presence") == [wanted]
        await stage.traffic.on_connected()
        assert stage.all_sent("presence") == [wanted, wanted]
        stage.connection.go_offline()
        with pytest.raises(NotConnected):
            await stage.traffic.social.presence.subscribe(Jid("100000000003", "lid"))
        with pytest.raises(InvalidInput):
            await stage.traffic.social.presence.subscribe(GROUP)
        stage.connection.go_online()
        await stage.traffic.on_connected()
        assert len(stage.all_sent("presence")) == 3


async def test_subscriptions_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_SUBSCRIBED", 2)
    async with TrafficStage(tmp_path) as stage:
        people = [Jid(f"10000000000{number}", "lid") for number in range(3)]
        for person in people:
            await stage.traffic.social.presence.subscribe(person)
        await stage.traffic.on_connected()
        again = [node.attrs["to"] for node in stage.all_sent("presence")[3:]]
        assert again == people[1:]
