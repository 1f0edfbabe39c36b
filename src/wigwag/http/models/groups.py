"""Groups and communities as they are changed, and what comes of it."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from wigwag.core.grouping import GroupChanges
from wigwag.http.models.chats import GroupShape
from wigwag.http.models.chatstate import Timer
from wigwag.http.models.fields import Address, Body
from wigwag.http.models.sending import MediaId
from wigwag.http.models.shape import PersonShape, Shape
from wigwag.model.chat import GroupSettings, NewGroup

MAX_SUBJECT = 100
SUBJECT_PATTERN: Final = r"[^\s\x00-\x20\x7f-\xa0]"
MAX_DESCRIPTION = 2_048
MAX_MEMBERS = 1_024
"""People that are named in one request."""
MAX_LINK = 256

Subject = Annotated[str, StringConstraints(max_length=MAX_SUBJECT, pattern=SUBJECT_PATTERN)]
"""Something that can be seen."""
Description = Annotated[str, StringConstraints(max_length=MAX_DESCRIPTION)]
Link = Annotated[str, StringConstraints(min_length=1, max_length=MAX_LINK)]

_NOT_BOTH: Final[dict[str, Any]] = {
    "not": {
        "required": ["community", "parent"],
        "properties": {"community": {"const": True}, "parent": {"type": "string"}},
    }
}
"""What OpenAPI says of a community, which is in no other."""


class NewGroupBody(Body):
    """A group to make. `announce`: only admins write. `locked`: only admins change what it says of
    itself. `approval`: admins decide who joins by the link. `admin_add`: only admins add members.
    `community`: make a community instead; `parent` is the community it is to be in."""

    model_config = ConfigDict(json_schema_extra=_NOT_BOTH)

    subject: Subject
    participants: list[Address] = Field(default_factory=list[str], max_length=MAX_MEMBERS)
    announce: bool = False
    locked: bool = False
    approval: bool = False
    admin_add: bool = False
    ephemeral_seconds: Timer = 0
    community: bool = False
    parent: Address | None = None

    @model_validator(mode="after")
    def _sound(self) -> "NewGroupBody":
        if self.community and self.parent is not None:
            raise ValueError("a community is in no other; leave out community or parent")
        return self

    def wanted(self) -> NewGroup:
        """Without the people, whose addresses are still to be resolved."""
        return NewGroup(
            subject=self.subject,
            announce=self.announce,
            locked=self.locked,
            approval=self.approval,
            admin_add=self.admin_add,
            ephemeral_s=self.ephemeral_seconds,
            community=self.community,
        )


class GroupChangeBody(Body):
    """What is to change; what is left out stays. An empty description removes it."""

    subject: Subject | None = None
    description: Description | None = None
    announce: bool | None = None
    locked: bool | None = None
    approval: bool | None = None
    admin_add: bool | None = None
    ephemeral_seconds: Timer | None = None

    def changes(self) -> GroupChanges:
        settings = GroupSettings(
            announce=self.announce,
            locked=self.locked,
            approval=self.approval,
            admin_add=self.admin_add,
            ephemeral_s=self.ephemeral_seconds,
        )
        return GroupChanges(subject=self.subject, description=self.description, settings=settings)


class PeopleBody(Body):
    """The people that are meant."""

    people: Annotated[list[Address], Field(min_length=1, max_length=MAX_MEMBERS)]


class PictureBody(Body):
    """A JPEG that was handed over to `POST /v1/media`."""

    media_id: MediaId


class LinkBody(Body):
    """A link as WhatsApp shares it, or the code at its end."""

    link: Link


class MadeShape(GroupShape):
    """A new group. `not_added` are those who were asked for and are not in it."""

    not_added: list[PersonShape]


class RefusalShape(Shape):
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


class InviteShape(Shape):
    """An invitation for one person, who did not let themselves be added."""

    code: str
    expires_at: datetime | None


class OutcomeShape(PersonShape):
    done: bool
    error: RefusalShape | None
    invite: InviteShape | None


class OutcomesShape(Shape):
    """What became of each person."""

    chat_jid: str
    items: list[OutcomeShape]


class LeftShape(Shape):
    """The group that was left."""

    chat_jid: str


class PictureShape(Shape):
    """`picture_id` is null when there is no picture any more."""

    chat_jid: str
    picture_id: str | None


class InviteLinkShape(Shape):
    """Whoever has the link can come in."""

    chat_jid: str
    link: str


class JoinedShape(Shape):
    """`waiting`: the admins of the group have to approve first."""

    chat_jid: str
    state: Literal["joined", "waiting"]


class WaitingShape(PersonShape):
    requested_at: datetime | None


class WaitingPage(Shape):
    """Those who ask to be let in; told whole."""

    items: list[WaitingShape]
    next_cursor: None


class LinkedGroupShape(Shape):
    """A group of a community; `default_subgroup` is its own one for announcements."""

    jid: str
    subject: str | None
    default_subgroup: bool


class LinkedGroupPage(Shape):
    items: list[LinkedGroupShape]
    next_cursor: None


class CommunityMemberPage(Shape):
    """Everybody in any group of the community."""

    items: list[PersonShape]
    next_cursor: None


class LinkShape(Shape):
    """Whether a group is in a community now."""

    chat_jid: str
    group_jid: str
    linked: bool
