"""Messages and what becomes of them."""

from datetime import datetime
from enum import StrEnum

from wigwag.model.content import Content, MessageKey
from wigwag.model.jid import Jid
from wigwag.model.value import Value


class SendState(StrEnum):
    """How far an own message got; it never moves backwards (`failed` is an end)."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    PLAYED = "played"
    FAILED = "failed"


_RANK = {
    SendState.QUEUED: 0,
    SendState.FAILED: 1,
    SendState.SENT: 2,
    SendState.DELIVERED: 3,
    SendState.READ: 4,
    SendState.PLAYED: 5,
}


def raise_state(current: SendState, new: SendState) -> SendState:
    """The state after `new` was learnt in state `current`."""
    return new if _RANK[new] > _RANK[current] else current


class Message(Value):
    """One message in a chat, as the archive keeps it.

    `key.chat` and `key.sender` are bare JIDs as the network addressed them; `chat_alt` and
    `sender_alt` are the other address (LID or PN) of the same person where the stanza told it.
    `server_id` is the number of a newsletter's post.
    """

    key: MessageKey
    timestamp: datetime
    content: Content
    push_name: str = ""
    chat_alt: Jid | None = None
    sender_alt: Jid | None = None
    view_once: bool = False
    from_history: bool = False
    state: SendState | None = None
    server_id: int = 0


class Outgoing(Value):
    """A message to send. The id is chosen before the send; a retry carries the same one.

    `secret` (32 random bytes) likewise stays the same over retries.
    """

    to: Jid
    id: str
    content: Content
    timestamp: datetime
    secret: bytes = b""


class Sent(Value):
    """WhatsApp acknowledged the message. `chat` is the address that the network used; `server_id`
    the number that a newsletter's post got."""

    id: str
    chat: Jid
    timestamp: datetime
    server_id: int = 0
