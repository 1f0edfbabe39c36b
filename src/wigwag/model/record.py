"""What the archive is told to keep: one record per row, fields in the order of its columns.

Records are plain tuples because tens of thousands of them are made and bound per second. JIDs are
texts here, already canonical (PN when known); times are milliseconds since 1970 UTC.
"""

from enum import StrEnum
from typing import NamedTuple

from wigwag.model.value import Value


class RowKind(StrEnum):
    """The kind of a message row. The words of the API and of the column `kind`."""

    TEXT = "text"
    IMAGE = "image"
    VIDEO = "video"
    GIF = "gif"
    AUDIO = "audio"
    VOICE = "voice"
    DOCUMENT = "document"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACT = "contact"
    POLL = "poll"
    UNSUPPORTED = "unsupported"
    UNDECRYPTABLE = "undecryptable"


class MediaState(StrEnum):
    """Where the file of a message is.

    `pending`: to be downloaded, or asked of the phone. `available`: stored. `failed`: given up
    after tries, may be asked for again. `gone`: neither WhatsApp nor the phone has it. `expired`:
    it was here, and was kept no longer; on request it is fetched again, if that is possible.
    """

    PENDING = "pending"
    AVAILABLE = "available"
    FAILED = "failed"
    GONE = "gone"
    EXPIRED = "expired"


class ChangeKind(StrEnum):
    """`original` keeps what an edited message first said, under the message's own id.

    `star` and `delete` (for us alone) are what app state says of a message, `pin` what somebody in
    its chat says; of each the last word only.
    """

    ORIGINAL = "original"
    EDIT = "edit"
    REVOKE = "revoke"
    STAR = "star"
    DELETE = "delete"
    PIN = "pin"


class EventType(StrEnum):
    """The types of events in the log, as the API names them."""

    ACCOUNT_STATE = "account.state"
    ACCOUNT_SETTING = "account.setting"
    ACCOUNT_SYNC = "account.sync"
    PAIRING_QR = "pairing.qr"
    PAIRING_CODE = "pairing.code"
    PAIRING_PASSKEY = "pairing.passkey"
    MESSAGE_RECEIVED = "message.received"
    MESSAGE_SENT = "message.sent"
    MESSAGE_STATUS = "message.status"
    MESSAGE_EDITED = "message.edited"
    MESSAGE_REVOKED = "message.revoked"
    MESSAGE_REACTION = "message.reaction"
    MESSAGE_STARRED = "message.starred"
    MESSAGE_PINNED = "message.pinned"
    MESSAGE_DELETED = "message.deleted"
    MESSAGE_UNDECRYPTABLE = "message.undecryptable"
    MESSAGE_RECOVERED = "message.recovered"
    POLL_VOTE = "poll.vote"
    MEDIA_READY = "media.ready"
    MEDIA_FAILED = "media.failed"
    CHAT_UPDATED = "chat.updated"
    CHAT_PRESENCE = "chat.presence"
    LABEL_UPDATED = "label.updated"
    LABEL_ASSIGNED = "label.assigned"
    QUICK_REPLY_UPDATED = "quick_reply.updated"
    CONTACT_UPDATED = "contact.updated"
    CONTACT_BLOCKED = "contact.blocked"
    PICTURE_UPDATED = "picture.updated"
    CONTACT_IDENTITY = "contact.identity"
    PRESENCE_UPDATED = "presence.updated"
    GROUP_JOINED = "group.joined"
    GROUP_UPDATED = "group.updated"
    GROUP_PARTICIPANTS = "group.participants"
    STATUS_RECEIVED = "status.received"
    NEWSLETTER_MESSAGE = "newsletter.message"
    NEWSLETTER_JOINED = "newsletter.joined"
    NEWSLETTER_LEFT = "newsletter.left"
    NEWSLETTER_UPDATED = "newsletter.updated"
    NEWSLETTER_COUNTS = "newsletter.counts"
    CALL_OFFERED = "call.offered"
    CALL_ENDED = "call.ended"
    HISTORY_PROGRESS = "history.progress"


class MessageRecord(NamedTuple):
    """A new message row. The first thirteen fields are the classic columns in their formats."""

    id: str
    chat_jid: str
    sender: str
    content: str
    timestamp: str
    is_from_me: bool
    media_type: str | None
    filename: str | None
    url: str | None
    media_key: bytes | None
    file_sha256: bytes | None
    file_enc_sha256: bytes | None
    file_length: int | None
    account: str
    timestamp_ms: int
    kind: str
    state: str | None
    push_name: str
    document_name: str | None
    mime: str | None
    media_state: str | None
    media_path: str | None
    view_once: bool
    ephemeral_s: int
    forwarded: bool
    from_history: bool
    body: bytes | None
    thumbnail: bytes | None


class MessageHead(NamedTuple):
    """What a decision about an existing message row needs to know of it."""

    row: int
    account: str
    id: str
    chat_jid: str
    sender: str
    is_from_me: bool
    kind: str
    content: str
    document_name: str | None
    timestamp_ms: int
    state: str | None
    from_history: bool
    edited_ms: int | None
    revoked_ms: int | None
    media_state: str | None
    media_attempts: int
    media_asks: int
    starred: bool
    deleted_ms: int | None


class Merged(NamedTuple):
    """What came of moving rows: whether anything moved, whether a chat did, the messages that now
    stand beside an edit or a revoke that was kept for them, and the own ones that got further by
    the receipts that they met."""

    any: bool = False
    chat: bool = False
    unsettled: tuple[MessageHead, ...] = ()
    raised: tuple[MessageHead, ...] = ()


