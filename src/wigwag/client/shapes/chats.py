# Made by tools/generate_client.py; do not edit it.
"""What is asked and answered of chats."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from wigwag.client.shapes.common import Chat, Newsletter


class Activity(TypedDict):
    """Activity."""

    chat_jid: str
    state: ActivityWord


class ActivityBody(TypedDict):
    """The others take it back by themselves after some 25 seconds without a word."""

    state: ActivityWord


ActivityWord = Literal["typing", "recording", "paused"]
"""What one is shown to do."""


class ChatChangeBody(TypedDict):
    """What the chat is to be like, for every device of the account; what is left out stays.
    `marked_unread` false marks it as read for our own devices: nobody else is told.
    `ephemeral_seconds` is how long messages last for everybody in the chat: 0 is for
    ever, else a day, a week or 90 days.
    """

    archived: NotRequired[bool | None]
    pinned: NotRequired[bool | None]
    muted: NotRequired[bool | None]
    muted_until: NotRequired[str | None]
    marked_unread: NotRequired[bool | None]
    ephemeral_seconds: NotRequired[Literal[0, 86400, 604800, 7776000] | None]


class ChatPage(TypedDict):
    """Those with the latest message first."""

    next_cursor: str | None
    items: list[Chat]


class ClearBody(TypedDict):
    """`keep_starred` leaves starred messages; `delete_media` asks the devices to delete
    files.
    """

    keep_starred: NotRequired[bool]
    delete_media: NotRequired[bool]


class Contact(TypedDict):
    """A person that the account has to do with. `full_name` is that of the phone's address
    book.
    """

    jid: str
    lid: str | None
    phone: str | None
    name: str | None
    account: str
    full_name: str | None
    first_name: str | None
    push_name: str | None
    business_name: str | None
    about: str | None
    blocked: bool


class ContactPage(TypedDict):
    """ContactPage."""

    next_cursor: str | None
    items: list[Contact]


class Counted(TypedDict):
    """How often a post was reacted to with an emoji."""

    emoji: str
    count: int


ExportFormat = Literal["jsonl", "txt", "html"]
"""A message a line; as WhatsApp's own export; a page to read."""


class GroupPage(TypedDict):
    """Without their participants."""

    next_cursor: str | None
    items: list[GroupSummary]


class GroupSummary(TypedDict):
    """A group or community. `member`: whether the account is still in it."""

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


HistoryRequestState = Literal["waiting", "asked", "answered", "end_reached", "no_answer", "failed"]
"""Where a request for older messages stands. `waiting`: not asked yet, or not for all.
`asked`: the phone was asked. `answered`: all that was wanted came. `end_reached`: the
phone has nothing older. `no_answer`: none came in time. `failed`: it could not be asked.
"""


class NewsletterPage(TypedDict):
    """NewsletterPage."""

    next_cursor: str | None
    items: list[Newsletter]


class Older(TypedDict):
    """A request for older messages: `wanted` of them, `received` so far."""

    chat_jid: str
    state: HistoryRequestState
    wanted: int
    received: int
    requested_at: str
    updated_at: str


class OlderBody(TypedDict):
    """How many older messages to ask for; they come before the oldest that is known, or
    before a time.
    """

    count: NotRequired[int]
    before: NotRequired[str | None]


class Post(TypedDict):
    """How a post fares; what WhatsApp never told is null."""

    chat_jid: str
    id: str
    server_id: int
    views: int | None
    reactions: list[Counted] | None
