"""Taking out a person. What is deleted is overwritten with zeros in the database's pages."""

import json
import sqlite3
from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager
from typing import Final

import msgspec

from wigwag.archive.retention import RetentionRows

_LISTED: Final = "IN (SELECT value FROM json_each(:listed))"
_ADDRESSES: Final = (
    "SELECT lid FROM identities WHERE account = :account AND pn = :jid",
    "SELECT pn FROM identities WHERE account = :account AND lid = :jid AND pn <> ''",
    "SELECT jid FROM aliases WHERE account = :account AND now = :jid",
    "SELECT now FROM aliases WHERE account = :account AND jid = :jid",
)
MAX_ADDRESSES: Final = 50
_WAITS: Final = tuple(
    f"SELECT 1 FROM {table} WHERE account = :account "  # noqa: S608 - names of our own
    f"AND (to_jid {_LISTED} OR chat_jid {_LISTED}) LIMIT 1"
    for table in ("outbox", "scheduled")
)
_TRACES: Final = (
    ("reactions", ("chat_jid", "sender")),
    ("votes", ("chat_jid", "sender")),
    ("changes", ("chat_jid", "sender")),
    ("receipts", ("chat_jid", "person")),
    ("label_assignments", ("chat_jid",)),
    ("chat_clearings", ("chat_jid",)),
    ("history_requests", ("chat_jid",)),
    ("idempotency", ("chat_jid",)),
    ("numbers", ("jid",)),
    ("chats", ("jid",)),
)
"""Tables and their columns that name a person. Who is whom, and who is in which group, stays: it is
told by WhatsApp, and one who writes again is one person still."""
_CONTACTS: Final = (
    f"DELETE FROM contacts WHERE account = :account AND jid {_LISTED} AND NOT blocked",  # noqa: S608
    (
        "UPDATE contacts SET full_name = '', first_name = '', push_name = '', "  # noqa: S608
        f"business_name = '', about = '' WHERE account = :account AND jid {_LISTED}"
    ),
)
"""That somebody is shut out stays."""
TOMBSTONE: Final = '{"erased":true}'
"""What an event says of which nothing may be told any more."""
_NAMED: Final = "char(34) || value || char(34)"
"""The whole of a string in JSON: the number of one may be a part of another's."""
_EMPTY: Final = (
    f"UPDATE events SET data = '{TOMBSTONE}', chat_jid = '' "  # noqa: S608 - words of our own
    f"WHERE account = :account AND seq > :after AND seq <= :upto AND (chat_jid {_LISTED} OR EXISTS "
    f"(SELECT 1 FROM json_each(:listed) WHERE instr(events.data, {_NAMED}) > 0))"
)
_UNDELIVER: Final = (
    "DELETE FROM deliveries WHERE lane >= :account || ' ' AND lane < :account || '!' "  # noqa: S608
    "AND number > :after AND number <= :upto AND EXISTS "
    f"(SELECT 1 FROM json_each(:listed) WHERE instr(CAST(deliveries.body AS TEXT), {_NAMED}) > 0)"
)
_REJECTED: Final = (
    "DELETE FROM rejected WHERE account = ? AND (instr(event, ?) > 0 OR instr(event, ?) > 0)"
)


class ErasureRows:
    """Takes a person's rows out, for one writer. `flush` writes what is buffered, `forget` drops
    what is cached of people and chats."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        retention: RetentionRows,
        *,
        flush: Callable[[], None],
        forget: Callable[[], None],
    ) -> None:
        self._connection = connection
        self._retention = retention
        self._flush = flush
        self._forget = forget

    def addresses(self, account: str, jid: str) -> tuple[str, ...]:
        found: dict[str, None] = {jid: None}
        # twice: the other address of a person has former ones, too
        for _ in range(2):
            for one in tuple(found):
                self._add_addresses(account, one, found)
        return tuple(found)[:MAX_ADDRESSES]

    def waits(self, account: str, addresses: Collection[str]) -> bool:
        values = {"account": account, "listed": json.dumps(list(addresses))}
        return any(self._connection.execute(sql, values).fetchone() for sql in _WAITS)

    def erase_messages(self, account: str, addresses: Collection[str], limit: int) -> int:
        with self._overwriting():
            for column in ("chat_jid", "sender"):
                for address in addresses:
                    done = self._retention.remove(
                        f"WHERE account = ? AND {column} = ? LIMIT ?", (account, address, limit)
                    )
                    if done:
                        return done
        return 0

    def erase_events(
        self, account: str, marks: Collection[str], after_seq: int, limit: int
    ) -> tuple[int, int]:
        self._flush()
        upto = self._upto("events", "seq", after_seq, limit)
        return self._ranged(_EMPTY, account, marks, after_seq, upto)

    def erase_deliveries(
        self, account: str, marks: Collection[str], after: int, limit: int
    ) -> tuple[int, int]:
        upto = self._upto("deliveries", "number", after, limit)
        return self._ranged(_UNDELIVER, account, marks, after, upto)

    def erase_traces(self, account: str, addresses: Collection[str], marks: Collection[str]) -> int:
        values = {"account": account, "listed": json.dumps(list(addresses))}
        count = 0
        self._flush()
        with self._overwriting():
            for sql in _CONTACTS:
                count += self._connection.execute(sql, values).rowcount
            for table, columns in _TRACES:
                named = " OR ".join(f"{column} {_LISTED}" for column in columns)
                sql = f"DELETE FROM {table} WHERE account = :account AND ({named})"  # noqa: S608
                count += self._connection.execute(sql, values).rowcount
            for user in {mark.partition("@")[0].lstrip("+") for mark in marks}:
                # as a string of msgpack, or where that could not be written, of Python
                named = (msgspec.msgpack.encode(user), repr(user).encode())
                count += self._connection.execute(_REJECTED, (account, *named)).rowcount
        self._forget()
        return count

    def _upto(self, table: str, column: str, after: int, limit: int) -> int:
        """The last of so many rows after this one; 0 at the end."""
        (last,) = self._connection.execute(
            f"SELECT max({column}) FROM (SELECT {column} FROM {table} "  # noqa: S608
            f"WHERE {column} > ? ORDER BY {column} LIMIT ?)",
            (after, limit),
        ).fetchone()
        return int(last or 0)

    def _ranged(
        self, sql: str, account: str, marks: Collection[str], after: int, upto: int
    ) -> tuple[int, int]:
        if not upto:
            return 0, 0
        listed = json.dumps(list(marks))
        values = {"account": account, "listed": listed, "after": after, "upto": upto}
        with self._overwriting():
            return self._connection.execute(sql, values).rowcount, upto

    def _add_addresses(self, account: str, jid: str, found: dict[str, None]) -> None:
        for sql in _ADDRESSES:
            rows = self._connection.execute(sql, {"account": account, "jid": jid})
            found.update(dict.fromkeys(str(row[0]) for row in rows))

    @contextmanager
    def _overwriting(self) -> Generator[None]:
        """What is deleted meanwhile leaves no bytes in the pages that it lay in."""
        self._connection.execute("PRAGMA secure_delete=ON")
        try:
            yield
        finally:
            self._connection.execute("PRAGMA secure_delete=OFF")
