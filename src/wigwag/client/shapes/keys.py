# Made by tools/generate_client.py; do not edit it.
"""What is asked and answered of keys."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict


class CreatedKey(TypedDict):
    """`secret` is told this once; only a digest of it is kept."""

    id: str
    name: str
    scopes: list[Scope]
    accounts: list[str]
    chats: list[str]
    created_at: str
    expires_at: str | None
    secret: str


class Key(TypedDict):
    """A key without its secret."""

    id: str
    name: str
    scopes: list[Scope]
    accounts: list[str]
    chats: list[str]
    created_at: str
    expires_at: str | None


class KeyChange(TypedDict):
    """What is left out stays; `expires_at` null takes the end away."""

    name: NotRequired[str | None]
    expires_at: NotRequired[str | None]


class KeyPage(TypedDict):
    """KeyPage."""

    items: list[Key]
    next_cursor: None


class NewKey(TypedDict):
    """`accounts` and `chats` limit what the key reaches; without them it reaches everything.
    `chats` are JIDs or phone numbers, and ask for the `accounts` whose chats they are.
    """

    name: str
    scopes: list[Scope]
    accounts: NotRequired[list[str]]
    chats: NotRequired[list[str]]
    expires_at: NotRequired[str | None]


Scope = Literal["read", "send", "admin"]
"""What a key is for. `read`: look at everything. `send`: write, and change what others see.
`admin`: accounts, webhooks and keys; it includes the other two.
"""
