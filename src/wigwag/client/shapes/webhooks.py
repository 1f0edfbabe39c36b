# Made by tools/generate_client.py; do not edit it.
"""What is asked and answered of webhooks."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict


class CreatedWebhook(TypedDict):
    """`secret` signs the deliveries (Standard Webhooks 1.0); it is told this once."""

    id: str
    url: str
    accounts: list[str]
    chats: list[str]
    types: list[str]
    enabled: bool
    reason: str | None
    last_seq: int
    replaying: bool
    created_at: str
    secret: str


class Delivery(TypedDict):
    """An event that is not delivered. `id` is the event's; `status` the last answer's.
    `error` is why the last attempt failed, `detail` what can be done about it.
    """

    id: str
    seq: int
    type: str
    state: DeliveryState
    attempts: int
    next_attempt_at: str | None
    status: int | None
    error: str | None
    detail: str | None
    created_at: str


class DeliveryPage(TypedDict):
    """DeliveryPage."""

    items: list[Delivery]
    next_cursor: str | None


DeliveryState = Literal["pending", "dead"]
"""`pending`: not delivered yet. `dead`: given up; it can be delivered again by request."""


class NewWebhook(TypedDict):
    """`accounts`, `chats` and `types` choose what it is told; without them it is told
    everything. `chats` are JIDs or phone numbers, and ask for the `accounts` whose chats
    they are.
    """

    url: str
    accounts: NotRequired[list[str]]
    chats: NotRequired[list[str]]
    types: NotRequired[
        list[
            Literal[
                "account.state",
                "account.setting",
                "account.sync",
                "pairing.qr",
                "pairing.code",
                "pairing.passkey",
                "message.received",
                "message.sent",
                "message.status",
                "message.edited",
                "message.revoked",
                "message.reaction",
                "message.starred",
                "message.pinned",
                "message.deleted",
                "message.undecryptable",
                "message.recovered",
                "poll.vote",
                "media.ready",
                "media.failed",
                "chat.updated",
                "chat.presence",
                "label.updated",
                "label.assigned",
                "quick_reply.updated",
                "contact.updated",
                "contact.blocked",
                "picture.updated",
                "contact.identity",
                "presence.updated",
                "group.joined",
                "group.updated",
                "group.participants",
                "status.received",
                "newsletter.message",
                "newsletter.joined",
                "newsletter.left",
                "newsletter.updated",
                "newsletter.counts",
                "call.offered",
                "call.ended",
                "history.progress",
            ]
        ]
    ]


class Replay(TypedDict):
    """Replay."""

    from_seq: int
    to_seq: int


class Told(TypedDict):
    """The id of the event that is on its way."""

    id: str


class Webhook(TypedDict):
    """A webhook without its secret. `reason` tells why it is disabled, if that was not asked
    for; `last_seq` is the last event that was taken up, where those that are not wanted
    count by thousands; `replaying` while a range is told again.
    """

    id: str
    url: str
    accounts: list[str]
    chats: list[str]
    types: list[str]
    enabled: bool
    reason: str | None
    last_seq: int
    replaying: bool
    created_at: str


class WebhookChange(TypedDict):
    """What is left out stays. `chats` ask for the `accounts`, too."""

    url: NotRequired[str | None]
    accounts: NotRequired[list[str] | None]
    chats: NotRequired[list[str] | None]
    types: NotRequired[
        list[
            Literal[
                "account.state",
                "account.setting",
                "account.sync",
                "pairing.qr",
                "pairing.code",
                "pairing.passkey",
                "message.received",
                "message.sent",
                "message.status",
                "message.edited",
                "message.revoked",
                "message.reaction",
                "message.starred",
                "message.pinned",
                "message.deleted",
                "message.undecryptable",
                "message.recovered",
                "poll.vote",
                "media.ready",
                "media.failed",
                "chat.updated",
                "chat.presence",
                "label.updated",
                "label.assigned",
                "quick_reply.updated",
                "contact.updated",
                "contact.blocked",
                "picture.updated",
                "contact.identity",
                "presence.updated",
                "group.joined",
                "group.updated",
                "group.participants",
                "status.received",
                "newsletter.message",
                "newsletter.joined",
                "newsletter.left",
                "newsletter.updated",
                "newsletter.counts",
                "call.offered",
                "call.ended",
                "history.progress",
            ]
        ]
        | None
    ]
    enabled: NotRequired[bool | None]


class WebhookPage(TypedDict):
    """WebhookPage."""

    items: list[Webhook]
    next_cursor: None
