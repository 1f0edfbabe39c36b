# Made by tools/generate_client.py; do not edit it.
"""What is asked and answered of accounts."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from wigwag.client.shapes.common import Label


class Account(TypedDict):
    """An account. `phone` is null until it is linked; `expires_at` is the end of a ban.
    `next_attempt` is when it connects by itself again; `awaited` are stanzas that
    WhatsApp has not answered yet. What asks for a capability that is not among
    `capabilities` is answered 501 `not_supported_by_engine`. With `possible_gap`, what
    came after `gap_since` may be missing: the process of the account's engine ended
    without warning.
    """

    account: str
    state: ConnectionState
    since: str
    reason: str | None
    jid: str | None
    lid: str | None
    phone: str | None
    push_name: str | None
    last_frame_in: str | None
    last_frame_out: str | None
    expires_at: str | None
    next_attempt: str | None
    awaited: int
    sync: CatchUp | None
    last_message_at: str | None
    possible_gap: bool
    gap_since: str | None
    engine: EngineKind
    capabilities: list[Capability]


class AccountChange(TypedDict):
    """Another engine for an account that is not linked."""

    engine: EngineKind


class AccountPage(TypedDict):
    """AccountPage."""

    next_cursor: str | None
    items: list[Account]


Capability = Literal[
    "durable_receipt",
    "app_state_read",
    "resend_requests",
    "chat_presence",
    "history_on_demand",
    "media_retry",
    "counters",
    "chosen_ids",
    "streaming_media",
    "app_state_write",
    "group_admission",
    "join_requests",
    "newsletter_settings",
    "newsletter_media",
    "newsletter_history",
    "newsletter_counts",
    "number_changes",
    "picture_removal",
    "business_profiles",
    "client_version",
]
"""What not every engine can do; `what` says it in words that follow "cannot"."""


class CatchUp(TypedDict):
    """What had waited on the server while this device was away, and how much of it is here."""

    state: str
    expected: int
    received: int
    began_at: str
    completed_at: str | None


ConnectionState = Literal[
    "starting",
    "pairing",
    "connecting",
    "connected",
    "reconnecting",
    "replaced",
    "logged_out",
    "banned",
    "outdated",
    "pairing_expired",
    "stopped",
]


EngineKind = Literal["native", "whatsmeow"]


class History(TypedDict):
    """How far one kind of history has come: the phone's percentage, and what it was."""

    sync_type: str
    progress: int
    chunk: int
    messages: int
    failed: int
    updated_at: str


class HistoryPage(TypedDict):
    """HistoryPage."""

    next_cursor: str | None
    items: list[History]


class LabelPage(TypedDict):
    """LabelPage."""

    next_cursor: str | None
    items: list[Label]


class NewAccount(TypedDict):
    """The name is 1 to 32 of a-z, 0-9, - and _."""

    account: str
    engine: NotRequired[EngineKind | None]


class PairingCode(TypedDict):
    """PairingCode."""

    code: str


class PairingPhone(TypedDict):
    """The number of the phone that will type the code, in international form."""

    phone: str


class QuickReply(TypedDict):
    """QuickReply."""

    id: str
    shortcut: str
    text: str
    keywords: list[str]


class QuickReplyPage(TypedDict):
    """QuickReplyPage."""

    next_cursor: str | None
    items: list[QuickReply]


class Setting(TypedDict):
    """A setting that the devices of the account share; `value` is any JSON."""

    name: str
    value: Any
    changed_at: str


class SettingPage(TypedDict):
    """SettingPage."""

    next_cursor: str | None
    items: list[Setting]
