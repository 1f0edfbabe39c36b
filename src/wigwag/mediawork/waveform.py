"""The shape of a sound: 64 points from 0 to 100, out of its samples. Pure functions."""

from array import array
from collections.abc import Sequence
from typing import Final

POINTS: Final = 64
"""How many points WhatsApp draws."""

STEP: Final = 6
"""Of the samples at 48 kHz every sixth is looked at; speech is all there at 8 kHz."""
BLOCK: Final = 480
"""Samples looked at that make one level: 60 ms."""


class Loudness:
    """Collects the levels of a sound that comes in pieces, in little memory."""

    def __init__(self) -> None:
        self.levels: array[int] = array("H")
        self._sum = 0
        self._count = 0

    def add(self, samples: bytes) -> None:
        """Signed 16-bit samples of one channel, in the order of this machine."""
        picked = array("h", samples)[::STEP]
        at = 0
        while at < len(picked):
            part = picked[at : at + BLOCK - self._count]
            self._sum += sum(map(abs, part))
            self._count += len(part)
            at += len(part)
            if self._count == BLOCK:
                self._close()

    def finish(self) -> Sequence[int]:
        if self._count:
            self._close()
        return self.levels

    def _close(self) -> None:
        self.levels.append(min(self._sum // self._count, 65_535))
        self._sum = self._count = 0


def waveform_of(levels: Sequence[int]) -> bytes:
    """64 points; the loudest is 100, silence is all zero."""
    loudest = 0.0
    means: list[float] = []
    for point in range(POINTS):
        start = point * len(levels) // POINTS
        part = levels[start : max(start + 1, (point + 1) * len(levels) // POINTS)]
        mean = sum(part) / len(part) if part else 0.0
        loudest = max(loudest, mean)
        means.append(mean)
    if not loudest:
        return bytes(POINTS)
    return bytes(round(100 * mean / loudest) for mean in means)
