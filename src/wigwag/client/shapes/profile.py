# Made by tools/generate_client.py; do not edit it.
"""What is asked and answered of profile."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict


class Presence(TypedDict):
    """What the account wishes to be shown as."""

    state: PresenceWord


class PresenceBody(TypedDict):
    """`available`: shown online, over restarts, until it is taken back. The phone gets no
    push notifications meanwhile.
    """

    state: PresenceWord


PresenceWord = Literal["available", "unavailable"]


class Privacy(TypedDict):
    """Who may see or do what, in WhatsApp's words; null where WhatsApp does not tell it."""

    last_seen: str | None
    online: str | None
    profile_picture: str | None
    about: str | None
    read_receipts: str | None
    group_add: str | None
    call_add: str | None
    messages: str | None
    defense: str | None
    stickers: str | None


class PrivacyBody(TypedDict):
    """The settings to change. Most take `all`, `contacts`, `contact_blacklist` or `none`;
    `online` takes `all` or `match_last_seen`, `read_receipts` `all` or `none`.
    """

    last_seen: NotRequired[str | None]
    online: NotRequired[str | None]
    profile_picture: NotRequired[str | None]
    about: NotRequired[str | None]
    read_receipts: NotRequired[str | None]
    group_add: NotRequired[str | None]
    call_add: NotRequired[str | None]
    messages: NotRequired[str | None]
    defense: NotRequired[str | None]
    stickers: NotRequired[str | None]


class Profile(TypedDict):
    """How others see the account, as far as its privacy settings let them."""

    account: str
    jid: str
    lid: str | None
    phone: str | None
    name: str | None
    about: str | None
    picture: ShownPicture | None


class ProfileBody(TypedDict):
    """What is left out stays. `picture` names a JPEG that was handed over to `POST
    /v1/media`; null removes the picture. `default_ephemeral_seconds` is how long messages
    last in new chats; it is told among the settings.
    """

    name: NotRequired[str | None]
    about: NotRequired[str | None]
    picture: NotRequired[str | None]
    default_ephemeral_seconds: NotRequired[Literal[0, 86400, 604800, 7776000] | None]


class ShownPicture(TypedDict):
    """`url` holds for some hours; anybody who has it can fetch the picture."""

    id: str
    url: str | None
    preview: bool
