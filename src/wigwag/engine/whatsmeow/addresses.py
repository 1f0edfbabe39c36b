"""Who is whom, as the library has learnt it: read out of its session database, from outside.

The database belongs to the child's library. Another process may read it; the child itself must not
(two copies of SQLite in one process undo each other's locks).
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from wigwag.model.event import IdentityLinked
from wigwag.model.jid import LID_SERVER, PN_SERVER, Jid, address_pair

MOST: Final = 100_000
"""Pairs that are read at once; further ones are read the next time."""
PAGE: Final = 1_000
"""Pairs that are told together."""
_WAIT_S: Final = 5.0
_NEW: Final = "SELECT rowid, lid, pn FROM whatsmeow_lid_map WHERE rowid > ? ORDER BY rowid LIMIT ?"


class AddressMap:
    """The LIDs and numbers of one account's session database."""

    def __init__(self, session: Path) -> None:
        self._session = session
        self._read = 0

    def read_new(self) -> list[IdentityLinked]:
        """Pairs that were not read yet; nothing while there is no database. Blocks.

        Raises sqlite3.Error.
        """
        if not self._session.exists():
            return []
        uri = f"{self._session.resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=_WAIT_S)) as database:
            rows = database.execute(_NEW, (self._read, MOST)).fetchall()
        found: list[IdentityLinked] = []
        for row, lid, pn in rows:
            self._read = row
            pair = address_pair(Jid(str(lid), LID_SERVER), Jid(str(pn), PN_SERVER))
            if pair is not None:
                found.append(IdentityLinked(lid=pair[0], pn=pair[1]))
        return found

    def forget(self) -> None:
        """The database is another one now."""
        self._read = 0
