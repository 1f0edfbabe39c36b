"""What a message says, in words for people: the text export, and the words of the page. Pure."""

import re
from datetime import UTC, datetime
from typing import Final

from wigwag.core.rows import context_of
from wigwag.model.archived import ArchivedMedia, ArchivedMessage
from wigwag.model.content import Contacts, Location, MediaKind, Poll, Quoted
from wigwag.model.record import RowKind

DELETED: Final = "This message was deleted."
WAITING: Final = "Waiting for this message."
UNKNOWN: Final = "A message of a kind that is not known here."
_NOTHING: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that turn the direction of what follows."""
_KINDS: Final = {
    MediaKind.IMAGE: "image",
    MediaKind.VIDEO: "video",
    MediaKind.GIF: "GIF",
    MediaKind.AUDIO: "audio",
    MediaKind.VOICE: "voice message",
    MediaKind.STICKER: "sticker",
    MediaKind.DOCUMENT: "document",
}


def plain_text(text: str) -> str:
    """A text of a stranger: its line ends as one kind, and nothing that writes elsewhere."""
    return _NOTHING.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    return " ".join(plain_text(text).split())


def sender_name(message: ArchivedMessage) -> str:
    who = message.sender
    return one_line(who.name) or who.phone or who.jid


def said(message: ArchivedMessage) -> str:
    """What a message says besides its file; empty for a file alone."""
    if message.revoked_at is not None:
        return DELETED
    if message.kind is RowKind.UNDECRYPTABLE:
        return WAITING
    content = message.content
    if isinstance(content, Location):
        words = [content.name, content.address, f"{content.latitude:.6f}, {content.longitude:.6f}"]
        return "Location: " + ", ".join(plain_text(word) for word in words if word)
    if isinstance(content, Contacts):
        return "\n".join(f"Contact: {plain_text(card.name)}" for card in content.cards)
    if isinstance(content, Poll):
        options = [f"- {plain_text(option)}" for option in content.options]
        return "\n".join([f"Poll: {plain_text(content.question)}", *options])
    text = plain_text(message.text)
    return text if text or message.media is not None else UNKNOWN


def quoted_of(message: ArchivedMessage) -> Quoted | None:
    """The message that this one answers."""
    if message.content is None or message.revoked_at is not None:
        return None
    return context_of(message.content).quoted


def file_label(media: ArchivedMedia) -> str:
    """What a file is called, or what it is."""
    return one_line(media.document_name or media.filename) or _KINDS[media.kind]


def minute_of(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d, %H:%M:%S}"


def text_line(message: ArchivedMessage, attached: str) -> str:
    """A message as WhatsApp's own export writes it; `attached` is the name of its file, or empty.

    Further lines of a text are set in, so that none looks like another message.
    """
    words = said(message)
    parts = [words] if words else []
    if message.media is not None and message.revoked_at is None:
        label = one_line(attached)
        parts.insert(0, f"<attached: {label}>" if label else "<media omitted>")
    if message.edited_at is not None and message.revoked_at is None:
        parts.append("<edited>")
    text = "\n".join(parts).replace("\n", "\n    ")
    return f"[{minute_of(message.timestamp)}] {sender_name(message)}: {text}\n"
