"""Files that phones and people send: their cards, and the way to the media host and back."""

import hashlib
import mimetypes
from pathlib import PurePosixPath

import msgspec

from wigwag.model.content import Media, MediaKind, MediaRef
from wigwag.model.errors import NotFound
from wigwag.model.value import Value
from wigwag.sandbox.edge.mediahost import MediaHost
from wigwag.sandbox.residents.groupkeys import Random
from wigwag.wire.media import FileKind, decrypt_bytes, encrypt_bytes, mms_type, newsletter_mms_type
from wigwag.wire.proto import e2e_pb2
from wigwag.wire.protobuf import parse

_DEFAULT_MIME = {
    MediaKind.IMAGE: "image/jpeg",
    MediaKind.VIDEO: "video/mp4",
    MediaKind.GIF: "video/mp4",
    MediaKind.AUDIO: "audio/mp4",
    MediaKind.VOICE: "audio/ogg; codecs=opus",
    MediaKind.DOCUMENT: "application/octet-stream",
    MediaKind.STICKER: "image/webp",
}

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"OggS", "audio/ogg; codecs=opus"),
    (b"%PDF-", "application/pdf"),
)


class Attachment(Value):
    """The card of a file. What is empty is guessed from the file, or left out."""

    kind: MediaKind | None = None
    mime: str = ""
    filename: str = ""
    caption: str = ""
    width: int = 0
    height: int = 0
    duration_s: int = 0


class MediaDesk:
    """Uploads and downloads of residents, without HTTP."""

    def __init__(self, host: MediaHost, random: Random) -> None:
        self.host = host
        self._random = random

    def upload(self, data: bytes, attachment: Attachment) -> Media:
        """Encrypt a file and put it on the media host; its card. Raises MediaTooLarge."""
        card = _card(data, attachment)
        return msgspec.structs.replace(card, ref=self.put(data, card.kind))

    def upload_plain(self, data: bytes, attachment: Attachment) -> Media:
        """Put a file of a newsletter on the media host as it is. Raises MediaTooLarge."""
        card = _card(data, attachment)
        file = self.host.store(newsletter_mms_type(card.kind), data)
        ref = MediaRef(
            direct_path=file.direct_path,
            media_key=b"",
            file_sha256=hashlib.sha256(data).digest(),
            file_enc_sha256=b"",
            size_bytes=len(data),
            url=file.url,
        )
        return msgspec.structs.replace(card, ref=ref)

    def put(self, data: bytes, kind: FileKind) -> MediaRef:
        """Encrypt any bytes and put them on the media host."""
        encrypted, card = encrypt_bytes(data, kind, self._random(32))
        file = self.host.store(mms_type(kind), encrypted)
        return card.at(file.direct_path, file.url)

    def renew(self, media: Media) -> str:
        """Upload the file of a card again; where it lies then, or empty when nobody has it."""
        if media.ref is None:
            return ""
        file = self.host.renew(mms_type(media.kind), media.ref.file_enc_sha256)
        return file.direct_path if file is not None else ""

    def download(self, media: Media) -> bytes:
        """The file of a card, verified. Raises NotFound or MediaFailure."""
        if media.ref is None:
            raise NotFound("That message has no file on the media host.")
        return self.fetch(media.ref, media.kind)

    def fetch(self, ref: MediaRef, kind: FileKind) -> bytes:
        """Any file, verified. Raises NotFound or MediaFailure."""
        return decrypt_bytes(self.host.load(ref.direct_path), kind, ref)


def _card(data: bytes, attachment: Attachment) -> Media:
    """What is said of a file, which is not uploaded yet."""
    mime = attachment.mime or _guess_mime(attachment, data)
    return Media(
        kind=attachment.kind or _guess_kind(mime),
        mime=mime,
        caption=attachment.caption,
        filename=attachment.filename,
        width=attachment.width,
        height=attachment.height,
        duration_s=attachment.duration_s,
    )


def _guess_mime(attachment: Attachment, data: bytes) -> str:
    for signature, mime in _SIGNATURES:
        if data.startswith(signature):
            return mime
    if data[4:8] == b"ftyp":
        return "video/mp4"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if attachment.kind is not None and attachment.kind is not MediaKind.DOCUMENT:
        return _DEFAULT_MIME[attachment.kind]
    suffix = PurePosixPath(attachment.filename.replace("\0", "")).suffix
    return mimetypes.types_map.get(suffix.lower(), "application/octet-stream")


def _guess_kind(mime: str) -> MediaKind:
    if mime.startswith("audio/ogg"):
        return MediaKind.VOICE
    for prefix, kind in (
        ("image/", MediaKind.IMAGE),
        ("video/", MediaKind.VIDEO),
        ("audio/", MediaKind.AUDIO),
    ):
        if mime.startswith(prefix):
            return kind
    return MediaKind.DOCUMENT


def hostile_name(content: object, raw: bytes) -> bytes:
    """`raw` with a document's file name exactly as given.

    Encoding cleans names, as a well-behaved client must; a person of the sandbox may be an
    attacker, whose NUL and control characters have to arrive.
    """
    if not isinstance(content, Media) or "\0" not in content.filename:
        return raw
    message = parse(e2e_pb2.Message, raw)
    wrapped = message.documentWithCaptionMessage.message
    holder = wrapped if message.HasField("documentWithCaptionMessage") else message
    if holder.HasField("documentMessage"):
        holder.documentMessage.fileName = content.filename
        holder.documentMessage.title = content.filename
    return message.SerializeToString()
