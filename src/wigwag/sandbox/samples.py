"""Small valid media files made from a seed, without an imaging library.

PNG (RFC 2083), baseline JPEG (ITU T.81), Ogg Opus (RFC 3533, RFC 7845) and PDF (ISO 32000).
"""

import random
import struct
import zlib

_ZIGZAG_CELLS = 64
_DC_CODE_LENGTHS = (0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0)
_DC_CATEGORIES = tuple(range(12))


def make_png(seed: int, width: int = 48, height: int = 32) -> bytes:
    """A PNG picture of `width` x `height` pixels, RGB, whose bytes follow from `seed`."""
    rng = random.Random(seed)
    tile = [rng.randbytes(width * 3) for _ in range(4)]
    rows = b"".join(b"\0" + tile[(y // 8) % 4] for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _png_chunk(b"IHDR", header),
            _png_chunk(b"IDAT", zlib.compress(rows, 6)),
            _png_chunk(b"IEND", b""),
        )
    )


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def make_jpeg(seed: int, columns: int = 6, rows: int = 4) -> bytes:
    """A grey JPEG mosaic of `columns` x `rows` tiles of 8 x 8 pixels."""
    rng = random.Random(seed)
    quantisation = b"\x00" + b"\x08" * _ZIGZAG_CELLS
    frame = struct.pack(">BHHBBBB", 8, rows * 8, columns * 8, 1, 1, 0x11, 0)
    dc_table = b"\x00" + bytes(_DC_CODE_LENGTHS) + bytes(_DC_CATEGORIES)
    ac_table = b"\x10" + bytes((1, *([0] * 15))) + b"\x00"
    scan = _jpeg_scan([rng.randrange(-120, 120) for _ in range(columns * rows)])
    return b"".join(
        (
            b"\xff\xd8",
            _jpeg_segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"),
            _jpeg_segment(0xDB, quantisation),
            _jpeg_segment(0xC0, frame),
            _jpeg_segment(0xC4, dc_table),
            _jpeg_segment(0xC4, ac_table),
            _jpeg_segment(0xDA, b"\x01\x01\x00\x00\x3f\x00"),
            scan,
            b"\xff\xd9",
        )
    )


def _jpeg_segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def _dc_codes() -> dict[int, tuple[int, int]]:
    """Category -> (code, bits) of the canonical Huffman table above."""
    codes: dict[int, tuple[int, int]] = {}
    code = index = 0
    for length, count in enumerate(_DC_CODE_LENGTHS, start=1):
        for _ in range(count):
            codes[_DC_CATEGORIES[index]] = (code, length)
            code += 1
            index += 1
        code <<= 1
    return codes


def _jpeg_scan(levels: list[int]) -> bytes:
    """The entropy-coded blocks: a DC difference each, then end-of-block (the one-bit AC code)."""
    codes = _dc_codes()
    bits: list[str] = []
    previous = 0
    for level in levels:
        difference = level - previous
        previous = level
        category = abs(difference).bit_length()
        code, length = codes[category]
        bits.append(f"{code:0{length}b}")
        if category:
            value = difference if difference > 0 else difference + (1 << category) - 1
            bits.append(f"{value:0{category}b}")
        bits.append("0")
    text = "".join(bits)
    text += "1" * (-len(text) % 8)
    data = int(text, 2).to_bytes(len(text) // 8, "big")
    return data.replace(b"\xff", b"\xff\x00")


def make_voice(seed: int, duration_s: int = 1) -> bytes:
    """An Ogg Opus file of silence, 20 ms per packet; `seed` is its stream serial number."""
    head = b"OpusHead" + struct.pack("<BBHIHB", 1, 1, 0, 48000, 0, 0)
    vendor = b"wigwag"
    tags = b"OpusTags" + struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", 0)
    packets = min(duration_s * 50, 250)
    return b"".join(
        (
            _ogg_page(seed, 0, 2, 0, [head]),
            _ogg_page(seed, 1, 0, 0, [tags]),
            _ogg_page(seed, 2, 4, packets * 960, [b"\xf8\xff\xfe"] * packets),
        )
    )


def _ogg_page(serial: int, number: int, flags: int, granule: int, packets: list[bytes]) -> bytes:
    lacing = bytes(len(packet) for packet in packets)
    head = struct.pack("<4sBBQIII", b"OggS", 0, flags, granule, serial & 0xFFFFFFFF, number, 0)
    page = head + bytes((len(lacing),)) + lacing + b"".join(packets)
    return page[:22] + struct.pack("<I", _ogg_crc(page)) + page[26:]


def _ogg_crc(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1) ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1
        crc &= 0xFFFFFFFF
    return crc


def make_pdf(title: str) -> bytes:
    """A one-page PDF that shows `title` (ASCII; other characters become question marks)."""
    shown = title.encode("ascii", "replace")
    for special in (b"\\", b"(", b")"):
        shown = shown.replace(special, b"\\" + special)
    stream = b"BT /F1 18 Tf 40 90 Td (" + shown + b") Tj ET"
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 180]/Contents 4 0 R/Resources 6 0 R>>",
        b"<</Length %d>>stream\n%b\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Font<</F1 5 0 R>>>>",
    )
    body = bytearray(b"%PDF-1.4\n")
    offsets: list[int] = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj%b endobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n%b" % (len(objects) + 1, table)
    body += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(body)
