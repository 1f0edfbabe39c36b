"""What clients ask about groups: the iq namespace w:g2."""

from collections.abc import Callable

from wigwag.model.errors import InvalidInput
from wigwag.model.jid import GROUP_SERVER, Jid
from wigwag.sandbox.network.communities import CommunityRequests
from wigwag.sandbox.network.directory import Account, Device
from wigwag.sandbox.network.groups import Group, Groups, Member
from wigwag.sandbox.network.stanzas import iq_error, iq_result
from wigwag.sandbox.network.switchboard import Switchboard
from wigwag.wire.errors import MalformedNode
from wigwag.wire.nodes import AttrValue, Node

_MAX_SUBJECT = 100
_MAX_DESCRIPTION = 2048
_SETTINGS = (
    "announcement",
    "not_announcement",
    "locked",
    "unlocked",
    "ephemeral",
    "not_ephemeral",
    "membership_approval_mode",
    "member_add_mode",
)
_CHANGES = ("add", "remove", "promote", "demote")
_PERSONAL_S = 3 * 24 * 3600
"""How long somebody who could not be added may join by himself."""


class GroupRequests:
    """Answers w:g2; who may do what is decided here."""

    def __init__(self, board: Switchboard, groups: Groups) -> None:
        self._board = board
        self._groups = groups
        self._at_server: dict[tuple[str, str], Callable[[Device, Node, Node], Node]] = {
            ("set", "create"): self._create,
            ("set", "leave"): self._leave,
            ("get", "participating"): self._participating,
            ("get", "invite"): self._preview_invite,
            ("set", "invite"): self._join_by_invite,
        }
        communities = CommunityRequests(groups)
        self._of_members: dict[str, Callable[[Device, Node, Group, Member], Node]] = {
            **dict.fromkeys(_CHANGES, self._change_members),
            **dict.fromkeys(("subject", "description", *_SETTINGS), self._edit),
            **dict.fromkeys(("links", "unlink"), communities.answer),
            **dict.fromkeys(("sub_groups", "linked_groups_participants"), communities.answer),
            "query": self._describe,
            "invite": self._invite,
            "membership_approval_requests": self._waiting,
            "membership_requests_action": self._waiting,
        }

    def answer(self, device: Device, iq: Node) -> Node:
        """Refusals: 400 not understood, 401 not an admin, 403 not a member, 404 no such group."""
        try:
            to = iq.attr_jid("to")
            if not iq.kids:
                raise MalformedNode
            if to is None or not to.user:
                handler = self._at_server.get((iq.attr("type"), iq.kids[0].tag))
                return handler(device, iq, iq.kids[0]) if handler else iq_result(iq)
            return self._answer_group(device, iq, to)
        except MalformedNode:
            return iq_error(iq, 400, "bad-request")
        except InvalidInput:
            return iq_error(iq, 406, "not-acceptable")

    def _answer_group(self, device: Device, iq: Node, to: Jid) -> Node:
        group = self._groups.find(to)
        if group is None:
            return iq_error(iq, 404, "item-not-found")
        member = group.members.get(device.account.lid)
        if member is None:
            return self._answer_stranger(device, iq, group)
        return self._answer_member(device, iq, group, member)

    # -- requests to g.us --

    def _create(self, device: Device, iq: Node, request: Node) -> Node:
        subject = request.attr("subject")
        if not subject or len(subject) > _MAX_SUBJECT:
            return iq_error(iq, 406, "not-acceptable")
        accounts = [
            account
            for node in request.children_with("participant")
            if (account := self._named(node)) is not None
        ]
        parent = request.child("linked_parent")
        community = self._groups.find(parent.require_jid("jid")) if parent is not None else None
        if parent is not None and not _is_admin(community, device.account):
            return iq_error(iq, 403, "forbidden")
        settings = [kid for kid in request.kids if kid.tag in (*_SETTINGS, "parent")]
        welcome = [account for account in accounts if not _keeps_out(account)]
        group = self._groups.create(device.account, subject, welcome, by=device, settings=settings)
        if community is not None:
            self._groups.link(community, device.account, group)
        described = self._groups.describe(group)
        described.kids.extend(
            self._refused(group, account, "403") for account in accounts if _keeps_out(account)
        )
        return iq_result(iq, described)

    def _leave(self, device: Device, iq: Node, request: Node) -> Node:
        left: list[Node] = []
        for node in request.children_with("group"):
            value = node.attrs.get("id") or node.attrs.get("jid") or ""
            jid = value if isinstance(value, Jid) else Jid(value.partition("@")[0], GROUP_SERVER)
            group = self._groups.find(jid)
            if group is None or device.account.lid not in group.members:
                left.append(Node("group", {"id": jid, "error": "404"}))
                continue
            self._groups.leave(group, device.account)
            left.append(Node("group", {"id": jid}))
        return iq_result(iq, Node("leave", {}, left))

    def _participating(self, device: Device, iq: Node, request: Node) -> Node:
        detailed = request.child("participants") is not None
        groups: list[Node] = [
            self._groups.describe(group, participants=detailed)
            for group in self._groups.of(device.account)
        ]
        return iq_result(iq, Node("groups", {}, groups))

    def _preview_invite(self, _device: Device, iq: Node, request: Node) -> Node:
        group = self._groups.find_invite(request.attr("code"))
        if group is None:
            return self._no_invite(iq, request)
        return iq_result(iq, self._groups.describe(group))

    def _no_invite(self, iq: Node, request: Node) -> Node:
        if self._groups.is_void(request.attr("code")):
            return iq_error(iq, 410, "gone")
        return iq_error(iq, 406, "not-acceptable")

    def _join_by_invite(self, device: Device, iq: Node, request: Node) -> Node:
        group = self._groups.find_invite(request.attr("code"))
        if group is None:
            return self._no_invite(iq, request)
        if device.account.lid in group.members:
            return iq_error(iq, 409, "conflict")
        if group.approval:
            self._groups.request(group, device.account)
            waiting = Node("membership_approval_request", {"jid": group.jid})
            return iq_result(iq, waiting)
        self._groups.change_members(group, device.account, "add", [device.account])
        return iq_result(iq, Node("group", {"jid": group.jid}))

    # -- requests to a group --

    def _answer_stranger(self, device: Device, iq: Node, group: Group) -> Node:
        """One who is not in the group may look at it and join it by a code of his own."""
        request = iq.kids[0]
        asked = request.child("add_request") if request.tag == "query" else request
        code = group.personal.get(device.account.lid)
        if asked is None or code is None or asked.attr("code") != code:
            return iq_error(iq, 403, "forbidden")
        if request.tag == "accept":
            self._groups.change_members(group, device.account, "add", [device.account])
            return iq_result(iq)
        return iq_result(iq, self._groups.describe(group))

    def _answer_member(self, device: Device, iq: Node, group: Group, member: Member) -> Node:
        handler = self._of_members.get(iq.kids[0].tag)
        if handler is None:
            self._board.counters["unknown_group_request"] += 1
            return iq_result(iq)
        return handler(device, iq, group, member)

    def _describe(self, _device: Device, iq: Node, group: Group, _member: Member) -> Node:
        return iq_result(iq, self._groups.describe(group))

    def _edit(self, device: Device, iq: Node, group: Group, member: Member) -> Node:
        """Change the subject, the description or a setting."""
        request = iq.kids[0]
        tag = request.tag
        if not member.is_admin and (group.locked or tag in _SETTINGS):
            return iq_error(iq, 401, "not-authorized")
        if tag == "subject":
            subject = request.data.decode(errors="replace")
            if not subject or len(subject) > _MAX_SUBJECT:
                return iq_error(iq, 406, "not-acceptable")
            self._groups.set_subject(group, device.account, subject)
        elif tag == "description":
            body = request.child("body")
            text = body.data.decode(errors="replace") if body is not None else ""
            if len(text) > _MAX_DESCRIPTION:
                return iq_error(iq, 406, "not-acceptable")
            if request.attr("prev") != group.description_id:
                return iq_error(iq, 409, "conflict")
            version = request.attr("id")[:_MAX_SUBJECT]
            self._groups.set_description(group, device.account, text, version)
        else:
            self._groups.change_setting(group, device.account, request)
        return iq_result(iq)

    def _change_members(self, device: Device, iq: Node, group: Group, member: Member) -> Node:
        request = iq.kids[0]
        open_to_all = request.tag == "add" and group.add_mode == "all_member_add"
        if not member.is_admin and not open_to_all:
            return iq_error(iq, 401, "not-authorized")
        nodes = request.children_with("participant")
        accounts = [self._named(node) for node in nodes]
        known = [
            account
            for account in accounts
            if account is not None and not (request.tag == "add" and _keeps_out(account))
        ]
        changed = self._groups.change_members(group, device.account, request.tag, known)
        content: list[Node] = []
        for node, account in zip(nodes, accounts, strict=True):
            error = _change_error(request.tag, group, account, account in changed)
            if account is None:
                content.append(Node("participant", {"jid": node.attrs["jid"], "error": error}))
            else:
                content.append(self._refused(group, account, error))
        return iq_result(iq, Node(request.tag, {}, content))

    def _refused(self, group: Group, account: Account, error: str) -> Node:
        """What became of a change for one person; without an error it was done."""
        node = self._groups.participant(group, account)
        if error:
            node.attrs["error"] = error
        if error == "403":
            code = group.personal.setdefault(account.lid, self._groups.make_code())
            until = str(int(self._board.now()) + _PERSONAL_S)
            node.content = [Node("add_request", {"code": code, "expiration": until})]
        return node

    def _waiting(self, device: Device, iq: Node, group: Group, member: Member) -> Node:
        """Who wants to join, and the admins' word on it."""
        if not member.is_admin:
            return iq_error(iq, 403, "forbidden")
        request = iq.kids[0]
        if request.tag == "membership_approval_requests":
            waiting: list[Node] = [
                Node(
                    "membership_approval_request",
                    {
                        **self._groups.participant(group, self._board.directory.get(lid)).attrs,
                        "request_time": str(at),
                    },
                )
                for lid, at in group.requests.items()
            ]
            return iq_result(iq, Node(request.tag, {}, waiting))
        answered: list[Node] = []
        for verb in request.kids:
            results: list[Node] = []
            for node in verb.children_with("participant"):
                account = self._named(node)
                attrs: dict[str, AttrValue] = {"jid": node.attrs["jid"]}
                if account is None or not self._groups.answer_request(
                    group, device.account, account, verb.tag == "approve"
                ):
                    attrs["error"] = "404"
                results.append(Node("participant", attrs))
            answered.append(Node(verb.tag, {}, results))
        return iq_result(iq, Node(request.tag, {}, answered))

    def _invite(self, _device: Device, iq: Node, group: Group, member: Member) -> Node:
        if not member.is_admin:
            return iq_error(iq, 401, "not-authorized")
        if iq.attr("type") == "set":
            self._groups.reset_invite(group, member.account)
        return iq_result(iq, Node("invite", {"code": group.invite}))

    def _named(self, node: Node) -> Account | None:
        """The account that a <participant jid [phone_number]/> means."""
        account = self._board.directory.find(node.require_jid("jid"))
        if account is None:
            phone = node.attr_jid("phone_number")
            account = self._board.directory.find(phone) if phone is not None else None
        return account


def _is_admin(group: Group | None, account: Account) -> bool:
    member = group.members.get(account.lid) if group is not None else None
    return member is not None and member.is_admin


def _keeps_out(account: Account) -> bool:
    """Whether the person's privacy settings let nobody add them to groups."""
    return account.privacy.get("groupadd") == "none"


def _change_error(action: str, group: Group, account: Account | None, changed: bool) -> str:
    if changed:
        return ""
    if action != "add" or account is None:
        return "404"
    return "409" if account.lid in group.members else "403"
