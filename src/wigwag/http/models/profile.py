"""What the account shows of itself: how it is asked for and told."""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from wigwag.core.chatstate import MAX_NAME
from wigwag.http.models.chatstate import Timer
from wigwag.http.models.contacts import ShownPictureShape
from wigwag.http.models.fields import Body
from wigwag.http.models.sending import MediaId
from wigwag.http.models.shape import Shape

MAX_ABOUT = 139
"""Characters that WhatsApp's own applications take."""

CHOICE_PATTERN: Final = r"^[a-z_]{1,40}$"
Choice = Annotated[str, StringConstraints(pattern=CHOICE_PATTERN), Field(examples=["contacts"])]


class ProfileShape(Shape):
    """How others see the account, as far as its privacy settings let them."""

    account: str
    jid: str
    lid: str | None
    phone: str | None
    name: str | None
    about: str | None
    picture: ShownPictureShape | None


class ProfileBody(Body):
    """What is left out stays. `picture` names a JPEG that was handed over to `POST /v1/media`;
    null removes the picture. `default_ephemeral_seconds` is how long messages last in new chats; it
    is told among the settings."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME)] | None = None
    about: Annotated[str, StringConstraints(max_length=MAX_ABOUT)] | None = None
    picture: MediaId | None = None
    default_ephemeral_seconds: Timer | None = None


class PrivacyShape(Shape):
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


class PrivacyBody(Body):
    """The settings to change. Most take `all`, `contacts`, `contact_blacklist` or `none`;
    `online` takes `all` or `match_last_seen`, `read_receipts` `all` or `none`."""

    last_seen: Choice | None = None
    online: Choice | None = None
    profile_picture: Choice | None = None
    about: Choice | None = None
    read_receipts: Choice | None = None
    group_add: Choice | None = None
    call_add: Choice | None = None
    messages: Choice | None = None
    defense: Choice | None = None
    stickers: Choice | None = None


class PresenceWord(StrEnum):
    AVAILABLE = "available"
    UNAVAILABLE = "unavailable"


class PresenceBody(Body):
    """`available`: shown online, over restarts, until it is taken back. The phone gets no push
    notifications meanwhile."""

    state: Annotated[PresenceWord, Field(strict=False)]


class PresenceShape(Shape):
    """What the account wishes to be shown as."""

    state: PresenceWord
