"""Webhooks and their deliveries, kept in the archive."""

from collections.abc import Sequence
from typing import Protocol

from wigwag.model.archived import Page
from wigwag.model.webhook import DeliveryLag, DeliveryRecord, WebhookRecord


class WebhookTable(Protocol):
    """Webhooks inside one write unit."""

    def add(self, record: WebhookRecord) -> None: ...

    def change(self, webhook_id: str, **values: str | int) -> bool:
        """Set some columns; whether the webhook is there."""
        ...

    def find(self, webhook_id: str) -> WebhookRecord | None: ...

    def remove(self, webhook_id: str) -> bool:
        """Remove a webhook with its deliveries; whether it was there."""
        ...

    def remove_orphans(self) -> int:
        """Remove deliveries whose webhook is not there; how many those were."""
        ...

    def add_deliveries(self, records: Sequence[DeliveryRecord]) -> None:
        """What is there already is pending again; a pending one stays as it is."""
        ...

    def due(self, webhook_id: str, now_ms: int, limit: int) -> list[DeliveryRecord]:
        """Pending deliveries of the lanes whose first one is due, in their order."""
        ...

    def next_ms(self, webhook_id: str) -> int | None:
        """When the next lane falls due."""
        ...

    def change_deliveries(self, changes: Sequence[tuple[DeliveryRecord, DeliveryRecord]]) -> None:
        """Each as it was, and as it is to be: take over state, attempts, time, status and error,
        unless the row has other attempts by now, as one that was revived has."""
        ...

    def remove_deliveries(self, numbers: Sequence[int]) -> None: ...

    def revive(self, webhook_id: str, event_id: str) -> bool:
        """Let a delivery be tried at once, with all its attempts; whether it is there."""
        ...


class WebhookReader(Protocol):
    """Webhooks as they are read."""

    async def list_webhooks(self) -> list[WebhookRecord]:
        """All webhooks, the oldest first."""
        ...

    async def find_webhook(self, webhook_id: str) -> WebhookRecord | None: ...

    async def count_pending(self, webhook_id: str) -> int: ...

    async def delivery_lag(self) -> DeliveryLag:
        """How far all deliveries together are behind."""
        ...

    async def list_deliveries(
        self, webhook_id: str, state: str, cursor: str, limit: int
    ) -> Page[DeliveryRecord]:
        """Deliveries in this state (any, when it is empty), the newest first."""
        ...
