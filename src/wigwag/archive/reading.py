"""Reading messages: the joined select, its filters, and what hangs on a message."""

import heapq
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, Final

import msgspec

from wigwag.archive.addresses import resolver
from wigwag.archive.cursors import Number, Row, format_cursor, page_rows, parse_cursor
from wigwag.archive.rowids import ARRIVAL_BITS
from wigwag.archive.rows import MessageRow, message_from_row, version_from_row
from wigwag.archive.search_terms import Terms, expression_of, read_terms
from wigwag.archive.snippets import Snippets
from wigwag.core.naming import display_name, person
from wigwag.model.archived import (
    ArchivedMessage,
    ArchivedReaction,
    ArchivedReceipt,
    ArchivedVote,
    MessageFilter,
    Page,
    Person,
    Version,
)
from wigwag.model.instant import ms_of, time_of
from wigwag.model.record import ChangeKind, RowKind

MAX_SAME_ID: Final = 10
MAX_SAME_FILE: Final = 10
MAX_VERSIONS: Final = 1_000
MAX_RECEIPTS: Final = 5_000
MAX_VOTERS: Final = 5_000
_MAX_MS: Final = (1 << 63 - ARRIVAL_BITS) - 1
"""The last time that a row number can hold, in the year 2109."""
_JOINED: Final = len(MessageRow._fields) - 8
_ROW_OF: Final = itemgetter(0)
_searched_of = itemgetter(*map(MessageRow._fields.index, ("content", "document_name")))
_REACTED: Final = MessageRow._fields.index("has_reactions")
_LID_OF: Final = (
    "(SELECT i.lid FROM identities i WHERE i.account = {row}.account AND i.pn = {row}.{column} "
    "AND i.pn <> '' LIMIT 1)"
)
_SELECT: Final = (
    "SELECT "  # noqa: S608
    + ", ".join(f"m.{name}" for name in MessageRow._fields[:_JOINED])
    + ", m.thumbnail IS NOT NULL, h.name, c.full_name, c.first_name, c.push_name, c.business_name, "
    + _LID_OF.format(row="m", column="sender")
    + ", EXISTS (SELECT 1 FROM reactions r WHERE r.account = m.account AND r.target_id = m.id)"
)
_NAMES: Final = (
    " LEFT JOIN chats h ON h.account = m.account AND h.jid = m.chat_jid"
    " LEFT JOIN contacts c ON c.account = m.account AND c.jid = m.sender"
)
_FROM: Final = " FROM messages m" + _NAMES
_FROM_UNDECRYPTABLE: Final = " FROM messages m INDEXED BY ix_messages_undecryptable" + _NAMES
_FROM_CONTENTS: Final = " FROM messages m INDEXED BY ix_messages_content" + _NAMES
_FROM_SEARCH: Final = " FROM messages_fts f CROSS JOIN messages m ON m.rid = f.rowid" + _NAMES
_LABELLED: Final = (
    "EXISTS (SELECT 1 FROM label_assignments a WHERE a.account = m.account AND a.label_id = ? "
    "AND a.chat_jid = m.chat_jid AND a.message_id = m.id)"
)
_FIND: Final = {
    (in_chat, by_sender): f"{_SELECT}{_FROM} WHERE m.account = ? AND m.id = ?"
    + " AND m.chat_jid = ?" * in_chat
    + " AND m.sender = ?" * by_sender
    + f" LIMIT {MAX_SAME_ID}"
    for in_chat in (False, True)
    for by_sender in (False, True)
}
"""Messages by their id, by whether the chat and the sender are known, too."""
LOAD: Final = _SELECT + _FROM + " WHERE m.rid = ?"

PERSON_COLUMNS: Final = (
    "{row}.{column}, c.full_name, c.first_name, c.push_name, c.business_name, " + _LID_OF
)
PERSON_JOIN: Final = " LEFT JOIN contacts c ON c.account = {row}.account AND c.jid = {row}.{column}"

