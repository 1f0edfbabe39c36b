"""Groups, communities and newsletters over every engine."""

import pytest

from scripted.engine_town import EngineTown
from scripted.waiting import until
from wigwag.model.capability import Capability
from wigwag.model.chat import Group, GroupSettings, MemberChange, NewGroup
from wigwag.model.content import Edit, Text
from wigwag.model.errors import Forbidden, Gone, NotFound
from wigwag.model.event import (
    GroupChanged,
    GroupChangeKind,
    GroupJoined,
    MessageReceived,
    NewsletterKnown,
)
from wigwag.model.jid import Jid
from wigwag.model.newsletter import NewNewsletter, NewsletterSettings
from wigwag.sandbox.residents.person import Person
from wigwag.wire.content import encode_content

pytestmark = pytest.mark.asyncio(loop_scope="module")


def members(group: Group) -> set[Jid | None]:
    return {address for one in group.participants for address in (one.jid, one.alt)}


async def made(town: EngineTown, *people: Person) -> Group:
    new = NewGroup(subject="Friends", participants=tuple(person.pn for person in people))
    return await town.engine.groups.create(new)


async def test_a_group_is_made_and_known(town: EngineTown) -> None:
    friends = [town.sandbox.add_person(name) for name in ("Finn", "Gina")]
    group = await made(town, *friends)
    assert group.jid.is_group
    assert group.subject == "Friends"
    assert {friend.lid for friend in friends} <= members(group)
    joined = await town.hear(GroupJoined, lambda event: event.group.jid == group.jid)
    assert joined.group.subject == "Friends"
    again = await town.engine.groups.get(group.jid)
    assert (again.jid, again.subject) == (group.jid, "Friends")
    assert members(again) == members(group)
    owner = next(one for one in again.participants if town.phone.lid in (one.jid, one.alt))
    assert owner.superadmin
    assert group.jid in {one.jid for one in await town.engine.groups.list_joined()}


async def test_being_added_is_told(town: EngineTown) -> None:
    friend = town.sandbox.add_person("Finn")
    group = town.sandbox.create_group("Club", [friend.pn, town.phone.pn])
    joined = (await town.hear(GroupJoined, lambda event: event.group.jid == group.jid)).group
    assert joined.subject == "Club"
    assert {friend.lid, town.phone.lid} <= members(joined)


async def test_members_come_and_go(town: EngineTown) -> None:
    finn, gina = (town.sandbox.add_person(name) for name in ("Finn", "Gina"))
    group = await made(town, finn)
    for change, kind in (
        (MemberChange.ADD, GroupChangeKind.ADD),
        (MemberChange.PROMOTE, GroupChangeKind.PROMOTE),
        (MemberChange.DEMOTE, GroupChangeKind.DEMOTE),
        (MemberChange.REMOVE, GroupChangeKind.REMOVE),
    ):
        (result,) = await town.engine.groups.change_members(group.jid, change, [gina.pn])
        assert result.error == 0
        assert {gina.lid, gina.pn} & {result.jid, result.alt}
        told = await town.hear(
            GroupChanged, lambda e, kind=kind: (e.chat, e.kind) == (group.jid, kind)
        )
        assert {gina.lid, gina.pn} & set(told.participants)
    assert gina.lid not in members(await town.engine.groups.get(group.jid))


async def test_what_a_group_says_of_itself(town: EngineTown) -> None:
    group = await made(town, town.sandbox.add_person("Finn"))
    groups = town.engine.groups
    await groups.set_subject(group.jid, "Good friends")
    settings = GroupSettings(announce=True, locked=True, ephemeral_s=86_400)
    await groups.set_settings(group.jid, settings)
    found = await groups.get(group.jid)
    assert found.subject == "Good friends"
    assert (found.announce, found.locked, found.ephemeral_s) == (True, True, 86_400)


async def test_the_description_of_a_group(town: EngineTown) -> None:
    group = await made(town, town.sandbox.add_person("Finn"))
    await town.engine.groups.set_description(group.jid, "for all of us")
    assert (await town.engine.groups.get(group.jid)).description == "for all of us"
    await town.engine.groups.set_description(group.jid, "")
    assert not (await town.engine.groups.get(group.jid)).description


@pytest.mark.capability(Capability.GROUP_ADMISSION)
async def test_who_is_let_in(town: EngineTown) -> None:
    group = await made(town, town.sandbox.add_person("Finn"))
    await town.engine.groups.set_settings(group.jid, GroupSettings(approval=True, admin_add=True))
    found = await town.engine.groups.get(group.jid)
    assert (found.approval, found.admin_add) == (True, True)


@pytest.mark.capability(Capability.JOIN_REQUESTS)
async def test_those_who_ask_are_answered(town: EngineTown) -> None:
    finn, gina = (town.sandbox.add_person(name) for name in ("Finn", "Gina"))
    group = await made(town, finn)
    network = town.sandbox.network
    network.groups.request(network.groups.get(group.jid), network.directory.get(gina.lid))
    (asking,) = await town.engine.groups.list_requests(group.jid)
    assert {gina.lid, gina.pn} & {asking.jid, asking.alt}
    (result,) = await town.engine.groups.answer_requests(group.jid, [asking.jid], approve=True)
    assert result.error == 0
    assert gina.lid in members(await town.engine.groups.get(group.jid))


