# Made by tools/generate_client.py; do not edit it.
"""What is asked and answered of events."""

from __future__ import annotations

from typing import Any, TypedDict


class Event(TypedDict):
    """What happened. `id` is the same at every delivery; `seq` grows by one from event to
    event of this server. `data` depends on the type (docs/reference/events.md); a message
    looks as in the lists of messages.
    """

    id: str
    seq: int
    account: str
    type: str
    time: str
    data: dict[str, Any]


class EventPage(TypedDict):
    """`next_after` is the next question's `after`; `last_seq` the newest event of the
    server.
    """

    items: list[Event]
    next_after: int
    last_seq: int
