"""Groups and communities, as a use case: addresses of callers, and answers that name people."""

from pathlib import Path

import pytest

from stored.assemblies import LINK, MADE
from stored.desk import Desk
from stored.engine import OWN, StoredEngine
from stored.makers import ANN, ANN_LID, BEN, BEN_LID, CONNECTED, GROUP, at
from wigwag.core.grouping import GroupChanges, Grouping
from wigwag.model.chat import (
    Group,
    GroupSettings,
    JoinRequest,
    MemberChange,
    MemberResult,
    NewGroup,
    Participant,
)
from wigwag.model.errors import Conflict, Gone, MalformedJid, NotConnected, NotFound
from wigwag.model.event import IdentityLinked


@pytest.fixture
async def desk(tmp_path: Path):
    opened = await Desk.open(tmp_path)
    await opened.take(CONNECTED, IdentityLinked(lid=ANN_LID, pn=ANN))
    yield opened
    await opened.close()


@pytest.fixture
def engine(desk: Desk) -> StoredEngine:
    engine = StoredEngine()
    engine.groups.sink = desk.ingest.ingest
    engine.groups.known[GROUP] = Group(
        jid=GROUP,
        subject="Us",
        participants=(Participant(jid=OWN, superadmin=True), Participant(jid=ANN_LID, alt=ANN)),
    )
    desk.accounts.add(engine)
    return engine


@pytest.fixture
def grouping(desk: Desk, engine: StoredEngine) -> Grouping:
    del engine
    return Grouping(desk.library, desk.accounts)


async def test_a_new_group_tells_who_could_not_be_added(
    desk: Desk, engine: StoredEngine, grouping: Grouping
) -> None:
    engine.groups.refused[BEN] = MemberResult(jid=BEN, error=403)
    new = NewGroup(subject="Sailing", announce=True)
    made = await grouping.create("default", new, ["+49 170 000-0001", str(BEN), str(ANN_LID)])
    assert engine.groups.created[0].participants == (ANN, BEN), "one person is named once"
    people = {member.person.jid: member.superadmin for member in made.group.participants}
    assert people == {str(OWN): True, str(ANN): False}
    assert [who.jid for who in made.not_added] == [str(BEN)]
    assert (made.group.subject, made.group.announce, made.group.owner) == (
        "Sailing",
        True,
        str(OWN),
    )
    assert (await desk.library.get_group("default", str(MADE))).subject == "Sailing"


async def test_changes_are_made_one_after_the_other(
    engine: StoredEngine, grouping: Grouping
) -> None:
    changes = GroupChanges(
        subject="We", description="All", settings=GroupSettings(locked=True, ephemeral_s=86_400)
    )
    group = await grouping.change("default", str(GROUP), changes)
    assert (group.subject, group.description) == ("We", "All")
    assert (group.locked, group.announce, group.ephemeral_s) == (True, False, 86_400)
    before = engine.groups.known[GROUP]
    assert (await grouping.change("default", str(GROUP), GroupChanges())).subject == "We"
    assert engine.groups.known[GROUP] == before


async def test_each_person_of_a_change_has_an_outcome(
    desk: Desk, engine: StoredEngine, grouping: Grouping
) -> None:
    engine.groups.refused[BEN] = MemberResult(
        jid=BEN_LID, alt=BEN, error=403, invite_code="abc", invite_until=at(60)
    )
    outcomes = await grouping.change_members(
        "default", str(GROUP), MemberChange.PROMOTE, [str(ANN), str(BEN)]
    )
    ann, ben = outcomes
    assert (ann.person.jid, ann.person.lid, ann.error) == (str(ANN), str(ANN_LID), 0)
    assert (ben.person.jid, ben.person.lid) == (str(BEN), str(BEN_LID)), "as the answer told"
    assert (ben.error, ben.invite_code, ben.invite_until) == (403, "abc", at(60))
    group = await desk.library.get_group("default", str(GROUP))
    assert {member.person.jid: member.admin for member in group.participants}[str(ANN)]


