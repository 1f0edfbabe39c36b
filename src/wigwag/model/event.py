"""What an engine reports: one closed union.

An engine hands these to its `EngineSink` in batches. Those marked *durable* are kept in the
engine's inbox until the sink has recorded them; the others are told once.
"""

from datetime import datetime
from enum import StrEnum

from wigwag.model.account import AccountState, CatchUp
from wigwag.model.appstate import TimedChange
from wigwag.model.chat import ChatSummary, Contact, Group
from wigwag.model.content import MessageKey
from wigwag.model.jid import Jid
from wigwag.model.message import Message
from wigwag.model.newsletter import Newsletter, Post
from wigwag.model.profile import PrivacySetting
from wigwag.model.receipt import Receipt
from wigwag.model.value import Value


class MessageReceived(Value, tag="message"):
    """A message arrived, or an own message was sent from another device. Durable."""

    message: Message


class MessageUndecryptable(Value, tag="undecryptable"):
    """A message arrived that cannot be read yet; a retry was asked for. Durable.

    If the text comes later, a MessageReceived with the same key follows.
    """

    key: MessageKey
    timestamp: datetime
    reason: str
    push_name: str = ""
    chat_alt: Jid | None = None
    sender_alt: Jid | None = None


class ReceiptReceived(Value, tag="receipt"):
    """Durable."""

    receipt: Receipt


