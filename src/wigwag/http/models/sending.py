"""What is sent: one body for every kind of message, told apart by its `type`."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from wigwag.core.drafts import MAX_TEXT
from wigwag.http.models.fields import WHOLE, Address, Body, PersonAddress, Phone, Time, Url
from wigwag.http.models.shape import Shape

MAX_WAIT_S: Final = 60.0
MAX_MENTIONS: Final = 1_024
MAX_CARDS: Final = 50
MAX_VCARD: Final = 65_536
MIN_OPTIONS: Final = 2
MAX_OPTIONS: Final = 12
"""Options of a poll, as WhatsApp's own applications let one give."""
MAX_EPHEMERAL_S: Final = 90 * 86_400
ONCE_PATTERN: Final = r"^[\x21-\x7e]{1,255}$"
"""Of an Idempotency-Key."""

MessageId = Annotated[str, StringConstraints(min_length=1, max_length=128)]
WaitS = Annotated[float, Field(ge=0, le=MAX_WAIT_S, allow_inf_nan=False)]
"""Seconds to wait for WhatsApp's acknowledgement, before the answer is `queued`."""


MediaId = Annotated[str, StringConstraints(min_length=1, max_length=64)]


def _one_of(*names: str) -> dict[str, Any]:
    """What OpenAPI says where exactly one of these fields has to be given; null is none."""
    return {
        "oneOf": [{"required": [name], "properties": {name: {"type": "string"}}} for name in names]
    }


class MediaSource(Body):
    """The file to send: `media_id` names one that was handed over to `POST /v1/media`; `url` one
    that is fetched now, from a public address; `path` lies on the server, inside the folders
    that `WIGWAG_MEDIA_ROOTS` allows (by default the store's outbox)."""

    model_config = ConfigDict(json_schema_extra=_one_of("path", "media_id", "url"))

    path: Annotated[str, StringConstraints(min_length=1, max_length=4_096)] | None = None
    media_id: MediaId | None = None
    url: Url | None = None

    @model_validator(mode="after")
    def _one(self) -> "MediaSource":
        if [self.path, self.media_id, self.url].count(None) != 2:
            raise ValueError("name the file by media_id, by url or by path, one of the three")
        return self


class _Message(Body):
    """`reply_to` is the id of a message that is quoted; it lies in the chat `to`, or in
    `reply_to_chat`, and is by `reply_to_sender` where several have that id. `mentions` are people
    whom the text names with `@number`. `ephemeral_seconds` is how long the message lasts, else as
    long as its chat says. `wait_s` is how long to wait for WhatsApp's acknowledgement. `send_at`
    (RFC 3339, up to a year ahead) keeps the message until that time."""

    to: Address
    reply_to: MessageId | None = None
    reply_to_chat: Address | None = None
    reply_to_sender: Address | None = None
    mentions: list[PersonAddress] = Field(default_factory=list[str], max_length=MAX_MENTIONS)
    ephemeral_seconds: Annotated[int, Field(ge=0, le=MAX_EPHEMERAL_S), WHOLE] = 0
    wait_s: WaitS = 10.0
    send_at: Time | None = None


class TextMessage(_Message):
    type: Literal["text"]
    text: Annotated[
        str, StringConstraints(min_length=1, max_length=MAX_TEXT), Field(examples=["Hello"])
    ]


class _Captioned(_Message):
    media: MediaSource
    caption: Annotated[str, StringConstraints(max_length=MAX_TEXT)] = ""


class PictureMessage(_Captioned):
    """A picture, a film, or a short film that plays by itself again and again."""

    type: Literal["image", "video", "gif"]


class SoundMessage(_Message):
    """A sound file, or a voice note: what is no voice note yet is made one."""

    type: Literal["audio", "voice"]
    media: MediaSource


class StickerMessage(_Message):
    """A sticker; a picture of another format is made one."""

    type: Literal["sticker"]
    media: MediaSource


class DocumentMessage(_Captioned):
    """Any file, as it is. `filename` is what its receivers see, by default its own name."""

    type: Literal["document"]
    filename: Annotated[str, StringConstraints(max_length=255)] = ""


class LocationMessage(_Message):
    """A place, in degrees."""

    type: Literal["location"]
    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
    name: Annotated[str, StringConstraints(max_length=256)] = ""
    address: Annotated[str, StringConstraints(max_length=1_024)] = ""


class Card(Body):
    """A contact card: a name with a phone number, or with a whole vCard."""

    model_config = ConfigDict(json_schema_extra=_one_of("phone", "vcard"))

    name: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    phone: Phone | None = None
    vcard: Annotated[str, StringConstraints(min_length=1, max_length=MAX_VCARD)] | None = None

    @model_validator(mode="after")
    def _one(self) -> "Card":
        if (self.phone is None) == (self.vcard is None):
            raise ValueError("give a phone number or a vcard, one of the two")
        return self


class ContactMessage(_Message):
    type: Literal["contact"]
    contacts: Annotated[list[Card], Field(min_length=1, max_length=MAX_CARDS)]


Option = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class PollMessage(_Message):
    """A question. `selectable` is how many options one may choose; 0 is as many as one likes."""

    type: Literal["poll"]
    question: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    options: Annotated[
        list[Option],
        Field(
            min_length=MIN_OPTIONS, max_length=MAX_OPTIONS, json_schema_extra={"uniqueItems": True}
        ),
    ]
    selectable: Annotated[int, Field(ge=0, le=MAX_OPTIONS), WHOLE] = 1

    @model_validator(mode="after")
    def _sound(self) -> "PollMessage":
        if len(set(self.options)) < len(self.options):
            raise ValueError("two options of the poll are the same")
        if self.selectable > len(self.options):
            raise ValueError("selectable is larger than the number of options")
        return self


OutgoingMessage = Annotated[
    TextMessage
    | PictureMessage
    | SoundMessage
    | StickerMessage
    | DocumentMessage
    | LocationMessage
    | ContactMessage
    | PollMessage,
    Field(discriminator="type"),
]


class SentView(BaseModel):
    """What became of a message so far: `sent` once WhatsApp acknowledged it, else `queued`.

    A queued one is kept, and sent when that is possible; a `scheduled` one leaves at `send_at`.
    `id` is WhatsApp's own.
    """

    model_config = ConfigDict(extra="forbid")

    id: str
    account: str
    chat_jid: str
    state: Literal["sent", "queued", "scheduled"]
    timestamp: str
    send_at: str | None = None


class UploadShape(Shape):
    """A file that was handed over. `media_id` is valid until `expires_at`."""

    media_id: str
    size_bytes: int
    sha256: str
    mime: str
    filename: str | None
    expires_at: str
