"""What a file says of itself in its first bytes: its kind, and the size of an image.

Small parsers over hostile input: they read a bounded part, answer None where they do not
understand, and raise nothing.
"""

import struct
from typing import BinaryIO, Final, NamedTuple

HEAD_BYTES: Final = 256 * 1024
"""How much of an image is looked at; a JPEG may have a large preview before its size."""

_JPEG_SIZES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


_SIGNATURES: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"#!AMR", "audio/amr"),
    (b"ID3", "audio/mpeg"),
    (b"%PDF-", "application/pdf"),
)
_RIFF: Final = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_BRANDS: Final = {
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"qt  ": "video/quicktime",
    b"3gp4": "video/3gpp",
    b"3gp5": "video/3gpp",
    b"3gp6": "video/3gpp",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heic",
    b"hevc": "image/heic",
    b"msf1": "image/heic",
    b"avif": "image/avif",
    b"avis": "image/avif",
}


class Dimensions(NamedTuple):
    width: int
    height: int


def sniffed_mime(head: bytes) -> str:
    """The MIME type that the first bytes of a file tell; empty when they tell none."""
    for signature, mime in _SIGNATURES:
        if head.startswith(signature):
            return mime
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12], "")
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "video/webm" if b"webm" in head[:64] else "video/x-matroska"
    if head.startswith(b"BM") and head[6:10] == bytes(4):
        return "image/bmp"
    return _mpeg_audio(head)


def _mpeg_audio(head: bytes) -> str:
    """A frame of MP3 or AAC begins with eleven or more bits that are set (ISO 11172-3)."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return ""
    if head[1] & 0xF6 == 0xF0:
        return "audio/aac"
    is_frame = head[1] & 0x06 and head[2] & 0xF0 != 0xF0 and head[2] & 0x0C != 0x0C
    return "audio/mpeg" if is_frame else ""


def image_dimensions(stream: BinaryIO) -> Dimensions | None:
    """Width and height in pixels of a PNG, JPEG, GIF or WEBP."""
    head = stream.read(HEAD_BYTES)
    try:
        return _dimensions(head)
    except (struct.error, IndexError):
        return None


def _dimensions(head: bytes) -> Dimensions | None:
    if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR":
        return Dimensions(*struct.unpack_from(">II", head, 16))
    if head.startswith((b"GIF87a", b"GIF89a")):
        return Dimensions(*struct.unpack_from("<HH", head, 6))
    if head.startswith(b"\xff\xd8"):
        return _jpeg(head)
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return _webp(head)
    return None


def _jpeg(head: bytes) -> Dimensions | None:
    """Walk the segments up to the frame header (ITU-T T.81, B.1)."""
    position = 2
    while position + 9 <= len(head):
        if head[position] != 0xFF:
            return None
        marker = head[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        if marker in _JPEG_SIZES:
            height, width = struct.unpack_from(">HH", head, position + 5)
            return Dimensions(width, height)
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:
            position += 2
            continue
        position += 2 + struct.unpack_from(">H", head, position + 2)[0]
    return None


def _webp(head: bytes) -> Dimensions | None:
    """The three forms of WEBP: lossy, lossless, extended (RFC 9649)."""
    form = head[12:16]
    if form == b"VP8 " and head[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", head, 26)
        return Dimensions(width & 0x3FFF, height & 0x3FFF)
    if form == b"VP8L" and head[20] == 0x2F:
        bits = struct.unpack_from("<I", head, 21)[0]
        return Dimensions((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if form == b"VP8X":
        width = int.from_bytes(head[24:27], "little") + 1
        height = int.from_bytes(head[27:30], "little") + 1
        return Dimensions(width, height)
    return None
