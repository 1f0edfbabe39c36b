"""Groups: who is in them and what they are called."""

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