_REACTIONS: Final = (
    "SELECT r.chat_jid, r.target_sender, r.target_id, r.emoji, r.timestamp_ms, "  # noqa: S608
    f"{PERSON_COLUMNS.format(row='r', column='sender')} "
    f"FROM reactions r{PERSON_JOIN.format(row='r', column='sender')} "
    "WHERE r.account = ? AND r.target_id IN ({}) ORDER BY r.timestamp_ms, r.rowid"
)
_HASH_BYTES: Final = 32
_Question = tuple[str, list[Any]]
"""A statement and its values."""
_VOTES: Final = (
    "SELECT v.timestamp_ms, v.enc_payload, v.enc_iv, v.selected, "  # noqa: S608
    f"{PERSON_COLUMNS.format(row='v', column='sender')} FROM (SELECT *, row_number() OVER "
    "(PARTITION BY sender ORDER BY timestamp_ms DESC, rowid DESC) AS nth FROM votes "
    "WHERE account = ? AND poll_id = ? AND chat_jid = ? AND poll_sender = ?) v"
    f"{PERSON_JOIN.format(row='v', column='sender')} WHERE v.nth = 1 "
    f"ORDER BY v.timestamp_ms LIMIT {MAX_VOTERS}"
)


def person_from(values: Sequence[Any]) -> Person:
    """A person from the six values of PERSON_COLUMNS."""
    jid, full_name, first_name, push_name, business_name, lid = values
    name = display_name(
        jid, full_name or "", first_name or "", push_name or "", business_name or ""
    )
    return person(jid, lid or "", name)


def find_messages(
    connection: sqlite3.Connection, account: str, message_id: str, chat: str, sender: str
) -> list[ArchivedMessage]:
    """The messages with this id, the newest first."""
    values = [account, message_id, *(one for one in (chat, sender) if one)]
    rows = connection.execute(_FIND[bool(chat), bool(sender)], values).fetchall()
    # Sorted here: SQLite would set up a sorter even for the one that there mostly is.
    return _made(connection, sorted(rows, key=_ROW_OF, reverse=True))


def list_with_file(
    connection: sqlite3.Connection, sha256: bytes, accounts: Sequence[str], chats: Sequence[str]
) -> list[ArchivedMessage]:
    """The newest messages with a file of this content; in these chats, where there are any."""
    where = ["m.file_sha256 = ?", f"m.account IN ({', '.join('?' * len(accounts))})"]
    if chats:
        where.append(f"m.chat_jid IN ({', '.join('?' * len(chats))})")
    sql = f"{_SELECT}{_FROM_CONTENTS} WHERE {' AND '.join(where)} ORDER BY m.rid DESC LIMIT ?"
    rows = connection.execute(sql, (sha256, *accounts, *chats, MAX_SAME_FILE)).fetchall()
    return [message for row in rows for message in _made(connection, [row])]


def list_messages(
    connection: sqlite3.Connection, account: str, wanted: MessageFilter, cursor: str, limit: int
) -> Page[ArchivedMessage]:
    below = parse_cursor(cursor, tuple[Number])[0] if cursor else None
    terms = read_terms(wanted.query)
    if terms is not None:
        question = _search(account, wanted, terms, below, limit + 1)
    elif wanted.query:
        return Page(items=())
    elif wanted.chats and not wanted.chat:
        question = _newest_of_chats(connection, account, wanted, below, limit + 1)
    else:
        question = _newest(account, wanted, below, limit + 1)
    if question is None:
        return Page(items=())
    rows, more = page_rows(connection.execute(*question), limit)
    items = _made(connection, rows)
    if terms is not None:
        items = _with_snippets(items, rows, terms)
    return Page(items=tuple(items), next_cursor=format_cursor((items[-1].row,)) if more else "")


def _newest(account: str, wanted: MessageFilter, below: int | None, limit: int) -> _Question:
    where, values = _conditions(account, wanted, "m.rid", below)
    source = _FROM_UNDECRYPTABLE if wanted.kinds == (RowKind.UNDECRYPTABLE,) else _FROM
    return f"{_SELECT}{source} WHERE {where} ORDER BY m.rid DESC LIMIT {limit}", values


def _search(
    account: str, wanted: MessageFilter, terms: Terms, below: int | None, limit: int
) -> _Question:
    # FTS5 gives its rows newest first by itself; the cross join keeps it the outer loop.
    where, values = _conditions(account, wanted, "f.rowid", below)
    sql = (
        f"{_SELECT}{_FROM_SEARCH} WHERE {where} "
        f"AND f.messages_fts MATCH ? ORDER BY f.rowid DESC LIMIT {limit}"
    )
    return sql, [*values, expression_of(terms)]


def _with_snippets(
    messages: Sequence[ArchivedMessage], rows: Sequence[Row], terms: Terms
) -> list[ArchivedMessage]:
    """The messages of a search, with what was found in them."""
    snippets = Snippets(terms)
    return [
        msgspec.structs.replace(message, snippet=snippets.of(_searched_of(row)))
        for message, row in zip(messages, rows, strict=True)
    ]


