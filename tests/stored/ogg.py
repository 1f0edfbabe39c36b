"""Ogg Opus files made by hand: pages with packets of chosen sizes."""

import struct
from collections.abc import Sequence

HEAD = b"OpusHead" + bytes([1, 1]) + struct.pack("<HIhB", 312, 48_000, 0, 0)
TAGS = b"OpusTags" + struct.pack("<I", 0) + struct.pack("<I", 0)


def page(packets: Sequence[bytes], granule: int, sequence: int, flags: int = 0) -> bytes:
    """One page; the checksum is left out, which readers here do not ask for."""
    lacing = bytearray()
    for packet in packets:
        lacing += b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255])
    head = struct.pack("<4sBBqIII", b"OggS", 0, flags, granule, 1, sequence, 0)
    return head + bytes([len(lacing)]) + bytes(lacing) + b"".join(packets)


def opus(sizes: Sequence[int], *, per_page: int = 50, head: bytes = HEAD) -> bytes:
    """A file of 20 ms packets of these sizes."""
    pages = [page([head], 0, 0, 2), page([TAGS], 0, 1)]
    for number, start in enumerate(range(0, len(sizes), per_page)):
        part = sizes[start : start + per_page]
        granule = 312 + 960 * (start + len(part))
        pages.append(page([bytes(size) for size in part], granule, number + 2))
    return b"".join(pages)
