"""Webhooks as they are named, and as they and their deliveries look."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from wigwag.http.models.fields import MAX_SEQ, WHOLE, Address, Body, TypeOfEvent, Url
from wigwag.model.webhook import DeliveryState

_Accounts = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=128)]], Field(max_length=100)
]
_Chats = Annotated[list[Address], Field(max_length=100)]
_Types = Annotated[list[TypeOfEvent], Field(max_length=100)]
_Seq = Annotated[int, Field(ge=1, le=MAX_SEQ), WHOLE]


class NewWebhook(Body):
    """`accounts`, `chats` and `types` choose what it is told; without them it is told everything.

    `chats` are JIDs or phone numbers, and ask for the `accounts` whose chats they are.
    """

    url: Url
    accounts: _Accounts = Field(default_factory=list[str])
    chats: _Chats = Field(default_factory=list[str])
    types: _Types = Field(default_factory=list[str])


class WebhookChange(Body):
    """What is left out stays. `chats` ask for the `accounts`, too."""

    url: Url | None = None
    accounts: _Accounts | None = None
    chats: _Chats | None = None
    types: _Types | None = None
    enabled: bool | None = None


class Replay(Body):
    from_seq: _Seq
    to_seq: _Seq


class WebhookModel(BaseModel):
    """A webhook without its secret. `reason` tells why it is disabled, if that was not asked for;
    `last_seq` is the last event that was taken up, where those that are not wanted count by
    thousands; `replaying` while a range is told again."""

    model_config = ConfigDict(extra="forbid")

    id: str
    url: str
    accounts: list[str]
    chats: list[str]
    types: list[str]
    enabled: bool
    reason: str | None
    last_seq: int
    replaying: bool
    created_at: datetime


class CreatedWebhook(WebhookModel):
    """`secret` signs the deliveries (Standard Webhooks 1.0); it is told this once."""

    secret: str


class WebhookPage(BaseModel):
    items: list[WebhookModel]
    next_cursor: None


class DeliveryModel(BaseModel):
    """An event that is not delivered. `id` is the event's; `status` the last answer's. `error` is
    why the last attempt failed, `detail` what can be done about it."""

    model_config = ConfigDict(extra="forbid")

    id: str
    seq: int
    type: str
    state: DeliveryState
    attempts: int
    next_attempt_at: datetime | None
    status: int | None
    error: str | None
    detail: str | None
    created_at: datetime


class DeliveryPage(BaseModel):
    items: list[DeliveryModel]
    next_cursor: str | None


class Told(BaseModel):
    """The id of the event that is on its way."""

    id: str
