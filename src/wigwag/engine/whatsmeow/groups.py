"""Groups and communities, as far as the library has them."""

from collections.abc import Sequence
from datetime import datetime

from wigwag.engine.common.groupchecks import (
    LINK_PREFIX,
    check_description,
    check_subject,
    checked_people,
    group_of,
    link_code,
)
from wigwag.engine.whatsmeow import asks
from wigwag.engine.whatsmeow.absent import NO_CALL
from wigwag.engine.whatsmeow.facts import GroupTold, Member
from wigwag.engine.whatsmeow.line import Line
from wigwag.engine.whatsmeow.reading import Malformed, addresses_of
from wigwag.engine.whatsmeow.reading import group_of as read_group
from wigwag.model.capability import Capability
from wigwag.model.chat import (
    Group,
    GroupSettings,
    Joined,
    JoinRequest,
    LinkedGroup,
    MemberChange,
    MemberResult,
    NewGroup,
)
from wigwag.model.errors import InvalidInput, NotFound, NotSupportedByEngine
from wigwag.model.event import GroupJoined
from wigwag.model.jid import Jid
from wigwag.wire import claims


class Groups:
    """Implements ports.groups.GroupActions."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def create(self, new: NewGroup) -> Group:
        """Settings are made one by one, after the group is there."""
        check_subject(new.subject)
        if new.approval or new.admin_add:
            raise NotSupportedByEngine(Capability.GROUP_ADMISSION, NO_CALL)
        wanted = asks.CreateGroup(
            subject=new.subject,
            people=tuple(map(str, checked_people(new.participants))),
            community=new.community,
            parent=str(group_of(new.parent)) if new.parent is not None else "",
        )
        made = _read(await self._line.ask(wanted, GroupTold))
        settings = GroupSettings(
            announce=new.announce or None,
            locked=new.locked or None,
            ephemeral_s=new.ephemeral_s or None,
        )
        if settings == GroupSettings():
            return await self._learnt(made)
        await self.set_settings(made.jid, settings)
        return await self.get(made.jid)

    async def get(self, group: Jid) -> Group:
        ask = asks.GetGroup(group=str(group_of(group)))
        return await self._learnt(_read(await self._line.ask(ask, GroupTold)))

    async def list_joined(self) -> list[Group]:
        told = await self._line.ask(asks.ListGroups(), tuple[GroupTold, ...])
        groups = [_read(one) for one in told]
        await self._line.record(*(GroupJoined(group=group) for group in groups))
        return groups

    async def leave(self, group: Jid) -> None:
        await self._line.do(asks.LeaveGroup(group=str(group_of(group))))

    async def change_members(
        self, group: Jid, change: MemberChange, people: Sequence[Jid]
    ) -> list[MemberResult]:
        named = checked_people(people)
        if not named:
            raise InvalidInput("Name the people that are meant.")
        ask = asks.ChangeMembers(
            group=str(group_of(group)), change=change.value, people=tuple(map(str, named))
        )
        told = await self._line.ask(ask, tuple[Member, ...])
        return [result for one in told if (result := _result(one)) is not None]

    async def set_subject(self, group: Jid, subject: str) -> None:
        check_subject(subject)
        await self._line.do(asks.SetSubject(group=str(group_of(group)), subject=subject))

    async def set_description(self, group: Jid, description: str) -> None:
        check_description(description)
        await self._line.do(asks.SetTopic(group=str(group_of(group)), topic=description))

    async def set_settings(self, group: Jid, settings: GroupSettings) -> None:
        if settings.approval is not None or settings.admin_add is not None:
            raise NotSupportedByEngine(Capability.GROUP_ADMISSION, NO_CALL)
        named = str(group_of(group))
        if settings.announce is not None:
            await self._line.do(asks.SetAnnounce(group=named, announce=settings.announce))
        if settings.locked is not None:
            await self._line.do(asks.SetLocked(group=named, locked=settings.locked))
        if settings.ephemeral_s is not None:
            await self._line.do(asks.SetTimer(chat=named, seconds=settings.ephemeral_s))

    async def invite_link(self, group: Jid, *, reset: bool = False) -> str:
        ask = asks.InviteLink(group=str(group_of(group)), reset=reset)
        return LINK_PREFIX + link_code(await self._line.ask(ask, str))

    async def preview(self, link: str) -> Group:
        return _read(await self._line.ask(asks.PreviewLink(code=link_code(link)), GroupTold))

    async def join(self, link: str) -> Joined:
        """The library does not tell whether the admins still have to approve."""
        told = claims.find_jid(await self._line.ask(asks.JoinLink(code=link_code(link)), str))
        if told is None:
            raise NotFound("WhatsApp did not say which group this link leads to.")
        return Joined(jid=told)

    async def list_requests(self, group: Jid) -> list[JoinRequest]:
        ask = asks.ListRequests(group=str(group_of(group)))
        told = await self._line.ask(ask, tuple[tuple[str, int], ...])
        return [
            JoinRequest(jid=jid, requested_at=_moment(at_s))
            for text, at_s in told
            if (jid := claims.find_jid(text)) is not None
        ]

    async def answer_requests(
        self, group: Jid, people: Sequence[Jid], *, approve: bool
    ) -> list[MemberResult]:
        raise NotSupportedByEngine(Capability.JOIN_REQUESTS, NO_CALL)

    async def _learnt(self, group: Group) -> Group:
        await self._line.record(GroupJoined(group=group))
        return group


class Communities:
    """Implements ports.groups.CommunityActions."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def list_groups(self, community: Jid) -> list[LinkedGroup]:
        ask = asks.ListSubgroups(community=str(group_of(community)))
        told = await self._line.ask(ask, tuple[tuple[str, str, bool], ...])
        return [
            LinkedGroup(jid=jid, subject=claims.name(subject), default_subgroup=default)
            for text, subject, default in told
            if (jid := claims.find_jid(text)) is not None
        ]

    async def list_members(self, community: Jid) -> list[Jid]:
        ask = asks.ListLinkedMembers(community=str(group_of(community)))
        told = await self._line.ask(ask, tuple[str, ...])
        return [jid for text in told if (jid := claims.find_jid(text)) is not None]

    async def link(self, community: Jid, group: Jid) -> None:
        await self._change(community, group, linked=True)

    async def unlink(self, community: Jid, group: Jid) -> None:
        await self._change(community, group, linked=False)

    async def _change(self, community: Jid, group: Jid, *, linked: bool) -> None:
        parent, child = str(group_of(community)), str(group_of(group))
        await self._line.do(asks.LinkGroup(community=parent, group=child, linked=linked))


def _read(told: GroupTold) -> Group:
    try:
        return read_group(told)
    except Malformed as error:
        raise NotFound("WhatsApp did not say which group that is.") from error


def _result(told: Member) -> MemberResult | None:
    jid, alt = addresses_of(told)
    if jid is None:
        return None
    return MemberResult(
        jid=jid,
        alt=alt,
        error=told.error,
        invite_code=claims.identifier(told.invite_code),
        invite_until=_moment(told.invite_until_s),
    )


def _moment(seconds: int) -> datetime | None:
    return claims.moment(seconds) if seconds > 0 else None
