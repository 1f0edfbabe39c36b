"""What the control interface reads: one model per request body, strict about unknown fields."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from wigwag.model.content import MediaKind
from wigwag.sandbox.network.directory import Telling
from wigwag.sandbox.network.faults import FaultKind
from wigwag.sandbox.network.mappings import MappingNotice
from wigwag.sandbox.network.schedules import MAX_DURATION_S, MAX_FAULTS
from wigwag.sandbox.residents.oddities import Oddity
from wigwag.sandbox.residents.person import Behaviour

MAX_TEXT = 262_144
MAX_BASE64 = 90_000_000
MAX_MANY = 20_000

Identifier = Annotated[str, Field(min_length=1, max_length=128)]
Address = Annotated[str, Field(min_length=1, max_length=128)]
Name = Annotated[str, Field(max_length=1024)]
Line = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]


Addressing = Literal["lid", "pn"]


class Body(BaseModel):
    """The base of all bodies: a misspelt field is an error."""

    model_config = ConfigDict(extra="forbid")


class NewPhone(Body):
    phone: Address | None = None
    name: Name = ""


class Scan(Body):
    qr: Annotated[str, Field(min_length=1, max_length=4096)]
    phone: Address | None = None


class EnterCode(Body):
    code: Annotated[str, Field(min_length=1, max_length=32)]
    phone: Address


class Unlink(Body):
    """Without a device: every companion of the phone."""

    device: Address | None = None


class NewContact(Body):
    """An entry in the phone's address book, which its companions learn by app state."""

    jid: Address
    name: Annotated[str, Field(min_length=1, max_length=1024)]
    first_name: Name = ""


class NewAppState(Body):
    """Changes that the phone makes: each a `type` and the fields of that type."""

    changes: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=1000)]


class NewAppStateKey(Body):
    """A new key for the phone's changes; `share` hands it out at once."""

    share: bool = True


class NewHistory(Body):
    """`messages` is the total over all chats; `send` also tells the linked companions now."""

    chats: Annotated[int, Field(ge=1, le=10_000)] = 5
    messages: Annotated[int, Field(ge=0, le=1_000_000)] = 100
    media: bool = False
    seed: int | None = None
    send: bool = True


class NewPerson(Body):
    name: Annotated[str, Field(min_length=1, max_length=1024)]
    phone: Address | None = None
    behaviour: Behaviour = Behaviour.SILENT
    lid_only: bool = False
    addressing: Addressing = "lid"
    """The address by which others meet this person."""
    other_forms: Annotated[list[Address], Field(max_length=16)] = []
    """Other ways to write the number; asked for by one, the network returns `phone`."""


class ChangePerson(Body):
    behaviour: Behaviour | None = None
    reinstall: bool = False
    """Take a new identity key, as after a reinstallation."""
    receipts: bool | None = None
    """Whether delivery receipts are sent."""
    addressing: Addressing | None = None
    withheld: list[Telling] | None = None
    """The ways in which nobody learns that the two addresses are one person."""
    phone: Address | None = None
    """Another number; the LID stays, and everybody is told."""
    about: Annotated[str, Field(max_length=700)] | None = None
    picture: Annotated[str, Field(max_length=2_000_000)] | None = None
    """A JPEG as base64, or empty to remove it; everybody is told."""
    default_ephemeral_seconds: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    business: dict[Literal["address", "email", "description", "website"], str] | None = None
    """What a business says of itself."""


class TellMapping(Body):
    """Tell the companions of a phone who a person is."""

    to: Address
    by: MappingNotice


class OddityPart(Body):
    """A message that no ordinary person writes; `text` stands somewhere in it."""

    kind: Oddity
    text: Line = "odd"


class Media(Body):
    """A file: its bytes, or a path inside the server's working directory."""

    base64: Annotated[str, Field(max_length=MAX_BASE64)] | None = None
    path: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    kind: MediaKind | None = None
    mime: Annotated[str, Field(max_length=255)] = ""
    filename: Annotated[str, Field(max_length=65_536)] = ""
    caption: Annotated[str, Field(max_length=MAX_TEXT)] = ""
    width: Annotated[int, Field(ge=0, le=100_000)] = 0
    height: Annotated[int, Field(ge=0, le=100_000)] = 0
    duration_s: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    once: bool = False
    """It may be looked at once."""

    @model_validator(mode="after")
    def _one_source(self) -> "Media":
        if (self.base64 is None) == (self.path is None):
            raise ValueError("give either base64 or path")
        return self


class ReactionPart(Body):
    id: Identifier
    emoji: Annotated[str, Field(max_length=64)] = ""


class EditPart(Body):
    id: Identifier
    text: Line


class RevokePart(Body):
    id: Identifier


class PinPart(Body):
    """0 seconds: no longer."""

    id: Identifier
    seconds: Annotated[int, Field(ge=0, le=31_536_000)] = 604_800


class TimerPart(Body):
    """How long the messages of the chat last; 0 is for ever."""

    seconds: Annotated[int, Field(ge=0, le=31_536_000)]


class PollPart(Body):
    question: Annotated[str, Field(min_length=1, max_length=1024)]
    options: Annotated[list[Annotated[str, Field(min_length=1, max_length=1024)]], Field()]
    selectable: Annotated[int, Field(ge=0, le=12)] = 1


class VotePart(Body):
    """`id` is that of the poll."""

    id: Identifier
    options: list[Annotated[str, Field(max_length=1024)]]
    by: Addressing = "lid"
    """The address that the vote is sealed with."""


