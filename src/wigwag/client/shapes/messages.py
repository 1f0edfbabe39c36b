# Made by tools/generate_client.py; do not edit it.
"""What is asked and answered of messages."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from wigwag.client.shapes.common import (
    CardShape,
    Location,
    Media,
    MediaSource,
    MediaState,
    Person,
    Pinned,
    Poll,
    Quoted,
    Reaction,
    RowKind,
    SendError,
    SendState,
    Snippet,
    Unsupported,
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


class CountedOption(TypedDict):
    """CountedOption."""

    name: str
    votes: int
    voters: list[Voter]


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


class EditBody(TypedDict):
    """Another text, or another caption of a file."""

    text: str
    wait_s: NotRequired[float]


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


class Message(TypedDict):
    """A message. The fields after `pinned_in_chat` are there only where they have something
    to say. `state` is null for messages of others. `deleted_at`: when it was deleted for
    us alone.
    """

    id: str
    account: str
    chat_jid: str
    chat_name: str | None
    sender: Person
    from_me: bool
    type: RowKind
    text: str
    timestamp: str
    state: SendState | None
    mentions: list[str]
    quoted: Quoted | None
    media: Media | None
    reactions: list[Reaction]
    edited_at: str | None
    revoked: bool
    revoked_at: str | None
    forwarded: bool
    view_once: bool
    ephemeral_seconds: int | None
    from_history: bool
    starred: bool
    deleted_at: str | None
    pinned_in_chat: Pinned | None
    snippet: NotRequired[list[Snippet] | None]
    error: NotRequired[SendError | None]
    location: NotRequired[Location | None]
    contacts: NotRequired[list[CardShape] | None]
    poll: NotRequired[Poll | None]
    unsupported: NotRequired[Unsupported | None]


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


class PinBody(TypedDict):
    """For how long: a day, a week, 30 days."""

    duration_seconds: NotRequired[Literal[86400, 604800, 2592000]]
    wait_s: NotRequired[float]


class Played(TypedDict):
    """Played."""

    id: str
    chat_jid: str


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


class Receipt(TypedDict):
    """Receipt."""

    person: Person
    kind: str
    timestamp: str


class ReceiptPage(TypedDict):
    """Who got, read or played a message, the earliest first."""

    next_cursor: str | None
    items: list[Receipt]


class Retried(TypedDict):
    """`available`: the file is here. `pending`: it is fetched again, and the phone asked for
    it.
    """

    id: str
    chat_jid: str
    state: MediaState


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


class Tally(TypedDict):
    """How a poll stands by the last vote of each person. `unreadable` votes are not in it:
    they cannot be opened here. `selectable` is how many options one may choose; 0 is any
    number.
    """

    id: str
    chat_jid: str
    question: str
    selectable: int
    options: list[CountedOption]
    voters: int
    unreadable: int


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


class VoteBody(TypedDict):
    """The options to vote for, written as in the poll; none takes our vote back. It replaces
    the vote that we gave before.
    """

    options: list[str]
    wait_s: NotRequired[float]


class Voter(TypedDict):
    """Who stands for an option, and since when."""

    jid: str
    lid: str | None
    phone: str | None
    name: str | None
    timestamp: str
