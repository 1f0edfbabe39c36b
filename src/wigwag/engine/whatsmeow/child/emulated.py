"""Has a loaded library trust an emulated network, and no longer WhatsApp.

whatsmeow checks the server's certificate against one array of 32 bytes (whatsmeow handshake.go).
It lies in the library's writable data, and is read at every handshake: it can be overwritten there.
"""

import ctypes
import os
import struct
from pathlib import Path
from typing import Final

WHATSAPP_ROOT: Final = bytes.fromhex(
    "142375574d0a587166aae71ebe516437c4a28b73e3695c6ce1f7f9545da8ee6b"
)
_PT_LOAD: Final = 1
_WRITABLE: Final = 2


class NotPatched(Exception):
    """The key is not where it was expected: nothing was overwritten."""


def trust(library: str, root: bytes) -> None:
    """Puts `root` in the place of WhatsApp's root key in the library at this path.

    Linux alone. Raises NotPatched.
    """
    if len(root) != len(WHATSAPP_ROOT):
        raise NotPatched("a root key has 32 bytes")
    try:
        image, base = Path(library).read_bytes(), base_of(library)
    except OSError as error:
        raise NotPatched("only on Linux a library can be pointed elsewhere") from error
    offset = image.find(WHATSAPP_ROOT)
    if offset < 0 or image.find(WHATSAPP_ROOT, offset + 1) >= 0:
        raise NotPatched("the root key must occur exactly once in the library")
    address = base + virtual_address(image, offset, writable=True)
    if ctypes.string_at(address, len(root)) != WHATSAPP_ROOT:
        raise NotPatched("the root key is not where the program headers say")
    ctypes.memmove(address, root, len(root))


def virtual_address(image: bytes, offset: int, *, writable: bool = False) -> int:
    """Where the program headers of an ELF64 file map this offset; if asked, into a `writable`
    segment.

    Raises NotPatched.
    """
    try:
        (table,) = struct.unpack_from("<Q", image, 32)
        entry_size, count = struct.unpack_from("<HH", image, 54)
        for index in range(count):
            kind, flags, start, vaddr, _, file_size, _, _ = struct.unpack_from(
                "<IIQQQQQQ", image, table + index * entry_size
            )
            if kind == _PT_LOAD and start <= offset < start + file_size:
                if writable and not flags & _WRITABLE:
                    raise NotPatched("the root key lies in a read-only segment")
                return int(vaddr + offset - start)
    except struct.error as error:
        raise NotPatched("the library is no ELF64 file") from error
    raise NotPatched("no segment holds the root key")


def base_of(library: str) -> int:
    """Where the library is loaded in this process. Raises OSError, NotPatched."""
    maps = Path("/proc/self/maps").read_text("utf-8", "replace")
    name = os.path.realpath(library)
    places = [int(line.split("-")[0], 16) for line in maps.splitlines() if line.endswith(name)]
    if not places:
        raise NotPatched("the library is not loaded")
    return min(places)
