# Made by tools/generate_client.py; do not edit it.
"""What is asked and answered of scheduled."""

from __future__ import annotations

from typing import Literal, TypedDict

from wigwag.client.shapes.common import RowKind


class MoveBody(TypedDict):
    """MoveBody."""

    send_at: str


class Scheduled(TypedDict):
    """A message that leaves at `send_at`. `filename` is what a document is called."""

    id: str
    account: str
    chat_jid: str
    state: Literal["scheduled"]
    type: RowKind
    text: str
    filename: str | None
    send_at: str
    created_at: str


class ScheduledPage(TypedDict):
    """What leaves next comes first."""

    next_cursor: str | None
    items: list[Scheduled]
