"""Where the rows of an address are: a person may have had others before."""

import json
import sqlite3
from collections.abc import Callable, Collection
from typing import Final

from wigwag.model.jid import Jid, parse_jid

_RESOLVE: Final = (
    "SELECT pn FROM identities WHERE account = :account AND lid = :jid AND pn <> '' "
    "UNION ALL SELECT now FROM aliases WHERE account = :account AND jid = :jid LIMIT 1"
)
_LISTED: Final = "IN (SELECT value FROM json_each(:jids))"
_NOW: Final = (
    f"SELECT pn FROM identities WHERE account = :account AND lid {_LISTED} AND pn <> '' "  # noqa: S608
    f"UNION ALL SELECT now FROM aliases WHERE account = :account AND jid {_LISTED}"
)
_OTHERS: Final = (
    f"SELECT lid FROM identities WHERE account = :account AND pn {_LISTED} AND pn <> '' "  # noqa: S608
    f"UNION ALL SELECT jid FROM aliases WHERE account = :account AND now {_LISTED}"
)


def every_address(
    connection: sqlite3.Connection, accounts: Collection[str], jids: Collection[str]
) -> frozenset[str]:
    """These addresses with all others of the same people, as these accounts know them; or without
    any, as one of all does."""
    if not accounts:
        accounts = [name for (name,) in connection.execute("SELECT account FROM accounts")]
    every = frozenset(jids)
    for account in accounts:
        found = set(jids)
        for sql in (_NOW, _OTHERS):
            asked = {"account": account, "jids": json.dumps(sorted(found))}
            found.update(jid for (jid,) in connection.execute(sql, asked))
        every |= found
    return every


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
