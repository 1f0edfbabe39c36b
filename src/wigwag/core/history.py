"""History from the phone: rows without message events, told as progress only."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from wigwag.core.identity import Recording
from wigwag.core.naming import is_person
from wigwag.core.older import record_answer
from wigwag.core.people import MAX_NAME, record_contact
from wigwag.core.receipts import record_receipt
from wigwag.core.timers import set_timer
from wigwag.core.views import history_view
from wigwag.model.archived import HistoryProgress
from wigwag.model.chat import ChatSummary, Contact
from wigwag.model.event import HistoryLost, HistoryReceived
from wigwag.model.instant import ms_of, time_of
from wigwag.model.message import Message
from wigwag.model.record import ChatRecord, EventType, GroupRecord

SLICE: Final = 1_000
"""Messages in one write unit, so that live messages never wait long behind history."""
MAX_UNREAD: Final = 1_000_000


def slices(messages: Sequence[Message]) -> Iterator[list[Message]]:
    """The messages in the order of time, in slices, all marked as history.

    History comes newest first: of two messages of one second the one that was later is first, so
    the order among equals is turned round too.
    """
    in_order = [
        message if message.from_history else replace(message, from_history=True)
        for message in messages
    ]
    in_order.reverse()
    in_order.sort(key=lambda message: message.timestamp)
    for start in range(0, len(in_order), SLICE):
        yield in_order[start : start + SLICE]


def record_head(rec: Recording, event: HistoryReceived) -> None:
    """Contacts and chats, before the messages that want their names."""
    for contact in event.contacts:
        record_contact(rec, contact, quiet=True)
    for chat in event.chats:
        _record_chat(rec, chat)


def head_parts(event: HistoryReceived) -> Iterator[HistoryReceived]:
    """The contacts and chats of a chunk one by one, for when one of them is not right."""
    bare = replace(event, messages=(), chats=(), contacts=())
    for contact in event.contacts:
        yield replace(bare, contacts=(contact,))
    for chat in event.chats:
        yield replace(bare, chats=(chat,))


def record_receipts(rec: Recording, event: HistoryReceived) -> None:
    """How far own messages got, after the messages themselves."""
    for receipt in event.receipts:
        record_receipt(rec, receipt, from_history=True)


def record_end(rec: Recording, event: HistoryReceived) -> None:
    """Tell of the progress, once per part of a chunk."""
    if not rec.tx.feed.add_seen(rec.account, _digest(event), rec.now_ms):
        return
    if event.request_id:
        record_answer(rec, event)
    progress = HistoryProgress(
        sync_type=event.sync_type,
        progress=event.progress,
        chunk=event.chunk,
        messages=len(event.messages),
        updated_at=time_of(rec.now_ms),
    )
    rec.tx.history.save_progress(rec.account, progress)
    rec.tell(EventType.HISTORY_PROGRESS, history_view(progress))


def record_lost(rec: Recording, event: HistoryLost) -> None:
    """Tell of a chunk that could not be had; the row of its kind counts it."""
    lost = f"lost/{event.sync_type}/{event.chunk}/{event.progress}/{event.reason}"
    digest = hashlib.blake2b(lost.encode(errors="replace"), digest_size=16).digest()
    if not rec.tx.feed.add_seen(rec.account, digest, rec.now_ms):
        return
    progress = HistoryProgress(
        sync_type=event.sync_type,
        progress=event.progress,
        chunk=event.chunk,
        messages=0,
        updated_at=time_of(rec.now_ms),
        failed=1,
    )
    rec.tx.history.save_progress(rec.account, progress)
    data = history_view(progress) | {"reason": event.reason, "asked_again": event.asked}
    rec.tell(EventType.HISTORY_PROGRESS, data)


def _record_chat(rec: Recording, chat: ChatSummary) -> None:
    jid = rec.canonical(chat.jid, chat.alt)
    name = chat.name[:MAX_NAME]
    if name and chat.jid.is_group:
        _name_group(rec, jid, name)
    elif name and chat.jid.is_person:
        known = rec.tx.people.find_contact(rec.account, jid)
        if known is None or not known.full_name:
            record_contact(rec, Contact(jid=chat.jid, full_name=name), quiet=True)
    _record_row(rec, chat, jid)
    if is_person(jid) and (chat.ephemeral_s or chat.ephemeral_at is not None):
        at_ms = ms_of(chat.ephemeral_at) if chat.ephemeral_at is not None else 0
        set_timer(rec, jid, chat.ephemeral_s, at_ms, quiet=True)


def _record_row(rec: Recording, chat: ChatSummary, jid: str) -> None:
    last_ms = ms_of(chat.last_message_time) if chat.last_message_time is not None else 0
    shown = rec.chat_name(jid)
    unread = min(max(chat.unread, 0), MAX_UNREAD)
    known = rec.tx.chats.find(rec.account, jid)
    if known is not None:
        # one without any message is there by app state alone
        is_new = not known.last_message_ms and not known.unread
        rec.tx.chats.touch(rec.account, jid, shown, last_ms, unread if is_new else 0)
        return
    rec.tx.chats.save(ChatRecord(rec.account, jid, shown, last_ms, unread, chat.archived))


def _name_group(rec: Recording, jid: str, name: str) -> None:
    group = rec.tx.people.find_group(rec.account, jid)
    if group is None:
        group = GroupRecord(rec.account, jid, "", "", None, lid_addressed=True, member=True)
    if not group.subject:
        rec.tx.people.save_group(group._replace(subject=name))


def _digest(event: HistoryReceived) -> bytes:
    """What tells one chunk from another, also from that of a later sync."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(f"{event.sync_type}/{event.chunk}/{event.progress}".encode())
    digest.update(event.request_id.encode(errors="replace"))
    digest.update(f"/{len(event.messages)}/{len(event.chats)}/{len(event.contacts)}".encode())
    for message in (*event.messages[:1], *event.messages[-1:]):
        digest.update(f"/{message.key.chat}/{message.key.id}".encode(errors="replace"))
    return digest.digest()
