"""How much of what was written to a connection its other side has not taken yet."""

import asyncio
import sys
from typing import Any

if sys.platform == "win32":

    def _held_by_system(_: Any) -> int:
        return 0

else:
    import array
    import fcntl
    import termios

    def _held_by_system(socket: Any) -> int:
        """What the system has taken for the other side; 0 where it does not tell."""
        count = array.array("i", [0])
        try:
            fcntl.ioctl(socket.fileno(), termios.TIOCOUTQ, count)
        except (OSError, ValueError):
            return 0
        return count[0]


def unread_bytes(transport: asyncio.Transport) -> int:
    """How much waits, 0 where nothing of it is in our memory.

    What the system holds counts too: it takes so much at once that what a slow reader reads shows
    there alone for minutes.
    """
    ours = transport.get_write_buffer_size()
    return ours + _held_by_system(transport.get_extra_info("socket")) if ours else 0
