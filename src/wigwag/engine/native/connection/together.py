"""Many websocket messages in one write of the line.

aiohttp writes each message by itself. Over TLS each write is a record, and lets the other threads
have the interpreter; a burst of receipts is a hundred of them.
"""

import os
from collections.abc import Sequence
from typing import Final, Protocol, runtime_checkable

import aiohttp

BUFFERED_MAX: Final = 65_536
"""Bytes on their way beyond which messages are sent one by one: that waits for the other side."""

_BINARY: Final = 0x82
"""A whole message of bytes in one frame (RFC 6455, 5.2)."""
_MASKED: Final = 0x80
_MASK_BYTES: Final = 4


@runtime_checkable
class Line(Protocol):
    """What is needed of a transport. uvloop's are not derived from asyncio's."""

    def write(self, data: bytes) -> None: ...
    def is_closing(self) -> bool: ...
    def get_write_buffer_size(self) -> int: ...


async def send_together(
    websocket: aiohttp.ClientWebSocketResponse, messages: Sequence[bytes]
) -> None:
    """As `send_bytes` of each in order, and with its errors; all is written in one step."""
    *first, last = messages
    line = _line_of(websocket) if first else None
    if line is None or line.get_write_buffer_size() > BUFFERED_MAX:
        for message in first:
            await websocket.send_bytes(message)
    elif not (websocket.closed or line.is_closing()):
        masks = os.urandom(_MASK_BYTES * len(first))
        line.write(
            b"".join(
                client_frame(message, masks[at : at + _MASK_BYTES])
                for at, message in zip(range(0, len(masks), _MASK_BYTES), first, strict=True)
            )
        )
    await websocket.send_bytes(last)


def _line_of(websocket: aiohttp.ClientWebSocketResponse) -> Line | None:
    """Where aiohttp writes to; None when a version of it does not say so any more."""
    line = getattr(getattr(websocket, "_writer", None), "transport", None)
    return line if isinstance(line, Line) else None


def client_frame(message: bytes, mask: bytes) -> bytes:
    """A message as a client writes it: behind its length and the mask that it is written with."""
    size = len(message)
    if size < 126:
        head = bytes((_BINARY, _MASKED | size))
    elif size < 1 << 16:
        head = bytes((_BINARY, _MASKED | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((_BINARY, _MASKED | 127)) + size.to_bytes(8, "big")
    key = (mask * (size // _MASK_BYTES + 1))[:size]
    masked = int.from_bytes(message, "big") ^ int.from_bytes(key, "big")
    return head + mask + masked.to_bytes(size, "big")
