"""Newsletters (channels) as they are made, changed and read, and what comes of it."""

from typing import Annotated

from pydantic import Field

from wigwag.http.models.fields import WHOLE, Body, Emoji
from wigwag.http.models.groups import Description, Subject
from wigwag.http.models.sending import MediaId, MessageId
from wigwag.http.models.shape import Shape

MAX_POSTS = 300
"""Posts that are asked for, or counted as seen, at once."""


class NewNewsletterBody(Body):
    """A newsletter to make; its picture is a JPEG that was handed over to `POST /v1/media`.
    `accept_terms` agrees to WhatsApp's terms for owners of newsletters; before the first one
    WhatsApp asks for that."""

    name: Subject
    description: Description = ""
    media_id: MediaId | None = None
    accept_terms: bool = False


class NewsletterChangeBody(Body):
    """What is to change; what is left out stays. An empty description removes it, and
    `remove_picture` the picture, unless another one is given."""

    name: Subject | None = None
    description: Description | None = None
    media_id: MediaId | None = None
    remove_picture: bool = False


class PostReactionBody(Body):
    """An emoji; an empty one takes the reaction back."""

    emoji: Emoji


class SeenBody(Body):
    """Posts to count as seen."""

    ids: Annotated[list[MessageId], Field(min_length=1, max_length=MAX_POSTS)]


class FetchBody(Body):
    """How many posts to fetch: the newest, or those before the post `before`."""

    count: Annotated[int, Field(ge=1, le=MAX_POSTS), WHOLE] = 50
    before: MessageId | None = None


class NewsletterMutedShape(Shape):
    chat_jid: str
    muted: bool


class CountedShape(Shape):
    """How often a post was reacted to with an emoji."""

    emoji: str
    count: int


class PostShape(Shape):
    """How a post fares; what WhatsApp never told is null."""

    chat_jid: str
    id: str
    server_id: int
    views: int | None
    reactions: list[CountedShape] | None


class ReactedShape(Shape):
    chat_jid: str
    id: str
    emoji: str


class SeenShape(Shape):
    chat_jid: str
    seen: int


class FetchedShape(Shape):
    """How many posts came; they are among the messages of the chat now."""

    chat_jid: str
    fetched: int


class LiveShape(Shape):
    """For so many seconds, changes of views and reactions come as events."""

    chat_jid: str
    seconds: int
