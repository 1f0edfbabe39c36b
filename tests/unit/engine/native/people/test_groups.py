"""Groups: members, sender keys, and what notifications change."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scripted.signal_peer import SignalPeer
from scripted.traffic_stage import ACCOUNT, OWN_LID, T0, TrafficStage
from scripted.waiting import until
from wigwag.engine.native.connection.connection import Pending
from wigwag.engine.native.people.addresses import signal_address
from wigwag.engine.native.people.group_nodes import parse_group
from wigwag.engine.native.store.writes import DropSenderKey, PutSenderKey, Write
from wigwag.model.chat import Group, Participant
from wigwag.model.content import MessageKey, Text
from wigwag.model.errors import NotConnected, NotFound, WhatsAppBusy
from wigwag.model.event import GroupChanged, GroupChangeKind, GroupJoined, IdentityLinked
from wigwag.model.jid import STATUS_JID, Jid
from wigwag.model.message import Outgoing
from wigwag.wire.content import decode_message
from wigwag.wire.errors import MalformedNode
from wigwag.wire.nodes import AttrValue, Node

GROUP = Jid("120363000001", "g.us")


async def send(stage: TrafficStage, words: str = "hello", to: Jid = GROUP) -> Node:
    now = datetime.now(UTC)
    number = len(stage.all_sent("message"))
    content = Text(text=words)
    message = Outgoing(to=to, id=f"3EB0{number:03d}", content=content, timestamp=now)
    await stage.traffic.send(message)
    return stage.all_sent("message")[number]


def handed(node: Node) -> list[Jid]:
    """The devices that got our sender key with this message."""
    participants = node.child("participants")
    return [to.require_jid("jid") for to in participants.kids] if participants else []


def read(peer: SignalPeer, node: Node) -> str:
    """What a member reads."""
    participants = node.child("participants")
    for to in participants.kids if participants is not None else []:
        if to.require_jid("jid") == peer.jid:
            enc = to.child("enc")
            assert enc is not None
            key = MessageKey(chat=GROUP, sender=OWN_LID.bare, id="x")
            found = decode_message(peer.open(OWN_LID, enc), key).sender_key
            assert found is not None
            peer.learn(GROUP, OWN_LID, found.data)
    (enc,) = node.children_with("enc")
    content = decode_message(
        peer.group_open(GROUP, OWN_LID, enc),
        MessageKey(chat=GROUP, sender=OWN_LID.bare, id="x"),
    ).content
    assert isinstance(content, Text)
    return content.text


def group_stage(stage: TrafficStage, *numbers: int) -> list[SignalPeer]:
    """A group of ourselves and these people."""
    peers = [stage.person(number) for number in numbers]
    stage.groups[GROUP] = [OWN_LID.bare, *(peer.jid.bare for peer in peers)]
    return peers


def notification(*content: Node, **attrs: AttrValue) -> Node:
    base: dict[str, AttrValue] = {"from": GROUP, "type": "w:gp2", "id": "N1", "t": str(T0)}
    return Node("notification", base | attrs, list(content))


def member(peer: SignalPeer) -> Node:
    return Node("participant", {"jid": peer.jid.bare, "phone_number": peer.pn})


async def test_a_group_message_is_encrypted_once(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        finn, gina = group_stage(stage, 2, 3)
        node = await send(stage)
        assert node.attrs.keys() == {"id", "type", "to", "addressing_mode", "phash"}
        assert node.attrs["addressing_mode"] == "lid"
        tags = [kid.tag for kid in node.kids]
        assert tags == ["participants", "device-identity", "enc"]
        assert node.kids[2].attrs == {"v": "2", "type": "skmsg"}
        assert set(handed(node)) == {finn.jid, gina.jid, OWN_LID.bare}
        assert read(finn, node) == read(gina, node) == "hello"


async def test_the_sender_key_is_handed_out_once(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        (finn,) = group_stage(stage, 2)
        nodes = [await send(stage, "one"), await send(stage, "two")]
        assert [kid.tag for kid in nodes[1].kids] == ["enc"]
        assert [read(finn, node) for node in nodes] == ["one", "two"]
        await stage.restart()
        third = await send(stage, "three")
        assert handed(third) == []
        assert read(finn, third) == "three"


async def test_a_newcomer_gets_the_key_and_who_leaves_is_locked_out(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        finn, gina = group_stage(stage, 2, 3)
        stage.groups[GROUP].remove(gina.jid.bare)
        read(finn, await send(stage, "one"))
        stage.deliver(notification(Node("add", {}, [member(gina)])))
        await stage.until_told(GroupChanged)
        two = await send(stage, "two")
        assert handed(two) == [gina.jid]
        assert read(finn, two) == read(gina, two) == "two"
        stage.deliver(notification(Node("remove", {}, [member(finn)])))
        await stage.until_told(GroupChanged, 2)
        three = await send(stage, "three")
        assert set(handed(three)) == {gina.jid, OWN_LID.bare}
        assert read(gina, three) == "three"
        with pytest.raises(Exception, match="key"):
            read(finn, three)


async def test_a_device_set_up_anew_gets_the_key_again(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        (finn,) = group_stage(stage, 2)
        read(finn, await send(stage, "one"))
        finn.renew()
        attrs: dict[str, AttrValue] = {"from": finn.jid.bare, "type": "encrypt", "id": "I1"}
        stage.deliver(Node("notification", attrs | {"t": str(T0)}, [Node("identity")]))
        await until(lambda: stage.traffic.counters.ended.get("stored"))
        two = await send(stage, "two")
        assert handed(two) == [finn.jid]
        assert read(finn, two) == "two"


async def test_a_damaged_own_key_is_made_anew_and_handed_out(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        finn, gina = group_stage(stage, 2, 3)
        assert read(finn, await send(stage, "one")) == "one"
        own = signal_address(OWN_LID)
        await stage.store.commit([PutSenderKey(ACCOUNT, str(GROUP), own, b"\x01damaged")])
        await stage.restart()
        node = await send(stage, "two")
        assert {finn.jid, gina.jid} <= set(handed(node))
        assert read(finn, node) == "two"
        assert read(gina, node) == "two"


async def test_a_message_that_was_refused_hands_the_key_out_again(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        (finn,) = group_stage(stage, 2)
        stage.ack_attrs = {"error": "400"}
        with pytest.raises(Exception, match="400"):
            await send(stage, "refused")
        stage.ack_attrs = {}
        assert finn.jid in handed(await send(stage, "accepted"))


async def test_a_message_that_never_left_hands_the_key_out_again(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        (finn,) = group_stage(stage, 2)
        begin = stage.connection.begin

        async def cut(node: Node) -> Pending:
            if node.tag == "message":
                raise NotConnected
            return await begin(node)

        stage.connection.begin = cut
        with pytest.raises(NotConnected):
            await send(stage, "cut off")
        stage.connection.begin = begin
        again = await send(stage, "again")
        assert finn.jid in handed(again)
        assert read(finn, again) == "again"


async def test_members_whose_keys_are_refused_get_ours_with_the_next_message(
    tmp_path: Path,
) -> None:
    async with TrafficStage(tmp_path) as stage:
        finn, gina = group_stage(stage, 2, 3)
        stage.groups[GROUP].remove(gina.jid.bare)
        await send(stage, "one")
        stage.groups[GROUP].append(gina.jid.bare)
        stage.deliver(notification(Node("add", {}, [member(gina)])))
        await stage.until_told(GroupChanged)
        stage.refusals = {"encrypt": 429}
        assert handed(await send(stage, "two")) == []
        stage.refusals = {}
        assert handed(await send(stage, "three")) == [gina.jid]
        assert finn.jid in handed(stage.all_sent("message")[0])


@pytest.mark.parametrize("asked", ["w:g2", "usync", "encrypt"])
async def test_a_message_that_no_member_could_read_is_kept_back(tmp_path: Path, asked: str) -> None:
    async with TrafficStage(tmp_path) as stage:
        (finn,) = group_stage(stage, 2)
        stage.refusals = {asked: 503}
        with pytest.raises(WhatsAppBusy):
            await send(stage)
        assert not stage.all_sent("message")
        stage.refusals = {}
        assert read(finn, await send(stage)) == "hello"


@pytest.mark.parametrize("written", [True, False])
async def test_after_a_stop_before_the_answer_the_key_is_handed_out_again(
    tmp_path: Path, written: bool
) -> None:
    """The commit has gone through, and nobody knows whether the message arrived: who was to get
    the key may have it, and is locked out when he leaves meanwhile."""
    async with TrafficStage(tmp_path) as stage:
        finn, gina = group_stage(stage, 2, 3)
        begin, begun = stage.connection.begin, asyncio.Event()
        stage.acks = False

        async def stuck(node: Node) -> Pending:
            if node.tag == "message":
                begun.set()
                if not written:
                    await asyncio.Event().wait()
            return await begin(node)

        stage.connection.begin = stuck
        call = asyncio.ensure_future(send(stage, "lost"))
        await begun.wait()
        await stage.restart()
        await asyncio.gather(call, return_exceptions=True)
        stage.acks = True
        again = await send(stage, "again")
        assert {finn.jid, gina.jid} <= set(handed(again))
        await send(stage, "more")
        await stage.restart()
        assert handed(await send(stage, "and more")) == []


async def test_who_may_have_the_key_of_a_lost_message_and_left_is_locked_out(
    tmp_path: Path,
) -> None:
    async with TrafficStage(tmp_path) as stage:
        finn, gina = group_stage(stage, 2, 3)
        stage.acks = False
        call = asyncio.ensure_future(send(stage, "lost"))
        (lost,) = await stage.until_sent("message")
        assert read(finn, lost) == read(gina, lost) == "lost"
        await stage.restart()
        await asyncio.gather(call, return_exceptions=True)
        stage.acks = True
        stage.groups[GROUP].remove(finn.jid.bare)
        after = await send(stage, "after")
        assert read(gina, after) == "after"
        with pytest.raises(Exception, match="key"):
            read(finn, after)


async def test_who_left_unnoticed_is_locked_out(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        finn, gina = group_stage(stage, 2, 3)
        read(finn, await send(stage, "one"))
        stage.groups[GROUP].remove(finn.jid.bare)
        await stage.restart()
        two = await send(stage, "two")
        assert gina.jid in handed(two)
        assert read(gina, two) == "two"
        with pytest.raises(Exception, match="key"):
            read(finn, two)
        assert handed(await send(stage, "three")) == []


async def test_a_removal_that_is_not_saved_yet_locks_out_already(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        finn, gina = group_stage(stage, 2, 3)
        read(finn, await send(stage, "one"))
        submit = stage.store.submit
        hold = asyncio.Event()

        def held(writes: Sequence[Write]) -> "asyncio.Future[None]":
            if not any(isinstance(write, DropSenderKey) for write in writes):
                return submit(writes)

            async def later() -> None:
                await hold.wait()
                await submit(writes)

            return asyncio.ensure_future(later())

        stage.store.submit = held
        stage.deliver(notification(Node("remove", {}, [member(finn)])))
        await until(lambda: stage.traffic.receiver.waiting == 0)
        two = await send(stage, "two")
        hold.set()
        await stage.until_told(GroupChanged)
        for node in (two, await send(stage, "three")):
            assert read(gina, node) in ("two", "three")
            with pytest.raises(Exception, match="key"):
                read(finn, node)


async def test_a_group_we_are_not_in(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        answer = stage.connection.answer

        def refuse(node: Node) -> Node | None:
            if node.attr("xmlns") == "w:g2":
                attrs: dict[str, AttrValue] = {"id": node.attr("id"), "type": "error"}
                return Node("iq", attrs, [Node("error", {"code": "403"})])
            return answer(node)

        stage.connection.answer = refuse
        with pytest.raises(NotFound):
            await send(stage)


async def test_hosted_devices_get_no_group_messages(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        (finn,) = group_stage(stage, 2)
        usync = stage.answers["usync"]

        def hosting(node: Node) -> list[Node] | None:
            answer = usync(node)
            assert answer is not None
            for user in answer[0].kids[1].kids:
                devices = user.child("devices")
                if devices is not None:
                    devices.kids[0].kids.append(Node("device", {"id": "99", "is_hosted": "true"}))
            return answer

        stage.answers["usync"] = hosting
        node = await send(stage)
        assert set(handed(node)) == {finn.jid, OWN_LID.bare}


async def test_notifications_become_events(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        finn, gina = group_stage(stage, 2, 3)
        author: dict[str, AttrValue] = {"participant": finn.jid.bare, "participant_pn": finn.pn}
        stage.deliver(
            notification(Node("add", {}, [member(gina)]), **author),
            notification(Node("promote", {}, [member(gina)]), **author),
            notification(Node("demote", {}, [member(gina)]), **author),
            notification(Node("subject", {"subject": "Sailing", "s_t": "1"}), **author),
            notification(Node("locked"), **author),
            notification(Node("ephemeral", {"expiration": "86400"}), **author),
        )
        events = await stage.until_told(GroupChanged, 6)
        assert [event.kind for event in events] == [
            GroupChangeKind.ADD,
            GroupChangeKind.PROMOTE,
            GroupChangeKind.DEMOTE,
            GroupChangeKind.SUBJECT,
            GroupChangeKind.LOCKED,
            GroupChangeKind.EPHEMERAL,
        ]
        assert all(event.author == finn.jid.bare for event in events)
        assert events[0].participants == (gina.jid.bare,)
        assert events[3].subject == "Sailing"
        assert (events[4].enabled, events[5].ephemeral_s) == (True, 86400)
        assert IdentityLinked(lid=gina.jid.bare, pn=gina.pn) in stage.events
        acks = await stage.until_sent("ack", 6)
        assert acks[0].attrs["type"] == "w:gp2"
        assert acks[0].attrs["participant"] == finn.jid.bare


async def test_a_group_is_told_when_it_is_new_or_has_changed(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        group_stage(stage, 2)
        await stage.traffic.on_connected()
        (joined,) = await stage.until_told(GroupJoined)
        assert joined.group.jid == GROUP
        created = Node("create", {"type": "new"}, [stage.group_node(GROUP)])
        stage.deliver(notification(created))
        await stage.until_sent("ack")
        await stage.restart()
        await stage.traffic.on_connected()
        group_stage(stage, 2, 3)
        await stage.restart()
        await stage.traffic.on_connected()
        await stage.until_told(GroupJoined, 2)


async def test_a_group_that_changes_while_all_are_learnt_is_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Learning who is whom in many groups lets others have their turn: notifications come in."""
    monkeypatch.setattr("wigwag.engine.native.receiving.recorder.LINKS_AT_ONCE", 1)
    async with TrafficStage(tmp_path) as stage:
        _, gina = group_stage(stage, 2, 3)
        plain, commit = stage.group_node, stage.store.commit
        stage.groups[GROUP].remove(gina.jid.bare)
        old = plain(GROUP)
        stage.groups[GROUP].append(gina.jid.bare)

        async def overtaken(writes: Sequence[Write]) -> None:
            stage.store.commit = commit
            stage.deliver(notification(Node("add", {}, [member(gina)])))
            await stage.until_told(GroupChanged)
            await commit(writes)

        def answer(node: Node) -> list[Node]:
            if node.child("participating") is None:
                return [plain(GROUP)]
            stage.store.commit = overtaken
            return [Node("groups", {}, [old, Node("group", {}, [member(stage.person(4))])])]

        stage.answers["w:g2"] = answer
        await stage.traffic.on_connected()
        (joined,) = await stage.until_told(GroupJoined)
        assert gina.jid.bare in [person.jid for person in joined.group.participants]
        assert gina.jid in handed(await send(stage))


