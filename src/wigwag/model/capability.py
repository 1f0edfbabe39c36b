"""The kinds of engine, and what one may be able to do and another not."""

from enum import StrEnum
from typing import Final, Self


class EngineKind(StrEnum):
    NATIVE = "native"
    """WhatsApp's protocol in this program."""
    WHATSMEOW = "whatsmeow"
    """The library whatsmeow, in a process of its own for each account."""


class Capability(StrEnum):
    """What not every engine can do; `what` says it in words that follow "cannot"."""

    what: str

    def __new__(cls, word: str, what: str) -> Self:
        member = str.__new__(cls, word)
        member._value_ = word
        member.what = what
        return member

    # -- coming in
    DURABLE_RECEIPT = "durable_receipt", "store a message before it tells WhatsApp that it came"
    APP_STATE_READ = "app_state_read", "hear what other devices of the account change in chats"
    RESEND_REQUESTS = "resend_requests", "ask the own phone for messages that cannot be read"
    CHAT_PRESENCE = "chat_presence", "hear who is typing or recording"
    HISTORY_ON_DEMAND = "history_on_demand", "ask the phone for older messages of a chat"
    MEDIA_RETRY = "media_retry", "ask the phone to upload a file again"
    COUNTERS = "counters", "count what arrives, and how it ends"

    # -- going out
    CHOSEN_IDS = "chosen_ids", "choose the id of a message before it is sent"
    STREAMING_MEDIA = "streaming_media", "upload files of any size in constant memory"
    APP_STATE_WRITE = "app_state_write", "archive, pin, mute, star, label, clear or delete chats"

    # -- groups, newsletters, people
    GROUP_ADMISSION = "group_admission", "change who may join a group, and who may add to it"
    JOIN_REQUESTS = "join_requests", "answer those who ask to join a group"
    NEWSLETTER_SETTINGS = "newsletter_settings", "change what a newsletter is called and says"
    NEWSLETTER_MEDIA = "newsletter_media", "send files to newsletters"
    NEWSLETTER_HISTORY = "newsletter_history", "fetch what a newsletter posted before"
    NEWSLETTER_COUNTS = "newsletter_counts", "follow the views and reactions of posts"
    NUMBER_CHANGES = "number_changes", "hear at once that somebody has another number"
    PICTURE_REMOVAL = "picture_removal", "remove the own picture, or that of a group"
    BUSINESS_PROFILES = "business_profiles", "look up the business profile of a contact"

    # -- the connection
    CLIENT_VERSION = "client_version", "announce a version of WhatsApp Web that one chooses"


EVERYTHING: Final = frozenset(Capability)
"""What the native engine can."""
