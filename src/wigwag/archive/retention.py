"""What is kept no longer: events, messages with all that hangs on them, files."""

import sqlite3
from collections.abc import Sequence
from typing import Final, NamedTuple

from wigwag.archive.messages import MessageRows
from wigwag.archive.rowids import ARRIVAL_BITS
from wigwag.archive.scheduled import list_waiting_files
from wigwag.archive.search import SearchIndex
from wigwag.model.record import MediaState, MessageHead
from wigwag.model.retention import EventBounds, Leftover, Removal, StoredFileRow

_DOOMED: Final = (
    "SELECT rid, account, id, chat_jid, content, document_name, media_path, file_sha256 "
    "FROM messages "
)
_HANGING: Final = (
    "DELETE FROM changes WHERE account = ? AND target_id = ? AND chat_jid = ?",
    "DELETE FROM reactions WHERE account = ? AND target_id = ? AND chat_jid = ?",
    "DELETE FROM votes WHERE account = ? AND poll_id = ? AND chat_jid = ?",
    "DELETE FROM receipts WHERE account = ? AND message_id = ? AND chat_jid = ?",
    "DELETE FROM label_assignments WHERE account = ? AND message_id = ? AND chat_jid = ?",
    "DELETE FROM newsletter_posts WHERE account = ? AND message_id = ? AND newsletter_jid = ?",
)
"""Whatever refers to a message goes with it."""
_UNREAD: Final = (
    "UPDATE chats SET unread = min(unread, (SELECT count(*) FROM (SELECT 1 FROM messages m "
    "WHERE m.account = chats.account AND m.chat_jid = chats.jid AND m.is_from_me = 0 "
    "AND m.deleted_ms IS NULL LIMIT 1000))) WHERE account = ? AND jid = ? AND unread > 0"
)
_ADD_REMOVAL: Final = (
    "INSERT INTO removals(path, sha256) VALUES (?, ?) "
    "ON CONFLICT(path) DO UPDATE SET sha256 = excluded.sha256"
)
_LIST_REMOVALS: Final = "SELECT path, sha256 FROM removals WHERE path > ? ORDER BY path LIMIT ?"
_NAMED: Final = (
    "SELECT 1 FROM messages WHERE file_sha256 = :sha256 AND media_path = :path UNION ALL "
    "SELECT 1 FROM outbox WHERE media_path = :path"
)
_HAS_NAME: Final = "SELECT 1 FROM messages WHERE file_sha256 = :sha256 AND media_path IS NOT NULL"
_NOT_WAITING: Final = (
    "NOT EXISTS (SELECT 1 FROM outbox o "
    "WHERE o.account = messages.account AND o.message_id = messages.id)"
)
"""What waits to be sent stays, and its file."""
_LIST_STORED: Final = (
    "SELECT rid, media_path, coalesce(file_length, 0) FROM messages "  # noqa: S608 - words of ours
    f"WHERE media_state = 'available' AND rid > ? AND rid < ? AND {_NOT_WAITING} "
    "ORDER BY rid LIMIT ?"
)
_EXPIRE: Final = "UPDATE messages SET media_state = ?, media_path = NULL WHERE rid = ?"


class Doomed(NamedTuple):
    """What has to be known of a message to take it out."""

    row: int
    account: str
    id: str
    chat_jid: str
    content: str
    document_name: str | None
    media_path: str | None
    sha256: bytes | None


