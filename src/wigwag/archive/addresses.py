"""Where the rows of an address are: a person may have had others before."""

import sqlite3
from collections.abc import Callable
from typing import Final

from wigwag.model.jid import Jid, parse_jid

_RESOLVE: Final = (
    "SELECT pn FROM identities WHERE account = :account AND lid = :jid AND pn <> '' "
    "UNION ALL SELECT now FROM aliases WHERE account = :account AND jid = :jid LIMIT 1"
)


def resolve(connection: sqlite3.Connection, account: str, jid: str) -> str:
    """The PN of a LID when it is known, what took over from a former address, else itself."""
    row = connection.execute(_RESOLVE, {"account": account, "jid": jid}).fetchone()
    return str(row[0]) if row else jid


def resolver(connection: sqlite3.Connection, account: str) -> Callable[[Jid], Jid]:
    """`resolve` for many addresses, each looked up once."""
    known: dict[Jid, Jid] = {}

    def where(jid: Jid) -> Jid:
        found = known.get(jid)
        if found is None:
            text = str(jid.home.bare)
            now = resolve(connection, account, text)
            found = known[jid] = jid.home.bare if now == text else parse_jid(now)
        return found

    return where
