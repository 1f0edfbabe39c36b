"""What a message says: one closed union of kinds."""

from enum import StrEnum

from wigwag.model.jid import Jid
from wigwag.model.value import Value


class MediaKind(StrEnum):
    IMAGE = "image"
    VIDEO = "video"
    GIF = "gif"
    AUDIO = "audio"
    VOICE = "voice"
    DOCUMENT = "document"
    STICKER = "sticker"


class MessageKey(Value):
    """Which message: id alone is not unique, (chat, sender, id) is."""

    chat: Jid
    sender: Jid
    id: str
    from_me: bool = False


class Quoted(Value):
    """The message that is replied to. `text` is what the sender claims it said."""

    id: str
    sender: Jid | None = None
    chat: Jid | None = None
    text: str = ""
    raw: bytes = b""


class Context(Value):
    """What may surround any content."""

    quoted: Quoted | None = None
    mentions: tuple[Jid, ...] = ()
    forwarded: bool = False
    ephemeral_s: int = 0


NO_CONTEXT = Context()


class MediaRef(Value):
    """Where a file lies and how it is opened. All hashes are SHA-256.

    A file of a newsletter is not encrypted: it has no key and one hash. `handle` is what the host
    called it when it was uploaded there; a post names it.
    """

    direct_path: str
    media_key: bytes
    file_sha256: bytes
    file_enc_sha256: bytes
    size_bytes: int
    url: str = ""
    handle: str = ""

    @property
    def is_plain(self) -> bool:
        """The file is not encrypted."""
        return not self.media_key and not self.file_enc_sha256


class Text(Value, tag="text"):
    text: str
    context: Context = NO_CONTEXT


class Media(Value, tag="media"):
    """A file with its card. `ref` is None only before an upload."""

    kind: MediaKind
    mime: str
    ref: MediaRef | None = None
    caption: str = ""
    filename: str = ""
    width: int = 0
    height: int = 0
    duration_s: int = 0
    pages: int = 0
    thumbnail: bytes = b""
    waveform: bytes = b""
    animated: bool = False
    context: Context = NO_CONTEXT


class Location(Value, tag="location"):
    latitude: float
    longitude: float
    name: str = ""
    address: str = ""
    url: str = ""
    live: bool = False
    thumbnail: bytes = b""
    context: Context = NO_CONTEXT


class ContactCard(Value):
    name: str
    vcard: str


class Contacts(Value, tag="contacts"):
    """One or several contact cards."""

    cards: tuple[ContactCard, ...]
    name: str = ""
    context: Context = NO_CONTEXT


class Reaction(Value, tag="reaction"):
    """An emoji on a message; an empty emoji takes it away."""

    target: MessageKey
    emoji: str


class Edit(Value, tag="edit"):
    target: MessageKey
    content: "Content"


class Revoke(Value, tag="revoke"):
    """Deleted for everyone."""

    target: MessageKey


class Poll(Value, tag="poll"):
    """A question with options. `secret` (32 bytes) is what votes are encrypted with."""

    question: str
    options: tuple[str, ...]
    selectable: int = 0
    secret: bytes = b""
    context: Context = NO_CONTEXT


class PollVote(Value, tag="poll_vote"):
    """A vote as it travels: sealed until the poll's secret is known.

    History tells votes opened: `selected` are then the SHA-256 of the chosen options' texts.
    """

    poll: MessageKey
    enc_payload: bytes = b""
    enc_iv: bytes = b""
    selected: tuple[bytes, ...] | None = None


class Pin(Value, tag="pin"):
    """A message is shown at the top of its chat, for everybody in it, or no longer.

    `duration_s` is for how long; 0 where that was not told.
    """

    target: MessageKey
    pinned: bool
    duration_s: int = 0


class TimerSet(Value, tag="timer"):
    """How long the messages of a chat of two last from now on; 0 is for ever."""

    seconds: int


class Unsupported(Value, tag="unsupported"):
    """A kind that is not understood yet: the names of its fields, and the whole message raw."""

    fields: tuple[str, ...]
    raw: bytes


Content = (
    Text
    | Media
    | Location
    | Contacts
    | Reaction
    | Edit
    | Revoke
    | Poll
    | PollVote
    | Pin
    | TimerSet
    | Unsupported
)
