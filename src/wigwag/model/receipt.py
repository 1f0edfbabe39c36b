"""Receipts: what others say of messages."""

from datetime import datetime
from enum import StrEnum

from wigwag.model.jid import Jid
from wigwag.model.message import SendState
from wigwag.model.value import Value


class ReceiptKind(StrEnum):
    DELIVERED = "delivered"
    READ = "read"
    PLAYED = "played"


RECEIPT_STATE = {
    ReceiptKind.DELIVERED: SendState.DELIVERED,
    ReceiptKind.READ: SendState.READ,
    ReceiptKind.PLAYED: SendState.PLAYED,
}


class Receipt(Value):
    """`sender` (of the receipt) got, read or played the messages `ids` of `chat`.

    `by_me` is set when another own device read them (read-self).
    """

    kind: ReceiptKind
    chat: Jid
    sender: Jid
    ids: tuple[str, ...]
    timestamp: datetime
    by_me: bool = False
