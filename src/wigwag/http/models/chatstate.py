"""What is changed of chats: how it is asked for and answered."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from wigwag.core.older import MAX_WANTED, PAGE
from wigwag.http.models.fields import WHOLE, Body, Time
from wigwag.http.models.shape import Shape
from wigwag.model.archived import HistoryRequestState
from wigwag.model.chat import ChatActivity

_TIMERS: Final = (0, 86_400, 604_800, 7_776_000)
"""Seconds that WhatsApp knows: off, a day, a week, 90 days (whatsmeow send.go)."""


def _checked_timer(seconds: int) -> int:
    if seconds not in _TIMERS:
        raise ValueError(f"take one of {', '.join(map(str, _TIMERS))}")
    return seconds


Timer = Annotated[
    int,
    AfterValidator(_checked_timer),
    Field(json_schema_extra={"enum": list(_TIMERS)}),
    WHOLE,
]
"""How long messages last. Not a Literal, for which `false` is 0."""


class ChatChangeBody(Body):
    """What the chat is to be like, for every device of the account; what is left out stays.

    `marked_unread` false marks it as read for our own devices: nobody else is told.
    `ephemeral_seconds` is how long messages last for everybody in the chat: 0 is for ever, else a
    day, a week or 90 days.
    """

    archived: bool | None = None
    pinned: bool | None = None
    muted: bool | None = None
    muted_until: Time | None = Field(
        default=None, description="RFC 3339, with `muted: true`; without it muted for ever"
    )
    marked_unread: bool | None = None
    ephemeral_seconds: Timer | None = None


class ClearBody(Body):
    """`keep_starred` leaves starred messages; `delete_media` asks the devices to delete files."""

    keep_starred: bool = False
    delete_media: bool = False


class ActivityWord(StrEnum):
    """What one is shown to do."""

    TYPING = "typing"
    RECORDING = "recording"
    PAUSED = "paused"


ACTIVITIES = {
    ActivityWord.TYPING: ChatActivity.COMPOSING,
    ActivityWord.RECORDING: ChatActivity.RECORDING,
    ActivityWord.PAUSED: ChatActivity.PAUSED,
}


class ActivityBody(Body):
    """The others take it back by themselves after some 25 seconds without a word."""

    state: Annotated[ActivityWord, Field(strict=False)]


class ActivityShape(Shape):
    chat_jid: str
    state: ActivityWord


class OlderBody(Body):
    """How many older messages to ask for; they come before the oldest that is known, or before a
    time."""

    count: Annotated[int, Field(ge=1, le=MAX_WANTED), WHOLE] = PAGE
    before: Time | None = Field(default=None, description="RFC 3339")


class OlderShape(Shape):
    """A request for older messages: `wanted` of them, `received` so far."""

    chat_jid: str
    state: HistoryRequestState
    wanted: int
    received: int
    requested_at: datetime
    updated_at: datetime
