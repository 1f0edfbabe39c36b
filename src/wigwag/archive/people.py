"""Accounts, identities, contacts and groups, written; what every message asks for is cached."""

import sqlite3
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from wigwag.model.record import (
    AccountRecord,
    ContactRecord,
    GroupRecord,
    ParticipantRecord,
)

CACHE_SIZE: Final = 20_000


def _select(table: str, record: type[NamedTuple], where: str) -> str:
    return f"SELECT {', '.join(record._fields)} FROM {table} WHERE {where}"  # noqa: S608


def _put(table: str, record: type[NamedTuple]) -> str:
    marks = ", ".join("?" * len(record._fields))
    return f"INSERT OR REPLACE INTO {table}({', '.join(record._fields)}) VALUES ({marks})"  # noqa: S608


_FIND_ACCOUNT: Final = _select("accounts", AccountRecord, "account = ?")
_SAVE_ACCOUNT: Final = _put("accounts", AccountRecord)
_FIND_CONTACT: Final = _select("contacts", ContactRecord, "account = ? AND jid = ?")
_SAVE_CONTACT: Final = _put("contacts", ContactRecord)
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

_Key = tuple[str, str]


class PeopleRows:
    """The tables of people, of one writer. Nobody else writes, so the caches are right."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.clear()

    def clear(self) -> None:
        """Forget what was cached: after a rollback, a merge, or at the size limit."""
        self._pns: dict[_Key, str | None] = {}
        self._lids: dict[_Key, str] = {}
        self._contacts: dict[_Key, ContactRecord | None] = {}
        self._groups: dict[_Key, GroupRecord | None] = {}
        self._accounts: dict[str, AccountRecord] = {}

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
        self._connection.execute(_SAVE_LINK, (account, lid, pn))
        self._make_room(self._pns)
        self._pns[account, lid] = pn
        self._lids.pop((account, pn), None)

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
