"""Newsletters: what WhatsApp shows as channels."""

from datetime import datetime
from enum import StrEnum

from wigwag.model.content import Content
from wigwag.model.jid import Jid
from wigwag.model.value import Value


class NewsletterRole(StrEnum):
    """What the account is in a newsletter. `guest`: it reads without following."""

    GUEST = "guest"
    SUBSCRIBER = "subscriber"
    ADMIN = "admin"
    OWNER = "owner"


class Newsletter(Value):
    """What a newsletter says of itself, and what the account is in it.

    `role` and `muted` are None where WhatsApp did not tell them, as for a link. `state` is in lower
    case: active, suspended, geosuspended. The paths are those of pictures on the media hosts.
    """

    jid: Jid
    name: str
    description: str = ""
    invite: str = ""
    subscribers: int = 0
    created_at: datetime | None = None
    verified: bool = False
    state: str = ""
    reactions: str = ""
    picture_path: str = ""
    preview_path: str = ""
    role: NewsletterRole | None = None
    muted: bool | None = None


class NewNewsletter(Value):
    """What a newsletter is created with; `picture` is a JPEG, or nothing."""

    name: str
    description: str = ""
    picture: bytes = b""


class NewsletterSettings(Value):
    """What is to change of a newsletter; None stays. An empty `picture` removes it."""

    name: str | None = None
    description: str | None = None
    picture: bytes | None = None


class Post(Value):
    """A message of a newsletter as the server keeps it, known by its `server_id`.

    `content` is None where only the counts were told, or the post was deleted; `views` and
    `reactions` (emoji and how many) are None where nothing was said of them.
    """

    server_id: int
    id: str = ""
    timestamp: datetime | None = None
    content: Content | None = None
    from_me: bool = False
    views: int | None = None
    reactions: tuple[tuple[str, int], ...] | None = None
