"""Keys as they are asked for and told."""

from datetime import datetime
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from wigwag.core.keys import KEY_NAME_PATTERN, MAX_CHATS, MAX_NAME
from wigwag.http.models.fields import Address, Body, Time
from wigwag.model.account import NAME_PATTERN
from wigwag.model.key import Scope

MAX_ACCOUNTS: Final = 100
_Scope = Annotated[Scope, Field(strict=False)]
_Account = Annotated[str, Field(pattern=NAME_PATTERN)]
_Name = Annotated[str, Field(max_length=MAX_NAME, pattern=KEY_NAME_PATTERN)]


class NewKey(Body):
    """`accounts` and `chats` limit what the key reaches; without them it reaches everything.

    `chats` are JIDs or phone numbers, and ask for the `accounts` whose chats they are.
    """

    name: _Name
    scopes: Annotated[list[_Scope], Field(min_length=1, max_length=len(Scope))]
    accounts: list[_Account] = Field(default_factory=list[str], max_length=MAX_ACCOUNTS)
    chats: list[Address] = Field(default_factory=list[str], max_length=MAX_CHATS)
    expires_at: Time | None = None


class KeyChange(Body):
    """What is left out stays; `expires_at` null takes the end away."""

    name: _Name | None = None
    expires_at: Time | None = None


class KeyModel(BaseModel):
    """A key without its secret."""

    model_config = ConfigDict(extra="forbid")

    id: str
    name: str
    scopes: list[Scope]
    accounts: list[str]
    chats: list[str]
    created_at: datetime
    expires_at: datetime | None


class CreatedKey(KeyModel):
    """`secret` is told this once; only a digest of it is kept."""

    secret: str


class KeyPage(BaseModel):
    items: list[KeyModel]
    next_cursor: None
