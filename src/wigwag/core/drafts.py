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
from wigwag.core.probe import HEAD_BYTES, Dimensions, image_dimensions, sniffed_mime
from wigwag.core.voice import read_voice_note
from wigwag.model.content import (
    NO_CONTEXT,
    Content,
    Context,
    Media,
    MediaKind,
    Poll,
    Text,
)
from wigwag.model.errors import EmptyMessage, InvalidInput, MalformedJid
from wigwag.model.jid import Jid
from wigwag.model.media import Upload
from wigwag.model.value import Value

MAX_TEXT: Final = 65_536
"""Characters of a text or caption."""
UNKNOWN_MIME: Final = "application/octet-stream"
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
_SOUND_OR_FILM: Final = frozenset(
    {
        "audio/ogg",
        "video/mp4",
        "video/3gpp",
        "video/quicktime",
        "video/webm",
        "video/x-matroska",
    }
)
"""Containers of either: the first bytes do not tell which."""
# The table of Python itself, not that of the machine, so that every server answers alike.
_TYPES: Final = mimetypes.MimeTypes(filenames=())
_SENDABLE: Final = frozenset({"s.whatsapp.net", "lid", "g.us", "broadcast", "newsletter"})


class MediaPolicy(Value):
    """Which files of the server callers may send: below `roots` only, symlinks resolved."""

    roots: tuple[Path, ...] = ()
    max_bytes: int = 2 * 1024**3


class Draft(Value):
    """A message to send: a text, a file with a caption, or a ready made content.

    The file is one of the server (`media_path`), or one that was handed over (`upload`).
    `kind` None takes the kind from the extension of the file; `filename` is what a document is
    called, by default the name of the file.
    """

    text: str = ""
    media_path: str = ""
    upload: Upload | None = None
    kind: MediaKind | None = None
    filename: str = ""
    content: Content | None = None
    context: Context = NO_CONTEXT

    @property
    def has_file(self) -> bool:
        return bool(self.media_path) or self.upload is not None

    @property
    def file_name(self) -> str:
        """What its file is called where it comes from."""
        if self.upload is None:
            return PurePath(self.media_path).name
        extension = extension_of(MediaKind.DOCUMENT, self.upload.mime)
        return self.upload.filename or f"upload.{extension}"


def checked_recipient(jid: Jid) -> Jid:
    """The recipient, if one can send there. Raises MalformedJid."""
    if jid.server not in _SENDABLE or not jid.user:
        raise MalformedJid(f"One cannot send to {str(jid)[:60]!a}.")
    return jid


def checked_draft(draft: Draft) -> Draft:
    """The draft, if it says something. Raises EmptyMessage, InvalidInput."""
    if draft.content is None and not draft.has_file and not draft.text.strip():
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
    return mime or UNKNOWN_MIME


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

    The type follows the bytes where they fit the kind, and else the name. Raises InvalidInput for
    a file that is not of the kind that was asked for.
    """
    name = draft.file_name
    kind = draft.kind or kind_of_file(name)
    shown = clean_name(draft.filename or name) if kind == MediaKind.DOCUMENT else ""
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    if draft.kind is not None:
        _check_kind(draft.kind, _told_mime(draft, head))
    media = Media(
        kind=kind,
        mime=_mime_of(kind, name, shown, head),
        caption=draft.text,
        filename=shown or ("document" if kind == MediaKind.DOCUMENT else ""),
        context=draft.context,
    )
    if kind == MediaKind.VOICE:
        return _voice(media, stream)
    if kind in (MediaKind.IMAGE, MediaKind.STICKER):
        size = image_dimensions(stream) or Dimensions(0, 0)
        return msgspec.structs.replace(media, width=size.width, height=size.height)
    return media


def _told_mime(draft: Draft, head: bytes) -> str:
    """The type by the first bytes, else by the name, else as whoever handed the file over said."""
    mime = sniffed_mime(head) or mime_of_file(draft.file_name)
    if mime == UNKNOWN_MIME and draft.upload is not None:
        mime = draft.upload.mime
    return mime.partition(";")[0]


def _check_kind(kind: MediaKind, mime: str) -> None:
    """Raises InvalidInput where receivers would be told of a picture, a film or a sound that the
    file is not. All other kinds are made what they have to be, or sent as they are."""
    if kind not in (MediaKind.IMAGE, MediaKind.VIDEO, MediaKind.AUDIO):
        return
    is_either = mime in _SOUND_OR_FILM and kind is not MediaKind.IMAGE
    if mime.partition("/")[0] != kind.value and not is_either:
        raise InvalidInput(f"This file is {mime[:100]}; send it as a document.")


def is_ready(media: Media) -> bool:
    """Whether a file can be sent as it is: only a few kinds must be what receivers expect."""
    if media.kind is MediaKind.VOICE:
        return media.mime == VOICE_MIME
    if media.kind is MediaKind.STICKER:
        return media.mime == "image/webp"
    if media.kind is MediaKind.GIF:
        return media.mime == "video/mp4"
    return True


def _mime_of(kind: MediaKind, name: str, shown: str, head: bytes) -> str:
    named = mime_of_file(name)
    if kind is MediaKind.DOCUMENT:
        return named if named != UNKNOWN_MIME else mime_of_file(shown)
    sniffed = sniffed_mime(head)
    if kind in (MediaKind.VOICE, MediaKind.GIF, MediaKind.STICKER):
        return sniffed
    family = sniffed.partition("/")[0]
    is_new = sniffed != named.partition(";")[0]
    return sniffed if family == kind.value and is_new else named


def _voice(media: Media, stream: BinaryIO) -> Media:
    note = read_voice_note(stream)
    if note is None or note.channels != 1:
        return media
    return msgspec.structs.replace(
        media, mime=VOICE_MIME, duration_s=note.duration_s, waveform=note.waveform
    )


def stored_name(draft: Draft, media: Media, now: datetime, *, converted: bool = False) -> str:
    """What the archive's copy of a sent file is called."""
    name = draft.file_name
    if media.kind == MediaKind.DOCUMENT:
        return media_name(media.kind, media.mime, now, draft.filename or name)
    made = media_name(media.kind, media.mime, now)
    extension = split_name(clean_name(name))[1].lower()
    if converted or not extension:
        return made
    return split_name(made)[0] + extension
