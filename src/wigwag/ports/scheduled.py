"""Messages that are sent at a time to come, as they are kept."""

from collections.abc import Collection
from typing import Protocol

from wigwag.model.archived import Page
from wigwag.model.record import ScheduledRecord


class ScheduledTable(Protocol):
    """Inside one write unit."""

    def add(self, record: ScheduledRecord) -> None:
        """The archive gives it its number."""
        ...

    def find(self, account: str, message_id: str) -> ScheduledRecord | None: ...

    def move(self, account: str, message_id: str, due_ms: int) -> None: ...

    def remove(self, account: str, message_id: str) -> None: ...

    def count(self, account: str) -> int: ...


class ScheduledReader(Protocol):
    """As they are read. JIDs are canonical texts."""

    async def find_scheduled(self, account: str, message_id: str) -> ScheduledRecord | None: ...

    async def list_scheduled(
        self, account: str, cursor: str, limit: int, *, among: Collection[str] = ()
    ) -> Page[ScheduledRecord]:
        """What is due next comes first; only of the chats in `among`, where it has any."""
        ...

    async def list_due(self, account: str, now_ms: int, limit: int) -> list[ScheduledRecord]:
        """What should have left by now, in the order of its times."""
        ...

    async def next_due_ms(self, accounts: Collection[str]) -> int | None:
        """When the next message of these accounts is due."""
        ...
