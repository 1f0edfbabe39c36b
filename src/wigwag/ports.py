"""What the core needs from outside."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar

from wigwag.model.account import AccountState
from wigwag.model.archived import (
    ArchivedChat,
    ArchivedContact,
    ArchivedGroup,
    ArchivedMessage,
    ArchivedReceipt,
    FeedEvent,
    HistoryProgress,
    MessageFilter,
    Page,
    Version,
)
from wigwag.model.content import MediaKind, MediaRef
from wigwag.model.event import EngineEvent
from wigwag.model.jid import Jid
from wigwag.model.message import Outgoing, Sent
from wigwag.model.record import (
    AccountRecord,
    ChangeRecord,
    ChatRecord,
    ContactRecord,
    GroupRecord,
    IdempotencyRecord,
    MessageHead,
    MessageRecord,
    OutboxRecord,
    ParticipantRecord,
    PendingMedia,
    ReactionRecord,
    ReceiptRecord,
    VoteRecord,
)
from wigwag.model.value import Value

T = TypeVar("T")
SqlValue = str | bytes | int | float | bool | None


class Clock(Protocol):
    """Time, injected. `now` is aware UTC; `monotonic` is seconds for intervals."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...

    async def sleep(self, delay_s: float) -> None: ...


EngineSink = Callable[[str, Sequence[EngineEvent]], Awaitable[None]]
"""`await sink(account, events)`: when it returns, the events are durable in the archive.

An engine keeps durable events until then and hands them over again after a crash; the archive
makes them once. If the sink raises, the engine keeps the batch and tries again with backoff.
"""


class NumberCheck(Value):
    """Whether a phone number is on WhatsApp, and the addresses that the server returned."""

    phone: str
    jid: Jid | None
    lid: Jid | None = None


class Engine(Protocol):
    """One account on the WhatsApp network."""

    @property
    def account(self) -> str: ...

    @property
    def state(self) -> AccountState: ...

    async def start(self) -> None:
        """Begin to connect (or to pair, when there is no identity); returns at once."""
        ...

    async def stop(self) -> None:
        """Close the connection and end every task, within a few seconds; state `stopped`."""
        ...

    async def logout(self) -> None:
        """Unlink this device and forget its identity; state `logged_out`."""
        ...

    async def pair_code(self, phone: str) -> str:
        """Ask for pairing by code while in state `pairing`; the eight characters."""
        ...

    async def send(self, message: Outgoing) -> Sent:
        """Send, and return at WhatsApp's acknowledgement.

        The same id twice is one message for its receivers. Raises NotConnected (nothing left),
        SendTimeout (unknown; send again with the same id), SendRejected, NotOnWhatsApp.
        """
        ...

    async def upload(self, source: BinaryIO, kind: MediaKind) -> MediaRef:
        """Encrypt and upload a file, streaming in constant memory."""
        ...

    async def download(self, ref: MediaRef, kind: MediaKind, target: Path) -> None:
        """Download, verify and decrypt into the file `target`, streaming.

        `target` is written from its beginning, fsynced, and left only when every hash is right.
        Raises MediaGone (403, 404, 410), MediaCorrupt, MediaTransferFailed, NotConnected.
        """
        ...

    async def check_numbers(self, phones: Sequence[str]) -> list[NumberCheck]:
        """Ask the server which numbers are on WhatsApp, in the order asked."""
        ...

    async def mark_read(self, chat: Jid, sender: Jid, ids: Sequence[str]) -> None:
        """Send read receipts."""
        ...


class MessageTable(Protocol):
    """Message rows inside one write unit; the full-text index follows by itself."""

    def find(self, account: str, chat: str, sender: str, message_id: str) -> MessageHead | None: ...

    def find_all(self, account: str, message_id: str) -> list[MessageHead]:
        """Every row with this id, whoever sent it."""
        ...

    def add(self, record: MessageRecord) -> int:
        """A new row that is known not to be there yet; its number."""
        ...

    def replace(self, head: MessageHead, record: MessageRecord) -> None:
        """Fill an existing row anew; its number and its place in time stay."""
        ...

    def change(self, head: MessageHead, **values: SqlValue) -> None:
        """Set some columns of a row."""
        ...

    def remove(self, head: MessageHead) -> None: ...

    def load(self, head: MessageHead) -> ArchivedMessage:
        """The row as it is read, with names."""
        ...

    def count_newer(self, account: str, chat: str, row: int) -> int:
        """How many received messages of the chat come after this row (at most 1000)."""
        ...


