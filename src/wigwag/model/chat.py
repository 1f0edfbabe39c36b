"""Chats, contacts and groups."""

from datetime import datetime
from enum import StrEnum

from wigwag.model.jid import Jid
from wigwag.model.value import Value


class ChatActivity(StrEnum):
    """What somebody does in a chat before a message comes of it."""

    COMPOSING = "composing"
    RECORDING = "recording"
    PAUSED = "paused"


class Contact(Value):
    """What is known of a person; empty means not told. Names are kept apart by source.

    `about` is what they say of themselves; None means not told.
    """

    jid: Jid
    alt: Jid | None = None
    full_name: str = ""
    first_name: str = ""
    push_name: str = ""
    business_name: str = ""
    about: str | None = None


class Participant(Value):
    jid: Jid
    alt: Jid | None = None
    admin: bool = False
    superadmin: bool = False


class Group(Value):
    """A group, or a community: a parent that other groups are linked to.

    `announce`: only admins write. `locked`: only admins change what the group says of itself.
    `approval`: admins decide who joins by the link. `admin_add`: only admins add members.
    `ephemeral_s`: how long messages last, 0 for ever. `default_subgroup`: the community's own
    group for announcements. `description_id` names the version of the description.
    """

    jid: Jid
    subject: str
    participants: tuple[Participant, ...] = ()
    owner: Jid | None = None
    created_at: datetime | None = None
    lid_addressed: bool = True
    description: str = ""
    description_id: str = ""
    announce: bool = False
    locked: bool = False
    approval: bool = False
    admin_add: bool = False
    ephemeral_s: int = 0
    suspended: bool = False
    community: bool = False
    parent: Jid | None = None
    default_subgroup: bool = False


class NewGroup(Value):
    """What a group is created with; see `Group`. `parent` is the community it is to be in."""

    subject: str
    participants: tuple[Jid, ...] = ()
    announce: bool = False
    locked: bool = False
    approval: bool = False
    admin_add: bool = False
    ephemeral_s: int = 0
    community: bool = False
    parent: Jid | None = None


class GroupSettings(Value):
    """Settings to change; None leaves one as it is. See `Group`."""

    announce: bool | None = None
    locked: bool | None = None
    approval: bool | None = None
    admin_add: bool | None = None
    ephemeral_s: int | None = None


class MemberChange(StrEnum):
    ADD = "add"
    REMOVE = "remove"
    PROMOTE = "promote"
    DEMOTE = "demote"


class MemberResult(Value):
    """What became of one person of a change: `error` is WhatsApp's code, 0 when it was done.

    403: the person's privacy settings do not let them be added; `invite_code` can be sent to
    them instead, until `invite_until`. 404: not on WhatsApp, or not in the group. 409: is in the
    group already.
    """

    jid: Jid
    alt: Jid | None = None
    error: int = 0
    invite_code: str = ""
    invite_until: datetime | None = None


class JoinRequest(Value):
    """Somebody who waits to be let in."""

    jid: Jid
    alt: Jid | None = None
    requested_at: datetime | None = None


class Joined(Value):
    """The group of a link that was followed; `waiting` while its admins have to approve."""

    jid: Jid
    waiting: bool = False


class LinkedGroup(Value):
    """A group of a community."""

    jid: Jid
    subject: str
    default_subgroup: bool = False


class ChatSummary(Value):
    """A chat as history sync tells it.

    `complete`: the phone has nothing older than what it sent (True), has more (False), or does
    not say (None). `ephemeral_s` is how long its messages last, as set at `ephemeral_at`.
    """

    jid: Jid
    alt: Jid | None = None
    name: str = ""
    last_message_time: datetime | None = None
    unread: int = 0
    archived: bool = False
    complete: bool | None = None
    ephemeral_s: int = 0
    ephemeral_at: datetime | None = None
