"""What clients ask about groups: the iq namespace w:g2."""

from collections.abc import Callable

from wigwag.model.errors import InvalidInput
from wigwag.model.jid import GROUP_SERVER, Jid
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
            return iq_error(iq, 403, "forbidden")
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
        settings = [kid for kid in request.kids if kid.tag in _SETTINGS]
        group = self._groups.create(device.account, subject, accounts, by=device, settings=settings)
        return iq_result(iq, self._groups.describe(group))

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
            return iq_error(iq, 406, "not-acceptable")
        return iq_result(iq, self._groups.describe(group))

    def _join_by_invite(self, device: Device, iq: Node, request: Node) -> Node:
        group = self._groups.find_invite(request.attr("code"))
        if group is None:
            return iq_error(iq, 406, "not-acceptable")
        self._groups.change_members(group, device.account, "add", [device.account])
        return iq_result(iq, Node("group", {"jid": group.jid}))

    # -- requests to a group --

    def _answer_member(self, device: Device, iq: Node, group: Group, member: Member) -> Node:
        request = iq.kids[0]
        tag = request.tag
        if tag in _CHANGES:
            return self._change_members(device, iq, group, member)
        if tag == "invite":
            return self._invite(iq, group, member)
        if tag in ("subject", "description", *_SETTINGS):
            return self._edit(device, iq, group, member)
        if tag == "query":
            return iq_result(iq, self._groups.describe(group))
        if tag == "membership_approval_requests":
            return iq_result(iq, Node(tag))
        self._board.counters["unknown_group_request"] += 1
        return iq_result(iq)

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
        known = [account for account in accounts if account is not None]
        changed = self._groups.change_members(group, device.account, request.tag, known)
        content: list[Node] = []
        for node, account in zip(nodes, accounts, strict=True):
            error = self._change_error(request.tag, account, account in changed)
            attrs: dict[str, AttrValue] = {"jid": node.attrs.get("jid", "")}
            if account is not None:
                attrs = self._groups.participant(group, account).attrs
            if error:
                attrs["error"] = error
            content.append(Node("participant", attrs))
        return iq_result(iq, Node(request.tag, {}, content))

    @staticmethod
    def _change_error(action: str, account: Account | None, changed: bool) -> str:
        if changed:
            return ""
        return "409" if action == "add" and account is not None else "404"

    def _invite(self, iq: Node, group: Group, member: Member) -> Node:
        if not member.is_admin:
            return iq_error(iq, 401, "not-authorized")
        if iq.attr("type") == "set":
            self._groups.reset_invite(group)
        return iq_result(iq, Node("invite", {"code": group.invite}))

    def _named(self, node: Node) -> Account | None:
        """The account that a <participant jid [phone_number]/> means."""
        account = self._board.directory.find(node.require_jid("jid"))
        if account is None:
            phone = node.attr_jid("phone_number")
            account = self._board.directory.find(phone) if phone is not None else None
        return account
