"""Sample files are what they claim to be, byte for byte from their seed."""

import struct
import zlib
from collections.abc import Callable

import pytest

from wigwag.sandbox.samples import make_jpeg, make_pdf, make_png, make_voice


def test_png_holds_its_pixels() -> None:
    data = make_png(1, width=20, height=10)
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    position = 8
    chunks: dict[bytes, bytes] = {}
    while position < len(data):
        (length,) = struct.unpack(">I", data[position : position + 4])
        kind = data[position + 4 : position + 8]
        body = data[position + 8 : position + 8 + length]
        (crc,) = struct.unpack(">I", data[position + 8 + length : position + 12 + length])
        assert crc == zlib.crc32(kind + body)
        chunks[kind] = body
        position += 12 + length
    assert list(chunks) == [b"IHDR", b"IDAT", b"IEND"]
    assert chunks[b"IHDR"][:8] == struct.pack(">II", 20, 10)
    assert len(zlib.decompress(chunks[b"IDAT"])) == 10 * (1 + 20 * 3)


def test_jpeg_has_the_right_segments() -> None:
    data = make_jpeg(1, columns=3, rows=2)
    assert data[:2] == b"\xff\xd8"
    assert data[-2:] == b"\xff\xd9"
    position = 2
    markers: list[int] = []
    while data[position + 1] != 0xDA:
        assert data[position] == 0xFF
        markers.append(data[position + 1])
        if data[position + 1] == 0xC0:
            assert struct.unpack(">HH", data[position + 5 : position + 9]) == (16, 24)
        (length,) = struct.unpack(">H", data[position + 2 : position + 4])
        position += 2 + length
    assert markers == [0xE0, 0xDB, 0xC0, 0xC4, 0xC4]


@pytest.mark.parametrize("seed", range(8))
def test_jpeg_decodes(seed: int) -> None:
    """With Pillow, where it is installed: each tile has the grey that was drawn for it."""
    image = pytest.importorskip("PIL.Image")
    import io
    import random

    with image.open(io.BytesIO(make_jpeg(seed, columns=5, rows=3))) as picture:
        picture.load()
        rng = random.Random(seed)
        drawn = [rng.randrange(-120, 120) + 128 for _ in range(15)]
        tiles = [picture.getpixel((x * 8 + 4, y * 8 + 4)) for y in range(3) for x in range(5)]
    assert tiles == drawn


def test_voice_is_ogg_with_right_checksums() -> None:
    data = make_voice(7, duration_s=2)
    pages = data.split(b"OggS")[1:]
    assert len(pages) == 3
    assert b"OpusHead" in pages[0]
    assert b"OpusTags" in pages[1]
    (granule,) = struct.unpack("<Q", pages[2][2:10])
    assert granule == 2 * 48_000


def test_pdf_has_its_table_where_it_says() -> None:
    data = make_pdf("Hello (world) \N{SNOWMAN}")
    assert data.startswith(b"%PDF-1.4")
    start = int(data.split(b"startxref\n")[1].split(b"\n")[0])
    assert data[start : start + 4] == b"xref"
    assert b"Hello \\(world\\) ?" in data


@pytest.mark.parametrize("make", [make_png, make_jpeg, make_voice])
def test_the_same_seed_is_the_same_file(make: Callable[[int], bytes]) -> None:
    assert make(3) == make(3)
    assert make(3) != make(4)
