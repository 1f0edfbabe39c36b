"""Webhooks: who is told of events, and what of it is under way."""

from enum import StrEnum
from typing import Final, NamedTuple

from wigwag.model.archived import FeedFilter

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - what secrets begin with


class WebhookRecord(NamedTuple):
    """A webhook as it is stored. Accounts, chats and types are separated by spaces.

    `cursor` is the last event that was taken up; from `replay_next` to `replay_end` events are
    told once more. `old_secret` is valid until `old_until_ms`.
    """

    id: str
    url: str
    accounts: str
    chats: str
    types: str
    secret: str
    created_ms: int
    cursor: int
    enabled: bool = True
    reason: str = ""
    old_secret: str = ""
    old_until_ms: int = 0
    replay_next: int = 0
    replay_end: int = 0

    @property
    def wanted(self) -> FeedFilter:
        return FeedFilter(
            accounts=frozenset(self.accounts.split()),
            chats=frozenset(self.chats.split()),
            types=frozenset(self.types.split()),
        )

    def secrets(self, now_ms: int) -> tuple[str, ...]:
        """Those that are valid, the newest first."""
        is_old_valid = bool(self.old_secret) and now_ms < self.old_until_ms
        return (self.secret, self.old_secret) if is_old_valid else (self.secret,)


def lane_of(account: str, chat_jid: str) -> str:
    """Where deliveries about a chat wait for each other."""
    return f"{account} {chat_jid}"


class DeliveryState(StrEnum):
    """`pending`: not delivered yet. `dead`: given up; it can be delivered again by request."""

    PENDING = "pending"
    DEAD = "dead"


class DeliveryLag(NamedTuple):
    """What is not delivered: how much is `pending` of webhooks that are enabled, since when the
    oldest of it, and how much is `dead`."""

    pending: int = 0
    oldest_ms: int | None = None
    dead: int = 0


class DeliveryRecord(NamedTuple):
    """An event that is on its way to a receiver; what was delivered has no row.

    Of one `lane` (a chat) one goes after the other. `next_ms` is when it is tried (again),
    `status` the last answer's, 0 for none.
    """

    webhook_id: str
    event_id: str
    seq: int
    lane: str
    type: str
    body: bytes
    created_ms: int
    state: str = DeliveryState.PENDING
    attempts: int = 0
    next_ms: int = 0
    status: int = 0
    error: str = ""
    number: int = 0
