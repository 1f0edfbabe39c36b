"""Webhooks: who is told of events, and what of it is under way."""

from enum import StrEnum
from typing import Final, NamedTuple

from wigwag.model.archived import FeedFilter

GONE: Final = 410
"""The status by which a receiver says that it wants no more at all."""
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


class DeliveryError(StrEnum):
    """Why an attempt met no answer."""

    ADDRESS_REFUSED = "address_refused"
    BAD_URL = "bad_url"
    BROKEN_ANSWER = "broken_answer"
    NOT_REACHABLE = "not_reachable"
    TIMEOUT = "timeout"


_NEXT_STEPS: Final[dict[str, str]] = {
    DeliveryError.ADDRESS_REFUSED: "The receiver's address is not a public one. If it may be "
    "reached, add its host or address to WIGWAG_WEBHOOK_ALLOW and start the server anew.",
    DeliveryError.BAD_URL: "No request can be made of the URL. Give the webhook another one.",
    DeliveryError.BROKEN_ANSWER: "The connection ended before an answer, or that was no HTTP. "
    "Look into the receiver's log.",
    DeliveryError.NOT_REACHABLE: "No connection: the name is unknown, nobody listens there, or the "
    "certificate does not hold. Check the URL, and that the receiver runs.",
    DeliveryError.TIMEOUT: "No answer within 15 seconds. Let the receiver answer before it works.",
}


def next_step(status: int, error: str) -> str:
    """What can be done about an attempt that failed so; empty where the receiver knows best."""
    if 300 <= status < 400:
        return "Redirects are not followed. Give the webhook the URL that they lead to."
    if status == GONE:
        return "The receiver wants no more. Enable the webhook when it does again."
    return _NEXT_STEPS.get(error, "")


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
