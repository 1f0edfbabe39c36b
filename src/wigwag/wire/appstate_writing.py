"""App-state changes as they are written: collection, index, version and value.

Versions and indexes are those of whatsmeow appstate/encode.go, of Baileys src/Utils/chat-utils.ts
where whatsmeow writes no such change, and else of WhatsApp Web.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from wigwag.model.appstate import (
    AppMessage,
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
    SettingChanged,
    SettingName,
    StatusMode,
    StatusPrivacySet,
)
from wigwag.model.jid import Jid
from wigwag.model.value import Value
from wigwag.wire import claims
from wigwag.wire.appstate_actions import (
    CRITICAL_BLOCK,
    CRITICAL_UNBLOCK_LOW,
    MAX_LISTED,
    REGULAR,
    REGULAR_HIGH,
    REGULAR_LOW,
    Action,
    LidLearnt,
    UnknownAction,
)
from wigwag.wire.errors import AppStateFailure
from wigwag.wire.proto import syncd_pb2

_Value = syncd_pb2.SyncActionValue
_Parts = tuple[str, ...]


class WrittenAction(Value):
    """An action as it is written. `value` is a serialised SyncActionValue without its time."""

    collection: str
    index: _Parts
    version: int
    value: bytes


def write_action(action: Action, at: datetime = claims.EPOCH) -> WrittenAction:
    """`at` is how far a change of a chat reaches that names no range itself.

    Raises AppStateFailure for an action that is not known.
    """
    if isinstance(action, UnknownAction):
        raise AppStateFailure("an unknown action cannot be written")
    collection, version, writer = _WRITERS[type(action)]
    value = _Value()
    index = writer(action, value, at)
    if isinstance(action, SettingChanged):
        collection, version, _ = _SETTINGS[action.name]
    return WrittenAction(
        collection=collection, index=index, version=version, value=value.SerializeToString()
    )


def collection_of(action: Action) -> str:
    """The collection that an action belongs to. Raises AppStateFailure."""
    return write_action(action).collection


def _flag(is_on: bool) -> str:
    return "1" if is_on else "0"


def _name(name: str, message: AppMessage) -> _Parts:
    """The index of a change of one message; a sender is named in groups, for others' messages."""
    named = message.sender if not message.from_me and message.sender != message.chat else None
    sender = str(named) if named is not None else "0"
    return (name, str(message.chat), message.id, _flag(message.from_me), sender)


def _write_range(told: MessageRange, wire: syncd_pb2.SyncActionMessageRange, at: datetime) -> None:
    wire.lastMessageTimestamp = _seconds(told.last_at or at)
    for item in told.messages:
        message, named = item.message, wire.messages.add()
        named.key.remoteJID = str(message.chat)
        named.key.fromMe = message.from_me
        named.key.ID = message.id
        if message.sender is not None and not message.from_me:
            named.key.participant = str(message.sender)
        if item.at is not None:
            named.timestamp = _seconds(item.at)


def _seconds(moment: datetime) -> int:
    return claims.outgoing_ms(moment) // 1000


def _write_push_name(action: PushNameSet, value: _Value, _at: datetime) -> _Parts:
    value.pushNameSetting.name = claims.outgoing_text(action.name)
    return ("setting_pushName",)


def _write_contact(action: ContactNamed, value: _Value, _at: datetime) -> _Parts:
    part = value.contactAction
    part.fullName = claims.outgoing_text(action.full_name)
    part.firstName = claims.outgoing_text(action.first_name)
    if action.alt is not None and action.jid.is_pn:
        part.lidJID = str(action.alt)
    elif action.alt is not None:
        part.pnJID = str(action.alt)
    return ("contact", str(action.jid))


def _write_archive(action: ChatArchived, value: _Value, at: datetime) -> _Parts:
    value.archiveChatAction.archived = action.archived
    _write_range(action.range, value.archiveChatAction.messageRange, at)
    return ("archive", str(action.chat))


def _write_pin(action: ChatPinned, value: _Value, _at: datetime) -> _Parts:
    value.pinAction.pinned = action.pinned
    return ("pin_v1", str(action.chat))


def _write_mute(action: ChatMuted, value: _Value, _at: datetime) -> _Parts:
    value.muteAction.muted = action.muted
    if action.muted:
        end = -1 if action.until is None else claims.outgoing_ms(action.until)
        value.muteAction.muteEndTimestamp = end
    return ("mute", str(action.chat))


def _write_mark(action: ChatMarkedRead, value: _Value, at: datetime) -> _Parts:
    value.markChatAsReadAction.read = action.read
    _write_range(action.range, value.markChatAsReadAction.messageRange, at)
    return ("markChatAsRead", str(action.chat))


def _write_lock(action: ChatLocked, value: _Value, _at: datetime) -> _Parts:
    value.lockChatAction.locked = action.locked
    return ("lock", str(action.chat))


def _write_clear(action: ChatCleared, value: _Value, at: datetime) -> _Parts:
    _write_range(action.range, value.clearChatAction.messageRange, at)
    kept = _flag(not action.keep_starred)
    return ("clearChat", str(action.chat), kept, _flag(action.delete_media))


def _write_delete_chat(action: ChatDeleted, value: _Value, at: datetime) -> _Parts:
    _write_range(action.range, value.deleteChatAction.messageRange, at)
    return ("deleteChat", str(action.chat), _flag(action.delete_media))


def _write_star(action: MessageStarred, value: _Value, _at: datetime) -> _Parts:
    value.starAction.starred = action.starred
    return _name("star", action.message)