def _newest_of_chats(
    connection: sqlite3.Connection,
    account: str,
    wanted: MessageFilter,
    below: int | None,
    limit: int,
) -> _Question | None:
    """The newest of some chats: sought in each of them, because one seek sorts them all."""
    rows: list[int] = []
    for chat in wanted.chats:
        where, values = _conditions(
            account, msgspec.structs.replace(wanted, chat=chat), "m.rid", below
        )
        sql = f"SELECT m.rid FROM messages m WHERE {where} ORDER BY m.rid DESC LIMIT {limit}"  # noqa: S608
        rows += (row for (row,) in connection.execute(sql, values))
    newest = heapq.nlargest(limit, rows)
    if not newest:
        return None
    marks = ", ".join("?" * len(newest))
    return f"{_SELECT}{_FROM} WHERE m.rid IN ({marks}) ORDER BY m.rid DESC", newest


def list_neighbours(
    connection: sqlite3.Connection, account: str, chat: str, row: int, limit: int, *, older: bool
) -> list[ArchivedMessage]:
    """The messages of a chat before or after a row, the nearest first, as many as a page holds."""
    where, order = ("m.rid < ?", "DESC") if older else ("m.rid > ?", "ASC")
    sql = (
        f"{_SELECT}{_FROM} WHERE m.account = ? AND m.chat_jid = ? AND m.deleted_ms IS NULL "
        f"AND {where} ORDER BY m.rid {order} LIMIT ?"
    )
    return _page(connection, sql, (account, chat, row, limit))


def list_onward(
    connection: sqlite3.Connection, account: str, wanted: MessageFilter, row: int, limit: int
) -> list[ArchivedMessage]:
    """The messages behind a row, the oldest first, as many as a page holds."""
    where, values = _conditions(account, wanted, "m.rid", None)
    sql = f"{_SELECT}{_FROM} WHERE {where} AND m.rid > ? ORDER BY m.rid LIMIT ?"
    return _page(connection, sql, [*values, row, limit])


def _conditions(
    account: str, wanted: MessageFilter, row: str, below: int | None
) -> tuple[str, list[Any]]:
    """The WHERE of a filter and its values; `row` is the column with the number of a row."""
    where = ["m.account = ?", "m.deleted_ms IS NULL"]
    values: list[Any] = [account]
    if wanted.chat:
        where.append("m.chat_jid = ?")
        values.append(wanted.chat)
    elif wanted.chats:
        where.append(f"m.chat_jid IN ({', '.join('?' * len(wanted.chats))})")
        values.extend(wanted.chats)
    if wanted.sender:
        where.append("m.sender = ?")
        values.append(wanted.sender)
    if wanted.kinds == (RowKind.UNDECRYPTABLE,):
        # Spelt out, because only then its small index can be used.
        where.append("m.kind = 'undecryptable'")
    elif wanted.kinds:
        where.append(f"m.kind IN ({', '.join('?' * len(wanted.kinds))})")
        values.extend(wanted.kinds)
    if wanted.has_media is not None:
        where.append("m.media_type IS " + ("NOT NULL" if wanted.has_media else "NULL"))
    if wanted.from_me is not None:
        where.append("m.is_from_me = ?")
        values.append(wanted.from_me)
    if wanted.starred is not None:
        # Spelt out, because only then its small index can be used.
        where.append("m.starred = 1" if wanted.starred else "m.starred = 0")
    if wanted.label:
        where.append(_LABELLED)
        values.append(wanted.label)
    _add_bounds(where, values, row, wanted, below)
    return " AND ".join(where), values


def _add_bounds(
    where: list[str], values: list[Any], row: str, wanted: MessageFilter, below: int | None
) -> None:
    if wanted.after is not None:
        where.append(f"{row} >= ?")
        values.append(_first_row(wanted.after))
    if wanted.before is not None:
        where.append(f"{row} < ?")
        values.append(_first_row(wanted.before))
    if below is not None:
        where.append(f"{row} < ?")
        values.append(below)


def _first_row(time: datetime) -> int:
    """The lowest row number of a time; a time beyond all rows is as good as the last one."""
    return min(max(ms_of(time), 0), _MAX_MS) << ARRIVAL_BITS


def _messages(
    connection: sqlite3.Connection, sql: str, values: Sequence[Any]
) -> list[ArchivedMessage]:
    return _made(connection, connection.execute(sql, values).fetchall())


