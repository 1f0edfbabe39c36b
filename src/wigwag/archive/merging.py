"""One person, one chat: moving rows from a LID to the phone number that became known.

Rows move to the PN and keep their numbers. A row that is there under both addresses stays once,
the one of the PN. Events that were told under the LID keep it; lookups by LID lead to the PN.
"""

import sqlite3
from typing import Final

from wigwag.archive.chats import ChatRows
from wigwag.archive.messages import MessageRows
from wigwag.archive.people import PeopleRows
from wigwag.model.record import ChatRecord, ContactRecord

_REFERENCES: Final = (
    ("changes", ("chat_jid", "sender", "target_sender")),
    ("reactions", ("chat_jid", "sender", "target_sender")),
    ("votes", ("chat_jid", "sender", "poll_sender")),
    ("receipts", ("chat_jid", "person")),
    ("outbox", ("chat_jid", "sender")),
    ("idempotency", ("chat_jid", "sender")),
    ("participants", ("jid",)),
    ("groups", ("owner",)),
)


class Merging:
    """Merges of one writer."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        messages: MessageRows,
        chats: ChatRows,
        people: PeopleRows,
    ) -> None:
        self._connection = connection
        self._messages = messages
        self._chats = chats
        self._people = people

    def merge(self, account: str, old: str, new: str) -> bool:
        """Whether there was a chat under the old address."""
        self._messages.flush()
        self._move_messages(account, "chat_jid", old, new)
        self._move_messages(account, "sender", old, new)
        for table, columns in _REFERENCES:
            for column in columns:
                self._move(table, column, account, old, new)
        self._merge_contacts(account, old, new)
        return self._merge_chats(account, old, new)

    def _move(self, table: str, column: str, account: str, old: str, new: str) -> None:
        where = f"WHERE account = ? AND {column} = ?"
        self._connection.execute(
            f"UPDATE OR IGNORE {table} SET {column} = ? {where}",  # noqa: S608
            (new, account, old),
        )
        self._connection.execute(f"DELETE FROM {table} {where}", (account, old))  # noqa: S608

    def _move_messages(self, account: str, column: str, old: str, new: str) -> None:
        self._connection.execute(
            f"UPDATE OR IGNORE messages SET {column} = ? WHERE account = ? AND {column} = ?",  # noqa: S608
            (new, account, old),
        )
        twice = self._connection.execute(
            f"SELECT DISTINCT id FROM messages WHERE account = ? AND {column} = ?",  # noqa: S608
            (account, old),
        ).fetchall()
        for (message_id,) in twice:
            for head in self._messages.find_all(account, message_id):
                if getattr(head, column) == old:
                    self._messages.remove(head)

    def _merge_contacts(self, account: str, old: str, new: str) -> None:
        gone = self._people.find_contact(account, old)
        if gone is None:
            return
        kept = self._people.find_contact(account, new) or ContactRecord(account, new)
        merged = (mine or theirs for mine, theirs in zip(kept[2:], gone[2:], strict=True))
        self._people.save_contact(ContactRecord(account, new, *merged))
        self._connection.execute(
            "DELETE FROM contacts WHERE account = ? AND jid = ?", (account, old)
        )
        self._people.clear()

    def _merge_chats(self, account: str, old: str, new: str) -> bool:
        gone = self._chats.find(account, old)
        if gone is None:
            return False
        kept = self._chats.find(account, new)
        name = kept.name if kept is not None else gone.name
        self._chats.remove(account, old)
        self._chats.save(
            ChatRecord(
                account,
                new,
                name,
                max(gone.last_message_ms, kept.last_message_ms if kept is not None else 0),
                gone.unread + (kept.unread if kept is not None else 0),
                bool(gone.archived) and (kept is None or bool(kept.archived)),
            )
        )
        return True
