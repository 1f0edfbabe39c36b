"""Groups: members, settings, and the notifications of their changes (w:gp2)."""

import base64
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from wigwag.model.errors import InvalidInput, NotFound
from wigwag.model.jid import GROUP_SERVER, Jid
from wigwag.sandbox.network.directory import Account, Device, Telling
from wigwag.sandbox.network.stanzas import notification
from wigwag.sandbox.network.switchboard import Switchboard
from wigwag.wire.ids import participant_hash
from wigwag.wire.nodes import AttrValue, Node

MEMBER = ""
ADMIN = "admin"
SUPERADMIN = "superadmin"
_MAX_VOID = 10_000
"""Former invite codes that are remembered."""


@dataclass(slots=True)
class Member:
    account: Account
    role: str = MEMBER

    @property
    def is_admin(self) -> bool:
        return self.role in (ADMIN, SUPERADMIN)


@dataclass(slots=True, eq=False)
class Group:
    """One group; `members` by bare LID, in order of joining."""

    jid: Jid
    subject: str
    creator: Account
    created: int
    members: dict[Jid, Member] = field(default_factory=dict[Jid, Member])
    addressing: str = "lid"
    subject_set: int = 0
    subject_by: Account | None = None
    description: str = ""
    description_id: str = ""
    description_set: int = 0
    announce: bool = False
    locked: bool = False
    approval: bool = False
    ephemeral_s: int = 0
    add_mode: str = "all_member_add"
    invite: str = ""
    picture_id: str = ""
    picture_path: str = ""
    suspended: bool = False
    community: bool = False
    """A parent of other groups, whose admins they have in common."""
    parent: Jid | None = None
    """The community that the group belongs to."""
    default_subgroup: bool = False
    """The community's own group for announcements."""
    requests: dict[Jid, int] = field(default_factory=dict[Jid, int])
    """Who waits to be let in, by bare LID, and since when."""
    personal: dict[Jid, str] = field(default_factory=dict[Jid, str])
    """Codes for people who could not be added, by bare LID: they may join by themselves."""
    version: int = 1
    hash_cache: tuple[tuple[int, int], str] | None = None

    def accounts(self) -> list[Account]:
        return [member.account for member in self.members.values()]

    def devices(self) -> list[Device]:
        """Every device of every member."""
        return [
            device for member in self.members.values() for device in member.account.devices.values()
        ]

    def admins(self) -> list[Account]:
        return [member.account for member in self.members.values() if member.is_admin]

    def address_of(self, account: Account) -> Jid:
        """How the group names a person."""
        return account.lid if self.addressing == "lid" else account.pn