class HistoryReceived(Value, tag="history"):
    """A part of a chunk of history, newest chunk first. Durable (by its notification).

    `progress` is the percentage that the phone claims; `sync_type` its kind in lower case;
    `request_id` the request that the chunk answers; `last` tells that the chunk ends with it.
    """

    sync_type: str
    progress: int
    chunk: int
    chats: tuple[ChatSummary, ...] = ()
    messages: tuple[Message, ...] = ()
    contacts: tuple[Contact, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    request_id: str = ""
    last: bool = True


class HistoryLost(Value, tag="history_lost"):
    """A chunk of history that cannot be had: its file is gone or damaged, time after time.

    The phone was asked to send it again (`asked`), or could not be. Durable.
    """

    sync_type: str
    progress: int
    chunk: int
    reason: str
    asked: bool = False


class ContactsChanged(Value, tag="contacts"):
    """What people say of themselves changed. Durable."""

    contacts: tuple[Contact, ...]


class IdentityLinked(Value, tag="identity"):
    """LID and PN are the same person. Durable."""

    lid: Jid
    pn: Jid


class IdentityRenewed(Value, tag="identity_renewed"):
    """A person set WhatsApp up anew, so that whoever compared security codes must do so again.
    Durable.

    `announced` by the server; else a message came under another identity key than the known one.
    The same change may be told both ways.
    """

    jid: Jid
    timestamp: datetime
    announced: bool = True


class AppStateChanged(Value, tag="app_state"):
    """What the devices of the account share has changed, by another device or by us. Durable.

    One patch of a collection, in parts when it is long. `epoch` tells the fetch from the beginning
    that it belongs to or follows: the same version of a later one is another fact. `first` is set
    while a collection is fetched for the first time: that makes rows and no events.
    """

    collection: str
    version: int
    epoch: str
    part: int
    changes: tuple[TimedChange, ...]
    first: bool = False


class GroupJoined(Value, tag="group_joined"):
    """The account is in this group (created, added, or learnt of). Durable."""

    group: Group


class GroupChangeKind(StrEnum):
    """What of a group changed. `number`: members have new addresses. `requested` and
    `request_ended`: somebody waits to be let in, or no longer does."""

    ADD = "add"
    REMOVE = "remove"
    PROMOTE = "promote"
    DEMOTE = "demote"
    NUMBER = "number"
    SUBJECT = "subject"
    DESCRIPTION = "description"
    LOCKED = "locked"
    ANNOUNCE = "announce"
    EPHEMERAL = "ephemeral"
    APPROVAL = "approval"
    ADMIN_ADD = "admin_add"
    INVITE = "invite"
    REQUESTED = "requested"
    REQUEST_ENDED = "request_ended"
    LINK = "link"
    UNLINK = "unlink"
    SUSPENDED = "suspended"
    GROWTH_LOCKED = "growth_locked"
    DELETE = "delete"
    OTHER = "other"


class GroupChanged(Value, tag="group_changed"):
    """Durable. The kind says which of the further fields mean something.

    `enabled` is the new state of a setting; `text` the description, the code of an invite, or a
    reason; `group` and `link_type` say what was linked; `detail` names what has no kind.
    """

    chat: Jid
    kind: GroupChangeKind
    timestamp: datetime
    author: Jid | None = None
    participants: tuple[Jid, ...] = ()
    subject: str = ""
    detail: str = ""
    text: str = ""
    text_id: str = ""
    enabled: bool = True
    ephemeral_s: int = 0
    group: Jid | None = None
    link_type: str = ""


class NewsletterKnown(Value, tag="newsletter_known"):
    """What a newsletter says of itself now: it was followed, or asked for. Durable.

    Its role is None where nothing was said of what the account is in it.
    """

    newsletter: Newsletter


class NewsletterLeft(Value, tag="newsletter_left"):
    """The account follows a newsletter no longer. Durable."""

    jid: Jid


class NewsletterMuted(Value, tag="newsletter_muted"):
    """Durable."""

    jid: Jid
    muted: bool


class NewsletterCounted(Value, tag="newsletter_counted"):
    """How often posts were seen and reacted to, as far as it was told. Durable."""

    jid: Jid
    posts: tuple[Post, ...]


class PictureChanged(Value, tag="picture"):
    """A person or a group has another picture, or none. Durable.

    `picture_id` is empty where it was not told; `author` is who changed it, in a group.
    """

    jid: Jid
    timestamp: datetime
    picture_id: str = ""
    removed: bool = False
    author: Jid | None = None


class PrivacyChanged(Value, tag="privacy"):
    """Privacy settings of the account, each with its value: changed, or asked for. Durable."""

    settings: tuple[tuple[PrivacySetting, str], ...]


class BlocklistChanged(Value, tag="blocklist"):
    """People that the account shuts out, or (False) no longer. Durable.

    `whole`: everybody else is not shut out.
    """

    changes: tuple[tuple[Jid, bool], ...]
    whole: bool = False


class TimerChanged(Value, tag="timer"):
    """How long the messages of new chats with this person (or the account itself) last, in
    seconds; 0 for ever. Durable."""

    jid: Jid
    seconds: int
    changed_at: datetime | None = None


class MediaRetryAnswered(Value, tag="media_retry"):
    """The phone answered a request to upload the file of a message again. Durable.

    `sealed` and `iv` open with the file's media key; without them `error_code` says what is wrong
    (2: the phone does not have it). `key.sender` is the chat itself where no sender was named.
    """

    key: MessageKey
    sealed: bytes = b""
    iv: bytes = b""
    error_code: int = 0


class CallOffered(Value, tag="call_offered"):
    """The account is called: by a person, or into a call of a group. Durable."""

    id: str
    caller: Jid
    timestamp: datetime
    caller_alt: Jid | None = None
    group: Jid | None = None
    video: bool = False


class CallEnd(StrEnum):
    """`elsewhere`: answered on another device of the account."""

    MISSED = "missed"
    REJECTED = "rejected"
    ELSEWHERE = "elsewhere"


class CallEnded(Value, tag="call_ended"):
    """An offered call rings no longer; told once for each call. Durable."""

    id: str
    caller: Jid
    timestamp: datetime
    reason: CallEnd
    caller_alt: Jid | None = None
    group: Jid | None = None


class StateChanged(Value, tag="state"):
    state: AccountState


class CaughtUp(Value, tag="caught_up"):
    """What had waited while this device was away begins to come, or (`completed_at`) is here.
    Durable."""

    catch_up: CatchUp


class PairingQr(Value, tag="qr"):
    """A QR code to show. `sequence` counts from 1 within one pairing."""

    code: str
    expires_at: datetime
    sequence: int


class PairingCode(Value, tag="pairing_code"):
    """Eight characters to type on the phone, written XXXX-XXXX."""

    code: str


class PairingPasskey(Value, tag="pairing_passkey"):
    """WhatsApp wants this pairing confirmed with a passkey of the account, which needs a browser
    on WhatsApp's own page; `advice` is what the owner can do instead."""

    advice: str


class PresenceChanged(Value, tag="presence"):
    jid: Jid
    available: bool
    last_seen: datetime | None = None


class ChatPresenceChanged(Value, tag="chat_presence"):
    """Typing (`composing`), recording (`recording`) or neither (`paused`)."""

    chat: Jid
    sender: Jid
    activity: str


EngineEvent = (
    MessageReceived
    | MessageUndecryptable
    | ReceiptReceived
    | HistoryReceived
    | HistoryLost
    | ContactsChanged
    | IdentityLinked
    | IdentityRenewed
    | AppStateChanged
    | GroupJoined
    | GroupChanged
    | NewsletterKnown
    | NewsletterLeft
    | NewsletterMuted
    | NewsletterCounted
    | PictureChanged
    | PrivacyChanged
    | BlocklistChanged
    | TimerChanged
    | MediaRetryAnswered
    | CallOffered
    | CallEnded
    | StateChanged
    | CaughtUp
    | PairingQr
    | PairingCode
    | PairingPasskey
    | PresenceChanged
    | ChatPresenceChanged
)
