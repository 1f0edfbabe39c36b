"""Switches reporting tokens on in a loaded whatsmeow, as its careful users do.

`Client.SendReportingTokens` is off by default, and neonize offers no way to set it. The field is
compared with 0 wherever it is read (send.go, three times); from here on it is compared with 1, so
that the unset field counts as set.
"""

import platform
import re
from pathlib import Path
from typing import Final

from wigwag.engine.whatsmeow.child.emulated import base_of, virtual_address

MACHINE: Final = "x86_64"
_READS: Final = re.compile(rb"\x80[\xb8-\xbf]\xe2\x3a\x00\x00(\x00)", re.DOTALL)
"""`cmpb $0, 0x3ae2(register)`: the field of whatsmeow 35ae40906e74, compiled for x86-64."""
_TIMES: Final = 3


def switch_reporting_on(library: str) -> None:
    """Raises RuntimeError when the library is not the one that is known."""
    image = Path(library).read_bytes()
    reads = [found.start(1) for found in _READS.finditer(image)]
    if platform.machine() != MACHINE or len(reads) != _TIMES:
        raise RuntimeError(f"the field of reporting tokens is read {len(reads)} times")
    base = base_of(library)
    with open("/proc/self/mem", "r+b", buffering=0) as memory:  # noqa: PTH123 - unbuffered
        for offset in reads:
            memory.seek(base + virtual_address(image, offset))
            memory.write(b"\x01")
