# Made by tools/generate_client.py; do not edit it.
"""What is asked and answered of several nouns."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict


class CardShape(TypedDict):
    """CardShape."""

    name: str
    vcard: str


class Chat(TypedDict):
    """A chat. `muted_until` is null while it is muted for ever; `ephemeral_seconds` is how
    long its messages last, null for ever; `labels` are ids.
    """

    account: str
    jid: str
    lid: str | None
    phone: str | None
    name: str | None
    last_message_at: str | None
    unread: int
    archived: bool
    pinned_at: str | None
    muted: bool
    muted_until: str | None
    marked_unread: bool
    locked: bool
    ephemeral_seconds: int | None
    labels: list[str]


class Group(TypedDict):
    """Group."""

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
    participants: list[Participant]


class Label(TypedDict):
    """`chats` and `messages` say how many carry it."""

    id: str
    name: str
    color: int
    chats: int
    messages: int


class LinkBody(TypedDict):
    """A link as WhatsApp shares it, or the code at its end."""

    link: str


class Location(TypedDict):
    """Location."""

    latitude: float
    longitude: float
    name: str | None
    address: str | None
    url: str | None
    live: bool


class Media(TypedDict):
    """The file of a message. `path` is where it lies in the store; `url` serves it, and
    `thumbnail` the small picture that came with the message, where one did.
    `document_name` is what its sender called it: text to show, never a path.
    """

    kind: MediaKind
    state: MediaState
    mime: str | None
    size_bytes: int
    filename: str | None
    document_name: str | None
    path: str | None
    sha256: str | None
    duration_s: int | None
    width: int | None
    height: int | None
    error: str | None
    url: str
    thumbnail: str | None


MediaKind = Literal["image", "video", "gif", "audio", "voice", "document", "sticker"]


class MediaSource(TypedDict):
    """The file to send: `media_id` names one that was handed over to `POST /v1/media`; `url`
    one that is fetched now, from a public address; `path` lies on the server, inside the
    folders that `WIGWAG_MEDIA_ROOTS` allows (by default the store's outbox).
    """

    path: NotRequired[str | None]
    media_id: NotRequired[str | None]
    url: NotRequired[str | None]


MediaState = Literal["pending", "available", "failed", "gone", "expired"]
"""Where the file of a message is. `pending`: to be downloaded, or asked of the phone.
`available`: stored. `failed`: given up after tries, may be asked for again. `gone`:
neither WhatsApp nor the phone has it. `expired`: it was here, and was kept no longer; on
request it is fetched again, if that is possible.
"""


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


class Newsletter(TypedDict):
    """`role` is what the account is there: subscriber, owner, admin, or guest."""

    chat_jid: str
    name: str | None
    description: str | None
    invite_code: str | None
    subscribers: int
    created_at: str | None
    verified: bool
    state: str | None
    role: str | None


class Participant(TypedDict):
    """Participant."""

    jid: str
    lid: str | None
    phone: str | None
    name: str | None
    admin: bool
    superadmin: bool


class Person(TypedDict):
    """Someone, by every address that is known. `phone` is never made from a hidden address."""

    jid: str
    lid: str | None
    phone: str | None
    name: str | None


class Pinned(TypedDict):
    """Pinned for everybody in the chat, at a time and until another."""

    at: str
    until: str


class Poll(TypedDict):
    """`selectable` is how many options one may choose; 0 is any number."""

    question: str
    options: list[str]
    selectable: int


class Quoted(TypedDict):
    """Quoted."""

    id: str
    sender: str | None
    text: str


class Reaction(TypedDict):
    """Reaction."""

    sender: Person
    emoji: str
    timestamp: str


RowKind = Literal[
    "text",
    "image",
    "video",
    "gif",
    "audio",
    "voice",
    "document",
    "sticker",
    "location",
    "contact",
    "poll",
    "unsupported",
    "undecryptable",
]
"""The kind of a message row. The words of the API and of the column `kind`."""


class SendError(TypedDict):
    """Why a message was not sent."""

    code: str
    detail: str


SendState = Literal["queued", "sent", "delivered", "read", "played", "failed"]
"""How far an own message got; it never moves backwards (`failed` is an end)."""


class Sent(TypedDict):
    """What became of a message so far: `sent` once WhatsApp acknowledged it, else `queued`.
    A queued one is kept, and sent when that is possible; a `scheduled` one leaves at
    `send_at`. `id` is WhatsApp's own.
    """

    id: str
    account: str
    chat_jid: str
    state: Literal["sent", "queued", "scheduled"]
    timestamp: str
    send_at: NotRequired[str | None]


class Snippet(TypedDict):
    """A piece of the text around what was found; `match` says that it is what was found."""

    text: str
    match: bool


class Unsupported(TypedDict):
    """A message of a kind that is not understood yet: the names of its fields."""

    fields: list[str]