class RetentionRows:
    """Takes rows out, for one writer."""

    def __init__(
        self, connection: sqlite3.Connection, messages: MessageRows, search: SearchIndex
    ) -> None:
        self._connection = connection
        self._messages = messages
        self._search = search

    def prune_events(self, bounds: EventBounds, limit: int) -> int:
        last = count = 0
        for seq, at_ms in self._connection.execute(
            "SELECT seq, time_ms FROM events ORDER BY seq LIMIT ?", (limit,)
        ):
            if not bounds.covers(seq, at_ms):
                break
            last, count = seq, count + 1
        if count:
            self._connection.execute("DELETE FROM events WHERE seq <= ?", (last,))
        return count

    def prune_messages(self, before_ms: int, limit: int) -> int:
        return self.remove(
            f"WHERE rid < ? AND {_NOT_WAITING} ORDER BY rid LIMIT ?",
            (before_ms << ARRIVAL_BITS, limit),
        )

    def prune_dead(self, before_ms: int, limit: int) -> int:
        pruned = self._connection.execute(
            "DELETE FROM deliveries WHERE number IN (SELECT number FROM deliveries "
            "WHERE state = 'dead' AND created_ms < ? LIMIT ?)",
            (before_ms, limit),
        )
        return pruned.rowcount

    def expire_media(self, rows: Sequence[int]) -> int:
        self._messages.flush()
        count = 0
        for row in rows:
            found = self._connection.execute(
                "SELECT media_path, file_sha256 FROM messages WHERE rid = ? AND media_state = ?",
                (row, MediaState.AVAILABLE),
            ).fetchone()
            if found is None:
                continue
            self.remove_file(*found)
            self._connection.execute(_EXPIRE, (MediaState.EXPIRED, row))
            count += 1
        return count

    def remove_file(self, path: str | None, sha256: bytes | None) -> None:
        add_removal(self._connection, path, sha256)

    def remove_file_of(self, head: MessageHead) -> None:
        self._messages.flush()
        found = self._connection.execute(
            "SELECT media_path, file_sha256 FROM messages WHERE rid = ?", (head.row,)
        ).fetchone()
        self.remove_file(*found)

    def remove_unnamed(self, files: Sequence[Leftover]) -> None:
        self._messages.flush()
        waiting = list_waiting_files(self._connection)
        paths = {file.path for file in waiting}
        contents = {file.sha256 for file in waiting}
        for path, sha256, has_name in files:
            if path in paths or (sha256 in contents and not has_name):
                continue
            named = self._connection.execute(
                _NAMED if has_name else _HAS_NAME, {"path": path, "sha256": sha256}
            )
            if named.fetchone() is None:
                self.remove_file(path, sha256)

    def drop_removals(self, removals: Sequence[Removal]) -> None:
        self._connection.executemany(
            "DELETE FROM removals WHERE path = ?", [(removal.path,) for removal in removals]
        )

    def remove(self, where: str, values: Sequence[str | int]) -> int:
        """Take out the messages of a condition, with all that hangs on them."""
        self._messages.flush()
        rows = [Doomed._make(row) for row in self._connection.execute(_DOOMED + where, values)]
        keys = [(one.account, one.id, one.chat_jid) for one in rows]
        for sql in _HANGING:
            self._connection.executemany(sql, keys)
        for one in rows:
            self.remove_file(one.media_path, one.sha256)
            self._connection.execute("DELETE FROM messages WHERE rid = ?", (one.row,))
            self._search.remove(one.row, one.content, one.document_name)
        chats = sorted({(one.account, one.chat_jid) for one in rows})
        self._connection.executemany(_UNREAD, chats)
        return len(rows)


def list_stored_files(
    connection: sqlite3.Connection, after_row: int, before_ms: int, limit: int
) -> list[StoredFileRow]:
    rows = connection.execute(
        _LIST_STORED,
        (after_row, before_ms << ARRIVAL_BITS, limit),
    )
    return [StoredFileRow._make(row) for row in rows]


def list_removals(connection: sqlite3.Connection, after_path: str, limit: int) -> list[Removal]:
    rows = connection.execute(_LIST_REMOVALS, (after_path, limit))
    return [Removal._make(row) for row in rows]


def add_removal(connection: sqlite3.Connection, path: str | None, sha256: bytes | None) -> None:
    """A file that no row names any more is to be taken from the disk."""
    if path:
        connection.execute(_ADD_REMOVAL, (path, sha256 or b""))
