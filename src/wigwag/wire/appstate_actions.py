"""What an app-state mutation says: typed for the actions the product knows, else by name.

Index names and collections are those of whatsmeow appstate/keys.go; what the parts of an index
mean is in whatsmeow appstate.go (dispatchAppState) and appstate/encode.go.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from wigwag.model.appstate import (
    UNTOLD,
    AppMessage,
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
    MessageRange,
    MessageStarred,
    PushNameSet,
    QuickReplySet,
    RangeMessage,
    SettingChanged,
    SettingName,
    StatusMode,
    StatusPrivacySet,
)
from wigwag.model.jid import Jid
from wigwag.model.value import Value
from wigwag.wire import claims
from wigwag.wire.proto import syncd_pb2

CRITICAL_BLOCK: Final = "critical_block"
CRITICAL_UNBLOCK_LOW: Final = "critical_unblock_low"
REGULAR_HIGH: Final = "regular_high"
REGULAR: Final = "regular"
REGULAR_LOW: Final = "regular_low"

COLLECTIONS: Final = (
    CRITICAL_BLOCK,
    CRITICAL_UNBLOCK_LOW,
    REGULAR_HIGH,
    REGULAR,
    REGULAR_LOW,
)
"""In the order in which they are fetched first."""

MAX_LISTED: Final = 10_000
"""People in one list."""
MAX_RANGE: Final = 1_000
"""Messages named in one range."""
_NAME_LIMIT: Final = 64
_INDEX_PARTS: Final = 16
_KEYWORDS: Final = 100


class LidLearnt(Value, tag="lid"):
    """The phone number of somebody who was known by LID."""

    lid: Jid
    pn: Jid


class UnknownAction(Value, tag="unknown"):
    """`name` is the first part of the index, empty when it is not readable."""

    name: str


Action = AppStateChange | LidLearnt | UnknownAction

_Value = syncd_pb2.SyncActionValue
_Parts = tuple[str, ...]


def parse_index(index: bytes) -> _Parts:
    """The parts of an index (a JSON array of strings); empty when it is something else."""
    try:
        parts = msgspec.json.decode(index, type=tuple[str, ...])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ()
    return parts if len(parts) <= _INDEX_PARTS else ()


def format_index(parts: _Parts) -> bytes:
    """The parts as compact JSON; its bytes are what the index MAC covers."""
    return msgspec.json.encode(parts)


def read_action(parts: _Parts, value: _Value) -> Action:
    """What index and value say together; UnknownAction for whatever does not fit."""
    name = parts[0] if parts else ""
    field, reader = _READERS.get(name, ("", None))
    action = reader(parts, value) if reader is not None and value.HasField(field) else None
    return action or UnknownAction(name=claims.text(name, _NAME_LIMIT))


def read_removal(parts: _Parts) -> Action:
    """What it means that the value of this index is gone; UnknownAction when it means nothing."""
    name = parts[0] if parts else ""
    value = _Value()
    if name in _UNDONE:
        getattr(value, _READERS[name][0]).SetInParent()
        if name in ("label_edit", "quick_reply"):
            getattr(value, _READERS[name][0]).deleted = True
    return read_action(parts, value)


_UNDONE: Final = frozenset(
    {"contact", "lid_contact", "archive", "pin_v1", "mute", "lock", "star"}
    | {"label_edit", "label_jid", "label_message", "quick_reply"}
)
"""Names of those that are undone when their value is removed."""


def _jid(parts: _Parts, place: int = 1) -> Jid | None:
    return claims.find_jid(parts[place]) if len(parts) > place else None


def _id(parts: _Parts, place: int = 1) -> str:
    return claims.identifier(parts[place]) if len(parts) > place else ""


def _message(parts: _Parts) -> AppMessage | None:
    """The message that an index names: chat, id, from us, sender or `0`."""
    chat, message_id = _jid(parts), _id(parts, 2)
    if chat is None or not message_id or len(parts) < 5:
        return None
    from_me = parts[3] == "1"
    sender = None if from_me or parts[4] == "0" else _jid(parts, 4)
    if sender == chat:
        sender = None
    return AppMessage(chat=chat, id=message_id, from_me=from_me, sender=sender)


def _range(wire: syncd_pb2.SyncActionMessageRange) -> MessageRange:
    messages: list[RangeMessage] = []
    for item in wire.messages[:MAX_RANGE]:
        chat, message_id = claims.find_jid(item.key.remoteJID), claims.identifier(item.key.ID)
        if chat is not None and message_id:
            named = AppMessage(
                chat=chat,
                id=message_id,
                from_me=item.key.fromMe,
                sender=claims.find_jid(item.key.participant),
            )
            at = claims.moment(item.timestamp) if item.timestamp > 0 else None
            messages.append(RangeMessage(message=named, at=at))
    seconds = wire.lastMessageTimestamp
    last_at = claims.moment(seconds) if seconds > 0 else None
    return (
        MessageRange(last_at=last_at, messages=tuple(messages)) if seconds or messages else UNTOLD
    )


def _read_push_name(_parts: _Parts, value: _Value) -> Action | None:
    return PushNameSet(name=claims.name(value.pushNameSetting.name))


def _read_contact(parts: _Parts, value: _Value) -> Action | None:
    jid, part = _jid(parts), value.contactAction
    if jid is None:
        return None
    other = claims.find_jid(part.lidJID if jid.is_pn else part.pnJID)
    return ContactNamed(
        jid=jid,
        alt=other if other != jid else None,
        full_name=claims.name(part.fullName),
        first_name=claims.name(part.firstName),
    )


def _read_lid_contact(parts: _Parts, value: _Value) -> Action | None:
    jid, part = _jid(parts), value.lidContactAction
    if jid is None:
        return None
    return ContactNamed(
        jid=jid, full_name=claims.name(part.fullName), first_name=claims.name(part.firstName)
    )


def _read_archive(parts: _Parts, value: _Value) -> Action | None:
    chat, part = _jid(parts), value.archiveChatAction
    if chat is None:
        return None
    return ChatArchived(chat=chat, archived=part.archived, range=_range(part.messageRange))


def _read_pin(parts: _Parts, value: _Value) -> Action | None:
    chat = _jid(parts)
    return ChatPinned(chat=chat, pinned=value.pinAction.pinned) if chat is not None else None


def _read_mute(parts: _Parts, value: _Value) -> Action | None:
    chat, part = _jid(parts), value.muteAction
    if chat is None:
        return None
    end_ms = part.muteEndTimestamp
    until = claims.moment_ms(end_ms) if part.muted and end_ms > 0 else None
    return ChatMuted(chat=chat, muted=part.muted, until=until)


def _read_mark(parts: _Parts, value: _Value) -> Action | None:
    chat, part = _jid(parts), value.markChatAsReadAction
    if chat is None:
        return None
    return ChatMarkedRead(chat=chat, read=part.read, range=_range(part.messageRange))


def _read_lock(parts: _Parts, value: _Value) -> Action | None:
    chat = _jid(parts)
    return ChatLocked(chat=chat, locked=value.lockChatAction.locked) if chat is not None else None


def _read_clear(parts: _Parts, value: _Value) -> Action | None:
    chat = _jid(parts)
    if chat is None:
        return None
    return ChatCleared(
        chat=chat,
        range=_range(value.clearChatAction.messageRange),
        keep_starred=len(parts) > 2 and parts[2] == "0",
        delete_media=len(parts) > 3 and parts[3] == "1",
    )


def _read_delete_chat(parts: _Parts, value: _Value) -> Action | None:
    chat = _jid(parts)
    if chat is None:
        return None
    return ChatDeleted(
        chat=chat,
        range=_range(value.deleteChatAction.messageRange),
        delete_media=len(parts) > 2 and parts[2] == "1",
    )


def _read_star(parts: _Parts, value: _Value) -> Action | None:
    message = _message(parts)
    if message is None:
        return None
    return MessageStarred(message=message, starred=value.starAction.starred)


def _read_delete_for_me(parts: _Parts, value: _Value) -> Action | None:
    message, part = _message(parts), value.deleteMessageForMeAction
    if message is None:
        return None
    sent_at = claims.moment(part.messageTimestamp) if part.messageTimestamp > 0 else None
    return MessageDeleted(message=message, delete_media=part.deleteMedia, sent_at=sent_at)


def _read_label(parts: _Parts, value: _Value) -> Action | None:
    label, part = _id(parts), value.labelEditAction
    if not label:
        return None
    return LabelEdited(
        id=label, name=claims.name(part.name), color=part.color, deleted=part.deleted
    )


def _read_label_chat(parts: _Parts, value: _Value) -> Action | None:
    label, chat = _id(parts), _jid(parts, 2)
    if not label or chat is None:
        return None
    return ChatLabelled(label=label, chat=chat, labelled=value.labelAssociationAction.labeled)


def _read_label_message(parts: _Parts, value: _Value) -> Action | None:
    label, chat, message_id = _id(parts), _jid(parts, 2), _id(parts, 3)
    if not label or chat is None or not message_id:
        return None
    labelled = value.labelAssociationAction.labeled
    return MessageLabelled(label=label, chat=chat, message_id=message_id, labelled=labelled)


def _read_quick_reply(parts: _Parts, value: _Value) -> Action | None:
    reply, part = _id(parts), value.quickReplyAction
    if not reply:
        return None
    return QuickReplySet(
        id=reply,
        shortcut=claims.name(part.shortcut),
        text=claims.text(part.message),
        keywords=tuple(claims.name(word) for word in part.keywords[:_KEYWORDS]),
        deleted=part.deleted,
    )


def _read_status_privacy(_parts: _Parts, value: _Value) -> Action | None:
    part = value.statusPrivacy
    listed = (claims.find_jid(text) for text in part.userJID[:MAX_LISTED])
    mode = syncd_pb2.StatusPrivacyAction.StatusDistributionMode.Name(part.mode)
    return StatusPrivacySet(
        mode=StatusMode(mode.lower()), people=tuple(jid for jid in listed if jid is not None)
    )


def _read_lid(parts: _Parts, value: _Value) -> Action | None:
    lid, pn = _jid(parts), claims.find_jid(value.pnForLidChatAction.pnJID)
    if lid is None or pn is None or not lid.is_lid or not pn.is_pn:
        return None
    return LidLearnt(lid=lid, pn=pn)


def _read_locale(_parts: _Parts, value: _Value) -> Action | None:
    return SettingChanged(
        name=SettingName.LOCALE, value=claims.text(value.localeSetting.locale, _NAME_LIMIT)
    )


def _switch(
    name: SettingName, is_on: Callable[[_Value], bool]
) -> Callable[[_Parts, _Value], Action | None]:
    return lambda _parts, value: SettingChanged(name=name, value=is_on(value))


_READERS: Final[dict[str, tuple[str, Callable[[_Parts, _Value], Action | None]]]] = {
    "setting_pushName": ("pushNameSetting", _read_push_name),
    "contact": ("contactAction", _read_contact),
    "lid_contact": ("lidContactAction", _read_lid_contact),
    "archive": ("archiveChatAction", _read_archive),
    "pin_v1": ("pinAction", _read_pin),
    "mute": ("muteAction", _read_mute),
    "markChatAsRead": ("markChatAsReadAction", _read_mark),
    "lock": ("lockChatAction", _read_lock),
    "clearChat": ("clearChatAction", _read_clear),
    "deleteChat": ("deleteChatAction", _read_delete_chat),
    "star": ("starAction", _read_star),
    "deleteMessageForMe": ("deleteMessageForMeAction", _read_delete_for_me),
    "label_edit": ("labelEditAction", _read_label),
    "label_jid": ("labelAssociationAction", _read_label_chat),
    "label_message": ("labelAssociationAction", _read_label_message),
    "quick_reply": ("quickReplyAction", _read_quick_reply),
    "status_privacy": ("statusPrivacy", _read_status_privacy),
    "pnForLidChat": ("pnForLidChatAction", _read_lid),
    "setting_locale": ("localeSetting", _read_locale),
    "setting_unarchiveChats": (
        "unarchiveChatsSetting",
        _switch(SettingName.UNARCHIVE_CHATS, lambda v: v.unarchiveChatsSetting.unarchiveChats),
    ),
    "time_format": (
        "timeFormatAction",
        _switch(
            SettingName.TIME_FORMAT_24H, lambda v: v.timeFormatAction.isTwentyFourHourFormatEnabled
        ),
    ),
    "setting_disableLinkPreviews": (
        "privacySettingDisableLinkPreviewsAction",
        _switch(
            SettingName.DISABLE_LINK_PREVIEWS,
            lambda v: v.privacySettingDisableLinkPreviewsAction.isPreviewsDisabled,
        ),
    ),
    "setting_relayAllCalls": (
        "privacySettingRelayAllCalls",
        _switch(SettingName.RELAY_ALL_CALLS, lambda v: v.privacySettingRelayAllCalls.isEnabled),
    ),
}
"""By the first part of the index: the field of the value, and how it is read."""
