"""Files: images, videos, GIFs, audio, voice notes, documents and stickers.

Which fields go with which kind follows what whatsmeow's upload documentation and WhatsApp Web
send: a GIF is a video with gifPlayback, a voice note an audio with PTT, a document with a caption
travels inside documentWithCaptionMessage.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from wigwag.model.content import NO_CONTEXT, Context, Media, MediaKind, MediaRef
from wigwag.wire import claims
from wigwag.wire.content_context import read_context, write_context
from wigwag.wire.errors import WireError
from wigwag.wire.proto import e2e_pb2

THUMBNAIL_LIMIT: Final = 131_072
"""Bytes of an inline preview; a larger one is dropped."""

WAVEFORM_LIMIT: Final = 64
"""Points of a waveform, a byte each; one of more is dropped."""

MIME_LIMIT: Final = 255
_HASH_LIMIT: Final = 64

MediaPart = (
    e2e_pb2.ImageMessage
    | e2e_pb2.VideoMessage
    | e2e_pb2.AudioMessage
    | e2e_pb2.DocumentMessage
    | e2e_pb2.StickerMessage
)


def write_media(media: Media, message: e2e_pb2.Message, timestamp: datetime | None) -> None:
    """Fill `message` with `media`; `timestamp` dates the media key.

    Raises WireError when the file was not uploaded yet.
    """
    if media.ref is None:
        raise WireError("a media message needs an uploaded file")
    part = _WRITERS[media.kind](media, message)
    ref = media.ref
    part.mimetype = claims.outgoing_text(media.mime)
    part.directPath = claims.outgoing_text(ref.direct_path)
    if ref.url:
        part.URL = claims.outgoing_text(ref.url)
    part.fileSHA256 = ref.file_sha256
    part.fileLength = claims.size(ref.size_bytes)
    if not ref.is_plain:
        part.mediaKey = ref.media_key
        part.fileEncSHA256 = ref.file_enc_sha256
        if timestamp is not None:
            part.mediaKeyTimestamp = int(timestamp.timestamp())
    if media.context != NO_CONTEXT:
        write_context(media.context, part.contextInfo)


def _write_image(media: Media, message: e2e_pb2.Message) -> MediaPart:
    image = message.imageMessage
    _write_caption(media, image)
    _write_frame(media, image)
    if media.thumbnail:
        image.JPEGThumbnail = media.thumbnail
    return image


def _write_video(media: Media, message: e2e_pb2.Message) -> MediaPart:
    video = message.videoMessage
    _write_caption(media, video)
    _write_frame(media, video)
    if media.duration_s:
        video.seconds = claims.outgoing_uint32(media.duration_s)
    if media.thumbnail:
        video.JPEGThumbnail = media.thumbnail
    if media.kind is MediaKind.GIF:
        video.gifPlayback = True
    return video


def _write_audio(media: Media, message: e2e_pb2.Message) -> MediaPart:
    audio = message.audioMessage
    if media.duration_s:
        audio.seconds = claims.outgoing_uint32(media.duration_s)
    audio.PTT = media.kind is MediaKind.VOICE
    if media.waveform:
        audio.waveform = media.waveform
    return audio


def _write_document(media: Media, message: e2e_pb2.Message) -> MediaPart:
    if media.caption:
        message = message.documentWithCaptionMessage.message
    document = message.documentMessage
    _write_caption(media, document)
    if media.filename:
        document.fileName = document.title = claims.outgoing_text(media.filename)
    if media.pages:
        document.pageCount = claims.outgoing_uint32(media.pages)
    if media.thumbnail:
        document.JPEGThumbnail = media.thumbnail
    return document


def _write_sticker(media: Media, message: e2e_pb2.Message) -> MediaPart:
    sticker = message.stickerMessage
    _write_frame(media, sticker)
    if media.animated:
        sticker.isAnimated = True
    if media.thumbnail:
        sticker.pngThumbnail = media.thumbnail
    return sticker


def _write_caption(
    media: Media, part: e2e_pb2.ImageMessage | e2e_pb2.VideoMessage | e2e_pb2.DocumentMessage
) -> None:
    if media.caption:
        part.caption = claims.outgoing_text(media.caption)


def _write_frame(
    media: Media, part: e2e_pb2.ImageMessage | e2e_pb2.VideoMessage | e2e_pb2.StickerMessage
) -> None:
    if media.width:
        part.width = claims.outgoing_uint32(media.width)
    if media.height:
        part.height = claims.outgoing_uint32(media.height)


_WRITERS: Final[dict[MediaKind, Callable[[Media, e2e_pb2.Message], MediaPart]]] = {
    MediaKind.IMAGE: _write_image,
    MediaKind.VIDEO: _write_video,
    MediaKind.GIF: _write_video,
    MediaKind.AUDIO: _write_audio,
    MediaKind.VOICE: _write_audio,
    MediaKind.DOCUMENT: _write_document,
    MediaKind.STICKER: _write_sticker,
}


def read_image(image: e2e_pb2.ImageMessage) -> Media:
    return Media(
        kind=MediaKind.IMAGE,
        mime=claims.text(image.mimetype, MIME_LIMIT),
        ref=read_ref(image),
        caption=claims.text(image.caption),
        width=image.width,
        height=image.height,
        thumbnail=claims.blob(image.JPEGThumbnail, THUMBNAIL_LIMIT),
        context=_context(image),
    )


def read_video(video: e2e_pb2.VideoMessage) -> Media:
    return Media(
        kind=MediaKind.GIF if video.gifPlayback else MediaKind.VIDEO,
        mime=claims.text(video.mimetype, MIME_LIMIT),
        ref=read_ref(video),
        caption=claims.text(video.caption),
        width=video.width,
        height=video.height,
        duration_s=video.seconds,
        thumbnail=claims.blob(video.JPEGThumbnail, THUMBNAIL_LIMIT),
        context=_context(video),
    )


def read_audio(audio: e2e_pb2.AudioMessage) -> Media:
    return Media(
        kind=MediaKind.VOICE if audio.PTT else MediaKind.AUDIO,
        mime=claims.text(audio.mimetype, MIME_LIMIT),
        ref=read_ref(audio),
        duration_s=audio.seconds,
        waveform=claims.blob(audio.waveform, WAVEFORM_LIMIT),
        context=_context(audio),
    )


def read_document(document: e2e_pb2.DocumentMessage) -> Media:
    return Media(
        kind=MediaKind.DOCUMENT,
        mime=claims.text(document.mimetype, MIME_LIMIT),
        ref=read_ref(document),
        caption=claims.text(document.caption),
        filename=claims.name(document.fileName) or claims.name(document.title),
        pages=document.pageCount,
        thumbnail=claims.blob(document.JPEGThumbnail, THUMBNAIL_LIMIT),
        context=_context(document),
    )


def read_sticker(sticker: e2e_pb2.StickerMessage) -> Media:
    return Media(
        kind=MediaKind.STICKER,
        mime=claims.text(sticker.mimetype, MIME_LIMIT),
        ref=read_ref(sticker),
        width=sticker.width,
        height=sticker.height,
        thumbnail=claims.blob(sticker.pngThumbnail, THUMBNAIL_LIMIT),
        animated=sticker.isAnimated,
        context=_context(sticker),
    )


def read_ref(part: MediaPart) -> MediaRef | None:
    """Where the file lies; None when the sender gave neither a path nor a URL.

    A path or URL that is not a plain one is dropped, and so are keys and hashes of absurd length;
    the download then fails with its own error.
    """
    direct_path = claims.path(part.directPath)
    url = claims.path(part.URL)
    direct_path = direct_path if direct_path.startswith("/") else ""
    url = url if url.startswith("https://") else ""
    if not direct_path and not url:
        return None
    return MediaRef(
        direct_path=direct_path,
        media_key=claims.blob(part.mediaKey, _HASH_LIMIT),
        file_sha256=claims.blob(part.fileSHA256, _HASH_LIMIT),
        file_enc_sha256=claims.blob(part.fileEncSHA256, _HASH_LIMIT),
        size_bytes=claims.size(part.fileLength),
        url=url,
    )


def _context(part: MediaPart) -> Context:
    return read_context(part.contextInfo) if part.HasField("contextInfo") else NO_CONTEXT