async def test_links_into_groups(town: EngineTown) -> None:
    friend = town.sandbox.add_person("Finn")
    network = town.sandbox.network
    theirs = town.sandbox.create_group("Open", [friend.pn])
    code = network.groups.reset_invite(theirs)
    preview = await town.engine.groups.preview(f"https://chat.whatsapp.com/{code}")
    assert (preview.jid, preview.subject) == (theirs.jid, "Open")
    joined = await town.engine.groups.join(code)
    assert (joined.jid, joined.waiting) == (theirs.jid, False)
    await town.engine.groups.leave(theirs.jid)
    with pytest.raises((NotFound, Forbidden)):
        await town.engine.groups.get(theirs.jid)
    ours = await made(town, friend)
    link = await town.engine.groups.invite_link(ours.jid)
    fresh = await town.engine.groups.invite_link(ours.jid, reset=True)
    assert link != fresh
    with pytest.raises((Gone, NotFound)):
        await town.engine.groups.preview(link)


async def test_only_admins_may(town: EngineTown) -> None:
    friend = town.sandbox.add_person("Finn")
    theirs = town.sandbox.create_group("Theirs", [friend.pn, town.phone.pn])
    await town.hear(GroupJoined, lambda event: event.group.jid == theirs.jid)
    with pytest.raises(Forbidden):
        await town.engine.groups.change_members(theirs.jid, MemberChange.REMOVE, [friend.pn])
    with pytest.raises(NotFound):
        await town.engine.groups.get(Jid("120363999999999999", "g.us"))


async def test_a_community_and_its_groups(town: EngineTown) -> None:
    friend = town.sandbox.add_person("Finn")
    community = await town.engine.groups.create(NewGroup(subject="Village", community=True))
    assert community.community
    group = await made(town, friend)
    await town.engine.communities.link(community.jid, group.jid)
    children = {one.jid for one in await town.engine.communities.list_groups(community.jid)}
    assert group.jid in children
    people = await town.engine.communities.list_members(community.jid)
    assert {friend.lid, friend.pn} & set(people)
    await town.engine.communities.unlink(community.jid, group.jid)
    children = {one.jid for one in await town.engine.communities.list_groups(community.jid)}
    assert group.jid not in children


async def test_following_a_newsletter(town: EngineTown) -> None:
    friend = town.sandbox.add_person("Finn")
    news = town.sandbox.create_newsletter(friend.pn, "Paper", "all that is fit")
    newsletters = town.engine.newsletters
    found = await newsletters.get(news.jid)
    assert (found.jid, found.name) == (news.jid, "Paper")
    await newsletters.follow(news.jid)
    await town.hear(NewsletterKnown, lambda event: event.newsletter.jid == news.jid)
    assert news.jid in {one.jid for one in await newsletters.list_followed()}
    post = town.sandbox.post(news.jid, Text(text="good morning"))
    message = await town.hear_message(post.id)
    assert (message.key.chat, message.content) == (news.jid, Text(text="good morning"))
    assert message.server_id == post.server_id
    evening = encode_content(Text(text="good evening"))
    town.sandbox.network.newsletters.edit(news, post, evening)
    change = Edit(target=message.key, content=Text(text="good evening"))
    await town.hear(MessageReceived, lambda event: event.message.content == change)
    await newsletters.react(news.jid, post.server_id, "\N{THUMBS UP SIGN}")
    await newsletters.set_muted(news.jid, muted=True)
    await newsletters.unfollow(news.jid)
    followed = town.sandbox.network.newsletters.followed_by
    await until(lambda: news not in followed(town.phone.account))


@pytest.mark.capability(Capability.NEWSLETTER_HISTORY)
async def test_posts_of_a_newsletter(town: EngineTown) -> None:
    friend = town.sandbox.add_person("Finn")
    news = town.sandbox.create_newsletter(friend.pn, "Paper")
    await town.engine.newsletters.follow(news.jid)
    posts = [town.sandbox.post(news.jid, Text(text=f"page {number}")) for number in range(3)]
    listed = await town.engine.newsletters.list_posts(news.jid, count=2)
    assert {post.server_id for post in listed} == {post.server_id for post in posts[1:]}
    await town.engine.newsletters.unfollow(news.jid)


@pytest.mark.capability(Capability.NEWSLETTER_COUNTS)
async def test_the_counts_of_posts(town: EngineTown) -> None:
    news = town.sandbox.create_newsletter(town.phone.pn, "Mine")
    assert await town.engine.newsletters.follow_counts(news.jid) > 0
    post = town.sandbox.post(news.jid, Text(text="seen"))
    await town.engine.newsletters.mark_viewed(news.jid, [post.server_id])


async def test_writing_a_newsletter(town: EngineTown) -> None:
    made = await town.engine.newsletters.create(NewNewsletter(name="Mine", description="daily"))
    assert (made.name, made.description) == ("Mine", "daily")
    sent = await town.send(made.jid, "first post")
    posts = town.sandbox.network.newsletters.get(made.jid).posts
    assert list(posts) == [sent.server_id]


@pytest.mark.capability(Capability.NEWSLETTER_SETTINGS)
async def test_a_newsletter_is_called_another_name(town: EngineTown) -> None:
    await town.engine.newsletters.accept_terms()
    news = town.sandbox.create_newsletter(town.phone.pn, "Mine")
    await town.engine.newsletters.set_settings(news.jid, NewsletterSettings(name="Ours"))
    assert (await town.engine.newsletters.get(news.jid)).name == "Ours"
