"""API keys: who calls, and what that caller may do and see."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from wigwag.model.value import Value


class Scope(StrEnum):
    """What a key is for. `read`: look at everything. `send`: write, and change what others see.
    `admin`: accounts, webhooks and keys; it includes the other two."""

    READ = "read"
    SEND = "send"
    ADMIN = "admin"


class ApiKey(Value):
    """A key, without its secret.

    `accounts` and `chats` (canonical JIDs) limit what it reaches; empty is everything.
    """

    id: str
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    accounts: frozenset[str] = frozenset()
    chats: frozenset[str] = frozenset()
    expires_at: datetime | None = None

    def may(self, scope: Scope) -> bool:
        return scope in self.scopes or Scope.ADMIN in self.scopes

    def reaches(self, account: str) -> bool:
        return not self.accounts or account in self.accounts

    def sees(self, chat_jid: str) -> bool:
        return not self.chats or chat_jid in self.chats

    @property
    def rights(self) -> tuple[frozenset[Scope], frozenset[str], frozenset[str]]:
        """What it may do and see, however it is called and whenever it ends."""
        return self.scopes, self.accounts, self.chats

    def governs(self, now: datetime) -> bool:
        """Whether whoever has it can administer the whole server now, keys above all."""
        is_limited = bool(self.accounts or self.chats)
        return Scope.ADMIN in self.scopes and not is_limited and self.is_valid(now)

    @property
    def governs_always(self) -> bool:
        """Whether it does so without an end."""
        return self.expires_at is None and self.governs(self.created_at)

    def is_valid(self, now: datetime) -> bool:
        return self.expires_at is None or now < self.expires_at


class KeyRecord(NamedTuple):
    """A key as it is stored. Scopes, accounts and chats are separated by spaces."""

    id: str
    digest: bytes
    name: str
    scopes: str
    accounts: str
    chats: str
    created_ms: int
    expires_ms: int | None
