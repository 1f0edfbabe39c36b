"""What a file says of itself in its first bytes: sizes of images, length of voice notes.

Small parsers over hostile input: they read a bounded part, answer None where they do not
understand, and raise nothing.
"""

import struct
from typing import BinaryIO, Final, NamedTuple

HEAD_BYTES: Final = 256 * 1024
"""How much of an image is looked at; a JPEG may have a large preview before its size."""

_JPEG_SIZES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


class Dimensions(NamedTuple):
    width: int
    height: int


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
