"""History: what the phone can be asked for, and what the archive knows of it."""

from typing import Protocol

from wigwag.model.archived import (
    ChatGap,
    HistoryAnchor,
    HistoryProgress,
)
from wigwag.model.record import HistoryRequestRecord


class HistoryActions(Protocol):
    """What an engine can ask the phone for. Each raises NotConnected (nothing left),
    RequestTimeout, SendRejected, and what else an engine's requests raise."""

    async def request(self, before: HistoryAnchor, count: int, request_id: str) -> None:
        """Ask for `count` messages of the chat that are older than `before`.

        Returns at WhatsApp's acknowledgement; the phone's answer is a HistoryReceived that
        carries `request_id`, the id of the message that asks.
        """
        ...


class HistoryTable(Protocol):
    """History inside one write unit."""

    def save_progress(self, account: str, progress: HistoryProgress) -> None:
        """`messages` and `failed` add to what is there."""
        ...

    def save_request(self, record: HistoryRequestRecord) -> None:
        """The newest request of its chat; an earlier one is replaced."""
        ...

    def find_request(self, account: str, chat: str) -> HistoryRequestRecord | None: ...

    def find_asked(self, account: str, request_id: str) -> HistoryRequestRecord | None: ...


class HistoryReader(Protocol):
    """History as it is read. JIDs are canonical texts."""

    async def list_history(self, account: str) -> list[HistoryProgress]: ...

    async def find_history_request(
        self, account: str, chat: str
    ) -> HistoryRequestRecord | None: ...

    async def list_open_history_requests(
        self, account: str, limit: int
    ) -> list[HistoryRequestRecord]:
        """Those that are not at their end, the oldest first."""
        ...

    async def find_anchor(
        self, account: str, chat: str, from_ms: int | None
    ) -> HistoryAnchor | None:
        """The oldest message of the chat (from a time on) that the phone can know by its id."""
        ...

    async def list_gaps(self, account: str, since_ms: int, limit: int) -> list[ChatGap]:
        """Chats with messages that could not be read, the latest gap first."""
        ...
