"""What the archive gives back: the values that the API shows."""

from datetime import datetime
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

import msgspec

from wigwag.model.content import Content, MediaKind, MessageKey
from wigwag.model.message import SendState
from wigwag.model.record import MediaState, RowKind
from wigwag.model.value import Value

T = TypeVar("T")


class Page(Value, Generic[T]):
    """Some items of a longer list. `next_cursor` is opaque; empty at the end."""

    items: tuple[T, ...]
    next_cursor: str = ""


class Person(Value):
    """Someone, by every address that is known; empty where it is not.

    `phone` is `+` and digits, and never made from a LID.
    """

    jid: str
    lid: str = ""
    phone: str = ""
    name: str = ""


class ArchivedMedia(Value):
    """The file of a message. `path` is relative to the store; `filename` is its last part.

    `document_name` is what the sender called it: text to show, never a path.
    """

    kind: MediaKind
    state: MediaState
    mime: str
    size_bytes: int
    sha256: bytes
    filename: str = ""
    path: str = ""
    document_name: str = ""
    width: int = 0
    height: int = 0
    duration_s: int = 0
    waveform: bytes = b""
    has_thumbnail: bool = False
    error: str = ""


class ArchivedReaction(Value):
    person: Person
    emoji: str
    timestamp: datetime


class SnippetPart(Value):
    """A piece of the text around what a search found; `match` says that it is what was found."""

    text: str
    match: bool = False


class ArchivedMessage(Value):
    """One message row. `content` is None for an undecryptable message.

    `deleted_at` is set when it was deleted for us alone: lists leave it out. `snippet` is there
    when a search found it.

    `row` orders messages by (timestamp, arrival) and is private to the archive.
    """

    account: str
    id: str
    chat_jid: str
    chat_name: str
    sender: Person
    from_me: bool
    kind: RowKind
    text: str
    timestamp: datetime
    content: Content | None = None
    media: ArchivedMedia | None = None
    reactions: tuple[ArchivedReaction, ...] = ()
    state: SendState | None = None
    error_code: str = ""
    error: str = ""
    edited_at: datetime | None = None
    revoked_at: datetime | None = None
    view_once: bool = False
    ephemeral_s: int = 0
    forwarded: bool = False
    from_history: bool = False
    starred: bool = False
    deleted_at: datetime | None = None
    pinned_at: datetime | None = None
    pinned_until: datetime | None = None
    snippet: tuple[SnippetPart, ...] = ()
    row: int = 0


class MessageContext(Value):
    """A message among its neighbours in the chat, the oldest first."""

    before: tuple[ArchivedMessage, ...]
    message: ArchivedMessage
    after: tuple[ArchivedMessage, ...]


class Version(Value):
    """One version of a message; `id` is the edit's own id, of the first version the message's."""

    id: str
    text: str
    timestamp: datetime
    content: Content | None = None


class ArchivedReceipt(Value):
    person: Person
    kind: str
    timestamp: datetime


class ArchivedVote(Value):
    """The last vote of a person in a poll: sealed, or from history opened. `selected` are then the
    SHA-256 of the chosen options."""

    person: Person
    timestamp: datetime
    enc_payload: bytes
    enc_iv: bytes
    selected: tuple[bytes, ...] | None = None


class ArchivedChat(Value):
    """One chat. `muted_until` is None while `muted` for ever; `ephemeral_s` is how long messages
    last in it, 0 for ever; `labels` are ids."""

    account: str
    jid: str
    name: str
    lid: str = ""
    phone: str = ""
    last_message_at: datetime | None = None
    unread: int = 0
    archived: bool = False
    pinned_at: datetime | None = None
    muted: bool = False
    muted_until: datetime | None = None
    marked_unread: bool = False
    locked: bool = False
    ephemeral_s: int = 0
    labels: tuple[str, ...] = ()


class ArchivedLabel(Value):
    """A label. `chats` and `messages` say how many carry it."""

    account: str
    id: str
    name: str
    color: int
    chats: int = 0
    messages: int = 0


class ArchivedQuickReply(Value):
    account: str
    id: str
    shortcut: str
    text: str
    keywords: tuple[str, ...] = ()


class ArchivedSetting(Value):
    """One setting of the account that its devices share. `value` is JSON."""

    account: str
    name: str
    value: msgspec.Raw
    changed_at: datetime


