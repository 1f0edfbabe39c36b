"""Messages that wait for their time: how they are told and moved."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from wigwag.http.models.fields import Body, MaybeAddress, Time
from wigwag.http.models.messages import ListQuery
from wigwag.http.models.shape import Page, Shape
from wigwag.model.record import RowKind


class ScheduledQuery(ListQuery):
    """Which messages: of one chat, or of all."""

    chat: MaybeAddress = ""


class ScheduledShape(Shape):
    """A message that leaves at `send_at`. `filename` is what a document is called."""

    id: str
    account: str
    chat_jid: str
    state: Literal["scheduled"]
    type: RowKind
    text: str
    filename: str | None
    send_at: datetime
    created_at: datetime


class ScheduledPage(Page):
    """What leaves next comes first."""

    items: list[ScheduledShape]


class MoveBody(Body):
    send_at: Time = Field(description="RFC 3339, up to a year ahead")
