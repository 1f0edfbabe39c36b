"""Status updates, as they are asked for and told."""

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field, StringConstraints, TypeAdapter

from wigwag.core.drafts import MAX_TEXT
from wigwag.core.naming import STATUS_CHAT
from wigwag.http.models.fields import Address, Body, MaybeAddress, Time
from wigwag.http.models.messages import ListQuery, MessageShape
from wigwag.http.models.sending import MediaSource, OutgoingMessage, WaitS
from wigwag.http.models.shape import Page, PersonShape, Shape
from wigwag.model.appstate import StatusMode

MAX_PEOPLE: Final = 1_000
_MESSAGE: Final[TypeAdapter[OutgoingMessage]] = TypeAdapter(OutgoingMessage)


class StatusesQuery(ListQuery):
    """Which statuses."""

    sender: MaybeAddress = ""
    expired: bool = Field(default=False, description="those older than a day, too")


class StatusShape(MessageShape):
    """A status is a message of the chat `status@broadcast` that ends at `expires_at`."""

    expires_at: datetime


class StatusPage(Page):
    items: list[StatusShape]


class _Status(Body):
    """`wait_s` and `send_at` as with a message."""

    wait_s: WaitS = 10.0
    send_at: Time | None = None


class TextStatus(_Status):
    type: Literal["text"]
    text: Annotated[
        str, StringConstraints(min_length=1, max_length=MAX_TEXT), Field(examples=["Hello"])
    ]


class PictureStatus(_Status):
    """A picture, or a film."""

    type: Literal["image", "video", "gif"]
    media: MediaSource
    caption: Annotated[str, StringConstraints(max_length=MAX_TEXT)] = ""


class VoiceStatus(_Status):
    """A voice note; what is none yet is made one."""

    type: Literal["voice"]
    media: MediaSource


OutgoingStatus = Annotated[TextStatus | PictureStatus | VoiceStatus, Field(discriminator="type")]


def message_of(status: OutgoingStatus) -> OutgoingMessage:
    """The message that a status is."""
    return _MESSAGE.validate_python({"to": STATUS_CHAT, **status.model_dump()})


class AudienceBody(Body):
    """Whom the account shows its statuses: with `allow_list` to these people alone, with
    `deny_list` to all contacts but these, with `contacts` to all."""

    mode: Literal["allow_list", "deny_list", "contacts"]
    people: list[Address] = Field(default_factory=list[str], max_length=MAX_PEOPLE)


class AudienceShape(Shape):
    """Who sees the account's statuses; the list matters with `allow_list` and `deny_list`."""

    mode: StatusMode
    people: list[PersonShape]


class ViewedQuery(BaseModel):
    """Whose, where statuses of several people share an id."""

    sender: MaybeAddress = ""


class ViewedShape(Shape):
    """The status whose owner is told."""

    id: str
    sender: str
