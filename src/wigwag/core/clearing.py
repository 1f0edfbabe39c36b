"""Chats that were cleared or deleted for us: what was sent up to then is hidden, also what is late.

The rows stay, marked as deleted: lists and searches leave them out, and the classic columns keep
what they had. With `delete_media`, files that were not downloaded yet are given up.
"""

from datetime import datetime

from wigwag.core.identity import Recording
from wigwag.core.views import View, time_view
from wigwag.model.appstate import ChatCleared, ChatDeleted
from wigwag.model.instant import ms_of, ms_of_second, time_of
from wigwag.model.record import ChatRecord, ClearingRecord, EventType


def clear_chat(rec: Recording, change: ChatCleared, at: datetime, *, quiet: bool) -> None:
    """Hide the messages of the range; the chat stays in the list."""
    clearing = _clear(rec, change, at, keep_starred=change.keep_starred)
    chat = rec.tx.chats.find(rec.account, clearing.chat_jid)
    if chat is not None:
        _save_unread(rec, chat, clearing)
    if not quiet:
        _tell(rec, clearing, deleted=False)


def delete_chat(rec: Recording, change: ChatDeleted, at: datetime, *, quiet: bool) -> None:
    """Hide the messages of the range; the chat goes from the list, unless there are newer ones."""
    clearing = _clear(rec, change, at, keep_starred=False)
    jid = clearing.chat_jid
    chat = rec.tx.chats.find(rec.account, jid)
    remains = rec.tx.messages.newest_ms(rec.account, jid) is not None
    if chat is not None and remains:
        _save_unread(rec, chat, clearing)
    elif chat is not None:
        rec.tx.chats.remove(rec.account, jid)
    if not quiet:
        _tell(rec, clearing, deleted=not remains)


def _clear(
    rec: Recording, change: ChatCleared | ChatDeleted, at: datetime, *, keep_starred: bool
) -> ClearingRecord:
    jid = rec.canonical(change.chat)
    last_at = change.range.last_at
    clearing = ClearingRecord(
        account=rec.account,
        chat_jid=jid,
        until_ms=ms_of_second(last_at) if last_at is not None else ms_of(at),
        keep_starred=keep_starred,
        delete_media=change.delete_media,
    )
    rec.tx.messages.hide(clearing, rec.now_ms)
    before = rec.tx.chats.find_clearing(rec.account, jid)
    if before is None or before.until_ms <= clearing.until_ms:
        rec.tx.chats.save_clearing(clearing)
    return clearing


def _save_unread(rec: Recording, chat: ChatRecord, clearing: ClearingRecord) -> None:
    newer = rec.tx.messages.count_after(rec.account, chat.jid, clearing.until_ms)
    if newer < chat.unread:
        rec.tx.chats.save(chat._replace(unread=newer))


def _tell(rec: Recording, clearing: ClearingRecord, *, deleted: bool) -> None:
    data: View = {
        "chat_jid": clearing.chat_jid,
        "name": rec.chat_name(clearing.chat_jid),
        "cleared_until": time_view(time_of(clearing.until_ms)),
        "deleted": deleted,
    }
    rec.tell(EventType.CHAT_UPDATED, data, clearing.chat_jid)
