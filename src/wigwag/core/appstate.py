"""What the devices of an account share: applied to the archive, whoever made the change.

A collection that is fetched for the first time makes rows and no events, as history does. Later
changes are told when they change something; one that comes again changes nothing, by the digest
of its part of a patch.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import msgspec

from wigwag.core.clearing import clear_chat, delete_chat
from wigwag.core.identity import Recording
from wigwag.core.marks import mark_deleted, mark_starred
from wigwag.core.people import MAX_NAME, name_contact
from wigwag.core.views import View, maybe_time_view, time_view
from wigwag.model.appstate import (
    AppStateChange,
    ChatArchived,
    ChatCleared,
    ChatDeleted,
    ChatLabelled,
    ChatLocked,
    ChatMarkedRead,
    ChatMuted,
    ChatPinned,
    ContactNamed,
    LabelEdited,
    MessageDeleted,
    MessageLabelled,
    MessageStarred,
    PushNameSet,
    QuickReplySet,
    SettingChanged,
    StatusPrivacySet,
)
from wigwag.model.event import AppStateChanged
from wigwag.model.instant import maybe_time_of, ms_of, ms_of_second
from wigwag.model.jid import Jid
from wigwag.model.record import (
    MUTED_FOREVER,
    ChatRecord,
    EventType,
    LabelRecord,
    QuickReplyRecord,
)

_ENCODER: Final = msgspec.msgpack.Encoder()
_JSON: Final = msgspec.json.Encoder()


def record_app_state(rec: Recording, event: AppStateChanged) -> None:
    """Apply one part of a patch, once."""
    if not rec.tx.feed.add_seen(rec.account, _digest(event), rec.now_ms):
        return
    for timed in event.changes:
        _apply(rec, timed.change, timed.at, quiet=event.first)


def _digest(event: AppStateChanged) -> bytes:
    whole = _ENCODER.encode(msgspec.structs.replace(event, first=False))
    return hashlib.blake2b(whole, digest_size=16).digest()


def _apply(rec: Recording, change: AppStateChange, at: datetime, *, quiet: bool) -> None:
    match change:
        case ContactNamed():
            name_contact(rec, change, quiet=quiet)
        case MessageStarred():
            mark_starred(rec, change, at, quiet=quiet)
        case MessageDeleted():
            mark_deleted(rec, change, at, quiet=quiet)
        case ChatCleared():
            clear_chat(rec, change, at, quiet=quiet)
        case ChatDeleted():
            delete_chat(rec, change, at, quiet=quiet)
        case ChatLabelled():
            _assign(rec, change.label, change.chat, "", assigned=change.labelled, quiet=quiet)
        case MessageLabelled(label=label, chat=chat, message_id=message_id, labelled=labelled):
            _assign(rec, label, chat, message_id, assigned=labelled, quiet=quiet)
        case ChatArchived() | ChatPinned() | ChatMuted() | ChatMarkedRead() | ChatLocked():
            change_chat(rec, change, at, quiet=quiet)
        case _:
            _apply_own(rec, change, at, quiet=quiet)


OwnChange = PushNameSet | LabelEdited | QuickReplySet | StatusPrivacySet | SettingChanged


def _apply_own(rec: Recording, change: OwnChange, at: datetime, *, quiet: bool) -> None:
    """What concerns the account itself."""
    match change:
        case PushNameSet(name=name):
            _set_push_name(rec, name[:MAX_NAME], at, quiet=quiet)
        case LabelEdited():
            _edit_label(rec, change, quiet=quiet)
        case QuickReplySet():
            _set_quick_reply(rec, change, quiet=quiet)
        case StatusPrivacySet(mode=mode, people=people):
            listed = [rec.canonical(jid) for jid in people]
            set_setting(
                rec, "status_privacy", {"mode": mode.value, "people": listed}, at, quiet=quiet
            )
        case SettingChanged(name=name, value=value):
            set_setting(rec, name.value, value, at, quiet=quiet)


ChatFlag = ChatArchived | ChatPinned | ChatMuted | ChatMarkedRead | ChatLocked


def change_chat(rec: Recording, change: ChatFlag, at: datetime, *, quiet: bool) -> None:
    """Flags of a chat; one that is not here yet is there from its first flag on."""
    jid = rec.canonical(change.chat)
    before = rec.tx.chats.find(rec.account, jid)
    if before is None:
        before = ChatRecord(rec.account, jid, rec.chat_name(jid), 0, 0, archived=False)
    after = before._replace(**_FLAGS[type(change)](rec, before, change, at))
    if after == before:
        return
    rec.tx.chats.save(after)
    if not quiet:
        rec.tell(EventType.CHAT_UPDATED, chat_flags(after), jid)


def chat_flags(chat: ChatRecord) -> View:
    """The data of `chat.updated`."""
    until_ms = chat.muted_until_ms
    return {
        "chat_jid": chat.jid,
        "name": chat.name,
        "unread": chat.unread,
        "archived": bool(chat.archived),
        "pinned_at": maybe_time_view(maybe_time_of(chat.pinned_ms)),
        "muted": until_ms is not None,
        "muted_until": maybe_time_view(
            maybe_time_of(until_ms if until_ms != MUTED_FOREVER else None)
        ),
        "marked_unread": bool(chat.marked_unread),
        "locked": bool(chat.locked),
        "ephemeral_seconds": chat.ephemeral_s or None,
    }


def _archive(
    _rec: Recording, _chat: ChatRecord, change: ChatArchived, _at: datetime
) -> dict[str, Any]:
    return {"archived": change.archived}


def _pin(_rec: Recording, _chat: ChatRecord, change: ChatPinned, at: datetime) -> dict[str, Any]:
    return {"pinned_ms": ms_of(at) if change.pinned else None}


def _mute(_rec: Recording, _chat: ChatRecord, change: ChatMuted, _at: datetime) -> dict[str, Any]:
    if not change.muted:
        return {"muted_until_ms": None}
    return {"muted_until_ms": MUTED_FOREVER if change.until is None else ms_of(change.until)}


def _mark_read(
    rec: Recording, chat: ChatRecord, change: ChatMarkedRead, _at: datetime
) -> dict[str, Any]:
    if not change.read:
        return {"marked_unread": True}
    last_at, unread = change.range.last_at, 0
    if last_at is not None and chat.unread:
        newer = rec.tx.messages.count_after(rec.account, chat.jid, ms_of_second(last_at))
        unread = min(chat.unread, newer)
    return {"marked_unread": False, "unread": unread}


def _lock(_rec: Recording, _chat: ChatRecord, change: ChatLocked, _at: datetime) -> dict[str, Any]:
    return {"locked": change.locked}


_FLAGS: Final[dict[type, Callable[[Recording, ChatRecord, Any, datetime], dict[str, Any]]]] = {
    ChatArchived: _archive,
    ChatPinned: _pin,
    ChatMuted: _mute,
    ChatMarkedRead: _mark_read,
    ChatLocked: _lock,
}


def _set_push_name(rec: Recording, name: str, at: datetime, *, quiet: bool) -> None:
    known = rec.tx.people.find_account(rec.account)
    if known.push_name != name:
        rec.tx.people.save_account(known._replace(push_name=name))
    set_setting(rec, "push_name", name, at, quiet=quiet)


def set_setting(rec: Recording, name: str, value: Any, at: datetime, *, quiet: bool) -> None:
    """Keep a setting of the account, and tell of it when it is another value."""
    if (
        rec.tx.appstate.save_setting(rec.account, name, _JSON.encode(value), ms_of(at))
        and not quiet
    ):
        data = {"name": name, "value": value, "changed_at": time_view(at)}
        rec.tell(EventType.ACCOUNT_SETTING, data)


def _edit_label(rec: Recording, change: LabelEdited, *, quiet: bool) -> None:
    table = rec.tx.appstate
    after = LabelRecord(rec.account, change.id, change.name[:MAX_NAME], change.color)
    if change.deleted:
        changed = table.remove_label(rec.account, change.id)
    else:
        changed = table.find_label(rec.account, change.id) != after
        table.save_label(after)
    if changed and not quiet:
        data = {"label_id": after.id, "name": after.name, "color": after.color}
        rec.tell(EventType.LABEL_UPDATED, data | {"deleted": change.deleted})


def _assign(
    rec: Recording, label: str, chat: Jid, message_id: str, *, assigned: bool, quiet: bool
) -> None:
    jid = rec.canonical(chat)
    table = rec.tx.appstate
    changed = table.assign_label(rec.account, label, jid, message_id, assigned=assigned)
    if changed and not quiet:
        data: View = {"label_id": label, "chat_jid": jid, "message_id": message_id or None}
        rec.tell(EventType.LABEL_ASSIGNED, data | {"assigned": assigned}, jid)


def _set_quick_reply(rec: Recording, change: QuickReplySet, *, quiet: bool) -> None:
    table = rec.tx.appstate
    words = _JSON.encode(change.keywords).decode()
    after = QuickReplyRecord(rec.account, change.id, change.shortcut, change.text, words)
    if change.deleted:
        changed = table.remove_quick_reply(rec.account, change.id)
    else:
        changed = table.find_quick_reply(rec.account, change.id) != after
        table.save_quick_reply(after)
    if changed and not quiet:
        data: View = {"id": change.id, "shortcut": change.shortcut, "text": change.text}
        rec.tell(EventType.QUICK_REPLY_UPDATED, data | {"deleted": change.deleted})
