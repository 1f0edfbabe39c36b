# Made by tools/generate_client.py; do not edit it.
"""What is asked and answered of messages."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from wigwag.client.shapes.common import (
    MediaSource,
    Message,
    Person,
)


class Card(TypedDict):
    """A contact card: a name with a phone number, or with a whole vCard."""

    name: str
    phone: NotRequired[str | None]
    vcard: NotRequired[str | None]


class ContactMessage(TypedDict):
    """ContactMessage."""

    to: str
    reply_to: NotRequired[str | None]
    reply_to_chat: NotRequired[str | None]
    reply_to_sender: NotRequired[str | None]
    mentions: NotRequired[list[str]]
    ephemeral_seconds: NotRequired[int]
    wait_s: NotRequired[float]
    send_at: NotRequired[str | None]
    type: Literal["contact"]
    contacts: list[Card]


class Context(TypedDict):
    """A message among its neighbours in the chat, the oldest first."""

    before: list[Message]
    message: Message
    after: list[Message]


class DocumentMessage(TypedDict):
    """Any file, as it is. `filename` is what its receivers see, by default its own name."""

    to: str
    reply_to: NotRequired[str | None]
    reply_to_chat: NotRequired[str | None]
    reply_to_sender: NotRequired[str | None]
    mentions: NotRequired[list[str]]
    ephemeral_seconds: NotRequired[int]
    wait_s: NotRequired[float]
    send_at: NotRequired[str | None]
    media: MediaSource
    caption: NotRequired[str]
    type: Literal["document"]
    filename: NotRequired[str]


class ForwardBody(TypedDict):
    """Where a message is sent on to."""

    to: str
    wait_s: NotRequired[float]


class LocationMessage(TypedDict):
    """A place, in degrees."""

    to: str
    reply_to: NotRequired[str | None]
    reply_to_chat: NotRequired[str | None]
    reply_to_sender: NotRequired[str | None]
    mentions: NotRequired[list[str]]
    ephemeral_seconds: NotRequired[int]
    wait_s: NotRequired[float]
    send_at: NotRequired[str | None]
    type: Literal["location"]
    latitude: float
    longitude: float
    name: NotRequired[str]
    address: NotRequired[str]


class MessagePage(TypedDict):
    """MessagePage."""

    next_cursor: str | None
    items: list[Message]


class PictureMessage(TypedDict):
    """A picture, a film, or a short film that plays by itself again and again."""

    to: str
    reply_to: NotRequired[str | None]
    reply_to_chat: NotRequired[str | None]
    reply_to_sender: NotRequired[str | None]
    mentions: NotRequired[list[str]]
    ephemeral_seconds: NotRequired[int]
    wait_s: NotRequired[float]
    send_at: NotRequired[str | None]
    media: MediaSource
    caption: NotRequired[str]
    type: Literal["image", "video", "gif"]


class PollMessage(TypedDict):
    """A question. `selectable` is how many options one may choose; 0 is as many as one
    likes.
    """

    to: str
    reply_to: NotRequired[str | None]
    reply_to_chat: NotRequired[str | None]
    reply_to_sender: NotRequired[str | None]
    mentions: NotRequired[list[str]]
    ephemeral_seconds: NotRequired[int]
    wait_s: NotRequired[float]
    send_at: NotRequired[str | None]
    type: Literal["poll"]
    question: str
    options: list[str]
    selectable: NotRequired[int]


class Receipt(TypedDict):
    """Receipt."""

    person: Person
    kind: str
    timestamp: str


class ReceiptPage(TypedDict):
    """Who got, read or played a message, the earliest first."""

    next_cursor: str | None
    items: list[Receipt]


class SoundMessage(TypedDict):
    """A sound file, or a voice note: what is no voice note yet is made one."""

    to: str
    reply_to: NotRequired[str | None]
    reply_to_chat: NotRequired[str | None]
    reply_to_sender: NotRequired[str | None]
    mentions: NotRequired[list[str]]
    ephemeral_seconds: NotRequired[int]
    wait_s: NotRequired[float]
    send_at: NotRequired[str | None]
    type: Literal["audio", "voice"]
    media: MediaSource


class StickerMessage(TypedDict):
    """A sticker; a picture of another format is made one."""

    to: str
    reply_to: NotRequired[str | None]
    reply_to_chat: NotRequired[str | None]
    reply_to_sender: NotRequired[str | None]
    mentions: NotRequired[list[str]]
    ephemeral_seconds: NotRequired[int]
    wait_s: NotRequired[float]
    send_at: NotRequired[str | None]
    type: Literal["sticker"]
    media: MediaSource


class TextMessage(TypedDict):
    """TextMessage."""

    to: str
    reply_to: NotRequired[str | None]
    reply_to_chat: NotRequired[str | None]
    reply_to_sender: NotRequired[str | None]
    mentions: NotRequired[list[str]]
    ephemeral_seconds: NotRequired[int]
    wait_s: NotRequired[float]
    send_at: NotRequired[str | None]
    type: Literal["text"]
    text: str


class Version(TypedDict):
    """`id` is the edit's own id; of the first version the message's."""

    id: str
    text: str
    timestamp: str


class VersionPage(TypedDict):
    """Every version of a message, the first one first; one alone when it was never edited."""

    next_cursor: str | None
    items: list[Version]
