"""Other people: how they are asked after, and what is told of them."""

from typing import Annotated

from pydantic import Field

from wigwag.core.contactbook import MAX_CHECKED
from wigwag.http.models.fields import Body, Phone
from wigwag.http.models.shape import PersonShape, Shape


class CheckBody(Body):
    """Phone numbers in international form, as people write them."""

    phones: Annotated[list[Phone], Field(min_length=1, max_length=MAX_CHECKED)]


class CheckedShape(Shape):
    """`number` is as it was asked; the addresses are WhatsApp's, and null for who is not there.

    `business_name` is told where it is known already.
    """

    number: str
    is_on_whatsapp: bool
    jid: str | None
    lid: str | None
    phone: str | None
    name: str | None
    business_name: str | None


class CheckedPage(Shape):
    """One for each number, in the order of the question."""

    items: list[CheckedShape]


class ShownPictureShape(Shape):
    """`url` holds for some hours; anybody who has it can fetch the picture."""

    id: str
    url: str | None
    preview: bool


class ContactPictureShape(ShownPictureShape):
    jid: str


class AboutShape(Shape):
    """`about` is null where there is none, or it is not shown to this account."""

    jid: str
    about: str | None


class HoursShape(Shape):
    """`mode` is `specific_hours`, `open_24h` or `appointment_only`; minutes after midnight."""

    day: str
    mode: str
    open_minute: int
    close_minute: int


class BusinessShape(Shape):
    jid: str
    address: str | None
    email: str | None
    description: str | None
    websites: list[str]
    categories: list[str]
    timezone: str | None
    hours: list[HoursShape]


class BlockedShape(Shape):
    jid: str
    blocked: bool


class BlocklistPage(Shape):
    """Whom the account shuts out; told whole."""

    items: list[PersonShape]
    next_cursor: None


class FollowedShape(Shape):
    jid: str
