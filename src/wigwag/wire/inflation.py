"""Reading a compressed protobuf message field by field, with one field in memory at a time."""

import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from wigwag.wire.errors import MalformedProtobuf
from wigwag.wire.protobuf import BYTES, FIELD_LIMIT, FIXED32, FIXED64, VARINT, read_varint

PORTION_BYTES: Final = 1 << 20
"""Inflated at a time."""

_COMPRESSED_BYTES: Final = 1 << 16
"""Compressed bytes handed to zlib at a time: what it leaves is copied."""

_VARINT_BYTES: Final = 10


class InflatedField(NamedTuple):
    """One top-level field; a varint has its number in `value`, all others their bytes."""

    number: int
    wire_type: int
    value: int
    data: bytes


class Inflater:
    """The top-level fields of a zlib stream that holds one protobuf message."""

    def __init__(self, blob: bytes, limit_bytes: int, field_bytes: int) -> None:
        """At most `limit_bytes` come out of the stream, and `field_bytes` in one field."""
        self._stream = zlib.decompressobj()
        self._blob = blob
        self._taken = 0
        self._left = limit_bytes
        self._field_bytes = field_bytes
        self._buffer = bytearray()
        self._position = 0

    def fields(self) -> Iterator[InflatedField]:
        """Each field in its order, once.

        Raises MalformedProtobuf when the stream is damaged, cut off or beyond a limit.
        """
        for _ in range(FIELD_LIMIT):
            if not self._fill(1):
                return
            yield self._field()
        raise MalformedProtobuf("a message has too many fields")

    def _field(self) -> InflatedField:
        tag = self._varint()
        number, wire_type = tag >> 3, tag & 7
        if not number:
            raise MalformedProtobuf("a field is cut off")
        if wire_type == VARINT:
            return InflatedField(number, wire_type, self._varint(), b"")
        if wire_type == BYTES:
            size = self._varint()
        elif wire_type in (FIXED32, FIXED64):
            size = 4 if wire_type == FIXED32 else 8
        else:
            raise MalformedProtobuf("a field has an unknown wire type")
        if size > self._field_bytes:
            raise MalformedProtobuf("a part of the history is larger than allowed")
        if not self._fill(size):
            raise MalformedProtobuf("a field is cut off")
        end = self._position + size
        data = bytes(memoryview(self._buffer)[self._position : end])
        self._position = end
        return InflatedField(number, wire_type, 0, data)

    def _varint(self) -> int:
        self._fill(_VARINT_BYTES)
        stop = min(self._position + _VARINT_BYTES, len(self._buffer))
        value, self._position = read_varint(self._buffer, self._position, stop)
        return value

    def _fill(self, size: int) -> bool:
        """Inflate until `size` bytes lie ahead; False when the stream ends before."""
        while len(self._buffer) - self._position < size:
            if self._stream.eof:
                return False
            if self._position:
                del self._buffer[: self._position]
                self._position = 0
            self._inflate()
        return True

    def _inflate(self) -> None:
        compressed = self._stream.unconsumed_tail
        if not compressed:
            compressed = self._blob[self._taken : self._taken + _COMPRESSED_BYTES]
            self._taken += len(compressed)
        try:
            portion = self._stream.decompress(compressed, PORTION_BYTES)
        except zlib.error as error:
            raise MalformedProtobuf("history is not a zlib stream") from error
        if not portion and not compressed and not self._stream.eof:
            raise MalformedProtobuf("history is cut off")
        self._left -= len(portion)
        if self._left < 0:
            raise MalformedProtobuf("history is larger than allowed")
        self._buffer += portion
