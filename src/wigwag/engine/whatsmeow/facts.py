"""What a child reports: facts, which it keeps until the server has them, and signs, which pass.

Addresses are texts (`user:device@server`), empty where there is none; times are Unix seconds.
"""

from wigwag.model.value import Value


class Source(Value):
    """Who said it, and where. `sender_alt` and `recipient_alt` are other addresses of the sender,
    and of whom an own device wrote to."""

    chat: str
    sender: str
    from_me: bool = False
    is_group: bool = False
    sender_alt: str = ""
    recipient_alt: str = ""


class MessageFact(Value, tag="message"):
    """A message. `content` is its waE2E.Message, out of the wrappers that the library opens.

    `edited`: it is what a post of a newsletter became at that time, under the post's own id.
    """

    source: Source
    id: str
    server_id: int
    timestamp_s: int
    push_name: str
    content: bytes
    view_once: bool = False
    edited: bool = False


class UndecryptableFact(Value, tag="undecryptable"):
    """`unavailable`: the sender left it out for this device. `hidden`: it is nothing to show."""

    source: Source
    id: str
    timestamp_s: int
    push_name: str
    unavailable: bool
    hidden: bool


class ReceiptFact(Value, tag="receipt"):
    """`kind` is one of neonize's ReceiptType, in lower case."""

    source: Source
    ids: tuple[str, ...]
    timestamp_s: int
    kind: str


class HistoryFact(Value, tag="history"):
    """A HistorySync message, deflated."""

    blob: bytes


class Member(Value):
    """Somebody in a group; `error` is WhatsApp's code in the answer to a change."""

    jid: str
    lid: str = ""
    pn: str = ""
    admin: bool = False
    superadmin: bool = False
    error: int = 0
    invite_code: str = ""
    invite_until_s: int = 0


class GroupTold(Value):
    """A group as the library tells it."""

    jid: str
    subject: str
    owner: str
    created_s: int
    description: str
    description_id: str
    locked: bool
    announce: bool
    ephemeral_s: int
    community: bool
    parent: str
    default_subgroup: bool
    members: tuple[Member, ...]


class GroupFact(Value, tag="group"):
    """The account is in this group now."""

    group: GroupTold


class GroupChangeFact(Value, tag="group_change"):
    """One change of a group. `kind` is the word of `GroupChangeKind` for it."""

    chat: str
    kind: str
    timestamp_s: int
    author: str
    people: tuple[str, ...] = ()
    text: str = ""
    text_id: str = ""
    enabled: bool = True
    ephemeral_s: int = 0
    group: str = ""
    link_type: str = ""


class PictureFact(Value, tag="picture"):
    jid: str
    author: str
    timestamp_s: int
    removed: bool


class IdentityFact(Value, tag="identity"):
    """A person set WhatsApp up anew; `implicit`: seen by a message, not announced."""

    jid: str
    timestamp_s: int
    implicit: bool


class PrivacyFact(Value, tag="privacy"):
    """Each setting by WhatsApp's name for it, with its value."""

    settings: tuple[tuple[str, str], ...]


class CallFact(Value, tag="call"):
    id: str
    caller: str
    caller_alt: str
    timestamp_s: int
    group: bool = False
    video: bool = False


class CallEndFact(Value, tag="call_end"):
    id: str
    caller: str
    caller_alt: str
    timestamp_s: int
    reason: str


class CatchUpFact(Value, tag="catch_up"):
    """What had waited begins to come (`done` is False), or is here."""

    count: int
    done: bool
    timestamp_s: int


class NewsletterTold(Value):
    """A newsletter as the library tells it. Words are in lower case; `role` and `muted` are empty
    and None where nothing was said of them."""

    jid: str
    name: str
    description: str
    invite: str
    subscribers: int
    created_s: int
    verified: bool
    state: str
    reactions: str
    picture_path: str
    preview_path: str
    role: str = ""
    muted: bool | None = None


class NewsletterFact(Value, tag="newsletter"):
    """The account follows it now."""

    newsletter: NewsletterTold


class NewsletterLeftFact(Value, tag="newsletter_left"):
    jid: str


class NewsletterMutedFact(Value, tag="newsletter_muted"):
    jid: str
    muted: bool


class GapFact(Value, tag="gap"):
    """A child ended while it was online: what came after this time may have been lost with it."""

    since_s: int


class LostFact(Value, tag="lost"):
    """The library told something that cannot be read: the code of its kind."""

    code: int


Fact = (
    MessageFact
    | UndecryptableFact
    | ReceiptFact
    | HistoryFact
    | GroupFact
    | GroupChangeFact
    | PictureFact
    | IdentityFact
    | PrivacyFact
    | CallFact
    | CallEndFact
    | CatchUpFact
    | NewsletterFact
    | NewsletterLeftFact
    | NewsletterMutedFact
    | GapFact
    | LostFact
)


class QrSign(Value, tag="qr"):
    """A code to show; `sequence` counts from 1."""

    code: str
    sequence: int


class PairingSign(Value, tag="pairing"):
    """How the library's pairing ended: its own word, as `success` or `timeout`."""

    word: str


class MeSign(Value, tag="me"):
    """Whose account it is."""

    jid: str
    lid: str
    push_name: str


class ConnectedSign(Value, tag="connected"):
    """Logged in."""


class DisconnectedSign(Value, tag="disconnected"):
    """The library connects again by itself."""


class LoggedOutSign(Value, tag="logged_out"):
    """The identity is gone. `reason` is WhatsApp's number, 0 when it was unlinked on the phone."""

    reason: int = 0


class ReplacedSign(Value, tag="replaced"):
    """The same identity connected somewhere else."""


class BannedSign(Value, tag="banned"):
    expire_s: int


class RefusedSign(Value, tag="refused"):
    """The login was refused, for WhatsApp's reason with this number."""

    reason: int


class PresenceSign(Value, tag="presence"):
    jid: str
    available: bool
    last_seen_s: int = 0


Sign = (
    QrSign
    | PairingSign
    | MeSign
    | ConnectedSign
    | DisconnectedSign
    | LoggedOutSign
    | ReplacedSign
    | BannedSign
    | RefusedSign
    | PresenceSign
)