class ChangeTable(Protocol):
    """What refers to a message: edits, revokes, reactions, votes, receipts.

    Each `add` is idempotent by the record's own key and answers whether it was new.
    """

    def add_change(self, record: ChangeRecord) -> bool: ...

    def list_changes(
        self, account: str, chat: str, sender: str, target_id: str
    ) -> list[ChangeRecord]:
        """The edits and revokes of one message, oldest first."""
        ...

    def add_reaction(self, record: ReactionRecord) -> bool: ...

    def add_vote(self, record: VoteRecord) -> bool: ...

    def add_receipt(self, record: ReceiptRecord) -> bool: ...

    def list_receipts(self, account: str, chat: str, message_id: str) -> list[ReceiptRecord]: ...


class PeopleTable(Protocol):
    """Accounts, identities, contacts and groups inside one write unit."""

    def find_account(self, account: str) -> AccountRecord: ...

    def save_account(self, record: AccountRecord) -> None: ...

    def pn_of(self, account: str, lid: str) -> str | None:
        """The PN of a LID; empty when rows exist under the LID itself, None when it is unknown."""
        ...

    def lid_of(self, account: str, pn: str) -> str:
        """The LID of a PN, or empty."""
        ...

    def link(self, account: str, lid: str, pn: str) -> None:
        """Record that both are one person; an empty `pn` says that rows exist under the LID."""
        ...

    def find_contact(self, account: str, jid: str) -> ContactRecord | None: ...

    def save_contact(self, record: ContactRecord) -> None: ...

    def find_group(self, account: str, jid: str) -> GroupRecord | None: ...

    def save_group(self, record: GroupRecord) -> None: ...

    def list_participants(self, account: str, group: str) -> list[ParticipantRecord]: ...

    def find_participant(self, account: str, group: str, jid: str) -> ParticipantRecord | None: ...

    def save_participants(self, records: Sequence[ParticipantRecord]) -> None: ...

    def remove_participants(self, account: str, group: str, jids: Sequence[str]) -> None: ...


class ChatTable(Protocol):
    def find(self, account: str, jid: str) -> ChatRecord | None: ...

    def touch(self, account: str, jid: str, name: str, last_ms: int, unread: int | None) -> None:
        """A message came: the chat exists, and its last message is at least `last_ms`.

        `unread` is added to the count; None sets the count to zero.
        """
        ...

    def save(self, record: ChatRecord) -> None: ...


class FeedTable(Protocol):
    """The event log, and what else is kept to have every event once."""

    def add(self, account: str, kind: str, data: bytes, chat: str, at_ms: int) -> None:
        """Append an event of type `kind`; `data` is a JSON object."""
        ...

    def add_seen(self, account: str, digest: bytes, at_ms: int) -> bool:
        """Remember a fact that has no row of its own; whether it is new."""
        ...

    def add_rejected(self, account: str, reason: str, event: bytes, at_ms: int) -> None:
        """Keep an event that could not be recorded."""
        ...

    def save_history(self, account: str, progress: HistoryProgress) -> None: ...


class OutboxTable(Protocol):
    def add(self, record: OutboxRecord) -> int: ...

    def set_ref(self, position: int, ref: bytes) -> None: ...

    def remove(self, position: int) -> bool:
        """Whether it was still there."""
        ...

    def find_idempotency(self, account: str, key: str) -> IdempotencyRecord | None: ...

    def add_idempotency(self, record: IdempotencyRecord) -> None: ...