def _page(connection: sqlite3.Connection, sql: str, values: Sequence[Any]) -> list[ArchivedMessage]:
    rows, _ = page_rows(connection.execute(sql, values))
    return _made(connection, rows)


def _made(connection: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> list[ArchivedMessage]:
    if not rows:
        return []
    reacted = [row for row in rows if row[_REACTED]]
    found = reactions_of(connection, reacted) if reacted else {}
    where = resolver(connection, rows[0][1])
    return [message_from_row(row, found.get(row[0], ()), where) for row in rows]


def load_message(connection: sqlite3.Connection, rid: int) -> ArchivedMessage:
    return _messages(connection, LOAD, (rid,))[0]


def reactions_of(
    connection: sqlite3.Connection, rows: Sequence[Sequence[Any]]
) -> dict[int, tuple[ArchivedReaction, ...]]:
    """The reactions that stand on these message rows: the last of each person, if not empty."""
    wanted = {(row[3], row[4], row[2]): row[0] for row in rows}
    sql = _REACTIONS.format(", ".join("?" * len(rows)))
    standing: dict[int, dict[str, ArchivedReaction]] = {}
    for chat, sender, target, emoji, ms, *who in connection.execute(
        sql, (rows[0][1], *(row[2] for row in rows))
    ):
        rid = wanted.get((chat, sender, target))
        if rid is None:
            continue
        of_message = standing.setdefault(rid, {})
        of_message.pop(who[0], None)
        if emoji:
            of_message[who[0]] = ArchivedReaction(
                person=person_from(who), emoji=emoji, timestamp=time_of(ms)
            )
    return {rid: tuple(of_message.values()) for rid, of_message in standing.items()}


def list_versions(connection: sqlite3.Connection, message: ArchivedMessage) -> list[Version]:
    """The versions of a message, the first one first, as many as a page holds; one alone when it
    was never edited."""
    found = connection.execute(
        "SELECT id, timestamp_ms, content, body FROM changes WHERE account = ? AND target_id = ? "
        "AND chat_jid = ? AND target_sender = ? AND kind IN (?, ?) "
        "ORDER BY kind = ? DESC, timestamp_ms, rowid LIMIT ?",
        (
            message.account,
            message.id,
            message.chat_jid,
            message.sender.jid,
            ChangeKind.EDIT,
            ChangeKind.ORIGINAL,
            ChangeKind.ORIGINAL,
            MAX_VERSIONS,
        ),
    )
    rows, _ = page_rows(found)
    if not rows:
        return [Version(id=message.id, text=message.text, timestamp=message.timestamp)]
    return [version_from_row(*row) for row in rows]


def find_thumbnail(connection: sqlite3.Connection, message: ArchivedMessage) -> bytes | None:
    row = connection.execute("SELECT thumbnail FROM messages WHERE rid = ?", (message.row,))
    found = row.fetchone()
    return found[0] if found else None


def list_receipts(
    connection: sqlite3.Connection, message: ArchivedMessage
) -> list[ArchivedReceipt]:
    columns = PERSON_COLUMNS.format(row="r", column="person")
    rows = connection.execute(
        f"SELECT r.kind, r.timestamp_ms, {columns} FROM receipts r"  # noqa: S608
        f"{PERSON_JOIN.format(row='r', column='person')} "
        "WHERE r.account = ? AND r.chat_jid = ? AND r.message_id = ? "
        "ORDER BY r.timestamp_ms LIMIT ?",
        (message.account, message.chat_jid, message.id, MAX_RECEIPTS),
    )
    return [
        ArchivedReceipt(kind=kind, timestamp=time_of(ms), person=person_from(who))
        for kind, ms, *who in rows
    ]


def list_votes(connection: sqlite3.Connection, poll: ArchivedMessage) -> list[ArchivedVote]:
    """The last vote of each person in a poll, the earliest first."""
    rows = connection.execute(_VOTES, (poll.account, poll.id, poll.chat_jid, poll.sender.jid))
    return [
        ArchivedVote(
            person=person_from(who),
            timestamp=time_of(ms),
            enc_payload=payload,
            enc_iv=iv,
            selected=None if selected is None else _hashes(selected),
        )
        for ms, payload, iv, selected, *who in rows
    ]


def _hashes(joined: bytes) -> tuple[bytes, ...]:
    return tuple(joined[at : at + _HASH_BYTES] for at in range(0, len(joined), _HASH_BYTES))
