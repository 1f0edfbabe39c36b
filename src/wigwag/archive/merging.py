"""One person, one chat: moving rows from one address to the one that is known now.

Rows keep their numbers, and with them their place in time. A message that is there under both
addresses stays once, as the richer of the two; what the other knew besides is kept. Events that
were told under the old address keep it; lookups by it lead to the new one.
"""

import sqlite3
from typing import Any, Final

from wigwag.archive.chats import ChatRows
from wigwag.archive.limits import move_limits
from wigwag.archive.messages import HEAD_COLUMNS, MessageRows
from wigwag.archive.people import PeopleRows
from wigwag.archive.retention import add_removal
from wigwag.model.jid import PN_SERVER
from wigwag.model.message import SendState, raise_state
from wigwag.model.receipt import RECEIPT_STATE, ReceiptKind
from wigwag.model.record import (
    ChatRecord,
    ClearingRecord,
    ContactRecord,
    MediaState,
    Merged,
    MessageHead,
    RowKind,
)
from wigwag.model.webhook import lane_of

MESSAGE_KEYS: Final = ("chat_jid", "sender")
REFERENCES: Final = (
    ("messages", ("revoked_by",)),
    ("changes", ("chat_jid", "sender", "target_sender")),
    ("reactions", ("chat_jid", "sender", "target_sender")),
    ("votes", ("chat_jid", "sender", "poll_sender")),
    ("receipts", ("chat_jid", "person")),
    ("history_requests", ("chat_jid",)),
    ("outbox", ("chat_jid", "sender")),
    ("scheduled", ("chat_jid", "sender")),
    ("idempotency", ("chat_jid", "sender")),
    ("participants", ("jid",)),
    ("groups", ("owner",)),
    ("chat_clearings", ("chat_jid",)),
    ("label_assignments", ("chat_jid",)),
)
"""Every column that names a person or a chat by canonical address, besides the keys of messages,
and of the contacts and chats themselves."""


def _delete_outdone(table: str, column: str, key: tuple[str, ...], outdone: str) -> str:
    """SQL that deletes the rows `n` of the new address (?3) that a row `o` of the old one (?2)
    with the same key is to stay for."""
    same = " AND ".join(f"o.{name} = n.{name}" for name in ("account", *key))
    return (
        f"DELETE FROM {table} WHERE rowid IN (SELECT n.rowid FROM {table} o JOIN {table} n "  # noqa: S608
        f"ON {same} WHERE o.account = ?1 AND o.{column} = ?2 AND n.{column} = ?3 AND {outdone})"
    )