class Groups:
    """All groups of the network. The changes here check nothing but existence: who may do what
    is decided where a client asks for it."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        self._groups: dict[Jid, Group] = {}
        self._invites: dict[str, Group] = {}
        self._void: OrderedDict[str, None] = OrderedDict()

    def find(self, jid: Jid) -> Group | None:
        return self._groups.get(jid)

    def get(self, jid: Jid) -> Group:
        """Raises NotFound."""
        group = self._groups.get(jid)
        if group is None:
            raise NotFound("There is no such group on this network.")
        return group

    def find_invite(self, code: str) -> Group | None:
        return self._invites.get(code)

    def is_void(self, code: str) -> bool:
        """Whether this was the code of a link that was reset."""
        return code in self._void

    def all(self) -> list[Group]:
        return list(self._groups.values())

    def restore(self, group: Group) -> None:
        """Put back a group that was saved; nobody is told."""
        self._groups[group.jid] = group
        if group.invite:
            self._invites[group.invite] = group

    def of(self, account: Account) -> list[Group]:
        """The groups that the account is in."""
        return [group for group in self._groups.values() if account.lid in group.members]

    # -- changes, each told to the members --

    def create(
        self,
        creator: Account,
        subject: str,
        participants: Sequence[Account] = (),
        *,
        addressing: str = "lid",
        by: Device | None = None,
        settings: Iterable[Node] = (),
        announcements_of: "Group | None" = None,
    ) -> Group:
        """A new group; everyone in it is told, but for the device `by` that asked for it.

        Raises InvalidInput when it would be too large or the network has too many.
        """
        limits = self._board.limits
        if len(self._groups) >= limits.groups or len(participants) >= limits.members:
            raise InvalidInput("The group or the number of groups is too large.")
        now = int(self._board.now())
        jid = self._fresh_jid()
        group = Group(jid, subject, creator, now, addressing=addressing)
        group.subject_set = now
        group.subject_by = creator
        group.members[creator.lid] = Member(creator, SUPERADMIN)
        for account in participants:
            group.members.setdefault(account.lid, Member(account))
        for node in settings:
            apply_setting(group, node)
        self._groups[jid] = group
        self.reset_invite(group)
        if announcements_of is not None:
            group.parent, group.default_subgroup, group.announce = announcements_of.jid, True, True
        if group.community:
            # a community has a group for announcements from its beginning
            self.create(creator, subject, addressing=addressing, announcements_of=group)
        self._announce_creation(group, group.accounts(), by)
        return group

    def change_members(
        self, group: Group, actor: Account, action: str, accounts: Sequence[Account]
    ) -> list[Account]:
        """`add`, `remove`, `promote` or `demote`; those whom it changed. All members are told."""
        audience = set(group.devices())
        changed = [account for account in accounts if self._apply(group, action, account)]
        if not changed:
            return []
        previous, group.version = group.version, group.version + 1
        audience |= set(group.devices())
        newcomers = set(changed) if action == "add" else set[Account]()
        attrs: dict[str, AttrValue] = {"prev_v_id": str(previous), "v_id": str(group.version)}
        if action == "remove" and changed == [actor]:
            attrs["reason"] = "left"
        content: list[Node] = [self.participant(group, account) for account in changed]
        self._tell(
            group,
            actor,
            Node(action, attrs, content),
            [device for device in audience if device.account not in newcomers],
        )
        if newcomers:
            self._announce_creation(group, list(newcomers), None, actor)
        return changed

    def leave(self, group: Group, account: Account) -> None:
        self.change_members(group, account, "remove", [account])

    def set_subject(self, group: Group, actor: Account, subject: str) -> None:
        group.subject = subject
        group.subject_set = int(self._board.now())
        group.subject_by = actor
        attrs: dict[str, AttrValue] = {
            "subject": subject,
            "s_t": str(group.subject_set),
            "s_o": group.address_of(actor),
        }
        self._tell(group, actor, Node("subject", attrs))

    def set_description(self, group: Group, actor: Account, text: str, version: str) -> None:
        """Set, or with an empty text remove, the description."""
        version = version or self._board.new_id()
        group.description = text
        # A description that is not there is told with no version, so none can be asked for.
        group.description_id = version if text else ""
        group.description_set = int(self._board.now())
        content = Node("body", {}, text.encode()) if text else Node("delete")
        self._tell(group, actor, Node("description", {"id": version}, [content]))

    def change_setting(self, group: Group, actor: Account, node: Node) -> None:
        """`announcement`, `not_announcement`, `locked`, `unlocked`, `ephemeral` ..."""
        if apply_setting(group, node):
            attrs = dict(node.attrs)
            if node.tag in ("announcement", "not_announcement"):
                attrs["v_id"] = str(group.version)
            self._tell(group, actor, Node(node.tag, attrs, node.content))

    def reset_invite(self, group: Group, actor: Account | None = None) -> str:
        """A new invite code; the old one is void. With an actor the members are told."""
        if self._invites.pop(group.invite, None) is not None:
            self._void[group.invite] = None
            while len(self._void) > _MAX_VOID:
                self._void.popitem(last=False)
        code = group.invite = self.make_code()
        self._invites[code] = group
        if actor is not None:
            self._tell(group, actor, Node("invite", {"code": code}))
        return code

    def make_code(self) -> str:
        return base64.urlsafe_b64encode(self._board.rng.randbytes(16)).decode().rstrip("=")

    def suspend(self, group: Group, suspended: bool) -> None:
        """The network itself closes a group, or opens it again."""
        group.suspended = suspended
        self._tell(group, group.creator, Node("suspended" if suspended else "unsuspended"))

    # -- who waits to be let in --

    def request(self, group: Group, account: Account) -> None:
        """Somebody wants to join by the link; the admins are told."""
        if account.lid in group.requests or len(group.requests) >= self._board.limits.members:
            return
        group.requests[account.lid] = int(self._board.now())
        attrs: dict[str, AttrValue] = {"request_method": "invite_link"}
        wanted = Node("requested_user", self.participant(group, account).attrs)
        change = Node("created_membership_requests", attrs, [wanted])
        self._tell(group, account, change, _devices_of(group.admins()))

    def answer_request(self, group: Group, actor: Account, account: Account, approve: bool) -> bool:
        """Let somebody in, or not; whether he waited. The request may also be the actor's own."""
        if group.requests.pop(account.lid, None) is None:
            return False
        if approve:
            self.change_members(group, actor, "add", [account])
            return True
        change = Node("revoked_membership_requests", {}, [self.participant(group, account)])
        self._tell(group, actor, change, _devices_of(group.admins()))
        return True

    # -- communities --

    def link(self, community: Group, actor: Account, child: Group) -> None:
        """Put a group into a community; the members of both are told."""
        child.parent = community.jid
        self._tell_linked("link", community, actor, child)

    def unlink(self, community: Group, actor: Account, child: Group) -> None:
        child.parent = None
        self._tell_linked("unlink", community, actor, child)

    def children(self, community: Group) -> list[Group]:
        return [group for group in self._groups.values() if group.parent == community.jid]

    def _tell_linked(self, verb: str, community: Group, actor: Account, child: Group) -> None:
        for group, other, kind in (
            (community, child, "sub_group"),
            (child, community, "parent_group"),
        ):
            attrs: dict[str, AttrValue] = {f"{verb}_type": kind}
            if verb == "unlink":
                attrs["unlink_reason"] = "unlink_group"
            self._tell(group, actor, Node(verb, attrs, [brief(other)]))

    # -- how a group is described --

    def describe(self, group: Group, *, participants: bool = True) -> Node:
        """The <group> element of answers and of the creation notification."""
        attrs: dict[str, AttrValue] = {
            "id": group.jid.user,
            "creator": group.address_of(group.creator),
            "creation": str(group.created),
            "subject": group.subject,
            "s_t": str(group.subject_set),
            "addressing_mode": group.addressing,
            "size": str(len(group.members)),
            "p_v_id": str(group.version),
            "a_v_id": str(group.version),
        }
        if group.creator.tells(Telling.GROUPS):
            attrs["creator_pn"] = group.creator.pn
        if group.subject_by is not None:
            attrs["s_o"] = group.address_of(group.subject_by)
        content = _settings(group)
        if participants:
            content += [self.participant(group, account) for account in group.accounts()]
        return Node("group", attrs, content)

    def participant(self, group: Group, account: Account) -> Node:
        attrs: dict[str, AttrValue] = {"jid": group.address_of(account)}
        if account.tells(Telling.GROUPS):
            if group.addressing == "lid":
                attrs["phone_number"] = account.pn
            else:
                attrs["lid"] = account.lid
        member = group.members.get(account.lid)
        if member is not None and member.role:
            attrs["type"] = member.role
        return Node("participant", attrs)

    def device_hash(self, group: Group) -> str:
        """The participant hash over all devices of all members, kept until one changes."""
        key = (group.version, self._board.directory.generation)
        if group.hash_cache is None or group.hash_cache[0] != key:
            devices = group.devices()
            jids = [d.lid if group.addressing == "lid" else d.pn for d in devices]
            group.hash_cache = (key, participant_hash(jids))
        return group.hash_cache[1]

    # -- inside --

    def _apply(self, group: Group, action: str, account: Account) -> bool:
        member = group.members.get(account.lid)
        if action == "add":
            if member is not None or len(group.members) >= self._board.limits.members:
                return False
            group.members[account.lid] = Member(account)
            group.requests.pop(account.lid, None)
            group.personal.pop(account.lid, None)
            return True
        if member is None:
            return False
        if action == "remove":
            del group.members[account.lid]
        else:
            member.role = ADMIN if action == "promote" else MEMBER
        return True

    def _announce_creation(
        self, group: Group, to: Sequence[Account], by: Device | None, actor: Account | None = None
    ) -> None:
        create = Node("create", {"type": "new", "reason": "invite"}, [self.describe(group)])
        devices = [device for device in _devices_of(to) if device is not by]
        self._tell(group, actor or group.creator, create, devices)

    def _tell(
        self,
        group: Group,
        actor: Account,
        change: Node,
        devices: Iterable[Device] | None = None,
    ) -> None:
        attrs: dict[str, AttrValue] = {
            "participant": group.address_of(actor),
            "notify": actor.primary.name,
            "addressing_mode": group.addressing,
            "id": self._board.new_id(),
            "t": self._board.stamp(),
        }
        if actor.tells(Telling.ATTRIBUTES):
            key = "participant_pn" if group.addressing == "lid" else "participant_lid"
            attrs[key] = actor.pn if group.addressing == "lid" else actor.lid
        node = notification("w:gp2", group.jid, [change], **attrs)
        for device in group.devices() if devices is None else devices:
            self._board.post(device, node)

    def _fresh_jid(self) -> Jid:
        while True:
            jid = Jid(f"120363{self._board.rng.randrange(10**11, 10**12)}", GROUP_SERVER)
            if jid not in self._groups:
                return jid


