# Made by tools/generate_client.py; do not edit it.
"""What is asked and answered of newsletters."""

from __future__ import annotations

from typing import NotRequired, TypedDict


class FetchBody(TypedDict):
    """How many posts to fetch: the newest, or those before the post `before`."""

    count: NotRequired[int]
    before: NotRequired[str | None]


class Fetched(TypedDict):
    """How many posts came; they are among the messages of the chat now."""

    chat_jid: str
    fetched: int


class LiveShape(TypedDict):
    """For so many seconds, changes of views and reactions come as events."""

    chat_jid: str
    seconds: int


class NewNewsletterBody(TypedDict):
    """A newsletter to make; its picture is a JPEG that was handed over to `POST /v1/media`.
    `accept_terms` agrees to WhatsApp's terms for owners of newsletters; before the first
    one WhatsApp asks for that.
    """

    name: str
    description: NotRequired[str]
    media_id: NotRequired[str | None]
    accept_terms: NotRequired[bool]


class NewsletterChangeBody(TypedDict):
    """What is to change; what is left out stays. An empty description removes it, and
    `remove_picture` the picture, unless another one is given.
    """

    name: NotRequired[str | None]
    description: NotRequired[str | None]
    media_id: NotRequired[str | None]
    remove_picture: NotRequired[bool]


class NewsletterMuted(TypedDict):
    """NewsletterMuted."""

    chat_jid: str
    muted: bool


class PostReactionBody(TypedDict):
    """An emoji; an empty one takes the reaction back."""

    emoji: str


class Reacted(TypedDict):
    """Reacted."""

    chat_jid: str
    id: str
    emoji: str


class Seen(TypedDict):
    """Seen."""

    chat_jid: str
    seen: int


class SeenBody(TypedDict):
    """Posts to count as seen."""

    ids: list[str]
