"""Messages as they are asked for and told."""

from datetime import datetime

from pydantic import BaseModel, Field

from wigwag.core.library import MAX_PAGE
from wigwag.http.models.fields import MaybeAddress, Time
from wigwag.http.models.shape import Page, PersonShape, Shape
from wigwag.model.content import MediaKind
from wigwag.model.message import SendState
from wigwag.model.record import MediaState, RowKind

MAX_LABEL = 128
MAX_QUERY = 1_000
MAX_CURSOR = 512


class ListQuery(BaseModel):
    """The part of a list that is wanted."""

    cursor: str = Field(default="", max_length=MAX_CURSOR, description="`next_cursor` of a page")
    limit: int = Field(default=50, ge=1, le=MAX_PAGE)


class ChatMessagesQuery(ListQuery):
    """Which messages of a chat; what is not given does not matter."""

    q: str = Field(
        default="",
        max_length=MAX_QUERY,
        description=(
            "full text, whatever its case and accents: every word must occur, `OR` is either, "
            '"quotes" make a phrase, `word*` a prefix, `-word` excludes; an emoji is a word, '
            "other signs part words"
        ),
    )
    sender: MaybeAddress = ""
    kind: list[RowKind] = Field(
        default_factory=list[RowKind], max_length=20, description="may be repeated"
    )
    from_: Time | None = Field(default=None, alias="from", description="RFC 3339")
    to: Time | None = Field(default=None, description="RFC 3339; this very time is not in")
    has_media: bool | None = None
    from_me: bool | None = None
    starred: bool | None = None
    label: str = Field(default="", max_length=MAX_LABEL, description="the id of a label")


class MessagesQuery(ChatMessagesQuery):
    """Which messages of an account."""

    chat: MaybeAddress = ""


class WhichQuery(BaseModel):
    """Which one, where several messages share an id."""

    chat: MaybeAddress = ""
    sender: MaybeAddress = ""


class ContextQuery(WhichQuery):
    before: int = Field(default=10, ge=0, le=MAX_PAGE)
    after: int = Field(default=10, ge=0, le=MAX_PAGE)


class ReactionShape(Shape):
    sender: PersonShape
    emoji: str
    timestamp: datetime


class QuotedShape(Shape):
    id: str
    sender: str | None
    text: str


class MediaShape(Shape):
    """The file of a message. `path` is where it lies in the store; `url` serves it, and `thumbnail`
    the small picture that came with the message, where one did.

    `document_name` is what its sender called it: text to show, never a path.
    """

    kind: MediaKind
    state: MediaState
    mime: str | None
    size_bytes: int
    filename: str | None
    document_name: str | None
    path: str | None
    sha256: str | None
    duration_s: int | None
    width: int | None
    height: int | None
    error: str | None
    url: str
    thumbnail: str | None


class SnippetShape(Shape):
    """A piece of the text around what was found; `match` says that it is what was found."""

    text: str
    match: bool


class SendErrorShape(Shape):
    """Why a message was not sent."""

    code: str
    detail: str


class LocationShape(Shape):
    latitude: float
    longitude: float
    name: str | None
    address: str | None
    url: str | None
    live: bool


class CardShape(Shape):
    name: str
    vcard: str


class PollShape(Shape):
    """`selectable` is how many options one may choose; 0 is any number."""

    question: str
    options: list[str]
    selectable: int


class UnsupportedShape(Shape):
    """A message of a kind that is not understood yet: the names of its fields."""

    fields: list[str]


class PinnedShape(Shape):
    """Pinned for everybody in the chat, at a time and until another."""

    at: datetime
    until: datetime


class MessageShape(Shape):
    """A message. The fields after `pinned_in_chat` are there only where they have something to say.

    `state` is null for messages of others. `deleted_at`: when it was deleted for us alone.
    """

    id: str
    account: str
    chat_jid: str
    chat_name: str | None
    sender: PersonShape
    from_me: bool
    type: RowKind
    text: str
    timestamp: datetime
    state: SendState | None
    mentions: list[str]
    quoted: QuotedShape | None
    media: MediaShape | None
    reactions: list[ReactionShape]
    edited_at: datetime | None
    revoked: bool
    revoked_at: datetime | None
    forwarded: bool
    view_once: bool
    ephemeral_seconds: int | None
    from_history: bool
    starred: bool
    deleted_at: datetime | None
    pinned_in_chat: PinnedShape | None
    snippet: list[SnippetShape] | None = None
    error: SendErrorShape | None = None
    location: LocationShape | None = None
    contacts: list[CardShape] | None = None
    poll: PollShape | None = None
    unsupported: UnsupportedShape | None = None


class MessagePage(Page):
    items: list[MessageShape]


class ContextShape(Shape):
    """A message among its neighbours in the chat, the oldest first."""

    before: list[MessageShape]
    message: MessageShape
    after: list[MessageShape]


class VersionShape(Shape):
    """`id` is the edit's own id; of the first version the message's."""

    id: str
    text: str
    timestamp: datetime


class VersionPage(Page):
    """Every version of a message, the first one first; one alone when it was never edited."""

    items: list[VersionShape]


class ReceiptShape(Shape):
    person: PersonShape
    kind: str
    timestamp: datetime


class ReceiptPage(Page):
    """Who got, read or played a message, the earliest first."""

    items: list[ReceiptShape]
