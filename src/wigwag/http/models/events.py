"""Events as they are asked for, and as they look."""

import re
from typing import Annotated, Any

from pydantic import BaseModel, Field

from wigwag.core.feed import MAX_PAGE
from wigwag.http.models.fields import MaybeAddress
from wigwag.model.record import EventType

LATEST = "latest"
MAX_WAIT_S = 60
EVENT_ID_PATTERN = r"^[0-9]{0,18}$"
CURSOR_PATTERN = r"^(latest|[0-9]{1,18})$"
_TYPE = f" *(?:{'|'.join(re.escape(kind.value) for kind in EventType)})? *"
TYPES_PATTERN = f"^{_TYPE}(?:,{_TYPE})*$"


class EventQuery(BaseModel):
    """Which events, from where on."""

    account: Annotated[str, Field(description="Only of this account.", max_length=64)] = ""
    types: Annotated[
        str,
        Field(
            description="Only of these types, comma-separated.",
            examples=["message.received,message.status"],
            json_schema_extra={"pattern": TYPES_PATTERN},
            max_length=2_000,
        ),
    ] = ""
    chat: Annotated[
        MaybeAddress, Field(description="Only of this chat (a JID or a number) of `account`.")
    ] = ""


class PollQuery(EventQuery):
    after: Annotated[
        str,
        Field(
            description="The `seq` of the last event that is known; 0 for the oldest that is kept, "
            "`latest` for those to come.",
            pattern=CURSOR_PATTERN,
        ),
    ] = "0"
    limit: Annotated[int, Field(description="Events in one answer.", ge=1, le=MAX_PAGE)] = 100
    wait_s: Annotated[
        float,
        Field(description="How long to wait for an event if there is none.", ge=0, le=MAX_WAIT_S),
    ] = 0


class StreamQuery(EventQuery):
    after: Annotated[
        str,
        Field(
            description="The `seq` of the last event that is known; 0 for the oldest that is kept.",
            pattern=CURSOR_PATTERN,
        ),
    ] = LATEST


class Event(BaseModel):
    """What happened. `id` is the same at every delivery; `seq` grows by one from event to event of
    this server. `data` depends on the type (docs/reference/events.md); a message looks as in the
    lists of messages."""

    id: str
    seq: int
    account: str
    type: str
    time: str
    data: dict[str, Any]


class EventPage(BaseModel):
    """`next_after` is the next question's `after`; `last_seq` the newest event of the server."""

    items: list[Event]
    next_after: int
    last_seq: int
