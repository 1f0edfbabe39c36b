# Made by tools/generate_client.py; do not edit it.
"""What is asked and answered of several nouns."""

from __future__ import annotations

from typing import Literal, TypedDict


class Chat(TypedDict):
    """A chat. `muted_until` is null while it is muted for ever; `labels` are ids."""

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
