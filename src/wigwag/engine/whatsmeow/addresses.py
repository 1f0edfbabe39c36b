"""Who we are and who is whom, as the library has it: read out of its session database.

The database belongs to the child's library. Another process may read it; the child itself must not
(two copies of SQLite in one process undo each other's locks).
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

import structlog

from wigwag.model.errors import MalformedJid
from wigwag.model.event import IdentityLinked
from wigwag.model.jid import LID_SERVER, PN_SERVER, Jid, address_pair, parse_jid

MOST: Final = 100_000
"""Pairs that are read; of more, the newest."""
PAGE: Final = 1_000
"""Pairs that are told together."""
_WAIT_S: Final = 5.0
_PAIRS: Final = "SELECT lid, pn FROM whatsmeow_lid_map ORDER BY rowid DESC LIMIT ?"
_DEVICE: Final = "SELECT jid FROM whatsmeow_device LIMIT 1"

_log = structlog.get_logger(__name__)


def linked_jid(session: Path) -> Jid | None:
    """The device that a session database is of (whatsmeow store/sqlstore). Blocks."""
    if not session.is_file():
        return None
    try:
        with closing(_open(session)) as database:
            row = database.execute(_DEVICE).fetchone()
        return parse_jid(row[0]) if row else None
    except (sqlite3.Error, MalformedJid) as error:
        # A pairing that was broken off before the library had made its tables.
        _log.info("session_not_read", error=type(error).__name__)
        return None


class AddressMap:
    """The LIDs and numbers of one account's session database."""

    def __init__(self, session: Path) -> None:
        self._session = session
        self._known: dict[int, int] = {}
        """Hashes of the pairs that were read: a row may be changed in its place."""
        self._seen: tuple[object, ...] = ()

    def read_new(self) -> list[IdentityLinked]:
        """Pairs that were not read yet; nothing while there is no database. Blocks.

        Raises sqlite3.Error, OSError.
        """
        if not self._session.exists():
            return []
        seen = self._stamps()
        if seen == self._seen:
            return []
        with closing(_open(self._session)) as database:
            rows = database.execute(_PAIRS, (MOST,)).fetchall()
        self._seen = seen
        found: list[IdentityLinked] = []
        for lid, pn in reversed(rows):
            pair = address_pair(Jid(str(lid), LID_SERVER), Jid(str(pn), PN_SERVER))
            if pair is not None and self._known.get(hash(pair[0])) != hash(pair[1]):
                self._known[hash(pair[0])] = hash(pair[1])
                found.append(IdentityLinked(lid=pair[0], pn=pair[1]))
        return found

    def forget(self) -> None:
        """The database is another one now, or what was read came nowhere."""
        self._known.clear()
        self._seen = ()

    def _stamps(self) -> tuple[object, ...]:
        """They change with whatever is written: most of it goes to the log beside the database."""
        log = self._session.with_name(f"{self._session.name}-wal")
        stats = [path.stat() for path in (self._session, log) if path.exists()]
        return tuple((one.st_mtime_ns, one.st_size) for one in stats)


def _open(session: Path) -> sqlite3.Connection:
    uri = f"{session.resolve().as_uri()}?mode=ro"
    return sqlite3.connect(uri, uri=True, timeout=_WAIT_S)
