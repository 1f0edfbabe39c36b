"""Groups, communities and newsletters of an engine, in memory: what it is asked for happens."""

from collections.abc import Sequence
from datetime import datetime
from typing import BinaryIO

from msgspec.structs import replace

from wigwag.model.chat import (
    Group,
    GroupSettings,
    Joined,
    JoinRequest,
    LinkedGroup,
    MemberChange,
    MemberResult,
    NewGroup,
    Participant,
)
from wigwag.model.content import MediaKind, MediaRef
from wigwag.model.errors import Conflict, Gone, NotFound, Unsupported
from wigwag.model.event import GroupJoined, NewsletterKnown, NewsletterLeft
from wigwag.model.jid import Jid
from wigwag.model.newsletter import (
    NewNewsletter,
    Newsletter,
    NewsletterRole,
    NewsletterSettings,
    Post,
)
from wigwag.ports import EngineSink

MADE = Jid("120363000000000777", "g.us")
MADE_NEWSLETTER = Jid("120363000000000888", "newsletter")
LINK = "https://chat.whatsapp.com/"


class StoredGroups:
    """Implements ports.groups.GroupActions. `refused` are people whom no change reaches; the next
    calls of `get` raise `errors`, one each. What is told goes to `sink`."""

    def __init__(self, account: str, own: Jid) -> None:
        self.account = account
        self.own = own
        self.known: dict[Jid, Group] = {}
        self.created: list[NewGroup] = []
        self.refused: dict[Jid, MemberResult] = {}
        self.codes: dict[str, Jid] = {}
        self.waiting: list[JoinRequest] = []
        self.errors: list[Exception] = []
        self.sink: EngineSink | None = None

    async def create(self, new: NewGroup) -> Group:
        self.created.append(new)
        people = [Participant(jid=self.own, superadmin=True)]
        people += [Participant(jid=who) for who in new.participants if who not in self.refused]
        self.known[MADE] = Group(
            jid=MADE,
            subject=new.subject,
            owner=self.own,
            participants=tuple(people),
            announce=new.announce,
            community=new.community,
            parent=new.parent,
        )
        return await self.get(MADE)

    async def get(self, group: Jid) -> Group:
        if self.errors:
            raise self.errors.pop(0)
        found = self.known.get(group)
        if found is None:
            raise NotFound
        if self.sink is not None:
            await self.sink(self.account, [GroupJoined(group=found)])
        return found

    async def list_joined(self) -> list[Group]:
        return list(self.known.values())

    async def leave(self, group: Jid) -> None:
        if self.known.pop(group, None) is None:
            raise NotFound

    async def change_members(
        self, group: Jid, change: MemberChange, people: Sequence[Jid]
    ) -> list[MemberResult]:
        before = self.known[group]
        there = {member.alt or member.jid: member for member in before.participants}
        for who in people:
            if who in self.refused:
                continue
            if change is MemberChange.REMOVE:
                there.pop(who, None)
            else:
                there[who] = Participant(jid=who, admin=change is MemberChange.PROMOTE)
        self.known[group] = replace(before, participants=tuple(there.values()))
        return [self.refused.get(who, MemberResult(jid=who)) for who in people]

    async def set_subject(self, group: Jid, subject: str) -> None:
        self.known[group] = replace(self.known[group], subject=subject)

    async def set_description(self, group: Jid, description: str) -> None:
        self.known[group] = replace(self.known[group], description=description)

    async def set_settings(self, group: Jid, settings: GroupSettings) -> None:
        told = {name: getattr(settings, name) for name in settings.__struct_fields__}
        changed = {name: value for name, value in told.items() if value is not None}
        self.known[group] = replace(self.known[group], **changed)

    async def invite_link(self, group: Jid, *, reset: bool = False) -> str:
        if reset:
            self.codes = {code: jid for code, jid in self.codes.items() if jid != group}
        if group not in self.codes.values():
            self.codes[f"code{len(self.codes)}{'new' if reset else ''}"] = group
        return LINK + next(code for code, jid in self.codes.items() if jid == group)

    async def preview(self, link: str) -> Group:
        jid = self.codes.get(link.removeprefix(LINK))
        if jid is None:
            raise Gone
        return self.known[jid]

    async def join(self, link: str) -> Joined:
        group = await self.preview(link)
        if any(member.jid == self.own for member in group.participants):
            raise Conflict
        return Joined(jid=group.jid, waiting=group.approval)

    async def list_requests(self, group: Jid) -> list[JoinRequest]:
        del group
        return self.waiting

    async def answer_requests(
        self, group: Jid, people: Sequence[Jid], *, approve: bool
    ) -> list[MemberResult]:
        self.waiting = [one for one in self.waiting if one.jid not in people]
        return await self.change_members(group, MemberChange.ADD, people if approve else ())


