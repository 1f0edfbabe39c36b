# Made by tools/generate_client.py; do not edit it.
"""What is asked and answered of contacts."""

from __future__ import annotations

from typing import TypedDict

from wigwag.client.shapes.common import Person


class About(TypedDict):
    """`about` is null where there is none, or it is not shown to this account."""

    jid: str
    about: str | None


class Blocked(TypedDict):
    """Blocked."""

    jid: str
    blocked: bool


class BlocklistPage(TypedDict):
    """Whom the account shuts out; told whole."""

    items: list[Person]
    next_cursor: None


class Business(TypedDict):
    """Business."""

    jid: str
    address: str | None
    email: str | None
    description: str | None
    websites: list[str]
    categories: list[str]
    timezone: str | None
    hours: list[Hours]


class CheckBody(TypedDict):
    """Phone numbers in international form, as people write them."""

    phones: list[str]


class Checked(TypedDict):
    """`number` is as it was asked; the addresses are WhatsApp's, and null for who is not
    there. `business_name` is told where it is known already.
    """

    number: str
    is_on_whatsapp: bool
    jid: str | None
    lid: str | None
    phone: str | None
    name: str | None
    business_name: str | None


class CheckedPage(TypedDict):
    """One for each number, in the order of the question."""

    items: list[Checked]


class ContactPicture(TypedDict):
    """ContactPicture."""

    id: str
    url: str | None
    preview: bool
    jid: str


class Erased(TypedDict):
    """How much was removed; `events` were emptied, and keep their place in the log."""

    messages: int
    events: int
    deliveries: int
    others: int


class Followed(TypedDict):
    """Followed."""

    jid: str


class Hours(TypedDict):
    """`mode` is `specific_hours`, `open_24h` or `appointment_only`; minutes after midnight."""

    day: str
    mode: str
    open_minute: int
    close_minute: int
