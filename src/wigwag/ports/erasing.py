"""Taking out a person: everything that is from them, to them or about them, in small steps."""

from collections.abc import Collection
from typing import Protocol


class ErasureTable(Protocol):
    """What one write unit takes out of an account. `addresses` are JIDs as texts."""

    def addresses(self, account: str, jid: str) -> tuple[str, ...]:
        """All addresses of one person that the archive knows, the given one among them."""
        ...

    def waits(self, account: str, addresses: Collection[str]) -> bool:
        """Whether a message to them waits to be sent, now or at its time."""
        ...

    def erase_messages(self, account: str, addresses: Collection[str], limit: int) -> int:
        """Messages of their chat, and those they sent elsewhere, with all that hangs on them."""
        ...

    def erase_events(
        self, account: str, marks: Collection[str], after_seq: int, limit: int
    ) -> tuple[int, int]:
        """Of so many events after `after_seq`, empty those that hold one of the marks: how many,
        and the last one that was looked at (0 at the end)."""
        ...

    def erase_deliveries(
        self, account: str, marks: Collection[str], after: int, limit: int
    ) -> tuple[int, int]:
        """The same with what is on its way to webhooks; those are removed."""
        ...

    def erase_traces(self, account: str, addresses: Collection[str], marks: Collection[str]) -> int:
        """Rows of any other kind: names, reactions, votes, receipts, chats."""
        ...
