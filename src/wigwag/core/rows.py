"""What a message says, as the values of its row. Pure functions."""

from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec

from wigwag.core.probe import sniffed_mime
from wigwag.model.archived import ArchivedMedia
from wigwag.model.content import (
    NO_CONTEXT,
    Contacts,
    Content,
    Context,
    Location,
    Media,
    MediaKind,
    Poll,
    Text,
)
from wigwag.model.instant import classic_time, ms_of
from wigwag.model.jid import Jid
from wigwag.model.message import Message
from wigwag.model.record import MediaState, MessageRecord, RowKind

MEDIA_TYPE: Final = {
    MediaKind.IMAGE: "image",
    MediaKind.VIDEO: "video",
    MediaKind.GIF: "video",
    MediaKind.AUDIO: "audio",
    MediaKind.VOICE: "audio",
    MediaKind.DOCUMENT: "document",
    MediaKind.STICKER: "sticker",
}
"""The words of the classic column `media_type`."""

MEDIA_HOST: Final = "https://mmg.whatsapp.net"
_THUMBNAILS: Final = frozenset({"image/jpeg", "image/png"})

_ENCODER: Final = msgspec.msgpack.Encoder()


def kind_of(content: Content) -> RowKind:
    """The kind of row that a content makes."""
    if isinstance(content, Text):
        return RowKind.TEXT
    if isinstance(content, Media):
        return RowKind(content.kind)
    if isinstance(content, Location):
        return RowKind.LOCATION
    if isinstance(content, Contacts):
        return RowKind.CONTACT
    if isinstance(content, Poll):
        return RowKind.POLL
    return RowKind.UNSUPPORTED


def text_of(content: Content) -> str:
    """What of a content is text: for reading in the classic column, and for searching."""
    if isinstance(content, Text):
        return content.text
    if isinstance(content, Media):
        return content.caption
    if isinstance(content, Location):
        return "\n".join(part for part in (content.name, content.address) if part)
    if isinstance(content, Contacts):
        return ", ".join(card.name for card in content.cards)
    if isinstance(content, Poll):
        return content.question
    return ""


def context_of(content: Content) -> Context:
    if isinstance(content, (Text, Media, Location, Contacts, Poll)):
        return content.context
    return NO_CONTEXT


def addressed(content: Content, where: Callable[[Jid], Jid]) -> Content:
    """The same content, with each person that its context names under the address of `where`."""
    if not isinstance(content, (Text, Media, Location, Contacts, Poll)):
        return content
    context = content.context
    if context.quoted is None and not context.mentions:
        return content
    quoted = context.quoted
    if quoted is not None and quoted.sender is not None:
        quoted = msgspec.structs.replace(quoted, sender=where(quoted.sender))
    mentions = tuple(dict.fromkeys(where(jid) for jid in context.mentions))
    context = msgspec.structs.replace(context, quoted=quoted, mentions=mentions)
    return msgspec.structs.replace(content, context=context)


def body_of(content: Content) -> bytes | None:
    """The content as msgpack, without its thumbnail; None where the columns say everything."""
    if isinstance(content, Text) and content.context == NO_CONTEXT:
        return None
    if isinstance(content, (Media, Location)) and content.thumbnail:
        content = msgspec.structs.replace(content, thumbnail=b"")
    return _ENCODER.encode(content)


def thumbnail_mime(thumbnail: bytes) -> str:
    """The type of a picture that may go as a thumbnail; empty for whatever else it is."""
    mime = sniffed_mime(thumbnail) if thumbnail else ""
    return mime if mime in _THUMBNAILS else ""


def with_text(content: Content, text: str) -> Content:
    """The same content with another text or caption."""
    if isinstance(content, Text):
        return msgspec.structs.replace(content, text=text)
    if isinstance(content, Media):
        return msgspec.structs.replace(content, caption=text)
    return content


