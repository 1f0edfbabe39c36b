"""Puts another root key into a loaded whatsmeow, so that it trusts an emulated network.

whatsmeow checks the server's certificate against one 32-byte array (handshake.go). It lies in the
library's writable data segment and is read at every handshake, so it can be overwritten there.
"""

import ctypes
import os
import struct
from pathlib import Path

WHATSAPP_ROOT = bytes.fromhex("142375574d0a587166aae71ebe516437c4a28b73e3695c6ce1f7f9545da8ee6b")


def patch_noise_root(library: str, root: bytes) -> None:
    """Overwrites the one copy of WhatsApp's root key in the loaded `library` with `root`.

    Raises RuntimeError when the key is not where the program headers say.
    """
    image = Path(library).read_bytes()
    offset = image.find(WHATSAPP_ROOT)
    if offset < 0 or image.find(WHATSAPP_ROOT, offset + 1) >= 0:
        raise RuntimeError("the root key must occur exactly once in the library")
    address = base_of(library) + virtual_address(image, offset, writable=True)
    if ctypes.string_at(address, 32) != WHATSAPP_ROOT:
        raise RuntimeError("the root key is not where the program headers say")
    ctypes.memmove(address, root, 32)


def virtual_address(image: bytes, offset: int, *, writable: bool = False) -> int:
    """Where the ELF64 program headers map this file offset. Raises RuntimeError."""
    (table,) = struct.unpack_from("<Q", image, 32)
    entry_size, count = struct.unpack_from("<HH", image, 54)
    for index in range(count):
        kind, flags, start, vaddr, _, file_size, _, _ = struct.unpack_from(
            "<IIQQQQQQ", image, table + index * entry_size
        )
        if kind == 1 and start <= offset < start + file_size:
            if writable and not flags & 2:
                raise RuntimeError("the root key lies in a read-only segment")
            return vaddr + offset - start
    raise RuntimeError("no segment holds this part of the library")


def base_of(library: str) -> int:
    """Where the library is loaded in this process."""
    name = os.path.realpath(library)
    lines = Path("/proc/self/maps").read_text().splitlines()
    return min(int(line.split("-")[0], 16) for line in lines if line.endswith(name))
