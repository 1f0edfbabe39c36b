"""Changing groups and communities (whatsmeow group.go)."""

from collections.abc import Sequence
from typing import Final

from wigwag.engine.common.groupchecks import (
    CODE,
    LINK_PREFIX,
    check_description,
    check_subject,
    checked_people,
    group_of,
    link_code,
)
from wigwag.engine.native.connection.stanzas import iq
from wigwag.engine.native.link import Link
from wigwag.engine.native.people.devices import Devices
from wigwag.engine.native.people.group_nodes import (
    MAX_GROUPS,
    MAX_PARTICIPANTS,
    addresses,
    parse_group,
    parse_linked,
    parse_requests,
    parse_results,
)
from wigwag.engine.native.people.groups import GROUPS_JID, Groups
from wigwag.engine.native.sending.tokens import Tokens
from wigwag.engine.native.social.asking import ask, ask_for, saying
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
from wigwag.model.errors import Forbidden, InvalidInput, NotFound
from wigwag.model.jid import Jid
from wigwag.wire.errors import MalformedNode
from wigwag.wire.ids import generate_message_id
from wigwag.wire.nodes import AttrValue, Node

_UNKNOWN: Final = "There is no such group, or this account is not in it."


class GroupManagement:
    """Implements ports.groups.GroupActions."""

    def __init__(self, link: Link, groups: Groups, devices: Devices, tokens: Tokens) -> None:
        self._link = link
        self._groups = groups
        self._devices = devices
        self._tokens = tokens

    async def create(self, new: NewGroup) -> Group:
        check_subject(new.subject)
        content = [self._person(who, invited=True) for who in checked_people(new.participants)]
        content += _creation(new)
        request = Node("create", {"subject": new.subject}, content)
        answer = await ask_for(self._link, iq("w:g2", "set", [request], to=GROUPS_JID), "group")
        return await self._groups.learn_told(answer)

    async def get(self, group: Jid) -> Group:
        request = Node("query", {"request": "interactive"})
        try:
            answer = await self._ask_for("get", group, request, "group")
        except Forbidden as error:
            raise NotFound("This account is not in that group.") from error
        return await self._groups.learn_told(answer)

    async def list_joined(self) -> list[Group]:
        return await self._groups.ask_participating()

    async def leave(self, group: Jid) -> None:
        request = Node("leave", {}, [Node("group", {"id": group_of(group)})])
        answer = await ask(self._link, iq("w:g2", "set", [request], to=GROUPS_JID))
        left = answer.child("leave")
        refused = left.child("group") if left is not None else None
        if refused is not None and refused.attr("error"):
            raise NotFound("This account is not in that group.")

    async def change_members(
        self, group: Jid, change: MemberChange, people: Sequence[Jid]
    ) -> list[MemberResult]:
        invited = change is MemberChange.ADD
        content = [self._person(who, invited=invited) for who in checked_people(people)]
        if not content:
            raise InvalidInput("Name the people that are meant.")
        answer = await self._ask_for("set", group, Node(change.value, {}, content), change.value)
        return parse_results(answer)

    async def set_subject(self, group: Jid, subject: str) -> None:
        check_subject(subject)
        await self._ask("set", group, Node("subject", {}, subject.encode()))

    async def set_description(self, group: Jid, description: str) -> None:
        check_description(description)
        before = await self.get(group)
        attrs: dict[str, AttrValue] = {"id": generate_message_id(), "prev": before.description_id}
        if not description:
            attrs["delete"] = "true"
        content = [Node("body", {}, description.encode())] if description else None
        await self._ask("set", group, Node("description", attrs, content))

    async def set_settings(self, group: Jid, settings: GroupSettings) -> None:
        for request in _settings(settings):
            await self._ask("set", group, request)

    async def invite_link(self, group: Jid, *, reset: bool = False) -> str:
        kind = "set" if reset else "get"
        answer = await self._ask_for(kind, group, Node("invite"), "invite")
        code = answer.attr("code")
        if not CODE.fullmatch(code):
            raise MalformedNode("an invite has no code")
        return LINK_PREFIX + code

    async def preview(self, link: str) -> Group:
        request = iq("w:g2", "get", [Node("invite", {"code": link_code(link)})], to=GROUPS_JID)
        return parse_group(await ask_for(self._link, request, "group"))

    async def join(self, link: str) -> Joined:
        request = iq("w:g2", "set", [Node("invite", {"code": link_code(link)})], to=GROUPS_JID)
        answer = await ask(self._link, request)
        waiting = answer.child("membership_approval_request")
        if waiting is not None:
            return Joined(jid=waiting.require_jid("jid"), waiting=True)
        group = answer.child("group")
        if group is None:
            raise MalformedNode("an answer to a link names no group")
        return Joined(jid=group.require_jid("jid"))

    async def list_requests(self, group: Jid) -> list[JoinRequest]:
        tag = "membership_approval_requests"
        return parse_requests(await self._ask_for("get", group, Node(tag), tag))

    async def answer_requests(
        self, group: Jid, people: Sequence[Jid], *, approve: bool
    ) -> list[MemberResult]:
        verb = "approve" if approve else "reject"
        content = [self._person(who, invited=False) for who in checked_people(people)]
        request = Node("membership_requests_action", {}, [Node(verb, {}, content)])
        answer = await self._ask_for("set", group, request, request.tag)
        results = answer.child(verb)
        return parse_results(results) if results is not None else []

    # -- inside -----------------------------------------------------------------------------

    async def _ask(self, kind: str, group: Jid, request: Node) -> Node:
        with saying(_UNKNOWN):
            return await ask(self._link, iq("w:g2", kind, [request], to=group_of(group)))

    async def _ask_for(self, kind: str, group: Jid, request: Node, tag: str) -> Node:
        wanted = iq("w:g2", kind, [request], to=group_of(group))
        with saying(_UNKNOWN):
            return await ask_for(self._link, wanted, tag)

    def _person(self, who: Jid, *, invited: bool) -> Node:
        """A participant; of one to be added the server wants to know both addresses, and his
        token, if he gave us one."""
        jid = who.bare
        if jid.is_pn:
            jid = self._devices.find_lid(jid) or jid
        attrs: dict[str, AttrValue] = {"jid": jid}
        if not invited:
            return Node("participant", attrs)
        pn = self._devices.find_pn(jid) if jid.is_lid else None
        if pn is not None:
            attrs["phone_number"] = pn
        return Node("participant", attrs, self._tokens.nodes_for(jid, "privacy") or None)


