"""Accounts, identities, contacts and groups, written; what every message asks for is cached."""

import sqlite3
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from wigwag.model.record import (
    AccountRecord,
    ContactRecord,
    GroupRecord,
    NumberRecord,
    ParticipantRecord,
)

CACHE_SIZE: Final = 20_000
MAX_NUMBERS: Final = 20_000
"""Answers about numbers that are kept of one account."""


def _select(table: str, record: type[NamedTuple], where: str) -> str:
    return f"SELECT {', '.join(record._fields)} FROM {table} WHERE {where}"  # noqa: S608


def _put(table: str, record: type[NamedTuple]) -> str:
    marks = ", ".join("?" * len(record._fields))
    return f"INSERT OR REPLACE INTO {table}({', '.join(record._fields)}) VALUES ({marks})"  # noqa: S608


_FIND_ACCOUNT: Final = _select("accounts", AccountRecord, "account = ?")
_SAVE_ACCOUNT: Final = _put("accounts", AccountRecord)
_FIND_CONTACT: Final = _select("contacts", ContactRecord, "account = ? AND jid = ?")
_SAVE_CONTACT: Final = _put("contacts", ContactRecord)
_BLOCKED: Final = "SELECT jid FROM contacts WHERE account = ? AND blocked ORDER BY jid"
_FIND_GROUP: Final = _select("groups", GroupRecord, "account = ? AND jid = ?")
_SAVE_GROUP: Final = _put("groups", GroupRecord)
_IN_GROUP: Final = _select("participants", ParticipantRecord, "account = ? AND group_jid = ?")
_FIND_PARTICIPANT: Final = _IN_GROUP + " AND jid = ?"
_SAVE_PARTICIPANT: Final = _put("participants", ParticipantRecord)
_REMOVE_PARTICIPANT: Final = (
    "DELETE FROM participants WHERE account = ? AND group_jid = ? AND jid = ?"
)
_FIND_PN: Final = "SELECT pn FROM identities WHERE account = ? AND lid = ?"
_FIND_LID: Final = "SELECT lid FROM identities WHERE account = ? AND pn = ? AND pn <> '' LIMIT 1"
_SAVE_LINK: Final = "INSERT OR REPLACE INTO identities(account, lid, pn) VALUES (?, ?, ?)"
_DROP_HOLDER: Final = "DELETE FROM identities WHERE account = ? AND pn = ? AND lid <> ?"
_HAS_ALIASES: Final = "SELECT EXISTS (SELECT 1 FROM aliases)"
_FIND_ALIAS: Final = "SELECT now FROM aliases WHERE account = ? AND jid = ?"
_REPOINT_ALIASES: Final = "UPDATE aliases SET now = ? WHERE account = ? AND now = ?"
_DROP_ALIAS: Final = "DELETE FROM aliases WHERE account = ? AND jid = ?"
_SAVE_ALIAS: Final = "INSERT OR REPLACE INTO aliases(account, jid, now) VALUES (?, ?, ?)"
_SAVE_NUMBER: Final = _put("numbers", NumberRecord)
_DROP_NUMBERS: Final = (
    "DELETE FROM numbers WHERE account = ?1 AND checked_ms < (SELECT checked_ms FROM numbers "
    "WHERE account = ?1 ORDER BY checked_ms DESC LIMIT 1 OFFSET ?2)"
)

_Key = tuple[str, str]


