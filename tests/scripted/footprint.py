"""How much memory a piece of work makes this process grow by. Linux only."""

import ctypes
import gc
import sys
from pathlib import Path

HERE = sys.platform == "linux"
"""Whether the growth can be measured."""

_RESET_PEAK = "5"  # proc(5), clear_refs


class Footprint:
    """`peak` is the largest resident set since `start`; both in bytes."""

    def __init__(self) -> None:
        Path("/proc/self/clear_refs").write_text(_RESET_PEAK)
        self.start = resident_bytes()

    @property
    def peak(self) -> int:
        return _status("VmHWM")

    @property
    def growth(self) -> int:
        return self.peak - self.start


def resident_bytes() -> int:
    """What this process has in memory now."""
    return _status("VmRSS")


def settled_bytes() -> int:
    """The same without what is garbage, and what the allocator keeps of pages that were freed."""
    gc.collect()
    if HERE and hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)
    return resident_bytes()


def _status(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    raise AssertionError(name)
