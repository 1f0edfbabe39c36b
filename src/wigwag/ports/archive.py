"""The durable archive: written by units, read by pages."""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol, TypeVar

from wigwag.model.archived import (
    ArchivedChat,
    ArchivedContact,
    ArchivedGroup,
    ArchivedLabel,
    ArchivedMessage,
    ArchivedQuickReply,
    ArchivedReceipt,
    ArchivedSetting,
    ArchivedVote,
    ArchiveLag,
    FeedFilter,
    FeedPage,
    MessageFilter,
    Page,
    Person,
    Version,
)
from wigwag.model.jid import Jid
from wigwag.model.key import KeyRecord
from wigwag.model.record import NumberRecord, OutboxRecord, PendingMedia
from wigwag.ports.history import HistoryReader
from wigwag.ports.keys import KeyReader
from wigwag.ports.newsletters import NewsletterReader
from wigwag.ports.retention import RetentionReader
from wigwag.ports.scheduled import ScheduledReader
from wigwag.ports.tables import ArchiveTx
from wigwag.ports.webhooks import WebhookReader

T = TypeVar("T")


class ArchiveReader(
    HistoryReader,
    KeyReader,
    NewsletterReader,
    RetentionReader,
    ScheduledReader,
    WebhookReader,
    Protocol,
):
    """Reading. JIDs are canonical texts, lists page newest first by opaque cursors."""

    async def resolve(self, account: str, jid: Jid) -> str:
        """The JID under which the archive keeps this address, a former one too: PN when known."""
        ...

    async def list_served(self) -> list[str]:
        """The accounts that were made over the interface."""
        ...

    async def list_engines(self) -> dict[str, str]:
        """The kinds of engine that were chosen for accounts, by account."""
        ...

    async def find_number(self, account: str, phone: str) -> NumberRecord | None:
        """What WhatsApp said of a number when it was asked last."""
        ...

    async def find_messages(
        self, account: str, message_id: str, chat: str = "", sender: str = ""
    ) -> list[ArchivedMessage]:
        """The messages with this id, at most ten."""
        ...

    async def list_with_file(
        self, sha256: bytes, accounts: Collection[str], chats: Collection[str] = ()
    ) -> list[ArchivedMessage]:
        """The newest messages of these accounts (one or more) with a file of this content, at most
        ten; only those in `chats`, where it has any."""
        ...

    async def list_messages(
        self, account: str, wanted: MessageFilter, cursor: str, limit: int
    ) -> Page[ArchivedMessage]: ...

    async def list_neighbours(
        self, account: str, chat: str, row: int, limit: int, *, older: bool
    ) -> list[ArchivedMessage]:
        """The messages of a chat before or after a row, the nearest first, as many as a page
        holds."""
        ...

    async def list_onward(
        self, account: str, wanted: MessageFilter, row: int, limit: int
    ) -> list[ArchivedMessage]:
        """The messages behind a row, the oldest first; without a search for words."""
        ...

    async def list_versions(self, message: ArchivedMessage) -> list[Version]: ...

    async def find_thumbnail(self, message: ArchivedMessage) -> bytes | None:
        """The small picture that the message itself carries."""
        ...

    async def list_receipts(self, message: ArchivedMessage) -> list[ArchivedReceipt]: ...

    async def list_votes(self, poll: ArchivedMessage) -> list[ArchivedVote]:
        """The last vote of each person in a poll, the earliest first."""
        ...

    async def find_chat(self, account: str, jid: str) -> ArchivedChat | None: ...

    async def list_chats(
        self, account: str, query: str, cursor: str, limit: int, *, among: Collection[str] = ()
    ) -> Page[ArchivedChat]:
        """Those with the latest message first; only those in `among`, where it has any."""
        ...

    async def find_contact(self, account: str, jid: str) -> ArchivedContact | None: ...

    async def list_contacts(
        self, account: str, query: str, cursor: str, limit: int, *, among: Collection[str] = ()
    ) -> Page[ArchivedContact]: ...

    async def list_people(self, account: str, jids: Sequence[Jid]) -> list[Person]:
        """Who these are, in their order, whether anything is known of them or not."""
        ...

    async def find_group(self, account: str, jid: str) -> ArchivedGroup | None: ...

    async def list_groups(
        self, account: str, query: str, cursor: str, limit: int, *, among: Collection[str] = ()
    ) -> Page[ArchivedGroup]:
        """Without their participants."""
        ...

    async def list_labels(self, account: str) -> list[ArchivedLabel]: ...

    async def list_quick_replies(self, account: str) -> list[ArchivedQuickReply]: ...

    async def list_settings(self, account: str) -> list[ArchivedSetting]: ...

    async def list_events(self, after: int, upto: int, limit: int, wanted: FeedFilter) -> FeedPage:
        """Events with `after < seq <= upto`, oldest first; a page may end before `limit`."""
        ...

    async def list_outbox(self, account: str, after: int, limit: int) -> list[OutboxRecord]: ...

    async def list_pending_media(
        self, accounts: Collection[str], now_ms: int, limit: int
    ) -> list[PendingMedia]:
        """Rows whose download is due, newest messages first."""
        ...

    async def next_media_ms(self, accounts: Collection[str]) -> int | None:
        """When the next download falls due."""
        ...

    async def lag(self) -> ArchiveLag:
        """What waits; quick however much is archived."""
        ...

    async def counts(self) -> dict[str, int]: ...


class Archive(ArchiveReader, Protocol):
    """The durable archive: one writer with group commit, many readers."""

    @property
    def last_seq(self) -> int:
        """Number of the newest committed event."""
        ...

    @property
    def trouble(self) -> str:
        """Code of the last write failure, empty after a good commit."""
        ...

    async def write(self, unit: Callable[[ArchiveTx], T]) -> T:
        """Run `unit` in the writer's transaction; returns its result once that is durable.

        Several units share one transaction; an exception of one undoes that one alone and is
        raised here. A unit may be run more than once and must touch nothing but its `ArchiveTx`.
        Raises StorageFull, StorageBusy.
        """
        ...

    def subscribe(self, listener: Callable[[int], None]) -> Callable[[], None]:
        """Call `listener(last_seq)` in the event loop after commits with new events.

        Returns the function that ends the subscription.
        """
        ...

    def watch_moves(self, listener: Callable[[Sequence[KeyRecord]], None]) -> Callable[[], None]:
        """Call `listener(keys)` in the event loop after commits that gave a person or chat another
        address, before the results of their units are there.

        `keys` are all keys of callers as they are by then: their limits move, too. Returns the
        function that ends that.
        """
        ...

    async def close(self) -> None: ...
