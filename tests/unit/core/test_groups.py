"""Groups: who is in them and what they are called."""

from typing import Any

import msgspec
from msgspec.structs import replace

from stored.desk import Desk
from stored.engine import OWN
from stored.makers import ANN, ANN_LID, BEN, CONNECTED, GROUP, at, received
from wigwag.model.chat import Group, Participant
from wigwag.model.event import GroupChanged, GroupChangeKind, GroupJoined
from wigwag.model.jid import Jid

US = Group(
    jid=GROUP,
    subject="Us",
    owner=BEN,
    participants=(
        Participant(jid=ANN_LID, alt=ANN),
        Participant(jid=BEN, admin=True),
        Participant(jid=OWN),
    ),
)


def changed(
    kind: GroupChangeKind, *people: Jid, subject: str = "", seconds: float = 1
) -> GroupChanged:
    return GroupChanged(
        chat=GROUP,
        kind=kind,
        timestamp=at(seconds),
        author=BEN,
        participants=people,
        subject=subject,
    )


async def test_a_group_has_its_members_and_its_name(desk: Desk) -> None:
    await desk.take(CONNECTED, GroupJoined(group=US), GroupJoined(group=US))
    group = await desk.library.get_group("default", str(GROUP))
    assert (group.subject, group.owner, group.member) == ("Us", str(BEN), True)
    assert {p.person.jid for p in group.participants} == {str(ANN), str(BEN), str(OWN)}
    assert [p.admin for p in group.participants if p.person.jid == str(BEN)] == [True]
    assert (await desk.library.get_chat("default", str(GROUP))).name == "Us"
    assert await desk.types() == ["account.state", "group.joined"]


async def test_whose_number_is_said_further_down_is_known_by_it_further_up(desk: Desk) -> None:
    told = replace(
        US,
        owner=ANN_LID,
        participants=(
            Participant(jid=ANN_LID, admin=True),
            Participant(jid=BEN),
            Participant(jid=ANN_LID, alt=ANN),
        ),
    )
    await desk.take(CONNECTED, GroupJoined(group=told))
    group = await desk.library.get_group("default", str(GROUP))
    assert group.owner == str(ANN)
    assert {p.person.jid: p.admin for p in group.participants} == {str(ANN): True, str(BEN): False}
    (joined,) = await desk.events("group.joined")
    assert joined["owner"] == str(ANN)


async def test_changes_are_applied_and_told_once(desk: Desk) -> None:
    carl = Jid("491700000003", "s.whatsapp.net")
    changes = [
        changed(GroupChangeKind.ADD, carl),
        changed(GroupChangeKind.PROMOTE, carl, seconds=2),
        changed(GroupChangeKind.REMOVE, ANN_LID, seconds=3),
        changed(GroupChangeKind.SUBJECT, subject="Them", seconds=4),
        changed(GroupChangeKind.OTHER, seconds=5),
    ]
    await desk.take(GroupJoined(group=US), *changes, *changes)
    group = await desk.library.get_group("default", str(GROUP))
    assert {p.person.jid: p.admin for p in group.participants} == {
        str(BEN): True,
        str(OWN): False,
        str(carl): True,
    }
    assert group.subject == (await desk.library.get_chat("default", str(GROUP))).name == "Them"
    told = await desk.types()
    assert told == ["group.joined"] + ["group.participants"] * 3 + ["group.updated"] * 2


async def test_the_same_change_at_another_time_is_another_change(desk: Desk) -> None:
    add, remove = GroupChangeKind.ADD, GroupChangeKind.REMOVE
    await desk.take(
        changed(add, ANN), changed(remove, ANN, seconds=2), changed(add, ANN, seconds=3)
    )
    assert len(await desk.events("group.participants")) == 3


async def test_whoever_is_removed_is_no_member(desk: Desk) -> None:
    await desk.take(CONNECTED, GroupJoined(group=US), changed(GroupChangeKind.REMOVE, OWN))
    assert not (await desk.library.get_group("default", str(GROUP))).member
    await desk.take(GroupJoined(group=US))
    assert (await desk.library.get_group("default", str(GROUP))).member
    assert (await desk.types())[-1] == "group.joined"


async def test_a_message_of_an_unknown_group_names_the_chat_by_its_jid(desk: Desk) -> None:
    await desk.take(received("A1", chat=GROUP, sender=ANN))
    assert (await desk.library.get_chat("default", str(GROUP))).name == str(GROUP)
    await desk.take(GroupJoined(group=US))
    assert (await desk.library.get_chat("default", str(GROUP))).name == "Us"


async def test_settings_and_words_are_kept_and_told(desk: Desk) -> None:
    kinds = GroupChangeKind
    parent = Jid("120363000099", "g.us")

    def change(kind: GroupChangeKind, **fields: Any) -> GroupChanged:
        return GroupChanged(chat=GROUP, kind=kind, timestamp=at(1), author=BEN, **fields)

    await desk.take(
        GroupJoined(group=US),
        change(kinds.DESCRIPTION, text="Who we are", text_id="D1"),
        change(kinds.LOCKED),
        change(kinds.ANNOUNCE),
        change(kinds.ANNOUNCE, enabled=False),
        change(kinds.APPROVAL),
        change(kinds.ADMIN_ADD),
        change(kinds.EPHEMERAL, ephemeral_s=86400),
        change(kinds.SUSPENDED),
        change(kinds.GROWTH_LOCKED),
        change(kinds.INVITE, text="CODE"),
        change(kinds.LINK, group=parent, link_type="parent_group"),
        change(kinds.REQUESTED, participants=(ANN,)),
    )
    group = await desk.library.get_group("default", str(GROUP))
    assert (group.description, group.parent_jid) == ("Who we are", str(parent))
    assert (group.locked, group.announce, group.approval) == (True, False, True)
    assert (group.admin_add, group.suspended, group.ephemeral_s) == (True, True, 86400)
    assert (group.community, len(group.participants)) == (False, 3)
    told = (await desk.events())[1:]
    assert {event["event"] for event in told} == {"group.updated"}
    assert told[0]["description"] == "Who we are"
    assert [event["enabled"] for event in told[1:6]] == [True, True, False, True, True]
    assert told[6]["ephemeral_seconds"] == 86400
    assert told[9]["invite_code"] == "CODE"
    assert (told[10]["group"], told[10]["link_type"]) == (str(parent), "parent_group")
    assert [person["jid"] for person in told[11]["participants"]] == [str(ANN)]


async def test_a_link_below_says_nothing_of_the_group_itself(desk: Desk) -> None:
    parent = Jid("120363000099", "g.us")
    member = msgspec.structs.replace(US, parent=parent)
    below = GroupChanged(
        chat=GROUP,
        kind=GroupChangeKind.UNLINK,
        timestamp=at(1),
        group=Jid("120363000098", "g.us"),
        link_type="sub_group",
    )
    await desk.take(GroupJoined(group=member), below)
    assert (await desk.library.get_group("default", str(GROUP))).parent_jid == str(parent)
    away = msgspec.structs.replace(below, link_type="parent_group", group=parent)
    await desk.take(away)
    assert (await desk.library.get_group("default", str(GROUP))).parent_jid == ""


async def test_a_deleted_group_has_us_no_longer(desk: Desk) -> None:
    gone = GroupChanged(chat=GROUP, kind=GroupChangeKind.DELETE, timestamp=at(1), text="x")
    await desk.take(GroupJoined(group=US), gone)
    assert not (await desk.library.get_group("default", str(GROUP))).member
    assert (await desk.events("group.updated"))[0]["reason"] == "x"