def message_record(account: str, message: Message, chat: str, sender: str) -> MessageRecord:
    """The row of a message that arrived, under canonical addresses."""
    content = message.content
    key = message.key
    context = context_of(content)
    at_ms = ms_of(message.timestamp)
    media = _media_columns(content) if isinstance(content, Media) else _NO_MEDIA
    thumbnail = content.thumbnail if isinstance(content, (Media, Location)) else b""
    if not thumbnail_mime(thumbnail):
        thumbnail = b""  # a stranger's bytes, and no picture
    # In the order of the fields: by name, so many of them take seven times as long.
    return MessageRecord(
        key.id,
        chat,
        sender,
        text_of(content),
        classic_time(at_ms),
        key.from_me,
        media.media_type,
        None,  # filename: known when the file is here
        media.url,
        media.media_key,
        media.file_sha256,
        media.file_enc_sha256,
        media.file_length,
        account,
        at_ms,
        kind_of(content),
        message.state,
        message.push_name,
        media.document_name,
        media.mime,
        media.state,
        None,  # media_path
        message.view_once,
        context.ephemeral_s,
        context.forwarded,
        message.from_history,
        body_of(content),
        thumbnail or None,
    )


class _MediaColumns(NamedTuple):
    media_type: str | None = None
    url: str | None = None
    media_key: bytes | None = None
    file_sha256: bytes | None = None
    file_enc_sha256: bytes | None = None
    file_length: int | None = None
    document_name: str | None = None
    mime: str | None = None
    state: MediaState | None = None


_NO_MEDIA: Final = _MediaColumns()


def _media_columns(content: Media) -> _MediaColumns:
    """What a media message says of its file; the local name comes with the file."""
    ref = content.ref
    if ref is None or not (ref.direct_path or ref.url):
        return _MediaColumns(
            media_type=MEDIA_TYPE[content.kind],
            document_name=content.filename or None,
            mime=content.mime,
            state=MediaState.GONE,
        )
    return _MediaColumns(
        media_type=MEDIA_TYPE[content.kind],
        url=ref.url or MEDIA_HOST + ref.direct_path,
        media_key=ref.media_key or None,
        file_sha256=ref.file_sha256 or None,
        file_enc_sha256=ref.file_enc_sha256 or None,
        file_length=ref.size_bytes,
        document_name=content.filename or None,
        mime=content.mime,
        state=MediaState.PENDING,
    )


def archived_media(
    content: Media,
    *,
    state: str | None,
    mime: str | None,
    size_bytes: int | None,
    sha256: bytes | None,
    document_name: str | None,
    filename: str | None = None,
    path: str | None = None,
    has_thumbnail: bool = False,
    error: str | None = None,
) -> ArchivedMedia:
    """The file of a message as it is read, from the columns of its row."""
    return ArchivedMedia(
        kind=content.kind,
        state=MediaState(state or MediaState.GONE),
        mime=mime or "",
        size_bytes=size_bytes or 0,
        sha256=sha256 or b"",
        filename=filename or "",
        path=path or "",
        document_name=document_name or "",
        width=content.width,
        height=content.height,
        duration_s=content.duration_s,
        waveform=content.waveform,
        has_thumbnail=has_thumbnail,
        error=error or "",
    )


def undecryptable_record(
    account: str, chat: str, sender: str, message_id: str, *, from_me: bool, at_ms: int, name: str
) -> MessageRecord:
    """The placeholder of a message that cannot be read yet."""
    return MessageRecord(
        id=message_id,
        chat_jid=chat,
        sender=sender,
        content="",
        timestamp=classic_time(at_ms),
        is_from_me=from_me,
        media_type=None,
        filename=None,
        url=None,
        media_key=None,
        file_sha256=None,
        file_enc_sha256=None,
        file_length=None,
        account=account,
        timestamp_ms=at_ms,
        kind=RowKind.UNDECRYPTABLE,
        state=None,
        push_name=name,
        document_name=None,
        mime=None,
        media_state=None,
        media_path=None,
        view_once=False,
        ephemeral_s=0,
        forwarded=False,
        from_history=False,
        body=None,
        thumbnail=None,
    )
