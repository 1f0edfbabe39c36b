"""Receipts: what others say of our messages."""

from typing import Final

from wigwag.core.identity import Recording
from wigwag.core.naming import is_person
from wigwag.core.views import View, message_view, time_view
from wigwag.model.instant import ms_of
from wigwag.model.message import SendState, raise_state
from wigwag.model.receipt import RECEIPT_STATE, Receipt, ReceiptKind
from wigwag.model.record import EventType, MessageHead, ReceiptRecord

MAX_IDS: Final = 4_096
"""More ids in one receipt are not looked at."""


def record_receipt(rec: Recording, receipt: Receipt, *, from_history: bool = False) -> None:
    """Keep who got, read or played which message, and raise the state of direct messages.

    In a group the state stays `sent`: the receipts of its people are kept one by one. Whatever
    was said of it before, a message that somebody has was sent. What history tells of its own
    messages is no event; of others it may be the first to tell.
    """
    chat = rec.canonical(receipt.chat)
    if receipt.by_me:
        _read_by_me(rec, chat, receipt)
        return
    person = rec.canonical(receipt.sender)
    at_ms = ms_of(receipt.timestamp)
    for message_id in receipt.ids[:MAX_IDS]:
        record = ReceiptRecord(rec.account, chat, message_id, person, receipt.kind.value, at_ms)
        if rec.tx.changes.add_receipt(record):
            _raise(rec, receipt, record, from_history=from_history)


def told_state(rec: Recording, head: MessageHead) -> SendState:
    """The state of an own direct message by the receipts that are kept of it, as when they came
    before its id was known."""
    state = SendState.SENT
    if is_person(head.chat_jid):
        for record in rec.tx.changes.list_receipts(rec.account, head.chat_jid, head.id):
            state = raise_state(state, RECEIPT_STATE[ReceiptKind(record.kind)])
    return state


def _raise(rec: Recording, receipt: Receipt, record: ReceiptRecord, *, from_history: bool) -> None:
    head = _own_message(rec, record)
    if head is None:
        return
    before = SendState(head.state or SendState.SENT)
    direct = is_person(head.chat_jid)
    after = raise_state(before, RECEIPT_STATE[receipt.kind] if direct else SendState.SENT)
    if after != before:
        rec.tx.messages.change(head, state=after.value, error_code=None, error=None)
    elif direct:
        return
    if from_history and head.from_history:
        return
    if before is SendState.FAILED:
        # refused when it was sent again, after its first acknowledgement had got lost
        rec.tell(EventType.MESSAGE_SENT, message_view(rec.tx.messages.load(head)), head.chat_jid)
    data: View = {
        "id": head.id,
        "chat_jid": head.chat_jid,
        "state": after.value,
        "receipt": {
            "person": rec.person_view(record.person),
            "kind": receipt.kind.value,
            "timestamp": time_view(receipt.timestamp),
        },
    }
    rec.tell(EventType.MESSAGE_STATUS, data, head.chat_jid)


def _own_message(rec: Recording, record: ReceiptRecord) -> MessageHead | None:
    """The own message that a receipt is about.

    A receipt may come by a LID whose number is not known yet; the id, which only the receiver of
    a direct message knows, then leads to the message.
    """
    own = rec.own_jid()
    head = rec.tx.messages.find(record.account, record.chat_jid, own, record.message_id)
    if head is not None:
        return head if head.is_from_me else None
    for other in rec.tx.messages.find_all(record.account, record.message_id):
        if not other.is_from_me:
            continue
        by_unknown_lid = record.chat_jid.endswith("@lid") and is_person(other.chat_jid)
        if other.chat_jid == record.chat_jid or by_unknown_lid:
            return other
    return None


def _read_by_me(rec: Recording, chat: str, receipt: Receipt) -> None:
    """Another own device read the chat up to these messages."""
    if receipt.kind != ReceiptKind.READ:
        return
    newest = 0
    for message_id in receipt.ids[:MAX_IDS]:
        for head in rec.tx.messages.find_all(rec.account, message_id):
            if head.chat_jid == chat:
                newest = max(newest, head.row)
    before = rec.tx.chats.find(rec.account, chat)
    if before is None or not newest:
        return
    unread = min(before.unread, rec.tx.messages.count_newer(rec.account, chat, newest))
    if unread == before.unread:
        return
    rec.tx.chats.save(before._replace(unread=unread))
    data: View = {"chat_jid": chat, "name": before.name, "unread": unread}
    rec.tell(EventType.CHAT_UPDATED, data, chat)
