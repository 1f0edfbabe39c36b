"""Reading chats, contacts, groups, and what is known of numbers."""

import sqlite3
from collections.abc import Collection, Sequence
from typing import Any, Final

import msgspec

from wigwag.archive.addresses import resolver
from wigwag.archive.cursors import Number, format_cursor, page_of, page_rows, parse_cursor
from wigwag.archive.reading import PERSON_COLUMNS, PERSON_JOIN, person_from
from wigwag.archive.search_words import plain
from wigwag.core.naming import phone_of
from wigwag.model.archived import (
    ArchivedChat,
    ArchivedContact,
    ArchivedGroup,
    ArchivedParticipant,
    Page,
    Person,
)
from wigwag.model.instant import maybe_time_of, time_of
from wigwag.model.jid import Jid, digits_of
from wigwag.model.record import MUTED_FOREVER, GroupRecord, NumberRecord

_IDS: Final = msgspec.json.Decoder(tuple[str, ...])
MAX_PARTICIPANTS: Final = 5_000
_LID: Final = (
    "(SELECT i.lid FROM identities i WHERE i.account = h.account AND i.pn = h.jid "
    "AND i.pn <> '' LIMIT 1)"
)
_LABELS: Final = (
    "(SELECT json_group_array(a.label_id) FROM label_assignments a JOIN labels l "
    "ON l.account = a.account AND l.id = a.label_id "
    "WHERE a.account = h.account AND a.chat_jid = h.jid AND a.message_id = '')"
)
_CHATS: Final = (
    "SELECT h.account, h.jid, h.name, h.last_message_ms, h.unread, h.archived, h.pinned_ms, "  # noqa: S608
    f"h.muted_until_ms, h.marked_unread, h.locked, h.ephemeral_s, {_LID}, {_LABELS} "
    "FROM chats h WHERE h.account = ?"
)
_GROUPS: Final = f"SELECT {', '.join(GroupRecord._fields)} FROM groups WHERE account = ?"  # noqa: S608
_CONTACTS: Final = (
    f"SELECT {PERSON_COLUMNS.format(row='c', column='jid')}, c.about, c.blocked "  # noqa: S608
    "FROM contacts c WHERE c.account = ?"
)
_FIND_NUMBER: Final = (
    f"SELECT {', '.join(NumberRecord._fields)} FROM numbers WHERE account = ? AND phone = ?"  # noqa: S608
)
_PEOPLE: Final = (
    f"SELECT {PERSON_COLUMNS.format(row='p', column='jid')} "  # noqa: S608
    "FROM (SELECT ? AS account, value AS jid, key AS place FROM json_each(?)) p"
    f"{PERSON_JOIN.format(row='p', column='jid')} ORDER BY p.place"
)
_ADDRESSED: Final = (
    "instr({row}.jid, ?) OR EXISTS (SELECT 1 FROM identities i WHERE i.account = {row}.account"
    " AND i.pn = {row}.jid AND i.pn <> '' AND instr(i.lid, ?))"
    " OR {row}.jid IN (SELECT now FROM aliases a WHERE a.account = {row}.account"
    " AND instr(a.jid, ?))"
)
"""Whether any address of a person has this in it, a former one too."""


def _addresses(query: str) -> list[str]:
    """The values of _ADDRESSED: a number however it is written, else the text."""
    digits = digits_of(query)
    return [digits if digits.isdigit() else query] * 3


def fold(text: str | None) -> str:
    """Text without case and accents, for searching names."""
    return plain(text) if text else ""


def find_number(connection: sqlite3.Connection, account: str, phone: str) -> NumberRecord | None:
    row = connection.execute(_FIND_NUMBER, (account, phone)).fetchone()
    return NumberRecord._make(row) if row else None


def find_chat(connection: sqlite3.Connection, account: str, jid: str) -> ArchivedChat | None:
    row = connection.execute(_CHATS + " AND h.jid = ?", (account, jid)).fetchone()
    return _chat(row) if row else None


def list_chats(
    connection: sqlite3.Connection,
    account: str,
    query: str,
    cursor: str,
    limit: int,
    *,
    among: Collection[str] = (),
) -> Page[ArchivedChat]:
    sql = _CHATS + _among("h.jid", among)
    values: list[Any] = [account, *among]
    if query:
        sql += f" AND (instr(fold(h.name), ?) OR {_ADDRESSED.format(row='h')})"
        values += [fold(query), *_addresses(query)]
    if cursor:
        sql += " AND (h.last_message_ms, h.jid) < (?, ?)"
        values += parse_cursor(cursor, tuple[Number, str])
    sql += f" ORDER BY h.last_message_ms DESC, h.jid DESC LIMIT {limit + 1}"
    rows, more = page_rows(connection.execute(sql, values), limit)
    return Page(
        items=tuple(map(_chat, rows)),
        next_cursor=format_cursor((rows[-1][3], rows[-1][1])) if more else "",
    )


def find_contact(connection: sqlite3.Connection, account: str, jid: str) -> ArchivedContact | None:
    row = connection.execute(_CONTACTS + " AND c.jid = ?", (account, jid)).fetchone()
    return _contact(account, row) if row else None


