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
# The last row is read again: another one may stand in its place.
_PAIRS: Final = (
    "SELECT rowid, lid, pn FROM whatsmeow_lid_map WHERE rowid >= ? ORDER BY rowid DESC LIMIT ?"
)
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
        self._last_row = 0
        self._known: dict[int, int] = {}
        """Hashes of the rows that were read: one may be changed in its place."""

    def read_new(self, *, anew: bool = False) -> list[IdentityLinked]:
        """Pairs that came since the last time; `anew`, which takes as long as all of them, those
        too that were changed in their place. Nothing while there is no database. Blocks.

        Raises sqlite3.Error.
        """
        if not self._session.exists():
            return []
        first = 0 if anew else self._last_row
        with closing(_open(self._session)) as database:
            rows = database.execute(_PAIRS, (first, MOST)).fetchall()
        if rows:
            self._last_row = rows[0][0]
        found: list[IdentityLinked] = []
        for _, lid, pn in reversed(rows):
            if self._known.get(hash(lid)) == hash(pn):
                continue
            self._known[hash(lid)] = hash(pn)
            pair = address_pair(Jid(str(lid), LID_SERVER), Jid(str(pn), PN_SERVER))
            if pair is not None:
                found.append(IdentityLinked(lid=pair[0], pn=pair[1]))
        return found

    def forget(self) -> None:
        """The database is another one now, or what was read came nowhere."""
        self._last_row = 0
        self._known.clear()


def _open(session: Path) -> sqlite3.Connection:
    uri = f"{session.resolve().as_uri()}?mode=ro"
    return sqlite3.connect(uri, uri=True, timeout=_WAIT_S)
