# Made by tools/generate_client.py; do not edit it.
"""What is asked and answered of changes."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from wigwag.client.shapes.common import MediaState


class EditBody(TypedDict):
    """Another text, or another caption of a file."""

    text: str
    wait_s: NotRequired[float]


class PinBody(TypedDict):
    """For how long: a day, a week, 30 days."""

    duration_seconds: NotRequired[Literal[86400, 604800, 2592000]]
    wait_s: NotRequired[float]


class Played(TypedDict):
    """Played."""

    id: str
    chat_jid: str


class ReactionBody(TypedDict):
    """An emoji; an empty one takes the reaction back."""

    emoji: str
    wait_s: NotRequired[float]


class Read(TypedDict):
    """How many messages were marked."""

    chat_jid: str
    read: int


class ReadBody(TypedDict):
    """The messages of a chat to mark as read; without `ids` all that are unread."""

    chat: str
    ids: NotRequired[list[str]]


class Retried(TypedDict):
    """`available`: the file is here. `pending`: it is fetched again, and the phone asked for
    it.
    """

    id: str
    chat_jid: str
    state: MediaState
