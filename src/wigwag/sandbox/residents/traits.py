"""What the stanza of a message tells of its content, outside the encryption."""

from wigwag.model.content import (
    Contacts,
    Content,
    Edit,
    Location,
    Media,
    MediaKind,
    Pin,
    Poll,
    PollVote,
    Reaction,
    Revoke,
)
from wigwag.model.value import Value


class Traits(Value):
    """Attributes of <message> (`type`, `edit`) and <enc> (`mediatype`, `decrypt-fail`), and of
    the <meta polltype> child (source: whatsmeow send.go)."""

    type: str = "text"
    media_type: str = ""
    edit: str = ""
    hide_failure: bool = False
    poll_type: str = ""


PLAIN = Traits()

_MEDIA_TYPES = {
    MediaKind.IMAGE: "image",
    MediaKind.VIDEO: "video",
    MediaKind.GIF: "gif",
    MediaKind.AUDIO: "audio",
    MediaKind.VOICE: "ptt",
    MediaKind.DOCUMENT: "document",
    MediaKind.STICKER: "sticker",
}


def traits_of(content: Content) -> Traits:
    """What the stanza of `content` says."""
    chosen = _SIMPLE.get(type(content), PLAIN)
    if isinstance(content, Media):
        chosen = Traits(type="media", media_type=_MEDIA_TYPES[content.kind])
    elif isinstance(content, Contacts):
        chosen = _CARD if len(content.cards) == 1 else _CARDS
    elif isinstance(content, Location):
        chosen = _LIVE if content.live else _PLACE
    elif isinstance(content, Reaction):
        chosen = _REACTION if content.emoji else _UNREACTION
    elif isinstance(content, Revoke):
        chosen = _REVOKE if content.target.from_me else _ADMIN_REVOKE
    return chosen


_CARD = Traits(type="media", media_type="vcard")
_CARDS = Traits(type="media", media_type="contact_array")
_PLACE = Traits(type="media", media_type="location")
_LIVE = Traits(type="media", media_type="livelocation")
_REACTION = Traits(type="reaction", hide_failure=True)
_UNREACTION = Traits(type="reaction", edit="7", hide_failure=True)
_REVOKE = Traits(edit="7", hide_failure=True)
_ADMIN_REVOKE = Traits(edit="8", hide_failure=True)
_SIMPLE: dict[type, Traits] = {
    Pin: Traits(edit="2", hide_failure=True),
    Edit: Traits(edit="1", hide_failure=True),
    Poll: Traits(type="poll", poll_type="creation"),
    PollVote: Traits(type="poll", hide_failure=True, poll_type="vote"),
}
