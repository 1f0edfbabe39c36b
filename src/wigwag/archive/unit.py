"""The writer's view of the archive: all tables on one connection, and their common buffers."""

import sqlite3
from collections.abc import Sequence

from wigwag.archive.appstate import AppStateRows
from wigwag.archive.changes import ChangeRows
from wigwag.archive.chats import ChatRows
from wigwag.archive.erasing import ErasureRows
from wigwag.archive.feed import FeedRows
from wigwag.archive.history import HistoryRows
from wigwag.archive.keys import KeyRows, list_keys
from wigwag.archive.merging import Merging
from wigwag.archive.messages import MessageRows
from wigwag.archive.newsletters import NewsletterRows
from wigwag.archive.outbox import OutboxRows
from wigwag.archive.people import PeopleRows
from wigwag.archive.retention import RetentionRows
from wigwag.archive.scheduled import ScheduledRows
from wigwag.archive.search import SearchIndex
from wigwag.archive.webhooks import WebhookRows
from wigwag.model.key import KeyRecord
from wigwag.model.record import Merged


class Unit:
    """Implements `ports.ArchiveTx`. One object serves all units of a writer, one after another."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._search = SearchIndex(connection)
        self.chats = ChatRows(connection)
        self.people = PeopleRows(connection)
        self.messages = MessageRows(connection, self._search, self.chats)
        self.changes = ChangeRows(connection)
        self.appstate = AppStateRows(connection)
        self.feed = FeedRows(connection)
        self.outbox = OutboxRows(connection)
        self.scheduled = ScheduledRows(connection)
        self.history = HistoryRows(connection)
        self.newsletters = NewsletterRows(connection)
        self.keys = KeyRows(connection)
        self.webhooks = WebhookRows(connection)
        self.retention = RetentionRows(connection, self.messages, self._search)
        self.erasure = ErasureRows(
            connection, self.retention, flush=self.flush_rows, forget=self._erased
        )
        self._merging = Merging(connection, self.messages, self.chats, self.people)
        self._saved_seq = 0
        self._moved = False
        self._keys: list[KeyRecord] | None = None

    def _erased(self) -> None:
        """What is cached of people and chats may be gone."""
        self.people.clear()
        self.chats.forget()
        self.changes.moved()

    def expect(self, account: str, message_ids: Sequence[str]) -> None:
        self.messages.expect(account, message_ids)
        self.changes.expect(account, message_ids)

    def merge(self, account: str, old: str, new: str) -> Merged:
        self.changes.moved()
        self.feed.flush()
        self._moved = True
        return self._merging.merge(account, old, new)

    def flush_rows(self) -> None:
        """Write what is buffered, except for the full-text index."""
        self.messages.flush()
        self.messages.forget()
        self.changes.forget()
        self.chats.flush()
        self.feed.flush()

    def flush(self) -> None:
        """Write everything; the transaction can be committed."""
        self.flush_rows()
        self._search.flush()
        if self._moved:
            self._keys = list_keys(self._connection)

    def committed(self) -> None:
        self.feed.committed()

    def take_moved(self) -> list[KeyRecord] | None:
        """All keys, when an address has moved since this was asked last."""
        keys, self._keys, self._moved = self._keys, None, False
        return keys

    def save(self) -> None:
        """A savepoint begins: nothing is buffered, except for the index."""
        self._search.save()
        self._saved_seq = self.feed.save()

    def rewind(self) -> None:
        """The savepoint was rolled back."""
        self._forget()
        self._search.rewind()
        self.feed.rewind(self._saved_seq)

    def clear(self) -> None:
        """The transaction was rolled back."""
        self._forget()
        self.take_moved()
        self._search.clear()
        self.feed.clear()

    def _forget(self) -> None:
        self.messages.clear()
        self.messages.forget()
        self.changes.forget()
        self.changes.moved()
        self.chats.clear()
        self.people.clear()
