"""The archive in SQLite: store/messages.db."""

import asyncio
import errno
import secrets
import sqlite3
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TypeVar

from wigwag.archive import (
    history,
    keys,
    newsletters,
    outbox,
    reading,
    reading_appstate,
    reading_log,
    reading_people,
    retention,
    scheduled,
    webhooks,
)
from wigwag.archive.addresses import resolve
from wigwag.archive.connection import BUSY_TIMEOUT_MS, open_writer, prepare_file, storage_error
from wigwag.archive.migration import current_version, migrate
from wigwag.archive.readers import TIME_LIMIT_S, Readers
from wigwag.archive.writer import Writer
from wigwag.core.measures import Histogram
from wigwag.model.archived import (
    ArchivedChat,
    ArchivedContact,
    ArchivedGroup,
    ArchivedLabel,
    ArchivedMessage,
    ArchivedNewsletter,
    ArchivedPost,
    ArchivedQuickReply,
    ArchivedReceipt,
    ArchivedSetting,
    ArchivedVote,
    ArchiveLag,
    ChatGap,
    FeedFilter,
    FeedPage,
    HistoryAnchor,
    HistoryProgress,
    MessageFilter,
    Page,
    Person,
    Version,
)
from wigwag.model.errors import ConfigError, StorageFull, WigwagError
from wigwag.model.jid import Jid
from wigwag.model.key import KeyRecord
from wigwag.model.record import (
    HistoryRequestRecord,
    NumberRecord,
    OutboxRecord,
    PendingMedia,
    ScheduledRecord,
)
from wigwag.model.retention import Removal, StoredFileRow
from wigwag.model.webhook import DeliveryLag, DeliveryRecord, WebhookRecord
from wigwag.ports import ArchiveTx

T = TypeVar("T")