def apply_setting(group: Group, node: Node) -> bool:
    """Apply an element that names a setting, of a creation or a change; False: unknown."""
    tag = node.tag
    if tag in ("announcement", "not_announcement"):
        group.announce = tag == "announcement"
    elif tag in ("locked", "unlocked"):
        group.locked = tag == "locked"
    elif tag in ("ephemeral", "not_ephemeral"):
        group.ephemeral_s = node.attr_int("expiration") if tag == "ephemeral" else 0
    elif tag == "membership_approval_mode":
        join = node.child("group_join")
        group.approval = join is not None and join.attr("state") == "on"
    elif tag == "member_add_mode":
        group.add_mode = node.data.decode(errors="replace")[:40]
    elif tag == "parent":
        group.community = True
    else:
        return False
    return True


def brief(group: Group) -> Node:
    """A group as one of a community."""
    attrs: dict[str, AttrValue] = {
        "id": group.jid.user,
        "jid": group.jid,
        "subject": group.subject,
        "s_t": str(group.subject_set),
        "size": str(len(group.members)),
    }
    return Node("group", attrs, [Node("default_sub_group")] if group.default_subgroup else None)


def _devices_of(accounts: Iterable[Account]) -> list[Device]:
    return [device for account in accounts for device in account.devices.values()]


def _settings(group: Group) -> list[Node]:
    content: list[Node] = []
    if group.description:
        attrs: dict[str, AttrValue] = {
            "id": group.description_id,
            "t": str(group.description_set),
        }
        content.append(Node("description", attrs, [Node("body", {}, group.description.encode())]))
    content += [
        Node(tag) for tag, on in (("announcement", group.announce), ("locked", group.locked)) if on
    ]
    if group.ephemeral_s:
        content.append(Node("ephemeral", {"expiration": str(group.ephemeral_s)}))
    if group.approval:
        content.append(Node("membership_approval_mode", {}, [Node("group_join", {"state": "on"})]))
    content.append(Node("member_add_mode", {}, group.add_mode.encode()))
    if group.suspended:
        content.append(Node("suspended"))
    if group.community:
        content.append(Node("parent", {"default_membership_approval_mode": "request_required"}))
    if group.parent is not None:
        content.append(Node("linked_parent", {"jid": group.parent}))
    if group.default_subgroup:
        content.append(Node("default_sub_group"))
    return content
