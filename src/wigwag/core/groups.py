"""What is learnt of groups."""

import hashlib

import msgspec

from wigwag.core.identity import Recording, plain
from wigwag.core.people import MAX_NAME
from wigwag.core.views import View, time_view
from wigwag.model.chat import Group
from wigwag.model.event import GroupChanged, GroupChangeKind
from wigwag.model.instant import ms_of
from wigwag.model.record import ChatRecord, EventType, GroupRecord, ParticipantRecord

_MEMBERS_CHANGE = frozenset({GroupChangeKind.ADD, GroupChangeKind.PROMOTE, GroupChangeKind.DEMOTE})


_SETTINGS = {
    GroupChangeKind.LOCKED: "locked",
    GroupChangeKind.ANNOUNCE: "announce",
    GroupChangeKind.APPROVAL: "approval",
    GroupChangeKind.ADMIN_ADD: "admin_add",
    GroupChangeKind.SUSPENDED: "suspended",
}
"""Changes that switch a setting, and its column."""

_WORDS = {
    GroupChangeKind.DESCRIPTION: "description",
    GroupChangeKind.INVITE: "invite_code",
    GroupChangeKind.DELETE: "reason",
    GroupChangeKind.UNLINK: "reason",
}
"""Changes that say something in words, and its name."""

_TO_PARENT = "parent_group"
"""The kind of link that leads from a group to its community."""


def record_group(rec: Recording, group: Group) -> None:
    """The account is in this group, as it is now. The same again is no event."""
    jid = str(plain(group.jid))
    rec.learn(*((member.jid, member.alt) for member in group.participants))
    people = rec.tx.people
    before = people.find_group(rec.account, jid)
    after = GroupRecord(
        account=rec.account,
        jid=jid,
        subject=group.subject[:MAX_NAME],
        owner=rec.canonical(group.owner) if group.owner is not None else "",
        created_ms=ms_of(group.created_at) if group.created_at is not None else None,
        lid_addressed=group.lid_addressed,
        member=True,
        description=group.description,
        description_id=group.description_id,
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
    members = _members(rec, jid, group)
    old_members = {member.jid: member for member in people.list_participants(rec.account, jid)}
    if before == after and old_members == members:
        return
    people.save_group(after)
    people.remove_participants(rec.account, jid, sorted(old_members.keys() - members.keys()))
    people.save_participants(list(members.values()))
    show_group(rec, jid)
    joined = before is None or not before.member
    data: View = {
        "chat_jid": jid,
        "subject": after.subject,
        "owner": after.owner or None,
        "participants": [
            {**rec.person_view(member.jid), "admin": bool(member.admin or member.superadmin)}
            for member in members.values()
        ],
    }
    rec.tell(EventType.GROUP_JOINED if joined else EventType.GROUP_UPDATED, data, jid)


def _members(rec: Recording, jid: str, group: Group) -> dict[str, ParticipantRecord]:
    members: dict[str, ParticipantRecord] = {}
    for participant in group.participants:
        member = rec.canonical(participant.jid, participant.alt)
        known = members.get(member)
        members[member] = ParticipantRecord(
            account=rec.account,
            group_jid=jid,
            jid=member,
            admin=participant.admin or (known is not None and bool(known.admin)),
            superadmin=participant.superadmin or (known is not None and bool(known.superadmin)),
        )
    return members


def show_group(rec: Recording, jid: str) -> None:
    """A group is in the list of chats, under its name and with its timer, from its first sight."""
    group = rec.tx.people.find_group(rec.account, jid)
    timer_s = group.ephemeral_s if group is not None else 0
    known = rec.tx.chats.find(rec.account, jid)
    if known is None:
        name = rec.chat_name(jid)
        row = ChatRecord(rec.account, jid, name, 0, 0, archived=False, ephemeral_s=timer_s)
        rec.tx.chats.save(row)
        return
    if known.ephemeral_s != timer_s:
        rec.tx.chats.save(known._replace(ephemeral_s=timer_s))
    rec.rename_chat(jid)


def record_group_change(rec: Recording, event: GroupChanged) -> None:
    """Apply a change of a group; told once, by the digest of the event itself."""
    digest = hashlib.blake2b(msgspec.msgpack.encode(event), digest_size=16).digest()
    if not rec.tx.feed.add_seen(rec.account, digest, rec.now_ms):
        return
    jid = str(plain(event.chat))
    members = [rec.canonical(who) for who in event.participants]
    _apply(rec, jid, event, members)
    author = rec.canonical(event.author) if event.author is not None else ""
    data: View = {
        "chat_jid": jid,
        "change": event.kind.value,
        "author": rec.person_view(author) if author else None,
        "participants": [rec.person_view(member) for member in members],
        "subject": event.subject or None,
        "detail": event.detail or None,
        "timestamp": time_view(event.timestamp),
    }
    data |= _told(event)
    about_members = event.kind in _MEMBERS_CHANGE or event.kind is GroupChangeKind.REMOVE
    rec.tell(EventType.GROUP_PARTICIPANTS if about_members else EventType.GROUP_UPDATED, data, jid)


def _told(event: GroupChanged) -> View:
    """What only some kinds of change have."""
    kind = event.kind
    told: View = {}
    if kind in _SETTINGS or kind is GroupChangeKind.GROWTH_LOCKED:
        told["enabled"] = event.enabled
    elif kind is GroupChangeKind.EPHEMERAL:
        told["ephemeral_seconds"] = event.ephemeral_s or None
    elif kind in _WORDS:
        told[_WORDS[kind]] = event.text or None
    if kind in (GroupChangeKind.LINK, GroupChangeKind.UNLINK):
        told["group"] = str(event.group) if event.group is not None else None
        told["link_type"] = event.link_type or None
    return told


def _apply(rec: Recording, jid: str, event: GroupChanged, members: list[str]) -> None:
    people = rec.tx.people
    group = people.find_group(rec.account, jid)
    changed = _changed(event, group or GroupRecord(rec.account, jid, "", "", None, True, True))
    if changed is not None:
        people.save_group(changed)
        show_group(rec, jid)
        return
    own = people.find_account(rec.account)
    about_me = bool({own.jid, own.lid} & set(members))
    if event.kind == GroupChangeKind.REMOVE:
        people.remove_participants(rec.account, jid, members)
    elif event.kind in _MEMBERS_CHANGE:
        admin = event.kind == GroupChangeKind.PROMOTE
        people.save_participants(
            [ParticipantRecord(rec.account, jid, member, admin, False) for member in members]
        )
    else:
        return
    member = event.kind != GroupChangeKind.REMOVE
    if about_me and group is not None and bool(group.member) != member:
        people.save_group(group._replace(member=member))


def _changed(event: GroupChanged, group: GroupRecord) -> GroupRecord | None:
    """The group's own row after a change; None when the change is not about it."""
    kind = event.kind
    values: dict[str, str | int | bool] = {}
    if kind in _SETTINGS:
        values[_SETTINGS[kind]] = event.enabled
    elif kind is GroupChangeKind.SUBJECT:
        values["subject"] = event.subject[:MAX_NAME]
    elif kind is GroupChangeKind.DESCRIPTION:
        values = {"description": event.text, "description_id": event.text_id}
    elif kind is GroupChangeKind.EPHEMERAL:
        values["ephemeral_s"] = event.ephemeral_s
    elif kind is GroupChangeKind.DELETE:
        values["member"] = False
    elif event.link_type == _TO_PARENT:
        linked = kind is GroupChangeKind.LINK and event.group is not None
        values["parent_jid"] = str(event.group) if linked else ""
    return group._replace(**values) if values else None
