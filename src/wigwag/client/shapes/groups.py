# Made by tools/generate_client.py; do not edit it.
"""What is asked and answered of groups."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from wigwag.client.shapes.common import Participant, Person


class GroupChangeBody(TypedDict):
    """What is to change; what is left out stays. An empty description removes it."""

    subject: NotRequired[str | None]
    description: NotRequired[str | None]
    announce: NotRequired[bool | None]
    locked: NotRequired[bool | None]
    approval: NotRequired[bool | None]
    admin_add: NotRequired[bool | None]
    ephemeral_seconds: NotRequired[Literal[0, 86400, 604800, 7776000] | None]


class Invite(TypedDict):
    """An invitation for one person, who did not let themselves be added."""

    code: str
    expires_at: str | None


class InviteLink(TypedDict):
    """Whoever has the link can come in."""

    chat_jid: str
    link: str


class Joined(TypedDict):
    """`waiting`: the admins of the group have to approve first."""

    chat_jid: str
    state: Literal["joined", "waiting"]


class Left(TypedDict):
    """The group that was left."""

    chat_jid: str


class Made(TypedDict):
    """A new group. `not_added` are those who were asked for and are not in it."""

    account: str
    jid: str
    subject: str | None
    owner: str | None
    created_at: str | None
    member: bool
    description: str | None
    announce: bool
    locked: bool
    approval: bool
    admin_add: bool
    ephemeral_seconds: int | None
    suspended: bool
    community: bool
    parent_jid: str | None
    default_subgroup: bool
    participants: list[Participant]
    not_added: list[Person]


MemberChange = Literal["add", "remove", "promote", "demote"]


class NewGroupBody(TypedDict):
    """A group to make. `announce`: only admins write. `locked`: only admins change what it
    says of itself. `approval`: admins decide who joins by the link. `admin_add`: only
    admins add members. `community`: make a community instead; `parent` is the community
    it is to be in.
    """

    subject: str
    participants: NotRequired[list[str]]
    announce: NotRequired[bool]
    locked: NotRequired[bool]
    approval: NotRequired[bool]
    admin_add: NotRequired[bool]
    ephemeral_seconds: NotRequired[Literal[0, 86400, 604800, 7776000]]
    community: NotRequired[bool]
    parent: NotRequired[str | None]


class Outcome(TypedDict):
    """Outcome."""

    jid: str
    lid: str | None
    phone: str | None
    name: str | None
    done: bool
    error: Refusal | None
    invite: Invite | None


class Outcomes(TypedDict):
    """What became of each person."""

    chat_jid: str
    items: list[Outcome]


class PeopleBody(TypedDict):
    """The people that are meant."""

    people: list[str]


class Picture(TypedDict):
    """`picture_id` is null when there is no picture any more."""

    chat_jid: str
    picture_id: str | None


class PictureBody(TypedDict):
    """A JPEG that was handed over to `POST /v1/media`."""

    media_id: str


class Refusal(TypedDict):
    """Why one person is left out: a stable word, a sentence, and WhatsApp's own number."""

    code: Literal[
        "not_admin",
        "not_allowed",
        "not_found",
        "left_recently",
        "already_there",
        "group_full",
        "refused",
    ]
    detail: str
    server_code: int


class Waiting(TypedDict):
    """Waiting."""

    jid: str
    lid: str | None
    phone: str | None
    name: str | None
    requested_at: str | None


class WaitingPage(TypedDict):
    """Those who ask to be let in; told whole."""

    items: list[Waiting]
    next_cursor: None