class LocationPart(Body):
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    name: Name = ""
    address: Name = ""


class CardPart(Body):
    """A contact card: a whole vCard, or what one is made from."""

    name: Annotated[str, Field(min_length=1, max_length=1024)]
    phone: Annotated[str, Field(max_length=40)] = ""
    vcard: Annotated[str, Field(max_length=65_536)] = ""


PARTS = (
    "text",
    "texts",
    "media",
    "reaction",
    "edit",
    "revoke",
    "pin",
    "timer",
    "poll",
    "vote",
    "location",
    "contact",
    "contacts",
    "oddity",
)


class NewMessage(Body):
    """Exactly one of the parts; `to` may be left out where an id names the chat.

    `to` is a phone number, a JID of a person or a group, or `status@broadcast`.
    """

    to: Address | None = None
    text: Line | None = None
    texts: Annotated[list[Line], Field(min_length=1, max_length=MAX_MANY)] | None = None
    media: Media | None = None
    reaction: ReactionPart | None = None
    edit: EditPart | None = None
    revoke: RevokePart | None = None
    pin: PinPart | None = None
    timer: TimerPart | None = None
    poll: PollPart | None = None
    vote: VotePart | None = None
    location: LocationPart | None = None
    contact: CardPart | None = None
    contacts: Annotated[list[CardPart], Field(min_length=1, max_length=100)] | None = None
    oddity: OddityPart | None = None
    reply_to: Identifier | None = None
    mentions: Annotated[list[Address], Field(max_length=1000)] = []
    forwarded: bool = False
    ephemeral_seconds: Annotated[int, Field(ge=0, le=31_536_000)] = 0

    @property
    def part(self) -> str:
        """The name of the one part that is set."""
        return next(name for name in PARTS if getattr(self, name) is not None)

    @model_validator(mode="after")
    def _one_part(self) -> "NewMessage":
        given = [name for name in PARTS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of {', '.join(PARTS)}")
        if self.to is None and given[0] not in ("reaction", "edit", "revoke", "pin", "vote"):
            raise ValueError("say whom the message is for: to")
        return self


class NewReceipt(Body):
    """Receipts for messages of the inbox."""

    ids: Annotated[list[Identifier], Field(min_length=1, max_length=1000)]
    kind: Literal["read", "played"] = "read"


class NewActivity(Body):
    """`to` with an activity is typing; without, presence."""

    to: Address | None = None
    activity: Literal["available", "unavailable", "composing", "recording", "paused"]


class NewCall(Body):
    """`group` makes it a call of the group, which rings as a notice."""

    caller: Address
    to: Address
    video: bool = False
    group: Address | None = None


class ChangeCall(Body):
    """`answer`: on the phone. `end`: by the caller. `timeout`: by the caller, unanswered."""

    action: Literal["answer", "end", "timeout"]


class NewSchedule(Body):
    """A random fault schedule; without `kinds` it is made of faults that must lose nothing."""

    seed: int
    count: Annotated[int, Field(ge=1, le=MAX_FAULTS)] = 20
    duration_s: Annotated[float, Field(gt=0, le=MAX_DURATION_S)] = 10.0
    targets: Annotated[list[Annotated[str, Field(max_length=128)]], Field(min_length=1)] = [""]
    kinds: list[FaultKind] = []


class NewGroup(Body):
    """`creator` is a phone or person; the first participant when it is left out."""

    subject: Annotated[str, Field(max_length=1024)]
    participants: Annotated[list[Address], Field(min_length=1, max_length=2000)]
    creator: Address | None = None
    addressing: Literal["lid", "pn"] = "lid"


class ChangeMembers(Body):
    """`actor` is who does it; the creator of the group when it is left out."""

    action: Literal["add", "remove", "promote", "demote"]
    participants: Annotated[list[Address], Field(min_length=1, max_length=2000)]
    actor: Address | None = None


class ChangeGroup(Body):
    """What is None stays as it is."""

    subject: Annotated[str, Field(max_length=1024)] | None = None
    suspended: bool | None = None
    addressing: Addressing | None = None
    """By which address the members are named from now on; nobody is told."""
    actor: Address | None = None


class ExpireMedia(Body):
    """Without a path: every file."""

    direct_path: Annotated[str, Field(max_length=4096)] = ""


class NewRequest(Body):
    """Somebody follows the link of a group whose admins decide who joins."""

    person: Address


class NewNewsletter(Body):
    """`owner` is a phone or a person."""

    owner: Address
    name: Annotated[str, Field(min_length=1, max_length=100)]
    description: Annotated[str, Field(max_length=2048)] = ""


class NewFollower(Body):
    person: Address


class NewPost(Body):
    """A text, a file, or the change of the post `server_id`: another text, or none any more."""

    text: Line | None = None
    media: Media | None = None
    server_id: Annotated[int, Field(ge=1)] | None = None
    revoke: bool = False

    @model_validator(mode="after")
    def _one_part(self) -> "NewPost":
        if [self.text is not None, self.media is not None, self.revoke].count(True) != 1:
            raise ValueError("give exactly one of text, media, revoke")
        if self.revoke and self.server_id is None:
            raise ValueError("say which post is taken back: server_id")
        if self.media is not None and self.server_id is not None:
            raise ValueError("only texts can be changed")
        return self


class NewOpinion(Body):
    """Somebody saw posts, or with an `emoji` reacted; an empty one takes the reaction away."""

    person: Address
    server_ids: Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1, max_length=1000)]
    emoji: Annotated[str, Field(max_length=64)] | None = None
