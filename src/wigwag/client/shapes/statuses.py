# Made by tools/generate_client.py; do not edit it.
"""What is asked and answered of statuses."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from wigwag.client.shapes.common import (
    CardShape,
    Location,
    Media,
    MediaSource,
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


class Audience(TypedDict):
    """Who sees the account's statuses; the list matters with `allow_list` and `deny_list`."""

    mode: StatusMode
    people: list[Person]


class AudienceBody(TypedDict):
    """Whom the account shows its statuses: with `allow_list` to these people alone, with
    `deny_list` to all contacts but these, with `contacts` to all.
    """

    mode: Literal["allow_list", "deny_list", "contacts"]
    people: NotRequired[list[str]]


class PictureStatus(TypedDict):
    """A picture, or a film."""

    wait_s: NotRequired[float]
    send_at: NotRequired[str | None]
    type: Literal["image", "video", "gif"]
    media: MediaSource
    caption: NotRequired[str]


class Status(TypedDict):
    """A status is a message of the chat `status@broadcast` that ends at `expires_at`."""

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
    expires_at: str


StatusMode = Literal["allow_list", "deny_list", "contacts", "close_friends", "custom_list"]
"""Who sees status updates: these people only, all contacts but these, or all contacts."""


class StatusPage(TypedDict):
    """StatusPage."""

    next_cursor: str | None
    items: list[Status]


class TextStatus(TypedDict):
    """TextStatus."""

    wait_s: NotRequired[float]
    send_at: NotRequired[str | None]
    type: Literal["text"]
    text: str


class Viewed(TypedDict):
    """The status whose owner is told."""

    id: str
    sender: str


class VoiceStatus(TypedDict):
    """A voice note; what is none yet is made one."""

    wait_s: NotRequired[float]
    send_at: NotRequired[str | None]
    type: Literal["voice"]
    media: MediaSource