async def test_what_is_done_is_no_error_when_the_group_cannot_be_looked_at(
    engine: StoredEngine, grouping: Grouping
) -> None:
    engine.groups.errors.append(NotConnected())
    (ann,) = await grouping.change_members(
        "default", str(GROUP), MemberChange.REMOVE, [str(ANN_LID)]
    )
    assert ann.error == 0
    assert not engine.groups.errors


async def test_links_lead_into_groups(engine: StoredEngine, grouping: Grouping) -> None:
    link = await grouping.invite_link("default", str(GROUP))
    seen = await grouping.preview("default", link)
    assert (seen.jid, seen.member) == (str(GROUP), False), "the archive knows nothing of it"
    await engine.groups.get(GROUP)
    assert (await grouping.preview("default", link)).member
    with pytest.raises(Conflict, match="in this group already"):
        await grouping.join("default", link)
    assert await grouping.invite_link("default", str(GROUP), reset=True) != link
    with pytest.raises(Gone):
        await grouping.preview("default", link)
    with pytest.raises(Gone):
        await grouping.join("default", f"{LINK}void")


@pytest.mark.parametrize("approval", [False, True])
async def test_a_group_is_joined_or_waited_for(
    desk: Desk, engine: StoredEngine, grouping: Grouping, approval: bool
) -> None:
    engine.groups.known[GROUP] = Group(
        jid=GROUP, subject="Them", participants=(Participant(jid=ANN),), approval=approval
    )
    joined = await grouping.join("default", await grouping.invite_link("default", str(GROUP)))
    assert (joined.jid, joined.waiting) == (GROUP, approval)
    listed = await desk.library.list_groups("default")
    assert [group.jid for group in listed.items] == ([] if approval else [str(GROUP)])


async def test_those_who_wait_are_let_in_or_not(engine: StoredEngine, grouping: Grouping) -> None:
    engine.groups.waiting = [
        JoinRequest(jid=BEN_LID, alt=BEN, requested_at=at(1)),
        JoinRequest(jid=ANN_LID, alt=ANN),
    ]
    ben, ann = await grouping.list_requests("default", str(GROUP))
    assert (ben.person.jid, ben.requested_at) == (str(BEN), at(1))
    assert (ann.person.jid, ann.requested_at) == (str(ANN), None)
    (let_in,) = await grouping.answer_requests("default", str(GROUP), [str(BEN)], approve=True)
    assert (let_in.person.jid, let_in.error) == (str(BEN), 0)
    assert await grouping.answer_requests("default", str(GROUP), [str(ANN)], approve=False) == []
    members = {member.jid for member in engine.groups.known[GROUP].participants}
    assert members == {OWN, ANN_LID, BEN}


async def test_a_community_has_groups_and_members(
    desk: Desk, engine: StoredEngine, grouping: Grouping
) -> None:
    await grouping.create("default", NewGroup(subject="Village", community=True), [str(BEN)])
    await grouping.set_linked("default", str(MADE), str(GROUP), linked=True)
    (linked,) = await grouping.list_subgroups("default", str(MADE))
    assert (linked.jid, linked.subject) == (GROUP, "Us")
    assert (await desk.library.get_group("default", str(GROUP))).parent_jid == str(MADE)
    members = await grouping.list_community_members("default", str(MADE))
    assert {who.jid for who in members} == {str(OWN), str(BEN)}
    await grouping.set_linked("default", str(MADE), str(GROUP), linked=False)
    assert await grouping.list_subgroups("default", str(MADE)) == []
    inner = await grouping.create("default", NewGroup(subject="In it"), [], parent=str(GROUP))
    assert inner.group.parent_jid == str(GROUP)
    assert engine.groups.created[-1].parent == GROUP


async def test_a_group_is_left_once(grouping: Grouping) -> None:
    assert await grouping.leave("default", str(GROUP)) == str(GROUP)
    with pytest.raises(NotFound):
        await grouping.leave("default", str(GROUP))


async def test_only_groups_have_members_and_only_people_are_some(grouping: Grouping) -> None:
    with pytest.raises(NotFound):
        await grouping.leave("default", str(ANN))
    with pytest.raises(NotFound):
        await grouping.change_members("default", str(GROUP), MemberChange.ADD, [str(GROUP)])
    with pytest.raises(MalformedJid):
        await grouping.create("default", NewGroup(subject="x"), ["nobody"])