class StoredCommunities:
    """Implements ports.groups.CommunityActions over the groups."""

    def __init__(self, groups: StoredGroups) -> None:
        self.groups = groups

    async def list_groups(self, community: Jid) -> list[LinkedGroup]:
        return [
            LinkedGroup(jid=group.jid, subject=group.subject)
            for group in self.groups.known.values()
            if group.parent == community
        ]

    async def list_members(self, community: Jid) -> list[Jid]:
        return [member.jid for member in self.groups.known[community].participants]

    async def link(self, community: Jid, group: Jid) -> None:
        known = self.groups.known
        known[group] = replace(known[group], parent=community)

    async def unlink(self, community: Jid, group: Jid) -> None:
        del community
        known = self.groups.known
        known[group] = replace(known[group], parent=None)


class StoredNewsletters:
    """Implements ports.newsletters.NewsletterActions. What is told goes to `sink`."""

    def __init__(self, account: str) -> None:
        self.account = account
        self.known: dict[Jid, Newsletter] = {}
        self.pictures: list[bytes | None] = []
        self.terms = 0
        self.muted: dict[Jid, bool] = {}
        self.reactions: list[tuple[int, str]] = []
        self.viewed: list[int] = []
        self.listed: list[tuple[int, int]] = []
        self.sink: EngineSink | None = None

    async def get(self, newsletter: Jid) -> Newsletter:
        found = self.known.get(newsletter)
        if found is None:
            raise NotFound
        if self.sink is not None:
            await self.sink(self.account, [NewsletterKnown(newsletter=found)])
        return found

    async def preview(self, link: str) -> Newsletter:
        for newsletter in self.known.values():
            if newsletter.invite and link.endswith(newsletter.invite):
                return replace(newsletter, role=None)
        raise NotFound

    async def list_followed(self) -> list[Newsletter]:
        return list(self.known.values())

    async def follow(self, newsletter: Jid) -> None:
        role = NewsletterRole.SUBSCRIBER
        self.known[newsletter] = replace(self.known[newsletter], role=role)
        await self.get(newsletter)

    async def unfollow(self, newsletter: Jid) -> None:
        if self.sink is not None:
            await self.sink(self.account, [NewsletterLeft(jid=newsletter)])

    async def set_muted(self, newsletter: Jid, *, muted: bool) -> None:
        self.muted[newsletter] = muted

    async def accept_terms(self) -> None:
        self.terms += 1

    async def create(self, new: NewNewsletter) -> Newsletter:
        self.pictures.append(new.picture)
        self.known[MADE_NEWSLETTER] = Newsletter(
            jid=MADE_NEWSLETTER,
            name=new.name,
            description=new.description,
            role=NewsletterRole.OWNER,
        )
        return await self.get(MADE_NEWSLETTER)

    async def set_settings(self, newsletter: Jid, settings: NewsletterSettings) -> None:
        before = self.known[newsletter]
        self.pictures.append(settings.picture)
        self.known[newsletter] = replace(
            before,
            name=settings.name or before.name,
            description=before.description
            if settings.description is None
            else settings.description,
        )
        await self.get(newsletter)

    async def upload(self, source: BinaryIO, kind: MediaKind) -> MediaRef:
        del source, kind
        raise Unsupported

    async def react(self, newsletter: Jid, server_id: int, emoji: str) -> None:
        del newsletter
        self.reactions.append((server_id, emoji))

    async def mark_viewed(self, newsletter: Jid, server_ids: Sequence[int]) -> None:
        del newsletter
        self.viewed += server_ids

    async def list_posts(self, newsletter: Jid, *, count: int = 50, before: int = 0) -> list[Post]:
        del newsletter
        self.listed.append((count, before))
        return []

    async def list_counts(
        self, newsletter: Jid, *, count: int = 50, since: datetime | None = None, after: int = 0
    ) -> list[Post]:
        del newsletter, count, since, after
        return []

    async def follow_counts(self, newsletter: Jid) -> int:
        del newsletter
        return 300