class PeopleRows:
    """The tables of people, of one writer. Nobody else writes, so the caches are right."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.clear()

    def clear(self) -> None:
        """Forget what was cached: after a rollback."""
        self._pns: dict[_Key, str | None] = {}
        self._lids: dict[_Key, str] = {}
        self._aliases: dict[_Key, str] = {}
        self._any_alias: bool | None = None
        self._contacts: dict[_Key, ContactRecord | None] = {}
        self._groups: dict[_Key, GroupRecord | None] = {}
        self._accounts: dict[str, AccountRecord] = {}

    def moved(self, account: str, old: str, new: str) -> None:
        """Rows of `old` went to `new`: so do its former addresses, and what was cached is void."""
        for jid in (old, new):
            self._contacts.pop((account, jid), None)
        self._groups.clear()
        if self._has_aliases:
            self._connection.execute(_REPOINT_ALIASES, (new, account, old))
            self._connection.execute(_DROP_ALIAS, (account, new))
            self._aliases.clear()

    def find_account(self, account: str) -> AccountRecord:
        found = self._accounts.get(account)
        if found is None:
            row = self._one(_FIND_ACCOUNT, account)
            found = AccountRecord._make(row) if row else AccountRecord(account)
            self._accounts[account] = found
        return found

    def save_account(self, record: AccountRecord) -> None:
        self._connection.execute(_SAVE_ACCOUNT, record)
        self._accounts[record.account] = record

    def pn_of(self, account: str, lid: str) -> str | None:
        key = (account, lid)
        if key in self._pns:
            return self._pns[key]
        self._make_room(self._pns)
        row = self._one(_FIND_PN, account, lid)
        pn = self._pns[key] = row[0] if row else None
        return pn

    def lid_of(self, account: str, pn: str) -> str:
        key = (account, pn)
        found = self._lids.get(key)
        if found is None:
            self._make_room(self._lids)
            row = self._one(_FIND_LID, account, pn)
            found = self._lids[key] = row[0] if row else ""
        return found

    def link(self, account: str, lid: str, pn: str) -> None:
        if pn:
            holder = self.lid_of(account, pn)
            if holder and holder != lid:
                self._connection.execute(_DROP_HOLDER, (account, pn, lid))
                self._pns.pop((account, holder), None)
            self._lids.pop((account, self.pn_of(account, lid) or ""), None)
            self.drop_alias(account, pn)
        self.drop_alias(account, lid)
        self._connection.execute(_SAVE_LINK, (account, lid, pn))
        self._make_room(self._pns)
        self._pns[account, lid] = pn
        self._lids.pop((account, pn), None)

    def alias_of(self, account: str, jid: str) -> str:
        if not self._has_aliases:
            return ""
        key = (account, jid)
        found = self._aliases.get(key)
        if found is None:
            self._make_room(self._aliases)
            row = self._one(_FIND_ALIAS, account, jid)
            found = self._aliases[key] = row[0] if row else ""
        return found

    def set_alias(self, account: str, jid: str, now: str) -> None:
        self.drop_alias(account, now)
        self._connection.execute(_SAVE_ALIAS, (account, jid, now))
        self._any_alias = True
        self._aliases.pop((account, jid), None)

    @property
    def _has_aliases(self) -> bool:
        """Few stores have any; then nobody is asked for one by one."""
        if self._any_alias is None:
            self._any_alias = bool(self._one(_HAS_ALIASES)[0])
        return self._any_alias

    def drop_alias(self, account: str, jid: str) -> None:
        if self._has_aliases:
            self._connection.execute(_DROP_ALIAS, (account, jid))
            self._aliases.pop((account, jid), None)

    def save_number(self, record: NumberRecord) -> None:
        self._connection.execute(_SAVE_NUMBER, record)
        self._connection.execute(_DROP_NUMBERS, (record.account, MAX_NUMBERS - 1))

    def find_contact(self, account: str, jid: str) -> ContactRecord | None:
        key = (account, jid)
        if key in self._contacts:
            return self._contacts[key]
        self._make_room(self._contacts)
        row = self._one(_FIND_CONTACT, account, jid)
        contact = self._contacts[key] = ContactRecord._make(row) if row else None
        return contact

    def save_contact(self, record: ContactRecord) -> None:
        self._connection.execute(_SAVE_CONTACT, record)
        self._make_room(self._contacts)
        self._contacts[record.account, record.jid] = record

    def list_blocked(self, account: str) -> list[str]:
        return [jid for (jid,) in self._connection.execute(_BLOCKED, (account,))]

    def find_group(self, account: str, jid: str) -> GroupRecord | None:
        key = (account, jid)
        if key in self._groups:
            return self._groups[key]
        self._make_room(self._groups)
        row = self._one(_FIND_GROUP, account, jid)
        group = self._groups[key] = GroupRecord._make(row) if row else None
        return group

    def save_group(self, record: GroupRecord) -> None:
        self._connection.execute(_SAVE_GROUP, record)
        self._make_room(self._groups)
        self._groups[record.account, record.jid] = record

    def list_participants(self, account: str, group: str) -> list[ParticipantRecord]:
        rows = self._connection.execute(_IN_GROUP, (account, group))
        return [ParticipantRecord._make(row) for row in rows]

    def find_participant(self, account: str, group: str, jid: str) -> ParticipantRecord | None:
        row = self._one(_FIND_PARTICIPANT, account, group, jid)
        return ParticipantRecord._make(row) if row else None

    def save_participants(self, records: Sequence[ParticipantRecord]) -> None:
        self._connection.executemany(_SAVE_PARTICIPANT, records)

    def remove_participants(self, account: str, group: str, jids: Sequence[str]) -> None:
        self._connection.executemany(_REMOVE_PARTICIPANT, [(account, group, jid) for jid in jids])

    def _one(self, sql: str, *values: str) -> Any:
        return self._connection.execute(sql, values).fetchone()

    @staticmethod
    def _make_room(cache: dict[_Key, Any]) -> None:
        if len(cache) >= CACHE_SIZE:
            cache.clear()
