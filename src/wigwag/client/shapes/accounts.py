# Made by tools/generate_client.py; do not edit it.
"""What is asked and answered of accounts."""

from __future__ import annotations

from typing import Any, Literal, TypedDict


class Account(TypedDict):
    """An account. `phone` is null until it is linked; `expires_at` is the end of a ban.
    `next_attempt` is when it connects by itself again; `awaited` are stanzas that
    WhatsApp has not answered yet.
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


class AccountPage(TypedDict):
    """AccountPage."""

    next_cursor: str | None
    items: list[Account]


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


class Label(TypedDict):
    """`chats` and `messages` say how many carry it."""

    id: str
    name: str
    color: int
    chats: int
    messages: int


class LabelPage(TypedDict):
    """LabelPage."""

    next_cursor: str | None
    items: list[Label]


class NewAccount(TypedDict):
    """The name is 1 to 32 of a-z, 0-9, - and _."""

    account: str


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
