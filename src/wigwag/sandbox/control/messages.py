"""A message that a caller of the control interface describes, said by a phone or a person."""

import asyncio
import base64
import binascii
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wigwag.model.content import ContactCard
from wigwag.model.errors import InvalidInput, MediaForbidden, MediaTooLarge, MediaUnreadable
from wigwag.sandbox.control.models import CardPart, Media, NewMessage
from wigwag.sandbox.residents.attachments import Attachment
from wigwag.sandbox.residents.correspondent import Correspondent

MAX_FILE_BYTES = 2_147_483_648


async def say(speaker: Correspondent, message: NewMessage, media_root: Path) -> list[str]:
    """Send `message`; the ids of what was sent. Files are read below `media_root` only.

    Raises WigwagError for whatever cannot be said.
    """
    if message.media is not None:
        data = await read_media(message.media, media_root)
        attachment = attachment_of(message.media)
        once = message.media.once
        return [speaker.send_media(message.to or "", data, attachment, once=once)]
    if message.texts is not None:
        return speaker.send_many(message.to or "", message.texts)
    return [_WAYS[message.part](speaker, message)]


def attachment_of(media: Media) -> Attachment:
    """The card of a file that a caller describes."""
    filename = media.filename
    if not filename and media.path is not None:
        filename = Path(media.path).name
    return Attachment(
        kind=media.kind,
        mime=media.mime,
        filename=filename,
        caption=media.caption,
        width=media.width,
        height=media.height,
        duration_s=media.duration_s,
    )


async def read_media(media: Media, root: Path) -> bytes:
    """The bytes of a file. Raises InvalidInput, and as `read_confined`."""
    if media.base64 is not None:
        return decode_base64(media.base64, "media.base64")
    return await asyncio.to_thread(read_confined, media.path or "", root)


def decode_base64(text: str, name: str) -> bytes:
    """Raises InvalidInput, which says which field it was."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput(f"{name} is not valid base64.") from error


def read_confined(path: str, root: Path) -> bytes:
    """The bytes of a regular file below `root`, symbolic links resolved.

    Raises MediaForbidden outside of it, MediaUnreadable, MediaTooLarge.
    """
    try:
        allowed = root.resolve(strict=True)
        found = (allowed / path).resolve(strict=True)
    except (OSError, ValueError, RuntimeError) as error:
        raise MediaUnreadable from error
    if not found.is_relative_to(allowed):
        raise MediaForbidden("The media file lies outside the sandbox's working directory.")
    try:
        # A device or a pipe could block for ever.
        descriptor = os.open(found, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as stream:
            facts = os.fstat(descriptor)
            if not stat.S_ISREG(facts.st_mode):
                raise MediaUnreadable("The media path does not lead to a file.")
            if facts.st_size > MAX_FILE_BYTES:
                raise MediaTooLarge
            return stream.read()
    except OSError as error:
        raise MediaUnreadable from error


def _say_text(speaker: Correspondent, message: NewMessage) -> str:
    return speaker.send_text(
        message.to or "",
        message.text or "",
        reply_to=message.reply_to or "",
        mentions=message.mentions,
        forwarded=message.forwarded,
        ephemeral_s=message.ephemeral_seconds,
    )


def _say_poll(speaker: Correspondent, message: NewMessage) -> str:
    poll = _part(message.poll)
    return speaker.send_poll(message.to or "", poll.question, poll.options, poll.selectable)


def _say_location(speaker: Correspondent, message: NewMessage) -> str:
    place = _part(message.location)
    return speaker.send_location(
        message.to or "", place.latitude, place.longitude, place.name, place.address
    )


def _say_cards(speaker: Correspondent, message: NewMessage) -> str:
    parts = message.contacts or [_part(message.contact)]
    return speaker.send_contacts(message.to or "", [_card(part) for part in parts])


def _card(part: CardPart) -> ContactCard:
    if part.vcard:
        return ContactCard(name=part.name, vcard=part.vcard)
    name = part.name.replace("\r", " ").replace("\n", " ")
    digits = "".join(letter for letter in part.phone if letter.isdigit())
    number = f"TEL;type=CELL;waid={digits}:+{digits}\n" if digits else ""
    vcard = f"BEGIN:VCARD\nVERSION:3.0\nN:;{name};;;\nFN:{name}\n{number}END:VCARD"
    return ContactCard(name=part.name, vcard=vcard)


def _part(part: Any) -> Any:
    """The part that the caller chose; its presence was validated."""
    assert part is not None  # noqa: S101 - the model checked it
    return part


_WAYS: dict[str, Callable[[Correspondent, NewMessage], str]] = {
    "text": _say_text,
    "reaction": lambda speaker, message: speaker.react(
        _part(message.reaction).id, _part(message.reaction).emoji, to=message.to
    ),
    "edit": lambda speaker, message: speaker.edit(
        _part(message.edit).id, _part(message.edit).text, to=message.to
    ),
    "revoke": lambda speaker, message: speaker.revoke(_part(message.revoke).id, to=message.to),
    "pin": lambda speaker, message: speaker.pin(
        _part(message.pin).id, _part(message.pin).seconds, to=message.to
    ),
    "timer": lambda speaker, message: speaker.set_timer(
        message.to or "", _part(message.timer).seconds
    ),
    "poll": _say_poll,
    "vote": lambda speaker, message: speaker.vote(
        _part(message.vote).id,
        _part(message.vote).options,
        by_number=_part(message.vote).by == "pn",
    ),
    "location": _say_location,
    "contact": _say_cards,
    "contacts": _say_cards,
    "oddity": lambda speaker, message: speaker.send_oddity(
        message.to or "", _part(message.oddity).kind, _part(message.oddity).text
    ),
}
