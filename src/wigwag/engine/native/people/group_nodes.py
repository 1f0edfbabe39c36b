"""What stanzas say of groups, as values (whatsmeow group.go). Pure functions."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from wigwag.model.chat import Group, JoinRequest, LinkedGroup, MemberResult, Participant
from wigwag.model.event import GroupChanged, GroupChangeKind
from wigwag.model.jid import GROUP_SERVER, Jid
from wigwag.wire import claims
from wigwag.wire.errors import MalformedNode
from wigwag.wire.nodes import Node

MAX_PARTICIPANTS: Final = 10_000
MAX_GROUPS: Final = 10_000
MAX_DESCRIPTION: Final = 4096
"""Characters; WhatsApp takes 2048."""
_LAST_SECOND: Final = 253_402_300_799
_LONGEST_S: Final = 2**32 - 1

_OnPerson = Callable[[Jid, Jid | None], None]

_MEMBERSHIP: Final = {
    "add": (GroupChangeKind.ADD, "participant"),
    "remove": (GroupChangeKind.REMOVE, "participant"),
    "promote": (GroupChangeKind.PROMOTE, "participant"),
    "demote": (GroupChangeKind.DEMOTE, "participant"),
    "modify": (GroupChangeKind.NUMBER, "participant"),
    "created_membership_requests": (GroupChangeKind.REQUESTED, "requested_user"),
    "revoked_membership_requests": (GroupChangeKind.REQUEST_ENDED, "participant"),
}
_SWITCHES: Final = {
    "locked": (GroupChangeKind.LOCKED, True),
    "unlocked": (GroupChangeKind.LOCKED, False),
    "announcement": (GroupChangeKind.ANNOUNCE, True),
    "not_announcement": (GroupChangeKind.ANNOUNCE, False),
    "suspended": (GroupChangeKind.SUSPENDED, True),
    "unsuspended": (GroupChangeKind.SUSPENDED, False),
    "growth_locked": (GroupChangeKind.GROWTH_LOCKED, True),
    "growth_unlocked": (GroupChangeKind.GROWTH_LOCKED, False),
}


def parse_group(node: Node) -> Group:
    """A `<group>`. Raises MalformedNode."""
    group = _identify(node)
    owner = node.attr_jid("creator")
    description = node.child("description")
    parent = node.child("linked_parent")
    return Group(
        jid=group,
        subject=claims.name(node.attr("subject")),
        participants=tuple(
            _participant(kid)
            for kid in node.children_with("participant")[:MAX_PARTICIPANTS]
            if not kid.attr_int("error")
        ),
        owner=owner.bare if owner is not None else None,
        created_at=moment(node.attr_int("creation")),
        lid_addressed=is_lid_addressed(node),
        description=_body(description) if description is not None else "",
        description_id=_id(description) if description is not None else "",
        announce=node.child("announcement") is not None,
        locked=node.child("locked") is not None,
        approval=_is_approval(node.child("membership_approval_mode")),
        admin_add=_is_admin_add(node.child("member_add_mode")),
        ephemeral_s=_seconds(node.child("ephemeral")),
        suspended=node.child("suspended") is not None,
        community=node.child("parent") is not None,
        parent=parent.attr_jid("jid") if parent is not None else None,
        default_subgroup=node.child("default_sub_group") is not None,
    )


def is_lid_addressed(node: Node) -> bool:
    return node.attr("addressing_mode") == "lid"


def parse_change(
    chat: Jid,
    child: Node,
    author: Jid | None,
    timestamp: datetime,
    on_person: _OnPerson,
) -> GroupChanged:
    """One element of a `w:gp2` notification; `on_person` hears both addresses of each person.

    Raises MalformedNode.
    """

    kind, fields = _read_change(child, on_person)
    return GroupChanged(chat=chat, kind=kind, timestamp=timestamp, author=author, **fields)


def _read_change(child: Node, on_person: _OnPerson) -> tuple[GroupChangeKind, dict[str, Any]]:
    tag = child.tag
    if tag in _MEMBERSHIP:
        kind, people = _MEMBERSHIP[tag]
        return kind, {"participants": _people(child, people, on_person)}
    if tag in _SWITCHES:
        kind, enabled = _SWITCHES[tag]
        return kind, {"enabled": enabled}
    if tag in _READERS:
        kind, read = _READERS[tag]
        return kind, read(child)
    return GroupChangeKind.OTHER, {"detail": _detail(child)}


def parse_results(node: Node) -> list[MemberResult]:
    """The `<participant>`s of an answer to a change. Raises MalformedNode."""
    found: list[MemberResult] = []
    for child in node.children_with("participant")[:MAX_PARTICIPANTS]:
        jid, alt = addresses(child)
        request = child.child("add_request")
        found.append(
            MemberResult(
                jid=jid,
                alt=alt,
                error=child.attr_int("error"),
                invite_code=claims.identifier(request.attr("code")) if request is not None else "",
                invite_until=moment(request.attr_int("expiration")) if request else None,
            )
        )
    return found


def parse_requests(node: Node) -> list[JoinRequest]:
    """A `<membership_approval_requests>`. Raises MalformedNode."""
    found: list[JoinRequest] = []
    for child in node.children_with("membership_approval_request")[:MAX_PARTICIPANTS]:
        jid, alt = addresses(child)
        at = moment(child.attr_int("request_time"))
        found.append(JoinRequest(jid=jid, alt=alt, requested_at=at))
    return found


def parse_linked(node: Node) -> LinkedGroup:
    """A `<group>` as one of a community. Raises MalformedNode."""
    return LinkedGroup(
        jid=node.attr_jid("jid") or _identify(node),
        subject=claims.name(node.attr("subject")),
        default_subgroup=node.child("default_sub_group") is not None,
    )


def addresses(node: Node) -> tuple[Jid, Jid | None]:
    """Both addresses of a person, bare. Raises MalformedNode."""
    jid = node.require_jid("jid").bare
    alt = node.attr_jid("phone_number" if jid.is_lid else "lid")
    return jid, alt.bare if alt is not None else None


def moment(seconds: int) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds <= _LAST_SECOND else None


# -- parts --


def _identify(node: Node) -> Jid:
    group_id = claims.identifier(node.attr("id")).removesuffix(f"@{GROUP_SERVER}")
    if not group_id:
        raise MalformedNode("a group has no id")
    return Jid(group_id, GROUP_SERVER)


def _participant(node: Node) -> Participant:
    jid, alt = addresses(node)
    rank = node.attr("type")
    return Participant(
        jid=jid, alt=alt, admin=rank in ("admin", "superadmin"), superadmin=rank == "superadmin"
    )


def _people(node: Node, tag: str, on_person: Callable[[Jid, Jid | None], None]) -> tuple[Jid, ...]:
    found: list[Jid] = []
    for child in node.children_with(tag)[:MAX_PARTICIPANTS]:
        if child.attrs.get("jid"):
            jid, alt = addresses(child)
            on_person(jid, alt)
            found.append(jid)
    return tuple(found)


def _subject(node: Node) -> dict[str, Any]:
    return {"subject": claims.name(node.attr("subject"))}


def _description(node: Node) -> dict[str, Any]:
    return {"text": _body(node), "text_id": _id(node)}


def _ephemeral(node: Node) -> dict[str, Any]:
    seconds = _seconds(node) if node.tag == "ephemeral" else 0
    return {"enabled": seconds > 0, "ephemeral_s": seconds}


def _invite(node: Node) -> dict[str, Any]:
    return {"text": claims.identifier(node.attr("code")), "enabled": node.tag == "invite"}


def _linked(node: Node) -> dict[str, Any]:
    group = node.child("group")
    if group is None:
        raise MalformedNode("a link of groups names no group")
    return {
        "group": parse_linked(group).jid,
        "link_type": claims.identifier(node.attr(f"{node.tag}_type")),
        "text": claims.identifier(node.attr("unlink_reason")),
    }


def _deleted(node: Node) -> dict[str, Any]:
    return {"text": claims.identifier(node.attr("reason"))}


def _body(node: Node) -> str:
    body = node.child("body")
    return claims.text(body.data, MAX_DESCRIPTION) if body is not None else ""


def _id(node: Node) -> str:
    return claims.identifier(node.attr("id"))


def _seconds(node: Node | None) -> int:
    return min(max(node.attr_int("expiration"), 0), _LONGEST_S) if node is not None else 0


def _is_approval(node: Node | None) -> bool:
    """On, too, where the mode is named without its state, as whatsmeow reads it."""
    if node is None:
        return False
    join = node.child("group_join")
    return join is None or join.attr("state") != "off"


def _is_admin_add(node: Node | None) -> bool:
    return node is not None and node.data == b"admin_add"


def _detail(node: Node) -> str:
    """What else changed: the element's name, and its text where it has one."""
    body = node.child("body")
    text = claims.name(body.data) if body is not None else claims.name(node.attr("expiration"))
    tag = claims.identifier(node.tag)
    return f"{tag}: {text}" if text else tag


_READERS: Final[dict[str, tuple[GroupChangeKind, Callable[[Node], dict[str, Any]]]]] = {
    "subject": (GroupChangeKind.SUBJECT, _subject),
    "description": (GroupChangeKind.DESCRIPTION, _description),
    "ephemeral": (GroupChangeKind.EPHEMERAL, _ephemeral),
    "not_ephemeral": (GroupChangeKind.EPHEMERAL, _ephemeral),
    "membership_approval_mode": (
        GroupChangeKind.APPROVAL,
        lambda node: {"enabled": _is_approval(node)},
    ),
    "member_add_mode": (
        GroupChangeKind.ADMIN_ADD,
        lambda node: {"enabled": _is_admin_add(node)},
    ),
    "invite": (GroupChangeKind.INVITE, _invite),
    "revoke": (GroupChangeKind.INVITE, _invite),
    "link": (GroupChangeKind.LINK, _linked),
    "unlink": (GroupChangeKind.UNLINK, _linked),
    "delete": (GroupChangeKind.DELETE, _deleted),
}
