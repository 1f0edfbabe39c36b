"""Accounts as they are told."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from wigwag.http.models.fields import Body, Phone
from wigwag.http.models.shape import Page, Shape
from wigwag.model.account import NAME_PATTERN, ConnectionState
from wigwag.model.capability import Capability, EngineKind


class CatchUpShape(Shape):
    """What had waited on the server while this device was away, and how much of it is here."""

    state: str
    expected: int
    received: int
    began_at: datetime
    completed_at: datetime | None


class AccountStateShape(Shape):
    """The connection of an account. `phone` is null until it is linked; `expires_at` is the end of
    a ban.

    `next_attempt` is when it connects by itself again; `awaited` are stanzas that WhatsApp has not
    answered yet. With `possible_gap`, what came after `gap_since` may be missing: the process of
    the account's engine ended without warning.
    """

    account: str
    state: ConnectionState
    since: datetime
    reason: str | None
    jid: str | None
    lid: str | None
    phone: str | None
    push_name: str | None
    last_frame_in: datetime | None
    last_frame_out: datetime | None
    expires_at: datetime | None
    next_attempt: datetime | None
    awaited: int
    sync: CatchUpShape | None
    last_message_at: datetime | None
    possible_gap: bool
    gap_since: datetime | None


class AccountShape(AccountStateShape):
    """An account. `phone` is null until it is linked; `expires_at` is the end of a ban.

    `next_attempt` is when it connects by itself again; `awaited` are stanzas that WhatsApp has not
    answered yet. What asks for a capability that is not among `capabilities` is answered 501
    `not_supported_by_engine`. With `possible_gap`, what came after `gap_since` may be missing: the
    process of the account's engine ended without warning.
    """

    engine: EngineKind
    capabilities: list[Capability]


class AccountPage(Page):
    items: list[AccountShape]


Engine = Annotated[EngineKind, Field(strict=False)]


class NewAccount(Body):
    """The name is 1 to 32 of a-z, 0-9, - and _."""

    account: Annotated[str, Field(pattern=NAME_PATTERN)]
    engine: Annotated[
        Engine | None, Field(description="Null: the one of the server's settings.")
    ] = None


class AccountChange(Body):
    """Another engine for an account that is not linked."""

    engine: Engine


class PairingPhone(Body):
    """The number of the phone that will type the code, in international form."""

    phone: Phone


class PairingCodeModel(BaseModel):
    code: str
