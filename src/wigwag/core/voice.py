"""Voice notes: length and waveform of an Ogg Opus file, without a codec.

The length is exact: the last page says how many samples there are (RFC 7845, section 4). The
waveform is an estimate: Opus spends more bytes on louder and livelier sound, so the sizes of the
packets draw the shape of the sound; where the packets are all of one size, or the file is too
large to walk, it is flat. The true one needs a decoder.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

POINTS: Final = 64
"""How many points WhatsApp draws, each from 0 to 100."""

FLAT: Final = bytes([30]) * POINTS
SAMPLE_RATE: Final = 48_000
MAX_WALKED: Final = 16 * 1024 * 1024
MAX_TAIL: Final = 128 * 1024
_MAX_GRANULE: Final = SAMPLE_RATE * 86_400
_PAGE: Final = struct.Struct("<4sBBqIIIB")
_NO_GRANULE: Final = -1


class VoiceNote(NamedTuple):
    """`duration_s` is rounded up to whole seconds, at least one."""

    duration_s: int
    waveform: bytes
    channels: int


class _Page(NamedTuple):
    granule: int
    lacing: bytes
    body: bytes


def read_voice_note(stream: BinaryIO) -> VoiceNote | None:
    """Length and waveform of an Ogg Opus file; None when it is none."""
    pages = _pages(stream)
    first = next(pages, None)
    if first is None or not first.body.startswith(b"OpusHead") or len(first.body) < 12:
        return None
    pre_skip = int.from_bytes(first.body[10:12], "little")
    sizes: list[int] = []
    granule = 0
    for number, page in enumerate(pages):
        if page.granule != _NO_GRANULE:
            granule = max(granule, page.granule)
        # The page after the head carries the tags.
        if number > 0:
            sizes.extend(_packet_sizes(page.lacing))
    walked = stream.tell()
    granule = max(granule, _last_granule(stream, walked))
    samples = min(max(granule - pre_skip, 0), _MAX_GRANULE)
    duration_s = max(1, -(-samples // SAMPLE_RATE))
    return VoiceNote(duration_s, waveform_of(sizes), first.body[9])


def waveform_of(sizes: list[int]) -> bytes:
    """64 points from 0 to 100 that follow the sizes of the packets; flat when they are alike."""
    if len(sizes) < 2 or max(sizes) == min(sizes):
        return FLAT
    low, high = min(sizes), max(sizes)
    points = bytearray()
    for point in range(POINTS):
        start = point * len(sizes) // POINTS
        end = max(start + 1, (point + 1) * len(sizes) // POINTS)
        mean = sum(sizes[start:end]) / (end - start)
        points.append(round(100 * (mean - low) / (high - low)))
    return bytes(points)


def _pages(stream: BinaryIO) -> Iterator[_Page]:
    """The pages from the start of the file, at most MAX_WALKED bytes of them (RFC 3533)."""
    read = 0
    while read < MAX_WALKED:
        head = stream.read(_PAGE.size)
        if len(head) < _PAGE.size:
            return
        magic, version, _, granule, _, _, _, count = _PAGE.unpack(head)
        if magic != b"OggS" or version != 0:
            return
        lacing = stream.read(count)
        body = stream.read(sum(lacing))
        if len(lacing) < count or len(body) < sum(lacing):
            return
        read += _PAGE.size + count + len(body)
        yield _Page(granule, lacing, body)


def _packet_sizes(lacing: bytes) -> Iterator[int]:
    """Sizes of the packets of a page; a value below 255 ends one."""
    size = 0
    for value in lacing:
        size += value
        if value < 255:
            yield size
            size = 0


def _last_granule(stream: BinaryIO, walked: int) -> int:
    """The sample count of the last page, searched from the end when the walk did not reach it."""
    end = stream.seek(0, 2)
    if end <= walked:
        return 0
    start = max(walked, end - MAX_TAIL)
    stream.seek(start)
    tail = stream.read(MAX_TAIL)
    at = tail.rfind(b"OggS")
    if at < 0 or at + _PAGE.size > len(tail):
        return 0
    granule = int(_PAGE.unpack_from(tail, at)[3])
    return granule if granule <= _MAX_GRANULE else 0
