"""What is changed of messages that are there: how it is asked for."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from wigwag.core.drafts import MAX_TEXT
from wigwag.http.models.fields import WHOLE, Address, Body, Emoji
from wigwag.http.models.messages import WhichQuery
from wigwag.http.models.sending import MessageId, WaitS
from wigwag.http.models.shape import Shape
from wigwag.model.record import MediaState

MAX_READ = 256
"""Messages that are named in one request to mark them as read."""


class EditBody(Body):
    """Another text, or another caption of a file."""

    text: Annotated[
        str, StringConstraints(min_length=1, max_length=MAX_TEXT), Field(examples=["Hello"])
    ]
    wait_s: WaitS = 10.0


class ReactionBody(Body):
    """An emoji; an empty one takes the reaction back."""

    emoji: Emoji
    wait_s: WaitS = 10.0


class PinBody(Body):
    """For how long: a day, a week, 30 days."""

    duration_seconds: Annotated[Literal[86_400, 604_800, 2_592_000], WHOLE] = 604_800
    wait_s: WaitS = 10.0


class UnpinQuery(WhichQuery):
    wait_s: WaitS = 10.0


class ForwardBody(Body):
    """Where a message is sent on to."""

    to: Address
    wait_s: WaitS = 10.0


class DeleteQuery(WhichQuery):
    """Whose copy goes: everybody's, or only our own (the rows stay in the archive, marked)."""

    for_: Literal["everyone", "me"] = Field(default="everyone", alias="for")
    wait_s: WaitS = 10.0


class ReadBody(Body):
    """The messages of a chat to mark as read; without `ids` all that are unread."""

    chat: Address
    ids: list[MessageId] = Field(default_factory=list[str], max_length=MAX_READ)


class ReadShape(Shape):
    """How many messages were marked."""

    chat_jid: str
    read: int


class PlayedShape(Shape):
    id: str
    chat_jid: str


class RetriedShape(Shape):
    """`available`: the file is here. `pending`: it is fetched again, and the phone asked for it."""

    id: str
    chat_jid: str
    state: MediaState