def _write_delete_for_me(action: MessageDeleted, value: _Value, _at: datetime) -> _Parts:
    value.deleteMessageForMeAction.deleteMedia = action.delete_media
    if action.sent_at is not None:
        value.deleteMessageForMeAction.messageTimestamp = _seconds(action.sent_at)
    return _name("deleteMessageForMe", action.message)


def _write_label(action: LabelEdited, value: _Value, _at: datetime) -> _Parts:
    part = value.labelEditAction
    part.name = claims.outgoing_text(action.name)
    part.color = action.color
    part.deleted = action.deleted
    return ("label_edit", action.id)


def _write_label_chat(action: ChatLabelled, value: _Value, _at: datetime) -> _Parts:
    value.labelAssociationAction.labeled = action.labelled
    return ("label_jid", action.label, str(action.chat))


def _write_label_message(action: MessageLabelled, value: _Value, _at: datetime) -> _Parts:
    value.labelAssociationAction.labeled = action.labelled
    return ("label_message", action.label, str(action.chat), action.message_id, "0", "0")


def _write_quick_reply(action: QuickReplySet, value: _Value, _at: datetime) -> _Parts:
    part = value.quickReplyAction
    part.shortcut = claims.outgoing_text(action.shortcut)
    part.message = claims.outgoing_text(action.text)
    part.keywords.extend(claims.outgoing_text(word) for word in action.keywords)
    part.count = 0
    part.deleted = action.deleted
    return ("quick_reply", action.id)


def _write_status_privacy(action: StatusPrivacySet, value: _Value, _at: datetime) -> _Parts:
    value.statusPrivacy.mode = _MODES[action.mode]
    value.statusPrivacy.userJID.extend(_listed(action.people))
    return ("status_privacy",)


def _listed(people: tuple[Jid, ...]) -> list[str]:
    return [str(jid) for jid in people[:MAX_LISTED]]


def _write_lid(action: LidLearnt, value: _Value, _at: datetime) -> _Parts:
    value.pnForLidChatAction.pnJID = str(action.pn)
    return ("pnForLidChat", str(action.lid))


def _write_setting(action: SettingChanged, value: _Value, _at: datetime) -> _Parts:
    is_on = bool(action.value)
    match action.name:
        case SettingName.LOCALE:
            value.localeSetting.locale = claims.outgoing_text(str(action.value))
        case SettingName.UNARCHIVE_CHATS:
            value.unarchiveChatsSetting.unarchiveChats = is_on
        case SettingName.TIME_FORMAT_24H:
            value.timeFormatAction.isTwentyFourHourFormatEnabled = is_on
        case SettingName.DISABLE_LINK_PREVIEWS:
            value.privacySettingDisableLinkPreviewsAction.isPreviewsDisabled = is_on
        case SettingName.RELAY_ALL_CALLS:
            value.privacySettingRelayAllCalls.isEnabled = is_on
    return (_SETTINGS[action.name][2],)


_MODES: Final = {
    StatusMode.ALLOW_LIST: syncd_pb2.StatusPrivacyAction.ALLOW_LIST,
    StatusMode.DENY_LIST: syncd_pb2.StatusPrivacyAction.DENY_LIST,
    StatusMode.CONTACTS: syncd_pb2.StatusPrivacyAction.CONTACTS,
    StatusMode.CLOSE_FRIENDS: syncd_pb2.StatusPrivacyAction.CLOSE_FRIENDS,
    StatusMode.CUSTOM_LIST: syncd_pb2.StatusPrivacyAction.CUSTOM_LIST,
}

_SETTINGS: Final[dict[SettingName, tuple[str, int, str]]] = {
    SettingName.LOCALE: (CRITICAL_BLOCK, 3, "setting_locale"),
    SettingName.UNARCHIVE_CHATS: (REGULAR_LOW, 4, "setting_unarchiveChats"),
    SettingName.TIME_FORMAT_24H: (REGULAR_LOW, 7, "time_format"),
    SettingName.DISABLE_LINK_PREVIEWS: (REGULAR, 8, "setting_disableLinkPreviews"),
    SettingName.RELAY_ALL_CALLS: (REGULAR, 7, "setting_relayAllCalls"),
}
"""Collection, version and index of each setting."""

_WRITERS: Final[dict[type, tuple[str, int, Callable[[Any, _Value, datetime], _Parts]]]] = {
    PushNameSet: (CRITICAL_BLOCK, 1, _write_push_name),
    ContactNamed: (CRITICAL_UNBLOCK_LOW, 2, _write_contact),
    ChatArchived: (REGULAR_LOW, 3, _write_archive),
    ChatPinned: (REGULAR_LOW, 5, _write_pin),
    ChatMuted: (REGULAR_HIGH, 2, _write_mute),
    ChatMarkedRead: (REGULAR_LOW, 3, _write_mark),
    ChatLocked: (REGULAR_LOW, 7, _write_lock),
    ChatCleared: (REGULAR_HIGH, 6, _write_clear),
    ChatDeleted: (REGULAR_HIGH, 6, _write_delete_chat),
    MessageStarred: (REGULAR_HIGH, 2, _write_star),
    MessageDeleted: (REGULAR_HIGH, 3, _write_delete_for_me),
    LabelEdited: (REGULAR, 3, _write_label),
    ChatLabelled: (REGULAR, 3, _write_label_chat),
    MessageLabelled: (REGULAR, 3, _write_label_message),
    QuickReplySet: (REGULAR, 2, _write_quick_reply),
    StatusPrivacySet: (REGULAR_HIGH, 7, _write_status_privacy),
    LidLearnt: (REGULAR, 8, _write_lid),
    SettingChanged: ("", 0, _write_setting),
}
"""Collection and version of each action, and how its value is written; the index comes back."""
