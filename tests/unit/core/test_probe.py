"""Sizes of images, from a few bytes and from garbage."""

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wigwag.core.probe import image_dimensions


def png(width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + head
    return (
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    )


def jpeg(width: int, height: int, before: bytes = b"") -> bytes:
    frame = struct.pack(">HBHHB", 17, 8, height, width, 3) + b"\0" * 9
    return b"\xff\xd8" + before + b"\xff\xff\xc2" + frame


def exif(size: int) -> bytes:
    return b"\xff\xe1" + struct.pack(">H", size + 2) + b"\xff" * size


def webp(form: bytes, body: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", 4 + 8 + len(body)) + b"WEBP" + form + body


CASES = {
    "png": png(640, 480),
    "gif": b"GIF89a" + struct.pack("<HH", 640, 480) + b"\0\0\0",
    "jpeg": jpeg(640, 480),
    "jpeg with a preview": jpeg(640, 480, exif(60_000) + exif(60_000)),
    "webp lossy": webp(
        b"VP8 ", struct.pack("<I", 10) + b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 640, 480)
    ),
    "webp lossless": webp(
        b"VP8L", struct.pack("<I", 5) + b"\x2f" + struct.pack("<I", 639 | 479 << 14)
    ),
    "webp extended": webp(
        b"VP8X",
        struct.pack("<I", 10)
        + b"\0\0\0\0"
        + (639).to_bytes(3, "little")
        + (479).to_bytes(3, "little"),
    ),
}


@pytest.mark.parametrize("data", CASES.values(), ids=CASES.keys())
def test_the_size_of_an_image(data: bytes) -> None:
    assert image_dimensions(io.BytesIO(data)) == (640, 480)


@pytest.mark.parametrize("data", CASES.values(), ids=CASES.keys())
def test_a_cut_image_has_no_size(data: bytes) -> None:
    for length in range(min(len(data) - 12, 60)):
        image_dimensions(io.BytesIO(data[:length]))
    assert image_dimensions(io.BytesIO(data[:9])) is None


@given(
    st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8", b"RIFFabcdWEBP"]),
    st.binary(max_size=200),
)
def test_garbage_raises_nothing(head: bytes, tail: bytes) -> None:
    image_dimensions(io.BytesIO(head + tail))