_LATER: Final = "o.timestamp_ms > n.timestamp_ms"
_IS_OPEN: Final = "state IN ('waiting', 'asked')"
_OUTDONE: Final = {
    ("participants", "jid"): _delete_outdone(
        "participants", "jid", ("group_jid",), "o.rowid > n.rowid"
    ),
    ("changes", "chat_jid"): _delete_outdone(
        "changes", "chat_jid", ("sender", "id", "kind"), _LATER
    ),
    ("changes", "sender"): _delete_outdone("changes", "sender", ("chat_jid", "id", "kind"), _LATER),
    ("chat_clearings", "chat_jid"): _delete_outdone(
        "chat_clearings", "chat_jid", (), "o.until_ms > n.until_ms"
    ),
    ("history_requests", "chat_jid"): _delete_outdone(
        "history_requests",
        "chat_jid",
        (),
        f"(o.{_IS_OPEN}, o.updated_ms) > (n.{_IS_OPEN}, n.updated_ms)",
    ),
}
"""Where both addresses have a row, the later word stays, and what is still under way. Elsewhere
both say the same."""
_MOVE_TOLD: Final = "UPDATE events SET chat_jid = ? WHERE account = ? AND chat_jid = ?"
"""Who may read what was told of a number that can be another person's later."""
_UNSETTLED: Final = (
    f"SELECT DISTINCT {', '.join(f'm.{name}' for name in HEAD_COLUMNS)} "  # noqa: S608
    "FROM changes c JOIN messages m ON m.account = c.account AND m.id = c.target_id "
    "AND m.chat_jid = c.chat_jid AND m.sender = c.target_sender "
    "WHERE c.account = ? AND c.{column} = ? AND m.kind <> 'undecryptable' AND ("
    "(c.kind = 'edit' AND coalesce(m.edited_ms, 0) < c.timestamp_ms) "
    "OR (c.kind = 'revoke' AND m.revoked_ms IS NULL) "
    "OR (c.kind = 'star' AND m.starred <> (c.content = '1')) "
    "OR (c.kind = 'delete' AND m.deleted_ms IS NULL) "
    "OR (c.kind = 'pin' AND coalesce(m.pinned_until_ms, 0) <> CAST(c.content AS INTEGER)))"
)
_MOVE_LANE: Final = (
    "UPDATE deliveries INDEXED BY ix_deliveries_lane SET lane = ? WHERE state = 'pending' "
    "AND webhook_id IN (SELECT id FROM webhooks) AND lane = ?"
)
"""What is on its way to webhooks stays before what the chat says from now on. The index would be
passed over for that of states, which holds all that is pending."""
_RECEIPTED: Final = (
    f"SELECT r.kind, {', '.join(f'm.{name}' for name in HEAD_COLUMNS)} "  # noqa: S608
    "FROM receipts r JOIN messages m ON m.account = r.account AND m.id = r.message_id "
    "AND m.chat_jid = r.chat_jid WHERE r.account = ? AND r.chat_jid = ? AND m.is_from_me "
    "AND m.state NOT IN (r.kind, 'played')"
)
_MEDIA: Final = ("media_state", "media_path", "filename", "file_sha256", "file_length")


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

    def merge(self, account: str, old: str, new: str) -> Merged:
        self._messages.flush()
        self._chats.flush()
        before = self._connection.total_changes
        twice = sum(self._move_messages(account, column, old, new) for column in MESSAGE_KEYS)
        for table, columns in REFERENCES:
            for column in columns:
                self._move(table, column, account, old, new)
        self._chats.forget()
        clearing = self._chats.find_clearing(account, new)
        if clearing is not None:
            self._messages.hide(clearing, clearing.until_ms)
        self._merge_contacts(account, old, new)
        chat = self._merge_chats(account, old, new, twice)
        if clearing is not None:
            self._limit_unread(clearing)
        moved = self._connection.total_changes > before
        self._people.moved(account, old, new)
        self._connection.execute(_MOVE_LANE, (lane_of(account, new), lane_of(account, old)))
        move_limits(self._connection, account, old, new)
        if old.endswith("@" + PN_SERVER):
            self._connection.execute(_MOVE_TOLD, (new, account, old))
        if not moved:
            return Merged()
        return Merged(
            any=True,
            chat=chat,
            unsettled=self._unsettled(account, new),
            raised=self._raise(account, new),
        )

    def _move(self, table: str, column: str, account: str, old: str, new: str) -> None:
        where = f"WHERE account = ? AND {column} = ?"
        outdone = _OUTDONE.get((table, column))
        if outdone is not None:
            self._connection.execute(outdone, (account, old, new))
        self._connection.execute(
            f"UPDATE OR IGNORE {table} SET {column} = ? {where}",  # noqa: S608
            (new, account, old),
        )
        self._connection.execute(f"DELETE FROM {table} {where}", (account, old))  # noqa: S608

    def _move_messages(self, account: str, column: str, old: str, new: str) -> int:
        """Those that are there twice become one; how many of the person's own chat were counted
        twice as unread."""
        self._connection.execute(
            f"UPDATE OR IGNORE messages SET {column} = ? WHERE account = ? AND {column} = ?",  # noqa: S608
            (new, account, old),
        )
        left = self._connection.execute(
            f"SELECT {', '.join(HEAD_COLUMNS)} FROM messages WHERE account = ? AND {column} = ?",  # noqa: S608
            (account, old),
        ).fetchall()
        counted = 0
        for row in left:
            one = MessageHead._make(row)
            key = one._replace(**{column: new})
            other = self._messages.find(account, key.chat_jid, key.sender, one.id)
            if other is None:
                continue
            if not (one.from_history or other.from_history or one.is_from_me):
                if key.chat_jid == new:
                    counted += 1
                else:
                    self._count_once(one, other)
            self._unite(one, other, column, new)
        return counted

    def _count_once(self, one: MessageHead, other: MessageHead) -> None:
        """A message of a group is there twice: if it is unread, it was counted so, too."""
        chat = self._chats.find(other.account, other.chat_jid)
        newest = max(one.row, other.row)
        newer = self._messages.count_newer(other.account, other.chat_jid, newest)
        if chat is not None and chat.unread > newer:
            self._chats.save(chat._replace(unread=chat.unread - 1))

    def _unite(self, one: MessageHead, other: MessageHead, column: str, new: str) -> None:
        """Keep the richer row of a message, with what only the other one knows."""
        kept, gone = (one, other) if _worth(one) > _worth(other) else (other, one)
        known = self._besides(kept, gone) | self._one_file(kept, gone)
        self._messages.remove(gone)
        if kept is one:
            known[column] = new
        if known:
            self._messages.change(kept, **known)

    def _besides(self, kept: MessageHead, gone: MessageHead) -> dict[str, str | bytes | int | None]:
        known: dict[str, str | bytes | int | None] = {}
        if kept.is_from_me and kept.state and gone.state:
            state = raise_state(SendState(kept.state), SendState(gone.state))
            if state != kept.state:
                known["state"] = state.value
        if gone.starred and not kept.starred:
            known["starred"] = True
        if gone.deleted_ms is not None and kept.deleted_ms is None:
            known["deleted_ms"] = gone.deleted_ms
        return known

    def _one_file(self, kept: MessageHead, gone: MessageHead) -> dict[str, Any]:
        """Of two files of one message one stays: that which is yet to be sent, else that of the
        richer row. What this row has to learn of it."""
        if gone.media_state is None:
            return {}
        mine, theirs = self._file_of(kept), self._file_of(gone)
        waits = self._path_to_send(gone)
        takes = gone.media_state == MediaState.AVAILABLE and (
            kept.media_state not in (None, MediaState.AVAILABLE)
            or (kept.media_state is not None and theirs["media_path"] == waits)
        )
        other = mine if takes else theirs
        if other["media_path"] != waits:
            add_removal(self._connection, other["media_path"], other["file_sha256"])
        return theirs if takes else {}

    def _file_of(self, head: MessageHead) -> dict[str, Any]:
        row = self._connection.execute(
            f"SELECT {', '.join(_MEDIA)} FROM messages WHERE rid = ?",  # noqa: S608
            (head.row,),
        ).fetchone()
        return dict(zip(_MEDIA, row, strict=True))

    def _path_to_send(self, head: MessageHead) -> str | None:
        found = self._connection.execute(
            "SELECT media_path FROM outbox WHERE account = ? AND message_id = ?",
            (head.account, head.id),
        ).fetchone()
        return found[0] if found else None

    def _unsettled(self, account: str, new: str) -> tuple[MessageHead, ...]:
        found: dict[int, MessageHead] = {}
        for column in ("chat_jid", "target_sender"):
            for row in self._connection.execute(_UNSETTLED.format(column=column), (account, new)):
                found[row[0]] = MessageHead._make(row)
        return tuple(found.values())

    def _raise(self, account: str, chat: str) -> tuple[MessageHead, ...]:
        """Own messages get as far as the receipts say that are beside them now; those that did."""
        raised: dict[int, MessageHead] = {}
        for kind, *row in self._connection.execute(_RECEIPTED, (account, chat)).fetchall():
            head = raised.get(row[0]) or MessageHead._make(row)
            before = SendState(head.state or SendState.SENT)
            after = raise_state(before, RECEIPT_STATE[ReceiptKind(kind)])
            if after is not before:
                self._messages.change(head, state=after.value, error_code=None, error=None)
                raised[head.row] = head._replace(state=after.value)
        return tuple(raised.values())

    def _limit_unread(self, clearing: ClearingRecord) -> None:
        """What a clearing hides is not unread."""
        chat = self._chats.find(clearing.account, clearing.chat_jid)
        if chat is None:
            return
        newer = self._messages.count_after(clearing.account, clearing.chat_jid, clearing.until_ms)
        if newer < chat.unread:
            self._chats.save(chat._replace(unread=newer))

    def _merge_contacts(self, account: str, old: str, new: str) -> None:
        gone = self._people.find_contact(account, old)
        if gone is None:
            return
        kept = self._people.find_contact(account, new) or ContactRecord(account, new)
        merged = (mine or theirs for mine, theirs in zip(kept[2:], gone[2:], strict=True))
        self._people.save_contact(ContactRecord._make((account, new, *merged)))
        self._connection.execute(
            "DELETE FROM contacts WHERE account = ? AND jid = ?", (account, old)
        )

    def _merge_chats(self, account: str, old: str, new: str, twice: int) -> bool:
        """`twice` of their unread messages are the same ones."""
        gone = self._chats.find(account, old)
        if gone is None:
            return False
        kept = self._chats.find(account, new)
        self._chats.remove(account, old)
        if kept is None:
            self._chats.save(gone._replace(jid=new))
        else:
            self._chats.save(_united(kept, gone, twice))
        return True


def _united(kept: ChatRecord, gone: ChatRecord, twice: int) -> ChatRecord:
    """One chat of two; it is archived only when both were, and the later timer goes on."""
    timed = max(kept, gone, key=lambda chat: chat.ephemeral_ms)
    return kept._replace(
        last_message_ms=max(gone.last_message_ms, kept.last_message_ms),
        unread=max(gone.unread + kept.unread - twice, 0),
        archived=bool(gone.archived) and bool(kept.archived),
        pinned_ms=kept.pinned_ms or gone.pinned_ms,
        muted_until_ms=kept.muted_until_ms or gone.muted_until_ms,
        marked_unread=bool(kept.marked_unread or gone.marked_unread),
        locked=bool(kept.locked or gone.locked),
        ephemeral_s=timed.ephemeral_s,
        ephemeral_ms=timed.ephemeral_ms,
    )


def _worth(head: MessageHead) -> tuple[bool, bool, bool, int, int]:
    """Orders the rows of one message: content before none, live before history."""
    return (
        head.kind != RowKind.UNDECRYPTABLE,
        not head.from_history,
        head.media_state == MediaState.AVAILABLE,
        head.edited_ms or 0,
        -head.row,
    )
