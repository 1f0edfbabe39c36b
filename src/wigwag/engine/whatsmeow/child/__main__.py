"""The child process of one account: `python -m wigwag.engine.whatsmeow.child <socket fd>`.

It ends when the server hangs up, after it has kept all that the library had to tell.
"""

import contextlib
import os
import select
import socket
import sqlite3
import sys
import time
from pathlib import Path
from typing import Final, NoReturn

from wigwag.engine.whatsmeow.child import emulated
from wigwag.engine.whatsmeow.child.client import Client
from wigwag.engine.whatsmeow.child.library import Library, LibraryMissing
from wigwag.engine.whatsmeow.child.spool import Spool, SpoolLock, SpoolLocked
from wigwag.engine.whatsmeow.child.teller import Teller
from wigwag.engine.whatsmeow.frames import (
    HEAD,
    Ack,
    Beat,
    Echo,
    FrameError,
    Halt,
    Over,
    Request,
    Start,
    ToChild,
    body_length,
    decode_to_child,
    encode_frame,
)

LOCK_WAIT_S: Final = 15.0
"""For the child of a former server to end."""
_LAST_WORDS_S: Final = 2.0
_HAND_OVER_S: Final = 2.0
_POLL_S: Final = 0.01


def main() -> NoReturn:
    os.umask(0o077)
    channel = socket.socket(fileno=int(sys.argv[1]))
    start = _receive(channel)
    if not isinstance(start, Start):
        os._exit(2)
    try:
        library = Library()
        lock = SpoolLock(Path(start.folder), LOCK_WAIT_S)
        spool = Spool(Path(start.folder))
        if start.noise_root:
            emulated.trust(library.path, start.noise_root)
    except LibraryMissing:
        _give_up(channel, "library_missing")
    except SpoolLocked:
        _give_up(channel, "still_running")
    except emulated.NotPatched:
        _give_up(channel, "not_patched")
    except (sqlite3.Error, OSError):
        _give_up(channel, "spool_failed")
    _serve(channel, library, start, spool)
    lock.release()
    os._exit(0)


def _serve(channel: socket.socket, library: Library, start: Start, spool: Spool) -> None:
    """Until the server hangs up, or says that it is enough."""
    teller = Teller(channel, spool)

    def ended(why: str) -> None:
        # what the library acknowledges from here on would be lost: it goes at once
        teller.answer(Over(why=why))
        teller.flush_words(_LAST_WORDS_S)
        os._exit(3)

    teller.start()
    client = Client(library, start, spool=spool, teller=teller, ended=ended)
    client.start()
    while (frame := _receive(channel)) is not None:
        match frame:
            case Ack():
                spool.ack(frame.seq)
                teller.acknowledged(frame.seq)
            case Request():
                client.ask(frame)
            case Beat():
                teller.answer(Echo(number=frame.number))
            case Halt():
                break
            case Start():
                pass
    halted = frame is not None
    if not halted:
        _mute()
    client.close()
    if halted:
        _hand_over(channel, spool, teller)


def _mute() -> None:
    """Nobody reads our errors any more, and Go ends a process that writes to such a pipe."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def _hand_over(channel: socket.socket, spool: Spool, teller: Teller) -> None:
    """What was still told goes to the server, while it listens."""
    deadline = time.monotonic() + _HAND_OVER_S
    teller.spooled()
    while not teller.flush(_POLL_S) and time.monotonic() < deadline:
        readable, _, _ = select.select([channel], [], [], 0)
        if not readable:
            continue
        frame = _receive(channel)
        if frame is None:
            return
        if isinstance(frame, Ack):
            spool.ack(frame.seq)
            teller.acknowledged(frame.seq)


def _receive(channel: socket.socket) -> ToChild | None:
    """The next frame; None when there will be none."""
    try:
        head = _exactly(channel, HEAD.size)
        body = _exactly(channel, body_length(head)) if head else b""
        return decode_to_child(body) if body else None
    except (OSError, FrameError):
        return None


def _exactly(channel: socket.socket, size: int) -> bytes:
    """So many bytes; none when the channel ends."""
    body = bytearray()
    while len(body) < size:
        more = channel.recv(min(size - len(body), 1 << 20))
        if not more:
            return b""
        body += more
    return bytes(body)


def _give_up(channel: socket.socket, why: str) -> NoReturn:
    with contextlib.suppress(OSError):
        channel.sendall(encode_frame(Over(why=why)))
    os._exit(2)


if __name__ == "__main__":
    main()