def list_contacts(
    connection: sqlite3.Connection,
    account: str,
    query: str,
    cursor: str,
    limit: int,
    *,
    among: Collection[str] = (),
) -> Page[ArchivedContact]:
    sql = _CONTACTS + _among("c.jid", among)
    values: list[Any] = [account, *among]
    if query:
        sql += (
            " AND (instr(fold(c.full_name), ?) OR instr(fold(c.push_name), ?)"
            f" OR instr(fold(c.business_name), ?) OR {_ADDRESSED.format(row='c')})"
        )
        values += [*[fold(query)] * 3, *_addresses(query)]
    if cursor:
        sql += " AND c.jid > ?"
        values.append(parse_cursor(cursor, str))
    rows = connection.execute(sql + f" ORDER BY c.jid LIMIT {limit + 1}", values)
    return page_of(rows, limit, lambda row: _contact(account, row), lambda c: c.person.jid)


def list_people(connection: sqlite3.Connection, account: str, jids: Sequence[Jid]) -> list[Person]:
    """Who these are, in their order, whether anything is known of them or not."""
    now = resolver(connection, account)
    asked = msgspec.json.encode([str(now(jid)) for jid in jids]).decode()
    return [person_from(row) for row in connection.execute(_PEOPLE, (account, asked))]


def find_group(connection: sqlite3.Connection, account: str, jid: str) -> ArchivedGroup | None:
    row = connection.execute(_GROUPS + " AND jid = ?", (account, jid)).fetchone()
    if row is None:
        return None
    columns = PERSON_COLUMNS.format(row="p", column="jid")
    members = connection.execute(
        f"SELECT p.admin, p.superadmin, {columns} FROM participants p"  # noqa: S608
        f"{PERSON_JOIN.format(row='p', column='jid')} "
        "WHERE p.account = ? AND p.group_jid = ? ORDER BY p.jid LIMIT ?",
        (account, jid, MAX_PARTICIPANTS),
    )
    participants = tuple(
        ArchivedParticipant(person=person_from(who), admin=bool(admin), superadmin=bool(superadmin))
        for admin, superadmin, *who in members
    )
    return msgspec.structs.replace(_group(row), participants=participants)


def list_groups(
    connection: sqlite3.Connection,
    account: str,
    query: str,
    cursor: str,
    limit: int,
    *,
    among: Collection[str] = (),
) -> Page[ArchivedGroup]:
    sql = _GROUPS + _among("jid", among)
    values: list[Any] = [account, *among]
    if query:
        sql += " AND (instr(fold(subject), ?) OR instr(jid, ?))"
        values += [fold(query), query]
    if cursor:
        sql += " AND jid > ?"
        values.append(parse_cursor(cursor, str))
    rows = connection.execute(sql + f" ORDER BY jid LIMIT {limit + 1}", values)
    return page_of(rows, limit, _group, lambda group: group.jid)


def _among(column: str, jids: Collection[str]) -> str:
    return f" AND {column} IN ({', '.join('?' * len(jids))})" if jids else ""


def _group(row: tuple[Any, ...]) -> ArchivedGroup:
    """A group without its participants."""
    group = GroupRecord._make(row)
    return ArchivedGroup(
        account=group.account,
        jid=group.jid,
        subject=group.subject,
        owner=group.owner,
        created_at=maybe_time_of(group.created_ms),
        member=bool(group.member),
        description=group.description,
        announce=bool(group.announce),
        locked=bool(group.locked),
        approval=bool(group.approval),
        admin_add=bool(group.admin_add),
        ephemeral_s=group.ephemeral_s,
        suspended=bool(group.suspended),
        community=bool(group.community),
        parent_jid=group.parent_jid,
        default_subgroup=bool(group.default_subgroup),
        lid_addressed=bool(group.lid_addressed),
    )


def _chat(row: tuple[Any, ...]) -> ArchivedChat:
    account, jid, name, last_ms, unread, archived, pinned_ms, muted_ms, marked, locked, *more = row
    ephemeral_s, lid, labels = more
    forever = muted_ms == MUTED_FOREVER
    return ArchivedChat(
        account=account,
        jid=jid,
        name=name or "",
        lid=lid or (jid if jid.endswith("@lid") else ""),
        phone=phone_of(jid),
        last_message_at=time_of(last_ms) if last_ms else None,
        unread=unread,
        archived=bool(archived),
        pinned_at=maybe_time_of(pinned_ms),
        muted=muted_ms is not None,
        muted_until=None if forever else maybe_time_of(muted_ms),
        marked_unread=bool(marked),
        locked=bool(locked),
        ephemeral_s=ephemeral_s,
        labels=_IDS.decode(labels),
    )


def _contact(account: str, row: tuple[Any, ...]) -> ArchivedContact:
    *person, about, blocked = row
    _, full_name, first_name, push_name, business_name, _ = person
    return ArchivedContact(
        account=account,
        person=person_from(person),
        full_name=full_name,
        first_name=first_name,
        push_name=push_name,
        business_name=business_name,
        about=about,
        blocked=bool(blocked),
    )


def list_accounts(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("SELECT account FROM accounts ORDER BY account")
    return [row[0] for row in rows]


def list_served(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("SELECT account FROM accounts WHERE served = 1 ORDER BY account")
    return [account for (account,) in rows]


def list_engines(connection: sqlite3.Connection) -> dict[str, str]:
    rows = connection.execute("SELECT account, engine FROM accounts WHERE engine <> ''")
    return dict(rows.fetchall())
