"""The archive's tables, as one write unit sees them."""

from collections.abc import Sequence
from typing import Protocol

from wigwag.model.archived import ArchivedMessage
from wigwag.model.record import (
    AccountRecord,
    ChangeRecord,
    ChatRecord,
    ClearingRecord,
    ContactRecord,
    GroupRecord,
    IdempotencyRecord,
    LabelRecord,
    Merged,
    MessageHead,
    MessageRecord,
    NumberRecord,
    OutboxRecord,
    ParticipantRecord,
    QuickReplyRecord,
    ReactionRecord,
    ReceiptRecord,
    VoteRecord,
)
from wigwag.ports.erasing import ErasureTable
from wigwag.ports.history import HistoryTable
from wigwag.ports.keys import KeyTable
from wigwag.ports.newsletters import NewsletterTable
from wigwag.ports.retention import RetentionTable
from wigwag.ports.scheduled import ScheduledTable
from wigwag.ports.webhooks import WebhookTable

SqlValue = str | bytes | int | float | bool | None


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

    def count_after(self, account: str, chat: str, at_ms: int) -> int:
        """How many received messages of the chat were sent later than this (at most 1000)."""
        ...

    def newest_ms(self, account: str, chat: str) -> int | None:
        """When the newest message of the chat was sent that is not deleted for us."""
        ...

    def hide(self, record: ClearingRecord, at_ms: int) -> int:
        """Mark what a clearing reaches as deleted for us at `at_ms`; how many messages those are.

        With `delete_media` files that were not downloaded yet are given up.
        """
        ...


class ChangeTable(Protocol):
    """What refers to a message: edits, revokes, reactions, votes, receipts.

    Each `add` is idempotent by the record's own key and answers whether it was new.
    """

    def add_change(self, record: ChangeRecord) -> bool: ...

    def put_change(self, record: ChangeRecord) -> None:
        """As `add_change`, but in the place of one with the same key."""
        ...

    def list_changes(
        self, account: str, chat: str, sender: str, target_id: str
    ) -> list[ChangeRecord]:
        """What was said of one message, or of its id whoever sent it, oldest first."""
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
        """Record that both are one person; an empty `pn` says that rows exist under the LID.

        A number has one LID: another one that had it has none now.
        """
        ...

    def alias_of(self, account: str, jid: str) -> str:
        """The address that took over from this one, or empty."""
        ...

    def set_alias(self, account: str, jid: str, now: str) -> None:
        """From now on `jid` leads to `now`, as does what led to `jid`."""
        ...

    def drop_alias(self, account: str, jid: str) -> None:
        """`jid` stands for itself again."""
        ...

    def save_number(self, record: NumberRecord) -> None:
        """Keep what WhatsApp said of a number; of very many the oldest answers are forgotten."""
        ...

    def find_contact(self, account: str, jid: str) -> ContactRecord | None: ...

    def save_contact(self, record: ContactRecord) -> None: ...

    def list_blocked(self, account: str) -> list[str]:
        """Whom the account shuts out."""
        ...

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

    def remove(self, account: str, jid: str) -> None:
        """The chat leaves the list; its messages stay."""
        ...

    def find_clearing(self, account: str, jid: str) -> ClearingRecord | None: ...

    def save_clearing(self, record: ClearingRecord) -> None: ...


class AppStateTable(Protocol):
    """Labels, quick replies and settings. What answers a bool says whether anything changed."""

    def find_label(self, account: str, label_id: str) -> LabelRecord | None: ...

    def save_label(self, record: LabelRecord) -> None: ...

    def remove_label(self, account: str, label_id: str) -> bool:
        """Remove a label, and take it off everything."""
        ...

    def assign_label(
        self, account: str, label_id: str, chat: str, message_id: str, *, assigned: bool
    ) -> bool:
        """Put a label on a message, or on the chat when `message_id` is empty; or take it off."""
        ...

    def find_quick_reply(self, account: str, reply_id: str) -> QuickReplyRecord | None: ...

    def save_quick_reply(self, record: QuickReplyRecord) -> None: ...

    def remove_quick_reply(self, account: str, reply_id: str) -> bool: ...

    def save_setting(self, account: str, name: str, value: bytes, at_ms: int) -> bool:
        """`value` is JSON."""
        ...


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


class OutboxTable(Protocol):
    def add(self, record: OutboxRecord) -> int: ...

    def set_ref(self, position: int, ref: bytes) -> None: ...

    def remove(self, position: int) -> bool:
        """Whether it was still there."""
        ...

    def holds(self, account: str, message_id: str) -> bool:
        """Whether it still waits there."""
        ...

    def find_idempotency(self, account: str, key: str) -> IdempotencyRecord | None: ...

    def add_idempotency(self, record: IdempotencyRecord) -> None: ...

    def settle_idempotency(self, account: str, key: str, chat_jid: str) -> None:
        """What was made under a key that was kept before."""
        ...

    def forget_idempotency(self, account: str, key: str) -> None:
        """Nothing came of the request with this key."""
        ...

    def rename_idempotency(self, account: str, message_id: str, new_id: str) -> None:
        """The message of a key has another id now."""
        ...

    def drop_idempotency(self, account: str, message_id: str) -> None:
        """What this message was is to be done anew, when it is asked for again."""
        ...


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
    def appstate(self) -> AppStateTable: ...
    @property
    def feed(self) -> FeedTable: ...
    @property
    def outbox(self) -> OutboxTable: ...
    @property
    def scheduled(self) -> ScheduledTable: ...
    @property
    def history(self) -> HistoryTable: ...
    @property
    def newsletters(self) -> NewsletterTable: ...
    @property
    def keys(self) -> KeyTable: ...
    @property
    def webhooks(self) -> WebhookTable: ...
    @property
    def retention(self) -> RetentionTable: ...
    @property
    def erasure(self) -> ErasureTable: ...

    def expect(self, account: str, message_ids: Sequence[str]) -> None:
        """These ids will be asked for, one by one: a hint that saves looking up each alone."""
        ...

    def merge(self, account: str, old: str, new: str) -> Merged:
        """Move every row that names `old` as chat or person to `new`.

        A message that is there under both stays once, as the richer of the two.
        """
        ...
