"""The tables of whatsapp.db, as a list of forward migrations.

`PRAGMA user_version` is the number of migrations that were applied. A migration that was
released is never changed; a change of the schema is a further one.
"""

import sqlite3
from typing import Final

from wigwag.engine.common.errors import StoreTooNew

_FIRST: Final = """
CREATE TABLE devices (
    account TEXT PRIMARY KEY, record BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE former_devices (
    account TEXT, jid TEXT, lid TEXT NOT NULL, ended_at REAL NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY (account, jid)
) WITHOUT ROWID;
CREATE TABLE prekeys (
    account TEXT, id INTEGER, private BLOB NOT NULL, public BLOB NOT NULL,
    uploaded INTEGER NOT NULL, PRIMARY KEY (account, id)
) WITHOUT ROWID;
CREATE TABLE signed_prekeys (
    account TEXT, id INTEGER, private BLOB NOT NULL, public BLOB NOT NULL,
    signature BLOB NOT NULL, PRIMARY KEY (account, id)
) WITHOUT ROWID;
CREATE TABLE identities (
    account TEXT, address TEXT, public BLOB NOT NULL, PRIMARY KEY (account, address)
) WITHOUT ROWID;

-- records are long: in a rowid table a changed record moves no neighbours
CREATE TABLE sessions (
    account TEXT, address TEXT, record BLOB NOT NULL, PRIMARY KEY (account, address)
);
CREATE TABLE sender_keys (
    account TEXT, "group" TEXT, sender TEXT, record BLOB NOT NULL,
    PRIMARY KEY (account, "group", sender)
);
CREATE TABLE sender_key_shared (
    account TEXT, "group" TEXT, shared BLOB NOT NULL, PRIMARY KEY (account, "group")
);

CREATE TABLE device_lists (
    account TEXT, user TEXT, devices BLOB NOT NULL, hash TEXT NOT NULL, fetched_at REAL NOT NULL,
    PRIMARY KEY (account, user)
) WITHOUT ROWID;
CREATE TABLE lid_map (
    account TEXT, lid_user TEXT, pn_user TEXT NOT NULL, PRIMARY KEY (account, lid_user)
) WITHOUT ROWID;
CREATE INDEX lid_map_pn ON lid_map (account, pn_user);
CREATE TABLE privacy_tokens (
    account TEXT, user TEXT, token BLOB NOT NULL, timestamp INTEGER NOT NULL,
    sent_at INTEGER NOT NULL, PRIMARY KEY (account, user)
) WITHOUT ROWID;

CREATE TABLE appstate_keys (
    account TEXT, id BLOB, data BLOB NOT NULL, fingerprint BLOB NOT NULL,
    timestamp INTEGER NOT NULL, PRIMARY KEY (account, id)
) WITHOUT ROWID;
CREATE TABLE appstate_versions (
    account TEXT, collection TEXT, version INTEGER NOT NULL, hash BLOB NOT NULL,
    PRIMARY KEY (account, collection)
) WITHOUT ROWID;
CREATE TABLE appstate_macs (
    account TEXT, collection TEXT, index_mac BLOB, value_mac BLOB NOT NULL,
    PRIMARY KEY (account, collection, index_mac)
) WITHOUT ROWID;

-- AUTOINCREMENT: a sequence number is never given twice, also after its row is gone
CREATE TABLE inbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, kind TEXT NOT NULL,
    chat TEXT NOT NULL, sender TEXT NOT NULL, id TEXT NOT NULL, payload BLOB NOT NULL
);
CREATE UNIQUE INDEX inbox_key ON inbox (account, id, chat, sender, kind);
CREATE INDEX inbox_order ON inbox (account, seq);
CREATE TABLE seen (
    number INTEGER PRIMARY KEY, account TEXT NOT NULL, kind TEXT NOT NULL, chat TEXT NOT NULL,
    sender TEXT NOT NULL, id TEXT NOT NULL
);
CREATE UNIQUE INDEX seen_key ON seen (account, id, chat, sender, kind);
CREATE INDEX seen_age ON seen (account, number);
CREATE TABLE sent_messages (
    number INTEGER PRIMARY KEY, account TEXT NOT NULL, chat TEXT NOT NULL, id TEXT NOT NULL,
    payload BLOB NOT NULL, sent_at REAL NOT NULL
);
CREATE UNIQUE INDEX sent_messages_key ON sent_messages (account, id, chat);
CREATE INDEX sent_messages_age ON sent_messages (account, number);
CREATE TABLE notes (
    account TEXT, name TEXT, content BLOB NOT NULL, PRIMARY KEY (account, name)
) WITHOUT ROWID;
"""

_OPEN_MESSAGES: Final = """
CREATE TABLE open_messages (
    number INTEGER PRIMARY KEY, account TEXT NOT NULL, chat TEXT NOT NULL, sender TEXT NOT NULL,
    id TEXT NOT NULL, payload BLOB NOT NULL
);
CREATE UNIQUE INDEX open_messages_key ON open_messages (account, id, chat, sender);
CREATE INDEX open_messages_age ON open_messages (account, number);

-- prekeys out of retry receipts: their ids count down from the highest, and only 1000 are kept
UPDATE prekeys SET uploaded = 2 WHERE uploaded = 1 AND id > 8388607;
DELETE FROM prekeys WHERE uploaded = 2 AND id > 999 + (
    SELECT min(other.id) FROM prekeys AS other
    WHERE other.account = prekeys.account AND other.uploaded = 2
);
"""
"""Messages that cannot be read and are still hoped for."""

MIGRATIONS: Final[tuple[str, ...]] = (_FIRST, _OPEN_MESSAGES)
"""Scripts; a semicolon ends a statement and occurs nowhere else."""

KEPT: Final = {"seen": 10_000, "sent_messages": 1_000}
"""How many rows of an account stay in the tables that only remember the recent past."""


def migrate(connection: sqlite3.Connection, migrations: tuple[str, ...] = MIGRATIONS) -> None:
    """Bring the database to the newest schema, one transaction per migration.

    Raises StoreTooNew when a newer wigwag has written it.
    """
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(migrations):
        raise StoreTooNew
    for number, script in enumerate(migrations[version:], start=version + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in script.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
