"""Groups and communities are made, changed, entered and left from here."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final

import structlog
from msgspec.structs import replace

from wigwag.core.accounts import Accounts
from wigwag.core.identity import plain
from wigwag.core.library import Library
from wigwag.model.archived import ArchivedGroup, ArchivedParticipant, Person
from wigwag.model.chat import (
    Group,
    GroupSettings,
    Joined,
    LinkedGroup,
    MemberChange,
    MemberResult,
    NewGroup,
)
from wigwag.model.errors import Conflict, InvalidInput, NotFound, WigwagError
from wigwag.model.jid import Jid, parse_jid
from wigwag.model.value import Value
from wigwag.ports import GroupActions

UNCHANGED: Final = GroupSettings()

log = structlog.get_logger(__name__)


class GroupChanges(Value):
    """What is to change of a group; None stays as it is. An empty description removes it."""

    subject: str | None = None
    description: str | None = None
    settings: GroupSettings = UNCHANGED


class MemberOutcome(Value):
    """What became of one person; the fields are those of `model.chat.MemberResult`."""

    person: Person
    error: int = 0
    invite_code: str = ""
    invite_until: datetime | None = None


class Made(Value):
    """A new group, and who was asked for and is not in it."""

    group: ArchivedGroup
    not_added: tuple[Person, ...] = ()


class Waiting(Value):
    """Somebody who asks to be let in."""

    person: Person
    requested_at: datetime | None


@contextmanager
def _known_links() -> Generator[None]:
    """WhatsApp does not accept links that were never made, nor is every text one."""
    try:
        yield
    except (InvalidInput, NotFound) as error:
        raise NotFound("That link leads into no group.") from error


class Grouping:
    """What is asked of WhatsApp is a wish of its moment: without a connection it is refused.

    Every method raises NotFound (no such group, or not in it), Forbidden (only admins may),
    Conflict, InvalidInput, MalformedJid, NotPaired, NotConnected, LoggedOut. Addresses are written
    as callers write them.
    """

    def __init__(self, library: Library, accounts: Accounts) -> None:
        self._library = library
        self._accounts = accounts

    # -- groups -----------------------------------------------------------------------------

    async def create(
        self, account: str, new: NewGroup, people: Sequence[str], *, parent: str = ""
    ) -> Made:
        """Make a group of the account and these people, in the community `parent` if named."""
        wanted = await self._jids(account, people)
        community = await self._group(account, parent) if parent else None
        made = await self._actions(account).create(
            replace(new, participants=tuple(wanted), parent=community)
        )
        return await self._made(account, await self._living(account, made), wanted)

    async def find_made(self, account: str, chat: str, people: Sequence[str]) -> Made:
        """A group that was made with these people before, as it is now."""
        group = await self._library.get_group(account, chat)
        return await self._made(account, group, await self._jids(account, people))

    async def _made(self, account: str, group: ArchivedGroup, wanted: Sequence[Jid]) -> Made:
        there = {member.person.jid for member in group.participants}
        asked = await self._library.list_people(account, [(jid, None) for jid in wanted])
        return Made(group=group, not_added=tuple(who for who in asked if who.jid not in there))

    async def change(self, account: str, chat: str, changes: GroupChanges) -> ArchivedGroup:
        """Change what a group says of itself and its settings, one after the other.

        When WhatsApp refuses one of them, those before it are done.
        """
        actions, jid = self._actions(account), await self._group(account, chat)
        if changes.subject is not None:
            await actions.set_subject(jid, changes.subject)
        if changes.description is not None:
            await actions.set_description(jid, changes.description)
        if changes.settings != UNCHANGED:
            await actions.set_settings(jid, changes.settings)
        return await self._living(account, await actions.get(jid))

    async def change_members(
        self, account: str, chat: str, change: MemberChange, people: Sequence[str]
    ) -> list[MemberOutcome]:
        """One outcome for each person."""
        actions, jid = self._actions(account), await self._group(account, chat)
        results = await actions.change_members(jid, change, await self._jids(account, people))
        await self._look(account, actions, jid)
        return await self._outcomes(account, results)

    async def leave(self, account: str, chat: str) -> str:
        """The JID of the group that was left."""
        jid = await self._group(account, chat)
        await self._actions(account).leave(jid)
        return str(jid)

    async def set_picture(self, account: str, chat: str, jpeg: bytes | None) -> str:
        """Set, or with None remove, the picture of a group; the new picture's id."""
        jid = await self._group(account, chat)
        return await self._accounts.get(account).profile.set_picture(jid, jpeg)

    # -- links ------------------------------------------------------------------------------

    async def invite_link(self, account: str, chat: str, *, reset: bool = False) -> str:
        """The link that leads into a group; `reset` voids the former one."""
        jid = await self._group(account, chat)
        return await self._actions(account).invite_link(jid, reset=reset)

    async def preview(self, account: str, link: str) -> ArchivedGroup:
        """The group that a link leads to; `member` says whether the account is in it. Raises Gone
        when the link was reset."""
        with _known_links():
            found = await self._actions(account).preview(link)
        seen = await self._living(account, found)
        try:
            known = await self._library.get_group(account, seen.jid)
        except NotFound:
            return replace(seen, member=False)
        return replace(seen, member=known.member)

    async def join(self, account: str, link: str) -> Joined:
        """Follow a link. Raises Gone when it was reset, Conflict for a group one is in."""
        actions = self._actions(account)
        try:
            with _known_links():
                joined = await actions.join(link)
        except Conflict as error:
            raise Conflict("The account is in this group already.") from error
        if not joined.waiting:
            await self._look(account, actions, joined.jid)
        return joined

    async def list_requests(self, account: str, chat: str) -> list[Waiting]:
        """Who asks to be let in."""
        jid = await self._group(account, chat)
        found = await self._actions(account).list_requests(jid)
        people = await self._library.list_people(account, [(one.jid, one.alt) for one in found])
        return [
            Waiting(person=person, requested_at=one.requested_at)
            for person, one in zip(people, found, strict=True)
        ]

    async def answer_requests(
        self, account: str, chat: str, people: Sequence[str], *, approve: bool
    ) -> list[MemberOutcome]:
        actions, jid = self._actions(account), await self._group(account, chat)
        results = await actions.answer_requests(
            jid, await self._jids(account, people), approve=approve
        )
        await self._look(account, actions, jid)
        return await self._outcomes(account, results)

    # -- communities ------------------------------------------------------------------------

    async def list_subgroups(self, account: str, chat: str) -> list[LinkedGroup]:
        jid = await self._group(account, chat)
        return await self._accounts.get(account).communities.list_groups(jid)

    async def list_community_members(self, account: str, chat: str) -> list[Person]:
        """Everybody in any group of the community."""
        jid = await self._group(account, chat)
        people = await self._accounts.get(account).communities.list_members(jid)
        return await self._library.list_people(account, [(one, None) for one in people])

    async def set_linked(self, account: str, chat: str, group: str, *, linked: bool) -> None:
        """Have a group in a community, or no longer."""
        community, jid = await self._group(account, chat), await self._group(account, group)
        communities = self._accounts.get(account).communities
        if linked:
            await communities.link(community, jid)
        else:
            await communities.unlink(community, jid)
        await self._look(account, self._actions(account), jid)

    # -- inside -----------------------------------------------------------------------------

    def _actions(self, account: str) -> GroupActions:
        return self._accounts.get(account).groups

    async def _group(self, account: str, chat: str) -> Jid:
        jid = parse_jid(await self._library.resolve(account, chat))
        if not jid.is_group:
            raise NotFound("That is the address of no group; groups end in @g.us.")
        return jid

    async def _jids(self, account: str, people: Sequence[str]) -> list[Jid]:
        jids = [parse_jid(await self._library.resolve(account, one)) for one in people]
        if not all(jid.is_person for jid in jids):
            raise NotFound("Members are people: name phone numbers or addresses of people.")
        return list(dict.fromkeys(jids))

    async def _look(self, account: str, actions: GroupActions, group: Jid) -> None:
        """Have the archive know what became of a group. The change is done, whatever comes."""
        try:
            await actions.get(group)
        except WigwagError as error:
            log.info("group_not_looked_at", account=account, code=error.code)

    async def _living(self, account: str, group: Group) -> ArchivedGroup:
        """A group as WhatsApp tells it, in the words of the archive."""
        people = await self._library.list_people(
            account, [(member.jid, member.alt) for member in group.participants]
        )
        return ArchivedGroup(
            account=account,
            jid=str(plain(group.jid)),
            subject=group.subject,
            owner=await self._canonical(account, group.owner) if group.owner is not None else "",
            created_at=group.created_at,
            participants=tuple(
                ArchivedParticipant(
                    person=person,
                    admin=member.admin or member.superadmin,
                    superadmin=member.superadmin,
                )
                for person, member in zip(people, group.participants, strict=True)
            ),
            description=group.description,
            announce=group.announce,
            locked=group.locked,
            approval=group.approval,
            admin_add=group.admin_add,
            ephemeral_s=group.ephemeral_s,
            suspended=group.suspended,
            community=group.community,
            parent_jid=str(group.parent) if group.parent is not None else "",
            default_subgroup=group.default_subgroup,
        )

    async def _canonical(self, account: str, person: Jid) -> str:
        (known,) = await self._library.list_people(account, [(person, None)])
        return known.jid

    async def _outcomes(self, account: str, results: Sequence[MemberResult]) -> list[MemberOutcome]:
        people = await self._library.list_people(account, [(one.jid, one.alt) for one in results])
        return [
            MemberOutcome(
                person=person,
                error=one.error,
                invite_code=one.invite_code,
                invite_until=one.invite_until,
            )
            for person, one in zip(people, results, strict=True)
        ]