async def test_being_removed_and_added_again_is_told(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        group_stage(stage, 2)
        created = Node("create", {"type": "new"}, [stage.group_node(GROUP)])
        stage.deliver(notification(created))
        gone = Node("remove", {}, [Node("participant", {"jid": OWN_LID.bare})])
        stage.deliver(notification(gone))
        stage.deliver(notification(created))
        await stage.until_told(GroupJoined, 2)


@pytest.mark.parametrize(
    "node",
    [
        notification(Node("create")),
        Node("notification", {"type": "w:gp2", "id": "N", "t": "1"}),
        Node("notification", {"type": "w:gp2", "id": "N", "from": GROUP}, [Node("locked")]),
    ],
)
async def test_malformed_notifications_are_acked(tmp_path: Path, node: Node) -> None:
    async with TrafficStage(tmp_path) as stage:
        stage.deliver(node)
        await stage.until_sent("ack")
        assert stage.traffic.receiver.ledger.drops["notification_malformed"] == 1


async def test_a_status_names_all_who_see_it_each_time(tmp_path: Path) -> None:
    import msgspec

    from wigwag.engine.native.people.audience import STATUS_AUDIENCE
    from wigwag.engine.native.store.writes import PutNote

    async with TrafficStage(tmp_path) as stage:
        finn = stage.person(2)
        note = msgspec.msgpack.encode([finn.pn])
        await stage.store.commit([PutNote("default", STATUS_AUDIENCE, note)])
        for _ in range(2):
            node = await send(stage, to=STATUS_JID)
            assert Jid(finn.pn.user, "s.whatsapp.net") in handed(node)


def test_what_a_group_node_says() -> None:
    people = [
        Node("participant", {"jid": Jid("1", "lid"), "phone_number": Jid("2", "s.whatsapp.net")}),
        Node("participant", {"jid": Jid("3", "lid"), "type": "superadmin"}),
    ]
    attrs: dict[str, AttrValue] = {
        "id": "120363000001",
        "subject": "Friends",
        "creator": Jid("3", "lid"),
        "creation": str(T0),
        "addressing_mode": "lid",
    }
    assert parse_group(Node("group", attrs, people)) == Group(
        jid=GROUP,
        subject="Friends",
        owner=Jid("3", "lid"),
        created_at=datetime.fromtimestamp(T0, UTC),
        participants=(
            Participant(jid=Jid("1", "lid"), alt=Jid("2", "s.whatsapp.net")),
            Participant(jid=Jid("3", "lid"), admin=True, superadmin=True),
        ),
        lid_addressed=True,
    )
    with pytest.raises(MalformedNode):
        parse_group(Node("group"))
