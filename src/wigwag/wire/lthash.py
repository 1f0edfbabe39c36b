"""LTHash: a hash of a set that changes as members come and go, without the other members.

128 bytes are 64 little-endian 16-bit words; a member adds or takes away its expansion, word by
word modulo 65536 (whatsmeow appstate/lthash).
"""

from collections.abc import Iterable
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SIZE: Final = 128
EMPTY: Final = bytes(SIZE)
"""The hash of no members."""

_INFO: Final = b"WhatsApp Patch Integrity"
_LANES: Final = int.from_bytes(b"\xff\xff\x00\x00" * (SIZE // 4), "little")
"""Every second word. Sums of such words have 32 bits each, so nothing spills over for a while."""

_TAKE_AWAY: Final = int.from_bytes(b"\x00\x00\x01\x00" * (SIZE // 4), "little")
"""65536 in every lane: adding it minus a word takes the word away."""

_SUMS: Final = 32_768
"""Additions after which the lanes are folded back to 16 bits, long before they overflow."""


def update_hash(base: bytes, removed: Iterable[bytes], added: Iterable[bytes]) -> bytes:
    """`base` (128 bytes) without the members `removed` and with the members `added`."""
    start = int.from_bytes(base, "little")
    even, odd = start & _LANES, start >> 16 & _LANES
    for count, (word_even, word_odd) in enumerate(_signed_words(removed, added), 1):
        even += word_even
        odd += word_odd
        if count % _SUMS == 0:
            even &= _LANES
            odd &= _LANES
    return (even & _LANES | (odd & _LANES) << 16).to_bytes(SIZE, "little")


def _signed_words(removed: Iterable[bytes], added: Iterable[bytes]) -> Iterable[tuple[int, int]]:
    for member in removed:
        words = _expand(member)
        yield _TAKE_AWAY - (words & _LANES), _TAKE_AWAY - (words >> 16 & _LANES)
    for member in added:
        words = _expand(member)
        yield words & _LANES, words >> 16 & _LANES


def _expand(member: bytes) -> int:
    derived = HKDF(algorithm=SHA256(), length=SIZE, salt=None, info=_INFO).derive(member)
    return int.from_bytes(derived, "little")
