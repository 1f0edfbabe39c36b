"""How stanzas end: the closed set of ends and of reasons, and the ledger that counts them.

Every stanza that arrives has exactly one end. The ledger is exact within one process: what arrived
is what ended, what waits, and what was let go with its stream to come again in another.
"""

from collections import Counter
from enum import StrEnum

from wigwag.ports import Counters


class End(StrEnum):
    """What became of one stanza."""

    STORED = "stored"
    """Durable events for the archive were made of it."""
    TOLD = "told"
    """An event that is told once and never kept."""
    APPLIED = "applied"
    """It changed what the engine keeps, or was handed to who answers it."""
    DROPPED = "dropped"
    """Nothing was made of it, for a counted reason."""


class DropReason(StrEnum):
    """Why a stanza, or a part of one, leads to nothing."""

    # messages
    MALFORMED = "malformed"
    """A message without an id, a time or an address."""
    DUPLICATE = "duplicate"
    """The message is known: it was delivered again."""
    SENDER_KEY = "sender_key"
    """It only handed out a sender key, or other parts of the protocol that say nothing."""
    PROTOCOL = "protocol"
    """A message between devices, or a setting; what it changes is counted where it changes it."""
    UNRECOGNIZED = "unrecognized"
    """A message with no part that could hold a content."""
    NEWSLETTER_UPDATE = "newsletter_update"
    """A channel's counts of reactions or views, without a message."""
    STATUS_STANZA = "status_stanza"
    """A `<status>` that is not a channel's."""
    UNDECRYPTABLE_HIDDEN = "undecryptable_hidden"
    """It cannot be read and stands for nothing that is shown; it was asked for again."""
    UNDECRYPTABLE_AGAIN = "undecryptable_again"
    """A further copy that cannot be read either; the first one has its place already."""
    RETRY_GIVEN_UP = "retry_given_up"
    """It was asked for as often as is sensible."""
    SEALED = "sealed"
    """A reaction, a comment or an edit is sealed with the secret of a message that never came here,
    or is no longer kept."""
    SENDER_KEY_OUTSIDE_GROUP = "sender_key_outside_group"
    SENDER_KEY_MALFORMED = "sender_key_malformed"
    PEER_MESSAGE_IGNORED = "peer_message_ignored"
    """The own phone says something that this device does not act upon."""
    PLACEHOLDER_MALFORMED = "placeholder_malformed"
    """The phone sent a message again that is no message."""
    PLACEHOLDER_WITHOUT_CONTENT = "placeholder_without_content"
    APP_STATE_COPY_UNWANTED = "app_state_copy_unwanted"
    """A copy of an app-state collection that was not asked for, or cannot be read."""
    PLACEHOLDER_NOT_FOUND = "placeholder_not_found"
    """The phone does not have the message either."""

    # receipts
    RECEIPT_MALFORMED = "receipt_malformed"
    RECEIPT_WITHOUT_STATE = "receipt_without_state"
    """A receipt of a type that says nothing of a message's state, as `inactive`."""
    RETRY_POSTPONED = "retry_postponed"
    """Too many requests to send again wait; without an answer this one comes again."""

    # notifications
    NOTIFICATION_MALFORMED = "notification_malformed"
    NOTIFICATION_ACCOUNT_SYNC = "notification_account_sync"
    NOTIFICATION_BUSINESS = "notification_business"
    NOTIFICATION_CONTACTS = "notification_contacts"
    """Of the address book of somebody else; only a changed number is of use here."""
    NOTIFICATION_DISAPPEARING_MODE = "notification_disappearing_mode"
    NOTIFICATION_MEX = "notification_mex"
    NOTIFICATION_NEWSLETTER = "notification_newsletter"
    NOTIFICATION_PAY = "notification_pay"
    NOTIFICATION_PICTURE = "notification_picture"
    NOTIFICATION_PSA = "notification_psa"
    NOTIFICATION_SERVER = "notification_server"
    NOTIFICATION_STATUS = "notification_status"
    NOTIFICATION_OTHER = "notification_other"
    """A type that nobody knows."""
    GROUP_MALFORMED = "group_malformed"

    # everything else
    IDENTITY_REFUSED = "identity_refused"
    """It would have made the account itself, or half of it, somebody else."""
    CALL_SIGNALLING = "call_signalling"
    """What the parties of a call tell each other while it is set up, or others of a group's."""
    CALL_ENDED_BEFORE = "call_ended_before"
    """A further end of a call that has ended here."""
    CALL_MALFORMED = "call_malformed"
    PRESENCE_MALFORMED = "presence_malformed"
    LATE_ACK = "late_ack"
    """An acknowledgement that nobody waits for, as those of our receipts."""
    SERVER_INFORMATION = "server_information"
    """An `<ib>` that changes nothing here."""
    UNKNOWN_STANZA = "unknown_stanza"
    """A tag that nobody reads."""
    FAILED = "failed"
    """Its handler broke: a defect, or a stanza made to find one. Refused with 500."""
    REFUSED = "refused"
    """It could never be made durable. Refused with 500."""
    UNEXPLAINED = "unexplained"
    """Its handler said nothing of it: always a defect."""


NOTIFICATION_REASONS = {
    reason.removeprefix("notification_"): reason
    for reason in DropReason
    if reason.startswith("notification_")
    and reason not in (DropReason.NOTIFICATION_MALFORMED, DropReason.NOTIFICATION_OTHER)
}
"""The reasons of the types of notifications that change nothing here."""


class Tally:
    """The ends of the stanzas of one batch."""

    __slots__ = ("dropped", "ends", "parts")

    def __init__(self) -> None:
        self.ends: Counter[End] = Counter()
        self.dropped: Counter[DropReason] = Counter()
        """Stanzas, by why nothing became of them."""
        self.parts: Counter[DropReason] = Counter()
        """Parts of stanzas of which something became nevertheless."""


class Ledger:
    """What arrived at one account in this process, and how it ended."""

    def __init__(self) -> None:
        self.arrived: Counter[str] = Counter()
        """Stanzas by tag; all unknown tags are one."""
        self.forgotten = 0
        """Stanzas that were let go unanswered when their stream ended; they come again."""
        self.events = 0
        """Durable events that were made."""
        self.total = Tally()

    @property
    def drops(self) -> "Counter[str]":
        """All reasons, of stanzas and of parts."""
        return Counter[str](self.total.dropped) + Counter[str](self.total.parts)

    @property
    def under_way(self) -> int:
        """Stanzas that arrived and have no end yet."""
        return self.arrived.total() - self.total.ends.total() - self.forgotten

    def add(self, tally: Tally, events: int) -> None:
        """The stanzas of a batch ended: it is durable."""
        self.total.ends += tally.ends
        self.total.dropped += tally.dropped
        self.total.parts += tally.parts
        self.events += events

    def drop(self, reason: DropReason) -> None:
        """One stanza ends with nothing."""
        self.total.ends[End.DROPPED] += 1
        self.total.dropped[reason] += 1

    def forget(self, count: int) -> None:
        self.forgotten += count

    def counters(self, *, backlog: int, open_messages: int) -> Counters:
        total = self.total
        return Counters(
            arrived=dict(self.arrived),
            ended={str(end): count for end, count in total.ends.items()},
            dropped={str(reason): count for reason, count in total.dropped.items()},
            parts={str(reason): count for reason, count in total.parts.items()},
            forgotten=self.forgotten,
            under_way=self.under_way,
            events=self.events,
            backlog=backlog,
            open_messages=open_messages,
        )