class NumberRecord(NamedTuple):
    """What WhatsApp said of a number as it was asked; `jid` is empty when nobody has it."""

    account: str
    phone: str
    jid: str
    checked_ms: int


class ChangeRecord(NamedTuple):
    """An edit or a revoke, known by its own key; it may be here before its target is."""

    account: str
    chat_jid: str
    sender: str
    id: str
    kind: str
    target_sender: str
    target_id: str
    timestamp_ms: int
    content: str
    body: bytes | None


class ReactionRecord(NamedTuple):
    """One reaction message; an empty emoji took the earlier one away."""

    account: str
    chat_jid: str
    sender: str
    id: str
    target_sender: str
    target_id: str
    timestamp_ms: int
    emoji: str


class VoteRecord(NamedTuple):
    """A poll vote: sealed, or from history opened.

    `selected` are then the SHA-256 of the chosen options, one after the other.
    """

    account: str
    chat_jid: str
    sender: str
    id: str
    poll_sender: str
    poll_id: str
    timestamp_ms: int
    enc_payload: bytes
    enc_iv: bytes
    selected: bytes | None = None


class ReceiptRecord(NamedTuple):
    account: str
    chat_jid: str
    message_id: str
    person: str
    kind: str
    timestamp_ms: int


class ScheduledRecord(NamedTuple):
    """A message that is sent at a time to come. `content` and `file` (what the media store keeps
    of it) are msgpack; `number` orders those of one time."""

    account: str
    chat_jid: str
    sender: str
    message_id: str
    to_jid: str
    due_ms: int
    created_ms: int
    secret: bytes
    content: bytes
    file: bytes | None = None
    number: int = 0


class HistoryRequestRecord(NamedTuple):
    """Older messages of a chat that the phone is asked for; the newest request of the chat.

    `before_ms` is where to begin (None: at the oldest known message), `anchor` the id of the
    message that was named last.
    """

    account: str
    chat_jid: str
    state: str
    wanted: int
    received: int
    request_id: str
    anchor: str
    before_ms: int | None
    created_ms: int
    updated_ms: int


class ContactRecord(NamedTuple):
    account: str
    jid: str
    full_name: str = ""
    first_name: str = ""
    push_name: str = ""
    business_name: str = ""
    about: str = ""
    blocked: bool = False


class ParticipantRecord(NamedTuple):
    account: str
    group_jid: str
    jid: str
    admin: bool
    superadmin: bool


class GroupRecord(NamedTuple):
    account: str
    jid: str
    subject: str
    owner: str
    created_ms: int | None
    lid_addressed: bool
    member: bool
    description: str = ""
    description_id: str = ""
    announce: bool = False
    locked: bool = False
    approval: bool = False
    admin_add: bool = False
    ephemeral_s: int = 0
    suspended: bool = False
    community: bool = False
    parent_jid: str = ""
    default_subgroup: bool = False


class NewsletterRecord(NamedTuple):
    """`role` is empty where it was never told."""

    account: str
    jid: str
    name: str
    description: str
    invite: str
    subscribers: int
    created_ms: int | None
    verified: bool
    state: str
    role: str


class PostRecord(NamedTuple):
    """How a post of a newsletter fares. `message_id` is empty until it is known; `reactions` is a
    JSON list of pairs, emoji and how many."""

    account: str
    newsletter_jid: str
    server_id: int
    message_id: str
    views: int | None
    reactions: str | None


class ChatRecord(NamedTuple):
    account: str
    jid: str
    name: str
    last_message_ms: int
    unread: int
    archived: bool
    pinned_ms: int | None = None
    muted_until_ms: int | None = None
    marked_unread: bool = False
    locked: bool = False
    ephemeral_s: int = 0
    ephemeral_ms: int = 0
    """When `ephemeral_s` was set, in a chat of two."""


MUTED_FOREVER = -1
"""In `muted_until_ms`."""


class ClearingRecord(NamedTuple):
    """What was sent in a chat up to `until_ms` is gone for us, also what comes late."""

    account: str
    chat_jid: str
    until_ms: int
    keep_starred: bool
    delete_media: bool


class LabelRecord(NamedTuple):
    account: str
    id: str
    name: str
    color: int


class QuickReplyRecord(NamedTuple):
    """`keywords` is a JSON list of texts."""

    account: str
    id: str
    shortcut: str
    text: str
    keywords: str


class AccountRecord(NamedTuple):
    """The account's own addresses and the last state that was reported.

    `served`: it was made over the interface, and is served until it is deleted there. `engine` is
    the kind of engine that was chosen for it; empty: the one of the settings.
    """

    account: str
    jid: str = ""
    lid: str = ""
    push_name: str = ""
    state: str = ""
    reason: str = ""
    served: bool = False
    engine: str = ""


class OutboxRecord(NamedTuple):
    """A queued send. `content` is the Content as msgpack, `ref` the upload as msgpack."""

    account: str
    chat_jid: str
    sender: str
    message_id: str
    to_jid: str
    timestamp_ms: int
    secret: bytes
    content: bytes
    media_path: str
    ref: bytes | None = None
    position: int = 0


class IdempotencyRecord(NamedTuple):
    account: str
    key: str
    fingerprint: bytes
    chat_jid: str
    sender: str
    message_id: str
    created_ms: int


class PendingMedia(Value):
    """A message row whose file is to be downloaded."""

    row: int
    account: str
    chat_jid: str
    sender: str
    id: str
    attempts: int
    timestamp_ms: int