class ArchiveTx(Protocol):
    """One write unit's view of the archive. Lives in the writer's thread only."""

    @property
    def messages(self) -> MessageTable: ...
    @property
    def changes(self) -> ChangeTable: ...
    @property
    def people(self) -> PeopleTable: ...
    @property
    def chats(self) -> ChatTable: ...
    @property
    def feed(self) -> FeedTable: ...
    @property
    def outbox(self) -> OutboxTable: ...

    def expect(self, account: str, message_ids: Sequence[str]) -> None:
        """These ids will be asked for, one by one: a hint that saves looking up each alone."""
        ...

    def merge(self, account: str, old: str, new: str) -> bool:
        """Move every row that names `old` as chat or person to `new`; whether a chat moved."""
        ...


class ArchiveReader(Protocol):
    """Reading. JIDs are canonical texts, lists page newest first by opaque cursors."""

    async def resolve(self, account: str, jid: Jid) -> str:
        """The canonical JID under which the archive keeps this address: PN when known."""
        ...

    async def find_messages(
        self, account: str, message_id: str, chat: str = "", sender: str = ""
    ) -> list[ArchivedMessage]:
        """The messages with this id, at most ten."""
        ...

    async def list_messages(
        self, account: str, wanted: MessageFilter, cursor: str, limit: int
    ) -> Page[ArchivedMessage]: ...

    async def list_versions(self, message: ArchivedMessage) -> list[Version]: ...

    async def list_receipts(self, message: ArchivedMessage) -> list[ArchivedReceipt]: ...

    async def find_chat(self, account: str, jid: str) -> ArchivedChat | None: ...

    async def list_chats(
        self, account: str, query: str, cursor: str, limit: int
    ) -> Page[ArchivedChat]: ...

    async def find_contact(self, account: str, jid: str) -> ArchivedContact | None: ...

    async def list_contacts(
        self, account: str, query: str, cursor: str, limit: int
    ) -> Page[ArchivedContact]: ...

    async def find_group(self, account: str, jid: str) -> ArchivedGroup | None: ...

    async def list_history(self, account: str) -> list[HistoryProgress]: ...

    async def list_events(
        self, after: int, limit: int, account: str, types: Collection[str]
    ) -> list[FeedEvent]: ...

    async def list_outbox(self, account: str, after: int, limit: int) -> list[OutboxRecord]: ...

    async def list_pending_media(
        self, accounts: Collection[str], now_ms: int, limit: int
    ) -> list[PendingMedia]:
        """Rows whose download is due, newest messages first."""
        ...

    async def next_media_ms(self, accounts: Collection[str]) -> int | None:
        """When the next download falls due."""
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

    async def close(self) -> None: ...


class Place(Value):
    """Whose file it is; it decides the folder."""

    account: str
    chat: Jid
    sender: Jid


class StoredFile(Value):
    """A file in the media store. `path` is relative to the store's root, with `/`."""

    path: str
    filename: str
    sha256: bytes
    size_bytes: int


class MediaStore(Protocol):
    """Files by content, each visible under a safe unique name in its chat's folder."""

    async def adopt(
        self, source: str, roots: Sequence[Path], max_bytes: int, place: Place, name: str
    ) -> StoredFile:
        """Copy a caller's file into the store.

        Raises MediaForbidden (outside `roots`, symlinks resolved), MediaUnreadable,
        MediaTooLarge, StorageFull.
        """
        ...

    async def reserve(self, place: Place) -> Path:
        """A new empty `.part` file in the folder of `place` to download into."""
        ...

    async def keep(self, part: Path, place: Place, name: str, sha256: bytes) -> StoredFile:
        """Give a verified `.part` file its name. The content is kept once on disk.

        Raises MediaCorrupt when the content does not have this hash.
        """
        ...

    async def link(self, place: Place, name: str, sha256: bytes) -> StoredFile | None:
        """The content, if it is already here, under another name; None if it is not."""
        ...

    async def discard(self, part: Path) -> None: ...

    async def holds(self, path: str, sha256: bytes, size_bytes: int) -> bool:
        """Whether the file is there and is the right one."""
        ...

    def locate(self, path: str) -> Path:
        """The absolute path of a stored file."""
        ...

    async def open(self, path: str) -> BinaryIO: ...

    async def sweep(self) -> int:
        """Remove `.part` files that former runs left; how many there were.

        Those of this run stay, so it may run beside downloads. Can be cancelled at any time.
        """
        ...