class SqliteArchive:
    """Implements `ports.Archive`. Open it in the event loop that will use it."""

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        store_id: str,
        query_limit_s: float,
    ) -> None:
        self._store_id = store_id
        self._listeners: list[Callable[[int], None]] = []
        self._watchers: set[Callable[[Sequence[KeyRecord]], None]] = set()
        self._writer = Writer(path, connection, self._told, self._moved)
        self._readers = Readers(path, query_limit_s)

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        busy_timeout_ms: int = BUSY_TIMEOUT_MS,
        query_limit_s: float = TIME_LIMIT_S,
    ) -> "SqliteArchive":
        """Open the file, made with mode 0600 if it is new, and bring its schema up to date.

        Raises ConfigError (not ours, or from a newer wigwag), StorageFull, StorageBusy.
        """
        connection, store_id = await asyncio.to_thread(_open, path, busy_timeout_ms)
        return cls(path, connection, store_id, query_limit_s)

    async def close(self) -> None:
        # The writer goes last: whoever closes last folds the WAL into the file.
        await self._readers.close()
        await self._writer.close()

    @property
    def last_seq(self) -> int:
        return self._writer.last_seq

    @property
    def trouble(self) -> str:
        return self._writer.trouble

    @property
    def backlog(self) -> int:
        """Units that wait for the writer."""
        return self._writer.backlog

    @property
    def commits(self) -> Histogram:
        """How long commits took."""
        return self._writer.commits

    async def write(self, unit: Callable[[ArchiveTx], T]) -> T:
        return await self._writer.write(unit)

    def subscribe(self, listener: Callable[[int], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def watch_moves(self, listener: Callable[[Sequence[KeyRecord]], None]) -> Callable[[], None]:
        self._watchers.add(listener)
        return lambda: self._watchers.discard(listener)

    def _moved(self, keys: Sequence[KeyRecord]) -> None:
        for listener in tuple(self._watchers):
            listener(keys)

    def _told(self, last_seq: int) -> None:
        for listener in tuple(self._listeners):
            listener(last_seq)

    async def resolve(self, account: str, jid: Jid) -> str:
        return await self._readers.run(lambda c: resolve(c, account, str(jid)))

    async def find_number(self, account: str, phone: str) -> NumberRecord | None:
        return await self._readers.run(lambda c: reading_people.find_number(c, account, phone))

    async def find_messages(
        self, account: str, message_id: str, chat: str = "", sender: str = ""
    ) -> list[ArchivedMessage]:
        return await self._readers.run(
            lambda c: reading.find_messages(c, account, message_id, chat, sender)
        )

    async def list_with_file(
        self, sha256: bytes, accounts: Collection[str], chats: Collection[str] = ()
    ) -> list[ArchivedMessage]:
        return await self._readers.run(
            lambda c: reading.list_with_file(c, sha256, tuple(accounts), tuple(chats))
        )

    async def list_messages(
        self, account: str, wanted: MessageFilter, cursor: str, limit: int
    ) -> Page[ArchivedMessage]:
        return await self._readers.run(
            lambda c: reading.list_messages(c, account, wanted, cursor, limit)
        )

    async def list_neighbours(
        self, account: str, chat: str, row: int, limit: int, *, older: bool
    ) -> list[ArchivedMessage]:
        return await self._readers.run(
            lambda c: reading.list_neighbours(c, account, chat, row, limit, older=older)
        )

    async def list_onward(
        self, account: str, wanted: MessageFilter, row: int, limit: int
    ) -> list[ArchivedMessage]:
        return await self._readers.run(
            lambda c: reading.list_onward(c, account, wanted, row, limit)
        )

    async def list_versions(self, message: ArchivedMessage) -> list[Version]:
        return await self._readers.run(lambda c: reading.list_versions(c, message))

    async def find_thumbnail(self, message: ArchivedMessage) -> bytes | None:
        return await self._readers.run(lambda c: reading.find_thumbnail(c, message))

    async def list_receipts(self, message: ArchivedMessage) -> list[ArchivedReceipt]:
        return await self._readers.run(lambda c: reading.list_receipts(c, message))

    async def list_votes(self, poll: ArchivedMessage) -> list[ArchivedVote]:
        return await self._readers.run(lambda c: reading.list_votes(c, poll))

    async def find_chat(self, account: str, jid: str) -> ArchivedChat | None:
        return await self._readers.run(lambda c: reading_people.find_chat(c, account, jid))

    async def list_chats(
        self, account: str, query: str, cursor: str, limit: int, *, among: Collection[str] = ()
    ) -> Page[ArchivedChat]:
        return await self._readers.run(
            lambda c: reading_people.list_chats(c, account, query, cursor, limit, among=among)
        )

    async def find_contact(self, account: str, jid: str) -> ArchivedContact | None:
        return await self._readers.run(lambda c: reading_people.find_contact(c, account, jid))

    async def list_contacts(
        self, account: str, query: str, cursor: str, limit: int, *, among: Collection[str] = ()
    ) -> Page[ArchivedContact]:
        return await self._readers.run(
            lambda c: reading_people.list_contacts(c, account, query, cursor, limit, among=among)
        )

    async def list_people(self, account: str, jids: Sequence[Jid]) -> list[Person]:
        return await self._readers.run(lambda c: reading_people.list_people(c, account, jids))

    async def find_group(self, account: str, jid: str) -> ArchivedGroup | None:
        return await self._readers.run(lambda c: reading_people.find_group(c, account, jid))

    async def list_groups(
        self, account: str, query: str, cursor: str, limit: int, *, among: Collection[str] = ()
    ) -> Page[ArchivedGroup]:
        return await self._readers.run(
            lambda c: reading_people.list_groups(c, account, query, cursor, limit, among=among)
        )

    async def list_labels(self, account: str) -> list[ArchivedLabel]:
        return await self._readers.run(lambda c: reading_appstate.list_labels(c, account))

    async def list_quick_replies(self, account: str) -> list[ArchivedQuickReply]:
        return await self._readers.run(lambda c: reading_appstate.list_quick_replies(c, account))

    async def list_settings(self, account: str) -> list[ArchivedSetting]:
        return await self._readers.run(lambda c: reading_appstate.list_settings(c, account))

    async def list_history(self, account: str) -> list[HistoryProgress]:
        return await self._readers.run(lambda c: history.list_history(c, account))

    async def find_history_request(self, account: str, chat: str) -> HistoryRequestRecord | None:
        return await self._readers.run(lambda c: history.find_request(c, "chat_jid", account, chat))

    async def list_open_history_requests(
        self, account: str, limit: int
    ) -> list[HistoryRequestRecord]:
        return await self._readers.run(lambda c: history.list_open_requests(c, account, limit))

    async def find_anchor(
        self, account: str, chat: str, from_ms: int | None
    ) -> HistoryAnchor | None:
        return await self._readers.run(lambda c: history.find_anchor(c, account, chat, from_ms))

    async def list_gaps(self, account: str, since_ms: int, limit: int) -> list[ChatGap]:
        return await self._readers.run(lambda c: history.list_gaps(c, account, since_ms, limit))

    async def find_newsletter(self, account: str, jid: str) -> ArchivedNewsletter | None:
        return await self._readers.run(lambda c: newsletters.find_newsletter(c, account, jid))

    async def list_newsletters(
        self, account: str, cursor: str, limit: int, *, among: Collection[str] = ()
    ) -> Page[ArchivedNewsletter]:
        return await self._readers.run(
            lambda c: newsletters.list_newsletters(c, account, cursor, limit, among=among)
        )

    async def find_post(
        self, account: str, newsletter: str, message_id: str
    ) -> ArchivedPost | None:
        return await self._readers.run(
            lambda c: newsletters.find_post(c, account, newsletter, message_id)
        )

    async def list_events(self, after: int, upto: int, limit: int, wanted: FeedFilter) -> FeedPage:
        return await self._readers.run(
            lambda c: reading_log.list_events(
                c, self._store_id, wanted, after=after, upto=upto, limit=limit
            )
        )

    async def list_outbox(self, account: str, after: int, limit: int) -> list[OutboxRecord]:
        return await self._readers.run(lambda c: outbox.list_outbox(c, account, after, limit))

    async def find_scheduled(self, account: str, message_id: str) -> ScheduledRecord | None:
        return await self._readers.run(lambda c: scheduled.find_scheduled(c, account, message_id))

    async def list_scheduled(
        self, account: str, cursor: str, limit: int, *, among: Collection[str] = ()
    ) -> Page[ScheduledRecord]:
        return await self._readers.run(
            lambda c: scheduled.list_scheduled(c, account, cursor, limit, among=among)
        )

    async def list_due(self, account: str, now_ms: int, limit: int) -> list[ScheduledRecord]:
        return await self._readers.run(lambda c: scheduled.list_due(c, account, now_ms, limit))

    async def next_due_ms(self, accounts: Collection[str]) -> int | None:
        return await self._readers.run(lambda c: scheduled.next_due_ms(c, accounts))

    async def list_pending_media(
        self, accounts: Collection[str], now_ms: int, limit: int
    ) -> list[PendingMedia]:
        return await self._readers.run(
            lambda c: reading_log.list_pending_media(c, accounts, now_ms, limit)
        )

    async def next_media_ms(self, accounts: Collection[str]) -> int | None:
        return await self._readers.run(lambda c: reading_log.next_media_ms(c, accounts))

    async def list_accounts(self) -> list[str]:
        """All that ever had a state here, served or not."""
        return await self._readers.run(reading_people.list_accounts)

    async def list_served(self) -> list[str]:
        return await self._readers.run(reading_people.list_served)

    async def list_engines(self) -> dict[str, str]:
        return await self._readers.run(reading_people.list_engines)

    async def list_keys(self) -> list[KeyRecord]:
        return await self._readers.run(keys.list_keys)

    async def list_webhooks(self) -> list[WebhookRecord]:
        return await self._readers.run(webhooks.list_webhooks)

    async def find_webhook(self, webhook_id: str) -> WebhookRecord | None:
        return await self._readers.run(lambda c: webhooks.find_webhook(c, webhook_id))

    async def count_pending(self, webhook_id: str) -> int:
        return await self._readers.run(lambda c: webhooks.count_pending(c, webhook_id))

    async def delivery_lag(self) -> DeliveryLag:
        return await self._readers.run(webhooks.delivery_lag)

    async def list_deliveries(
        self, webhook_id: str, state: str, cursor: str, limit: int
    ) -> Page[DeliveryRecord]:
        return await self._readers.run(
            lambda c: webhooks.list_deliveries(c, webhook_id, state, cursor, limit)
        )

    async def lag(self) -> ArchiveLag:
        return await self._readers.run(reading_log.lag)

    async def list_stored_files(
        self, after_row: int, before_ms: int, limit: int
    ) -> list[StoredFileRow]:
        return await self._readers.run(
            lambda c: retention.list_stored_files(c, after_row, before_ms, limit)
        )

    async def list_removals(self, after_path: str, limit: int) -> list[Removal]:
        return await self._readers.run(lambda c: retention.list_removals(c, after_path, limit))

    async def counts(self) -> dict[str, int]:
        return await self._readers.run(reading_log.counts)


def _open(path: Path, busy_timeout_ms: int) -> tuple[sqlite3.Connection, str]:
    with ExitStack() as stack:
        try:
            prepare_file(path)
            connection = stack.enter_context(closing(open_writer(path, busy_timeout_ms)))
            migrate(path, current_version(connection))
            store_id = _store_id(connection)
        except sqlite3.Error as error:
            known = storage_error(error, path)
            raise known or WigwagError("store/messages.db cannot be opened.") from error
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StorageFull from error
            reason = error.strerror or "it is not possible"
            raise ConfigError(f"cannot open {path}: {reason}") from error
        stack.pop_all()
        return connection, store_id


def _store_id(connection: sqlite3.Connection) -> str:
    """A few random letters that keep event ids of different stores apart."""
    connection.execute(
        "INSERT INTO meta(key, value) VALUES ('store_id', ?) ON CONFLICT DO NOTHING",
        (secrets.token_hex(4),),
    )
    row = connection.execute("SELECT value FROM meta WHERE key = 'store_id'").fetchone()
    return str(row[0])