class ArchivedContact(Value):
    account: str
    person: Person
    full_name: str = ""
    first_name: str = ""
    push_name: str = ""
    business_name: str = ""
    about: str = ""
    blocked: bool = False


class ArchivedParticipant(Value):
    person: Person
    admin: bool = False
    superadmin: bool = False


class ArchivedGroup(Value):
    """A group or community; the settings are those of `model.chat.Group`."""

    account: str
    jid: str
    subject: str
    owner: str = ""
    created_at: datetime | None = None
    member: bool = True
    participants: tuple[ArchivedParticipant, ...] = ()
    description: str = ""
    announce: bool = False
    locked: bool = False
    approval: bool = False
    admin_add: bool = False
    ephemeral_s: int = 0
    suspended: bool = False
    community: bool = False
    parent_jid: str = ""
    default_subgroup: bool = False
    lid_addressed: bool = True


class HistoryProgress(Value):
    """How far one kind of history sync has come; `progress` is the phone's percentage.

    `failed` counts the chunks that could not be had.
    """

    sync_type: str
    progress: int
    chunk: int
    messages: int
    updated_at: datetime
    failed: int = 0


class ArchivedNewsletter(Value):
    """A newsletter that the account follows, owns, or has looked at (`role` guest)."""

    account: str
    jid: str
    name: str
    description: str
    invite: str
    subscribers: int
    created_at: datetime | None
    verified: bool
    state: str
    role: str


class ArchivedPost(Value):
    """How a message of a newsletter fares; what was never told is None."""

    server_id: int
    message_id: str
    views: int | None
    reactions: tuple[tuple[str, int], ...] | None


class HistoryRequestState(StrEnum):
    """Where a request for older messages stands.

    `waiting`: not asked yet, or not for all. `asked`: the phone was asked. `answered`: all that
    was wanted came. `end_reached`: the phone has nothing older. `no_answer`: none came in time.
    `failed`: it could not be asked.
    """

    WAITING = "waiting"
    ASKED = "asked"
    ANSWERED = "answered"
    END_REACHED = "end_reached"
    NO_ANSWER = "no_answer"
    FAILED = "failed"


class HistoryRequest(Value):
    """Older messages of a chat that the phone was asked for."""

    chat_jid: str
    state: HistoryRequestState
    wanted: int
    received: int
    requested_at: datetime
    updated_at: datetime


class HistoryAnchor(Value):
    """A message that the phone knows too: older ones are asked for from here."""

    key: MessageKey
    timestamp: datetime


class ChatGap(Value):
    """Messages of a chat whose text never came."""

    chat_jid: str
    count: int
    oldest: datetime
    newest: datetime


class FeedEvent(Value):
    """One entry of the event log. `data` is a JSON object, embedded as it is."""

    id: str
    seq: int
    account: str
    type: str
    time: datetime
    chat_jid: str
    data: msgspec.Raw


class ArchiveLag(NamedTuple):
    """What waits in the archive, and where its log begins.

    `oldest_seq` is 0 while there is no event; `webhook_cursor` is that of the enabled webhook that
    is furthest behind, None without one.
    """

    outbox_oldest_ms: int | None
    media_pending: int
    rejected: int
    oldest_seq: int
    webhook_cursor: int | None


class FeedFilter(Value):
    """Which events; what is empty does not matter. `chats` are JIDs, each with every other address
    of its person, former ones too: events without a chat are none of theirs."""

    accounts: frozenset[str] = frozenset()
    chats: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()


class FeedPage(Value):
    """The events after a cursor, oldest first, and the cursor to go on from.

    `lost`: events between the two cursors are kept no longer, or never were; `oldest` is the
    number of the oldest event that is there.
    """

    after: int
    reached: int
    events: tuple[FeedEvent, ...] = ()
    lost: bool = False
    oldest: int = 0


class MessageFilter(Value):
    """Which messages; what is empty does not matter. `query` is full text.

    `chat` and `sender` are canonical JIDs (core.library resolves what callers write); `chats` are
    those to look into while `chat` names none.
    """

    chat: str = ""
    chats: tuple[str, ...] = ()
    sender: str = ""
    kinds: tuple[str, ...] = ()
    after: datetime | None = None
    before: datetime | None = None
    has_media: bool | None = None
    from_me: bool | None = None
    starred: bool | None = None
    label: str = ""
    query: str = ""
