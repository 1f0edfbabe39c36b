"""The engine's hand in groups, on an emulated network with people in them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from peers.native import NativePeer
from peers.stage import Stage
from wigwag.model.chat import Group, GroupSettings, MemberChange, NewGroup
from wigwag.model.content import Text
from wigwag.model.errors import Conflict, Forbidden, Gone, InvalidInput, NotFound
from wigwag.model.event import GroupChanged, GroupChangeKind, GroupJoined
from wigwag.model.jid import Jid
from wigwag.sandbox.residents.person import Person
from wigwag.wire.nodes import Node


@dataclass
class Scene:
    stage: Stage
    wig: NativePeer
    ann: Person
    ben: Person

    async def create(self, **fields: object) -> Group:
        """A group of us, Ann and Ben."""
        people = (self.ann.pn, self.ben.lid)
        return await self.wig.engine.groups.create(
            NewGroup(subject="Sailing", participants=people, **fields)  # pyright: ignore[reportArgumentType]
        )

    async def changed(self, kind: GroupChangeKind) -> GroupChanged:
        return await self.wig.wait(GroupChanged, lambda event: event.kind is kind)

    def in_network(self, group: Group):
        return self.stage.sandbox.network.groups.get(group.jid)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    stage = await Stage.open(tmp_path)
    try:
        wig = stage.native("Wig")
        ann, ben = (stage.sandbox.add_person(name=name) for name in ("Ann", "Ben"))
        await wig.link()
        yield Scene(stage, wig, ann, ben)
    finally:
        await stage.close()


async def test_a_group_from_its_creation_to_the_end(scene: Scene) -> None:
    wig, ann, ben = scene.wig, scene.ann, scene.ben
    groups = wig.engine.groups
    made = await scene.create(locked=True, ephemeral_s=86400)
    assert (made.subject, made.owner, made.locked, made.ephemeral_s) == (
        "Sailing",
        wig.lid,
        True,
        86400,
    )
    assert {p.jid: p.superadmin for p in made.participants} == {
        wig.lid: True,
        ann.lid: False,
        ben.lid: False,
    }
    assert (await wig.wait(GroupJoined)).group == made

    carl = scene.stage.sandbox.add_person(name="Carl")
    nobody = Jid("19995550000", "s.whatsapp.net")
    results = await groups.change_members(made.jid, MemberChange.ADD, [carl.pn, ann.pn, nobody])
    assert [(result.jid, result.error) for result in results] == [
        (carl.lid, 0),
        (ann.lid, 409),
        (nobody, 404),
    ]
    await groups.change_members(made.jid, MemberChange.PROMOTE, [carl.lid])
    await groups.set_subject(made.jid, "Rowing")
    await groups.set_description(made.jid, "On the lake")
    await groups.set_description(made.jid, "On the river")
    await groups.set_settings(
        made.jid,
        GroupSettings(announce=True, locked=False, approval=True, admin_add=True, ephemeral_s=0),
    )
    described = await groups.get(made.jid)
    assert (described.subject, described.description) == ("Rowing", "On the river")
    assert (described.announce, described.locked, described.approval) == (True, False, True)
    assert (described.admin_add, described.ephemeral_s) == (True, 0)
    assert [p.admin for p in described.participants if p.jid == carl.lid] == [True]
    assert [group.jid for group in await groups.list_joined()] == [made.jid]
    for kind in ("add", "promote", "subject", "description", "announce", "locked", "ephemeral"):
        assert (await scene.changed(GroupChangeKind(kind))).author == wig.lid

    await groups.set_description(made.jid, "")
    assert (await groups.get(made.jid)).description == ""
    await groups.leave(made.jid)
    with pytest.raises(NotFound, match="This account is not in that group"):
        await groups.get(made.jid)
    with pytest.raises(NotFound, match="no such group"):
        await groups.invite_link(Jid("120363000000000404", "g.us"))
    with pytest.raises(NotFound):
        await groups.leave(made.jid)


async def test_whom_nobody_may_add_gets_an_invitation(scene: Scene) -> None:
    network = scene.stage.sandbox.network
    network.directory.get(scene.ann.pn).privacy["groupadd"] = "none"
    made = await scene.create()
    assert {p.jid for p in made.participants} == {scene.wig.lid, scene.ben.lid}
    (result,) = await scene.wig.engine.groups.change_members(
        made.jid, MemberChange.ADD, [scene.ann.lid]
    )
    assert (result.error, bool(result.invite_code), bool(result.invite_until)) == (403, True, True)
    assert scene.ann.lid not in scene.in_network(made).members


async def test_who_was_removed_cannot_read_on(scene: Scene) -> None:
    wig = scene.wig
    made = await scene.create()
    await wig.send_text(made.jid, "with Ann")
    await scene.ann.wait_for(lambda entry: entry.text == "with Ann")
    await wig.engine.groups.change_members(made.jid, MemberChange.REMOVE, [scene.ann.lid])
    await scene.changed(GroupChangeKind.REMOVE)
    await wig.send_text(made.jid, "without Ann")
    await scene.ben.wait_for(lambda entry: entry.text == "without Ann")
    assert "without Ann" not in [entry.text for entry in scene.ann.inbox.entries()]
    stanza = scene.stage.sandbox.transcript.entries(
        0, 10_000, lambda who: who == wig.pn.with_device(1)
    )
    sent = [entry.node for entry in stanza if entry.inbound and entry.node.tag == "message"]
    handed = sent[-1].child("participants")
    assert handed is not None, "the key is a new one, and given to those who are left"
    assert scene.ann.lid not in [to.require_jid("jid").bare for to in handed.kids]


async def test_links_and_those_who_wait(scene: Scene) -> None:
    groups = scene.wig.engine.groups
    theirs = scene.stage.sandbox.create_group("Theirs", [scene.ann.pn, scene.ben.pn])
    invites = scene.stage.sandbox.network.groups
    link = f"https://chat.whatsapp.com/{theirs.invite}?mode=x"
    assert (await groups.preview(link)).subject == "Theirs"
    joined = await groups.join(link)
    assert (joined.jid, joined.waiting) == (theirs.jid, False)
    await scene.wig.wait(GroupJoined, lambda event: event.group.jid == theirs.jid)
    with pytest.raises(Conflict):
        await groups.join(link)
    with pytest.raises(Forbidden):
        await groups.invite_link(theirs.jid)
    old = theirs.invite
    invites.reset_invite(theirs)
    with pytest.raises(Gone):
        await groups.preview(old)
    with pytest.raises(InvalidInput):
        await groups.preview("https://example.com/?")

    made = await scene.create(approval=True)
    first = await groups.invite_link(made.jid)
    assert await groups.invite_link(made.jid, reset=True) != first
    network = scene.stage.sandbox.network
    carl, dora = (scene.stage.sandbox.add_person(name=name) for name in ("Carl", "Dora"))
    for person in (carl, dora):
        network.groups.request(scene.in_network(made), network.directory.get(person.pn))
    requested = await scene.changed(GroupChangeKind.REQUESTED)
    assert requested.participants == (carl.lid,)
    assert [r.jid for r in await groups.list_requests(made.jid)] == [carl.lid, dora.lid]
    (result,) = await groups.answer_requests(made.jid, [carl.lid], approve=True)
    assert (result.jid, result.error) == (carl.lid, 0)
    await groups.answer_requests(made.jid, [dora.lid], approve=False)
    ended = await scene.changed(GroupChangeKind.REQUEST_ENDED)
    assert ended.participants == (dora.lid,)
    assert carl.lid in scene.in_network(made).members
    assert await groups.list_requests(made.jid) == []


async def test_a_join_that_waits_for_the_admins(scene: Scene) -> None:
    theirs = scene.stage.sandbox.create_group("Theirs", [scene.ann.pn, scene.ben.pn])
    theirs.approval = True
    joined = await scene.wig.engine.groups.join(theirs.invite)
    assert (joined.jid, joined.waiting) == (theirs.jid, True)
    assert scene.wig.lid in theirs.requests


async def test_communities(scene: Scene) -> None:
    engine = scene.wig.engine
    community = await engine.groups.create(NewGroup(subject="Club", community=True))
    assert community.community
    group = await scene.create()
    inside = await engine.groups.create(NewGroup(subject="Inside", parent=community.jid))
    assert (await engine.groups.get(inside.jid)).parent == community.jid
    await engine.communities.link(community.jid, group.jid)
    linked = await scene.wig.wait(
        GroupChanged,
        lambda event: event.kind is GroupChangeKind.LINK and event.chat == group.jid,
    )
    assert (linked.group, linked.link_type) == (community.jid, "parent_group")
    listed = await engine.communities.list_groups(community.jid)
    assert {(one.subject, one.default_subgroup) for one in listed} == {
        ("Club", True),
        ("Sailing", False),
        ("Inside", False),
    }
    members = await engine.communities.list_members(community.jid)
    assert set(members) == {scene.wig.lid, scene.ann.lid, scene.ben.lid}
    await engine.communities.unlink(community.jid, group.jid)
    await scene.changed(GroupChangeKind.UNLINK)
    assert len(await engine.communities.list_groups(community.jid)) == 2
    with pytest.raises(Forbidden):
        await engine.communities.link(community.jid, Jid("120363999", "g.us"))
    with pytest.raises(NotFound):
        await engine.communities.list_groups(group.jid)


async def test_what_only_admins_may(scene: Scene) -> None:
    theirs = scene.stage.sandbox.create_group("Theirs", [scene.ann.pn, scene.wig.pn])
    theirs.locked = True
    groups = scene.wig.engine.groups
    with pytest.raises(Forbidden):
        await groups.set_subject(theirs.jid, "Ours")
    with pytest.raises(Forbidden):
        await groups.set_settings(theirs.jid, GroupSettings(announce=True))
    with pytest.raises(Forbidden):
        await groups.list_requests(theirs.jid)
    for subject in ("", " ", "x" * 101):
        with pytest.raises(InvalidInput):
            await groups.set_subject(theirs.jid, subject)
    with pytest.raises(InvalidInput):
        await groups.change_members(theirs.jid, MemberChange.ADD, [])
    with pytest.raises(InvalidInput):
        await groups.get(scene.ann.lid)


async def test_the_network_closes_a_group(scene: Scene) -> None:
    made = await scene.create()
    scene.stage.sandbox.network.groups.suspend(scene.in_network(made), True)
    assert (await scene.changed(GroupChangeKind.SUSPENDED)).enabled
    assert (await scene.wig.engine.groups.get(made.jid)).suspended
    message = await scene.wig.send(made.jid, Text(text="goes on"))
    assert message.chat == made.jid
    network = scene.stage.sandbox.network
    change = Node("growth_locked", {"type": "invite", "expiration": "1800000000"})
    notification = Node("notification", {"type": "w:gp2", "from": made.jid}, [change])
    network.push(scene.wig.device, notification)
    assert (await scene.changed(GroupChangeKind.GROWTH_LOCKED)).enabled
