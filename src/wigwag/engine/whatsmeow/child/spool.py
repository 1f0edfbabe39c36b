"""What a child has and its server has not: facts in their order, and sends and their ends.

One SQLite database, every commit on the disk before it returns. It is not the library's own
session database, which only the library opens in this process.
"""

import contextlib
import fcntl
import sqlite3
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Final

from wigwag.engine.whatsmeow.facts import GapFact, MeSign
from wigwag.engine.whatsmeow.folder import LOCK_NAME, SPOOL_NAME
from wigwag.engine.whatsmeow.frames import encode_fact

MOST_WAITING: Final = 100_000
"""Facts that wait for a server; then the library waits."""
SENDS_KEPT_S: Final = 8 * 86_400.0
"""Longer than any key of a caller is remembered."""
_LOCK_POLL_S: Final = 0.05
_ROOM_POLL_S: Final = 1.0
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS facts (seq INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS sends (
    id TEXT PRIMARY KEY, begun_s REAL NOT NULL, answer BLOB
);
CREATE TABLE IF NOT EXISTS me (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    jid TEXT NOT NULL, lid TEXT NOT NULL, push_name TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS run (
    one INTEGER PRIMARY KEY CHECK (one = 1), online INTEGER NOT NULL, last_s REAL NOT NULL
);
"""


class SpoolLocked(Exception):
    """Another child of the same account does not end."""


class SpoolLock:
    """Held by the one child that an account has; released with the process."""

    def __init__(self, folder: Path, wait_s: float) -> None:
        """Raises SpoolLocked when it is not free within `wait_s`."""
        self._file = (folder / LOCK_NAME).open("ab")
        deadline = time.monotonic() + wait_s
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    self._file.close()
                    raise SpoolLocked from None
                time.sleep(_LOCK_POLL_S)
            else:
                return

    def release(self) -> None:
        self._file.close()


class Spool:
    """Usable from several threads. Raises sqlite3.Error where the disk does not take a write."""

    def __init__(
        self,
        folder: Path,
        *,
        most_waiting: int = MOST_WAITING,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._most = most_waiting
        self._now_s = now_s
        self._lock = threading.Lock()
        self._room = threading.Condition(self._lock)
        path = folder / SPOOL_NAME
        path.touch(mode=0o600)
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.executescript(_SCHEMA)
        self._waiting = int(self._one("SELECT count(*) FROM facts"))
        self._database.execute(
            "DELETE FROM sends WHERE begun_s < ?", (self._now_s() - SENDS_KEPT_S,)
        )

    def close(self) -> None:
        with self._lock:
            self._database.close()

    # -- facts -----------------------------------------------------------------------------

    @property
    def waiting(self) -> int:
        """Facts that are not acknowledged."""
        return self._waiting

    def append(self, body: bytes) -> int:
        """Keep a fact; it is durable when this returns, with its number. Waits while too many
        wait."""
        with self._room:
            while self._waiting >= self._most:
                self._room.wait(_ROOM_POLL_S)
            with self._unit():
                added = self._database.execute("INSERT INTO facts (body) VALUES (?)", (body,))
                self._database.execute("UPDATE run SET last_s = ?", (self._now_s(),))
            self._waiting += 1
            return int(added.lastrowid or 0)

    def read(self, after: int, limit: int) -> list[tuple[int, bytes]]:
        """The next facts with greater numbers, in their order."""
        with self._lock:
            rows = self._database.execute(
                "SELECT seq, body FROM facts WHERE seq > ? ORDER BY seq LIMIT ?", (after, limit)
            )
            return [(int(seq), bytes(body)) for seq, body in rows]

    def ack(self, seq: int) -> None:
        """The server has all up to this one."""
        with self._room:
            gone = self._database.execute("DELETE FROM facts WHERE seq <= ?", (seq,))
            self._waiting -= gone.rowcount
            self._room.notify_all()

    # -- runs ------------------------------------------------------------------------------

    def begin_run(self) -> None:
        """A child begins. One that ended while it was online, and did not close, may have been
        told what it did not keep: that is a fact of its own."""
        with self._lock, self._unit():
            run = self._database.execute("SELECT online, last_s FROM run").fetchone()
            if run is not None and run[0]:
                gap = encode_fact(GapFact(since_s=int(run[1])))
                self._database.execute("INSERT INTO facts (body) VALUES (?)", (gap,))
                self._waiting += 1
            self._database.execute("INSERT OR REPLACE INTO run VALUES (1, 0, ?)", (self._now_s(),))

    def set_online(self, online: bool) -> None:
        """From now on something can be told that is not kept, or no longer."""
        with self._lock:
            self._database.execute("UPDATE run SET online = ?, last_s = ?", (online, self._now_s()))

    # -- sends -----------------------------------------------------------------------------

    def begin_send(self, message_id: str) -> tuple[bool, bytes | None]:
        """Note that a message is about to leave.

        Whether it is the first time; if not, what was answered, or None where nobody knows.
        """
        with self._lock:
            row = self._database.execute(
                "SELECT answer FROM sends WHERE id = ?", (message_id,)
            ).fetchone()
            if row is not None:
                return False, row[0]
            self._database.execute(
                "INSERT INTO sends (id, begun_s) VALUES (?, ?)", (message_id, self._now_s())
            )
            return True, None

    def end_send(self, message_id: str, answer: bytes) -> None:
        """It was sent."""
        with self._lock:
            self._database.execute("UPDATE sends SET answer = ? WHERE id = ?", (answer, message_id))

    def drop_send(self, message_id: str) -> None:
        """It did not leave: it may be sent again."""
        with self._lock:
            self._database.execute("DELETE FROM sends WHERE id = ?", (message_id,))

    # -- who it is -------------------------------------------------------------------------

    def me(self) -> MeSign | None:
        with self._lock:
            row = self._database.execute("SELECT jid, lid, push_name FROM me").fetchone()
        return MeSign(jid=row[0], lid=row[1], push_name=row[2]) if row is not None else None

    def keep_me(self, me: MeSign) -> None:
        with self._lock:
            self._database.execute(
                "INSERT OR REPLACE INTO me VALUES (1, ?, ?, ?)", (me.jid, me.lid, me.push_name)
            )

    def forget_me(self) -> None:
        """The identity is gone. What it received is kept, and what it sent."""
        with self._lock:
            self._database.execute("DELETE FROM me")

    @contextlib.contextmanager
    def _unit(self) -> Generator[None]:
        """Both or none."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def _one(self, query: str) -> int:
        return int(self._database.execute(query).fetchone()[0])
