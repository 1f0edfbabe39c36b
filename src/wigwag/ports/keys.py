"""The keys of callers, kept in the archive."""

from typing import Protocol

from wigwag.model.key import KeyRecord


class KeyTable(Protocol):
    def add(self, record: KeyRecord) -> None: ...

    def change(self, key_id: str, *, name: str, expires_ms: int | None) -> None:
        """Give the key of this id another name and another end."""
        ...

    def remove(self, key_id: str) -> bool:
        """Whether it was there."""
        ...


class KeyReader(Protocol):
    async def list_keys(self) -> list[KeyRecord]:
        """All keys, the oldest first."""
        ...
