"""Where a root key is looked for in a library."""

import struct
from pathlib import Path

import pytest

from wigwag.engine.whatsmeow.child.emulated import (
    WHATSAPP_ROOT,
    NotPatched,
    trust,
    virtual_address,
)
from wigwag.wire import certificates


def elf(flags: int, *, start: int = 0x1000, size: int = 0x100, vaddr: int = 0x5000) -> bytes:
    head = bytearray(64)
    struct.pack_into("<Q", head, 32, 64)
    struct.pack_into("<HH", head, 54, 56, 1)
    segment = struct.pack("<IIQQQQQQ", 1, flags, start, vaddr, 0, size, size, 0)
    return bytes(head) + segment


def test_it_is_the_key_that_our_own_engine_trusts() -> None:
    assert WHATSAPP_ROOT == certificates.WHATSAPP_ROOT


def test_the_address_is_that_of_the_segment() -> None:
    assert virtual_address(elf(6), 0x1010) == 0x5010


@pytest.mark.parametrize(
    ("image", "offset"), [(elf(4), 0x1010), (elf(6), 0x2000), (b"no library", 0)]
)
def test_nothing_else_is_overwritten(image: bytes, offset: int) -> None:
    with pytest.raises(NotPatched):
        virtual_address(image, offset, writable=True)


@pytest.mark.parametrize("body", [b"", WHATSAPP_ROOT * 2, elf(6) + WHATSAPP_ROOT])
def test_a_library_without_the_key_or_that_is_not_loaded_is_left_alone(
    tmp_path: Path, body: bytes
) -> None:
    library = tmp_path / "library.so"
    library.write_bytes(body)
    with pytest.raises(NotPatched):
        trust(str(library), bytes(32))
    with pytest.raises(NotPatched):
        trust(str(library), bytes(31))
