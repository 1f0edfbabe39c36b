"""What the outside of an encrypted message tells the server of its content (whatsmeow send.go)."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from wigwag.model.content import (
    Contacts,
    Content,
    Edit,
    Media,
    MediaKind,
    Pin,
    Poll,
    PollVote,
    Reaction,
    Revoke,
)
from wigwag.wire.nodes import AttrValue, Node


class Envelope(msgspec.Struct, frozen=True, omit_defaults=True):
    """`type` and `edit` are attributes of the stanza, `media_type` of its `<enc>` nodes.

    `hide` keeps a placeholder from being shown where the message cannot be decrypted; `poll` is
    what its `<meta>` says.
    """

    type: str = "text"
    media_type: str = ""
    edit: str = ""
    hide: bool = False
    poll: str = ""

    def enc_attrs(self) -> dict[str, AttrValue]:
        """What the encrypted copies of the participants carry besides version and type."""
        attrs: dict[str, AttrValue] = {}
        if self.media_type:
            attrs["mediatype"] = self.media_type
        if self.hide:
            attrs["decrypt-fail"] = "hide"
        return attrs

    def meta(self) -> list[Node]:
        return [Node("meta", {"polltype": self.poll})] if self.poll else []


class SentMessage(msgspec.Struct, frozen=True, array_like=True):
    """What is kept of a sent message, to answer retry receipts with; `peer` for what is between
    this device and the phone alone."""

    raw: bytes
    envelope: Envelope
    peer: bool = False

    def meta(self) -> list[Node]:
        return [Node("meta", {"appdata": "default"})] if self.peer else self.envelope.meta()


TEXT: Final = Envelope()
SEALED_REACTION: Final = Envelope(type="reaction", hide=True)
"""Whether it takes a reaction back is sealed, too."""
EDIT_MESSAGE: Final = "1"
EDIT_PIN: Final = "2"
EDIT_OWN_REVOKE: Final = "7"
EDIT_ADMIN_REVOKE: Final = "8"
EDIT_POST: Final = "3"
"""Of a newsletter, by its owner or admin."""

_MEDIA_TYPES: Final = {
    MediaKind.IMAGE: "image",
    MediaKind.VIDEO: "video",
    MediaKind.GIF: "gif",
    MediaKind.AUDIO: "audio",
    MediaKind.VOICE: "ptt",
    MediaKind.DOCUMENT: "document",
    MediaKind.STICKER: "sticker",
}


def describe(content: Content) -> Envelope:
    """The envelope of `content`."""
    describer = _DESCRIBERS.get(type(content))
    return TEXT if describer is None else describer(content)


def _media(content: Media) -> Envelope:
    return Envelope(type="media", media_type=_MEDIA_TYPES[content.kind])


def _contacts(content: Contacts) -> Envelope:
    kind = "vcard" if len(content.cards) == 1 else "contact_array"
    return Envelope(type="media", media_type=kind)


def _reaction(content: Reaction) -> Envelope:
    return Envelope(type="reaction", edit="" if content.emoji else EDIT_OWN_REVOKE, hide=True)


def _edit(_content: Edit) -> Envelope:
    return Envelope(edit=EDIT_MESSAGE, hide=True)


def _revoke(content: Revoke) -> Envelope:
    edit = EDIT_OWN_REVOKE if content.target.from_me else EDIT_ADMIN_REVOKE
    return Envelope(edit=edit, hide=True)


def _poll(_content: Poll) -> Envelope:
    return Envelope(type="poll", poll="creation")


def _vote(_content: PollVote) -> Envelope:
    return Envelope(type="poll", poll="vote", hide=True)


def _pin(_content: Pin) -> Envelope:
    return Envelope(edit=EDIT_PIN, hide=True)


_DESCRIBERS: Final[dict[type, Callable[[Any], Envelope]]] = {
    Media: _media,
    Contacts: _contacts,
    Reaction: _reaction,
    Edit: _edit,
    Revoke: _revoke,
    Poll: _poll,
    PollVote: _vote,
    Pin: _pin,
}
