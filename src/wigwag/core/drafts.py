"""What a caller wants to send, and the content that it becomes."""

import mimetypes
from datetime import datetime
from pathlib import Path, PurePath
from typing import BinaryIO, Final

import msgspec

from wigwag.core.filenames import (
    EXTENSION_OF_TYPE,
    clean_name,
    extension_of,
    media_name,
    split_name,
)
from wigwag.core.probe import Dimensions, image_dimensions
from wigwag.core.voice import is_ogg, read_voice_note
from wigwag.model.content import (
    NO_CONTEXT,
    Content,
    Context,
    Media,
    MediaKind,
    Poll,
    Text,
)
from wigwag.model.errors import EmptyMessage, InvalidInput, MalformedJid, MediaUnreadable
from wigwag.model.jid import Jid
from wigwag.model.value import Value

MAX_TEXT: Final = 65_536
"""Characters of a text or caption."""
VOICE_MIME: Final = "audio/ogg; codecs=opus"

_KINDS: Final = {
    **dict.fromkeys(("jpg", "jpeg", "png", "gif", "webp"), MediaKind.IMAGE),
    **dict.fromkeys(("mp4", "avi", "mov"), MediaKind.VIDEO),
    **dict.fromkeys(("mp3", "m4a", "wav", "aac", "flac", "opus"), MediaKind.AUDIO),
    "ogg": MediaKind.VOICE,
}
_MIMES: Final = {
    **{extension: mime for mime, extension in reversed(EXTENSION_OF_TYPE.items())},
    "jpeg": "image/jpeg",
    "opus": VOICE_MIME,
}
# The table of Python itself, not that of the machine, so that every server answers alike.
_TYPES: Final = mimetypes.MimeTypes(filenames=())
_SENDABLE: Final = frozenset({"s.whatsapp.net", "lid", "g.us", "broadcast", "newsletter"})


class MediaPolicy(Value):
    """Which files of the server callers may send: below `roots` only, symlinks resolved."""

    roots: tuple[Path, ...] = ()
    max_bytes: int = 2 * 1024**3


class Draft(Value):
    """A message to send: a text, a file with a caption, or a ready made content.

    `kind` None takes the kind from the extension of the file; `filename` is what a document is
    called, by default the name of the file.
    """

    text: str = ""
    media_path: str = ""
    kind: MediaKind | None = None
    filename: str = ""
    content: Content | None = None
    context: Context = NO_CONTEXT


def checked_recipient(jid: Jid) -> Jid:
    """The recipient, if one can send there. Raises MalformedJid."""
    if jid.server not in _SENDABLE or not jid.user:
        raise MalformedJid(f"One cannot send to {str(jid)[:60]!a}.")
    return jid


def checked_draft(draft: Draft) -> Draft:
    """The draft, if it says something. Raises EmptyMessage, InvalidInput."""
    if draft.content is None and not draft.media_path and not draft.text.strip():
        raise EmptyMessage
    if len(draft.text) > MAX_TEXT:
        raise InvalidInput(f"The text is longer than {MAX_TEXT} characters.")
    for text in (draft.text, draft.filename, draft.media_path):
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise InvalidInput("The text is not valid Unicode.") from error
    return draft


def kind_of_file(name: str) -> MediaKind:
    """The classic rule: the kind by the extension, everything unknown is a document."""
    return _KINDS.get(_extension(name), MediaKind.DOCUMENT)


def mime_of_file(name: str) -> str:
    mime = _MIMES.get(_extension(name)) or _TYPES.guess_type(name, strict=False)[0]
    return mime or "application/octet-stream"


def _extension(name: str) -> str:
    return PurePath(name).suffix.lstrip(".").lower()


def text_content(draft: Draft, secret: bytes) -> Content:
    """The content of a draft without a file. `secret` is what votes of a poll are sealed with."""
    content = draft.content
    if content is None:
        return Text(text=draft.text, context=draft.context)
    if isinstance(content, Poll) and not content.secret:
        return msgspec.structs.replace(content, secret=secret)
    return content


def media_content(draft: Draft, stream: BinaryIO) -> Media:
    """The content of a draft with a file, as its name and its first bytes tell.

    A voice note must be Ogg Opus; by the classic rule any `.ogg` is one, and other Ogg audio then
    goes out as an audio file. Raises MediaUnreadable for what would be sent and never play.
    """
    name = PurePath(draft.media_path).name
    kind = draft.kind or kind_of_file(name)
    shown = clean_name(draft.filename or name) if kind == MediaKind.DOCUMENT else ""
    media = Media(
        kind=kind,
        mime=mime_of_file(name),
        caption=draft.text,
        filename=shown or ("document" if kind == MediaKind.DOCUMENT else ""),
        context=draft.context,
    )
    if kind == MediaKind.VOICE:
        return _voice(media, stream, asked=draft.kind is not None)
    if kind in (MediaKind.IMAGE, MediaKind.STICKER):
        size = image_dimensions(stream) or Dimensions(0, 0)
        return msgspec.structs.replace(media, width=size.width, height=size.height)
    return media


def _voice(media: Media, stream: BinaryIO, *, asked: bool) -> Media:
    head = stream.read(4)
    stream.seek(0)
    note = read_voice_note(stream)
    if note is not None:
        return msgspec.structs.replace(
            media, mime=VOICE_MIME, duration_s=note.duration_s, waveform=note.waveform
        )
    if asked or not is_ogg(head):
        raise MediaUnreadable(
            "The media file is not an Ogg Opus voice note; convert it, or send it as audio."
        )
    return msgspec.structs.replace(media, kind=MediaKind.AUDIO, mime="audio/ogg")


def stored_name(draft: Draft, now: datetime) -> str:
    """What the archive's copy of a sent file is called."""
    name = PurePath(draft.media_path).name
    kind = draft.kind or kind_of_file(name)
    mime = mime_of_file(name)
    if kind == MediaKind.DOCUMENT:
        return media_name(kind, mime, now, draft.filename or name)
    extension = split_name(clean_name(name))[1].lower() or "." + extension_of(kind, mime)
    return split_name(media_name(kind, mime, now))[0] + extension
