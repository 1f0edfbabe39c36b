"""Frames: how Noise messages are cut out of the websocket's byte stream.

A frame is its length in 3 bytes, big-endian, and that many bytes. The client's stream starts with
WA_HEADER, once; the server's has no header (source: whatsmeow socket/framesocket.go).
"""

from typing import Final

from wigwag.wire.errors import MalformedFrame
from wigwag.wire.tokens import DICTIONARY_VERSION

WA_HEADER: Final = bytes((0x57, 0x41, 0x06, DICTIONARY_VERSION))
"""`WA`, the protocol version 6, the version of the token dictionary."""

MAX_FRAME_BYTES: Final = (1 << 24) - 1
"""What the 3-byte length can say."""

_LENGTH_BYTES: Final = 3


def encode_frame(data: bytes) -> bytes:
    """`data` behind its length. Raises MalformedFrame when it is too long for one frame."""
    if len(data) > MAX_FRAME_BYTES:
        raise MalformedFrame(f"A frame of {len(data)} bytes is too long to be sent.")
    return len(data).to_bytes(_LENGTH_BYTES, "big") + data


class FrameReader:
    """Cuts a byte stream into frames, however the stream was split on its way.

    `header` is what the stream has to start with: WA_HEADER on the server's side. Holds no more
    than one unfinished frame, hence at most `max_bytes` plus its length.
    """

    __slots__ = ("_buffer", "_header", "_max_bytes")

    def __init__(self, max_bytes: int = MAX_FRAME_BYTES, *, header: bytes = b"") -> None:
        self._max_bytes = max_bytes
        self._header = header
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that `data` completes, in order.

        Raises MalformedFrame on a wrong header or a frame above the limit; the stream cannot be
        read any further then.
        """
        if not self._buffer and not self._header:
            length = int.from_bytes(data[:_LENGTH_BYTES], "big")
            # One frame per websocket message is the rule, so this is nearly always the way.
            if length + _LENGTH_BYTES == len(data) and length <= self._max_bytes:
                return [data[_LENGTH_BYTES:]]
        self._buffer += data
        if self._header and not self._drop_header():
            return []
        return self._cut()

    def _drop_header(self) -> bool:
        """Whether the header is complete and gone from the buffer."""
        start = self._buffer[: len(self._header)]
        if not self._header.startswith(start):
            raise MalformedFrame("The stream does not start with WhatsApp's header.")
        if len(start) < len(self._header):
            return False
        del self._buffer[: len(self._header)]
        self._header = b""
        return True

    def _cut(self) -> list[bytes]:
        frames: list[bytes] = []
        position = 0
        size = len(self._buffer)
        with memoryview(self._buffer) as view:
            while size - position >= _LENGTH_BYTES:
                start = position + _LENGTH_BYTES
                length = int.from_bytes(view[position:start], "big")
                if length > self._max_bytes:
                    raise MalformedFrame(f"A frame of {length} bytes is above the limit.")
                if size - start < length:
                    break
                position = start + length
                frames.append(bytes(view[start:position]))
        del self._buffer[:position]
        return frames