class Communities:
    """Implements ports.groups.CommunityActions."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def list_groups(self, community: Jid) -> list[LinkedGroup]:
        answer = await self._ask_for("get", community, Node("sub_groups"))
        return [parse_linked(node) for node in answer.children_with("group")[:MAX_GROUPS]]

    async def list_members(self, community: Jid) -> list[Jid]:
        answer = await self._ask_for("get", community, Node("linked_groups_participants"))
        people = answer.children_with("participant")[:MAX_PARTICIPANTS]
        return [addresses(node)[0] for node in people]

    async def link(self, community: Jid, group: Jid) -> None:
        link = Node("link", {"link_type": "sub_group"}, [Node("group", {"jid": group_of(group)})])
        answer = await self._ask_for("set", community, Node("links", {}, [link]))
        _check_linked(answer.child("link"))

    async def unlink(self, community: Jid, group: Jid) -> None:
        meant = Node("group", {"jid": group_of(group)})
        request = Node("unlink", {"unlink_type": "sub_group"}, [meant])
        _check_linked(await self._ask_for("set", community, request))

    async def _ask_for(self, kind: str, community: Jid, request: Node) -> Node:
        wanted = iq("w:g2", kind, [request], to=group_of(community))
        with saying(_UNKNOWN):
            return await ask_for(self._link, wanted, request.tag)


def _check_linked(changed: Node | None) -> None:
    """Raises Forbidden when WhatsApp refused the one group that was meant."""
    group = changed.child("group") if changed is not None else None
    if group is not None and group.attr("error"):
        raise Forbidden


def _creation(new: NewGroup) -> list[Node]:
    """What a group is created with besides its members, in whatsmeow's order."""
    content = [Node("member_add_mode", {}, _add_mode(new.admin_add))]
    if new.community:
        content.append(Node("parent", {"default_membership_approval_mode": "request_required"}))
    elif new.parent is not None:
        content.append(Node("linked_parent", {"jid": group_of(new.parent)}))
    if new.locked:
        content.append(Node("locked"))
    if new.announce:
        content.append(Node("announcement"))
    ephemeral: dict[str, AttrValue] = {"expiration": str(max(new.ephemeral_s, 0))}
    if new.ephemeral_s > 0:
        ephemeral["trigger"] = "1"
    return [*content, Node("ephemeral", ephemeral), _approval(new.approval)]


def _settings(settings: GroupSettings) -> list[Node]:
    """One request for each setting that is to change."""
    found: list[Node] = []
    if settings.announce is not None:
        found.append(Node("announcement" if settings.announce else "not_announcement"))
    if settings.locked is not None:
        found.append(Node("locked" if settings.locked else "unlocked"))
    if settings.approval is not None:
        found.append(_approval(settings.approval))
    if settings.admin_add is not None:
        found.append(Node("member_add_mode", {}, _add_mode(settings.admin_add)))
    if settings.ephemeral_s is not None:
        seconds = settings.ephemeral_s
        found.append(
            Node("ephemeral", {"expiration": str(seconds)})
            if seconds > 0
            else Node("not_ephemeral")
        )
    return found


def _add_mode(admin_add: bool) -> bytes:
    return b"admin_add" if admin_add else b"all_member_add"


def _approval(on: bool) -> Node:
    return Node(
        "membership_approval_mode", {}, [Node("group_join", {"state": "on" if on else "off"})]
    )
