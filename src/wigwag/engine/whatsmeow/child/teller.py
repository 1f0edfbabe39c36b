"""The way to the server: facts out of the spool in a bounded window, and all else between them."""

import socket
import sqlite3
import threading
from collections import deque
from typing import Final

from wigwag.engine.whatsmeow.child.spool import Spool
from wigwag.engine.whatsmeow.facts import Fact, LostFact, MeSign, Sign
from wigwag.engine.whatsmeow.frames import (
    Answer,
    Echo,
    FrameError,
    FromChild,
    Over,
    Refusal,
    Said,
    Told,
    decode_fact,
    encode_frame,
)

WINDOW: Final = 256
"""Facts that are told and not acknowledged."""
PAGE: Final = 64
MOST_SIGNS: Final = 10_000
"""Signs that wait to be told; the oldest go."""


class Teller:
    """Owns the sending half of the channel, and the one thread that writes to it."""

    def __init__(self, channel: socket.socket, spool: Spool) -> None:
        self._channel = channel
        self._spool = spool
        self._changed = threading.Condition()
        self._answers: deque[FromChild] = deque()
        self._signs: deque[FromChild] = deque(maxlen=MOST_SIGNS)
        self._told = 0
        self._unacked: deque[int] = deque()
        self._fresh = True
        """Whether the spool may have facts that are not told."""
        self._open = False
        """Whether it was said whose account it is, without which facts cannot be read."""
        self._writing = False
        self._broken = False
        self._thread = threading.Thread(target=self._run, name="teller", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def say(self, sign: Sign) -> None:
        with self._changed:
            self._signs.append(Said(sign=sign))
            self._changed.notify_all()

    def answer(self, frame: Answer | Refusal | Echo | Over) -> None:
        """There are never more of these than were asked for."""
        with self._changed:
            self._answers.append(frame)
            self._changed.notify_all()

    def identify(self, me: MeSign) -> None:
        """Say whose account it is; from now on facts are told, too."""
        with self._changed:
            self._signs.append(Said(sign=me))
            self._open = True
            self._changed.notify_all()

    def spooled(self) -> None:
        """A fact was appended."""
        with self._changed:
            self._fresh = True
            self._changed.notify_all()

    def acknowledged(self, seq: int) -> None:
        with self._changed:
            while self._unacked and self._unacked[0] <= seq:
                self._unacked.popleft()
            self._changed.notify_all()

    def flush(self, timeout_s: float) -> bool:
        """Wait until everything is written, and every told fact acknowledged."""
        with self._changed:
            return self._changed.wait_for(self._is_idle, timeout_s)

    def flush_words(self, timeout_s: float) -> bool:
        """Wait until signs and answers are written."""
        with self._changed:
            return self._changed.wait_for(
                lambda: self._broken or not (self._answers or self._signs or self._writing),
                timeout_s,
            )

    def _is_idle(self) -> bool:
        words = self._answers or self._signs or self._writing
        facts = self._open and (self._fresh or self._unacked)
        return self._broken or not (words or facts)

    def _run(self) -> None:
        try:
            while True:
                for frame in self._next():
                    self._channel.sendall(encode_frame(frame))
                with self._changed:
                    self._writing = False
                    self._changed.notify_all()
        except (OSError, sqlite3.Error):
            # the server is gone, or the disk: what is spooled is told to the next one
            with self._changed:
                self._broken = True
                self._changed.notify_all()

    def _next(self) -> list[FromChild]:
        with self._changed:
            self._changed.wait_for(self._has_work)
            self._writing = True
            words = [*self._answers, *self._signs]
            self._answers.clear()
            self._signs.clear()
            room = WINDOW - len(self._unacked) if self._fresh and self._open else 0
            self._fresh = self._fresh and room <= 0
        return [*words, *self._facts(room)]

    def _has_work(self) -> bool:
        has_room = self._open and len(self._unacked) < WINDOW
        return bool(self._answers or self._signs or (self._fresh and has_room))

    def _facts(self, room: int) -> list[FromChild]:
        """The next facts of the spool, as far as the window has room."""
        if room <= 0:
            return []
        limit = min(room, PAGE)
        rows = self._spool.read(self._told, limit)
        with self._changed:
            if rows:
                self._told = rows[-1][0]
                self._unacked.extend(seq for seq, _ in rows)
            self._fresh = self._fresh or len(rows) == limit
        return [Told(seq=seq, fact=_opened(body)) for seq, body in rows]


def _opened(body: bytes) -> Fact:
    """A fact of the spool; what another version wrote and this one cannot read is lost."""
    try:
        return decode_fact(body)
    except FrameError:
        return LostFact(code=-1)
