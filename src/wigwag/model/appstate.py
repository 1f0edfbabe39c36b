"""App state: what the devices of one account share of chats, messages, labels and settings.

One closed union of changes serves both ways: another device made it and we learn of it, or we
make it and the others learn of it.
"""

from datetime import datetime
from enum import StrEnum

from wigwag.model.jid import Jid
from wigwag.model.value import Value


class AppMessage(Value):
    """A message as app state names it.

    `sender` is who wrote it in a group; None in a chat of two, for own messages, and where the
    device that made the change did not tell.
    """

    chat: Jid
    id: str
    from_me: bool = False
    sender: Jid | None = None


class RangeMessage(Value):
    message: AppMessage
    at: datetime | None = None


class MessageRange(Value):
    """How far a change of a chat reaches: up to `last_at`, whose newest messages are named."""

    last_at: datetime | None = None
    messages: tuple[RangeMessage, ...] = ()


UNTOLD = MessageRange()


class ContactNamed(Value, tag="contact"):
    """The address book names a person; `alt` is the other address, if told. Without any name the
    person is in it no more."""

    jid: Jid
    alt: Jid | None = None
    full_name: str = ""
    first_name: str = ""


class PushNameSet(Value, tag="push_name"):
    """The account's own display name."""

    name: str


class ChatArchived(Value, tag="archive"):
    chat: Jid
    archived: bool
    range: MessageRange = UNTOLD


class ChatPinned(Value, tag="pin"):
    chat: Jid
    pinned: bool


class ChatMuted(Value, tag="mute"):
    """`until` is None while muted for ever."""

    chat: Jid
    muted: bool
    until: datetime | None = None


class ChatMarkedRead(Value, tag="mark_read"):
    """Read up to the range, or marked as unread by hand."""

    chat: Jid
    read: bool
    range: MessageRange = UNTOLD


class ChatLocked(Value, tag="lock"):
    chat: Jid
    locked: bool


class ChatCleared(Value, tag="clear"):
    """The messages of the range are gone for us; the chat stays."""

    chat: Jid
    range: MessageRange = UNTOLD
    keep_starred: bool = False
    delete_media: bool = False


class ChatDeleted(Value, tag="delete_chat"):
    """The messages of the range are gone for us, and the chat with them."""

    chat: Jid
    range: MessageRange = UNTOLD
    delete_media: bool = False


class MessageStarred(Value, tag="star"):
    message: AppMessage
    starred: bool


class MessageDeleted(Value, tag="delete_for_me"):
    """A message is gone for us alone; `sent_at` is when it had been sent, if told."""

    message: AppMessage
    delete_media: bool = False
    sent_at: datetime | None = None


class LabelEdited(Value, tag="label"):
    """A label is there under this name, or is there no more. `color` is a number of a palette."""

    id: str
    name: str = ""
    color: int = 0
    deleted: bool = False


class ChatLabelled(Value, tag="label_chat"):
    label: str
    chat: Jid
    labelled: bool


class MessageLabelled(Value, tag="label_message"):
    label: str
    chat: Jid
    message_id: str
    labelled: bool


class QuickReplySet(Value, tag="quick_reply"):
    """A text that is written by a shortcut, or is there no more."""

    id: str
    shortcut: str = ""
    text: str = ""
    keywords: tuple[str, ...] = ()
    deleted: bool = False


class StatusMode(StrEnum):
    """Who sees status updates: these people only, all contacts but these, or all contacts."""

    ALLOW_LIST = "allow_list"
    DENY_LIST = "deny_list"
    CONTACTS = "contacts"
    CLOSE_FRIENDS = "close_friends"
    CUSTOM_LIST = "custom_list"


class StatusPrivacySet(Value, tag="status_privacy"):
    mode: StatusMode
    people: tuple[Jid, ...] = ()


class SettingName(StrEnum):
    LOCALE = "locale"
    UNARCHIVE_CHATS = "unarchive_chats"
    TIME_FORMAT_24H = "time_format_24h"
    DISABLE_LINK_PREVIEWS = "disable_link_previews"
    RELAY_ALL_CALLS = "relay_all_calls"


class SettingChanged(Value, tag="setting"):
    """A text for the locale, else whether it is on."""

    name: SettingName
    value: str | bool


AppStateChange = (
    ContactNamed
    | PushNameSet
    | ChatArchived
    | ChatPinned
    | ChatMuted
    | ChatMarkedRead
    | ChatLocked
    | ChatCleared
    | ChatDeleted
    | MessageStarred
    | MessageDeleted
    | LabelEdited
    | ChatLabelled
    | MessageLabelled
    | QuickReplySet
    | StatusPrivacySet
    | SettingChanged
)


class TimedChange(Value):
    """A change, and when the device that made it says it did."""

    change: AppStateChange
    at: datetime


class SyncPhase(StrEnum):
    """Where a collection stands.

    `unsynced`: never fetched. `due`: to be fetched at the next chance. `synced`: as the server has
    it. `waiting_for_key`: the phone was asked for a key. `recovering`: its hashes do not fit, the
    phone was asked for a copy.
    """

    UNSYNCED = "unsynced"
    DUE = "due"
    SYNCED = "synced"
    WAITING_FOR_KEY = "waiting_for_key"
    RECOVERING = "recovering"


class CollectionStatus(Value):
    """One collection: its version here, where it stands, the code of the last error if any."""

    name: str
    version: int
    phase: SyncPhase
    error: str = ""
