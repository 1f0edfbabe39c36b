"""The event log, read by cursor: every reader at its own pace, woken when there is more."""

import asyncio
from collections.abc import Collection
from typing import Final

from wigwag.model.archived import FeedEvent
from wigwag.ports import Archive

MAX_PAGE: Final = 1_000


class Feed:
    """Events by sequence number, over an archive."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._more = asyncio.Event()
        self._end = archive.subscribe(self._told)

    @property
    def last_seq(self) -> int:
        return self._archive.last_seq

    async def read(
        self, after: int, limit: int = 100, *, account: str = "", types: Collection[str] = ()
    ) -> list[FeedEvent]:
        """The events after `after`, oldest first, at most `limit` (and MAX_PAGE)."""
        limit = min(max(limit, 1), MAX_PAGE)
        if after >= self._archive.last_seq:
            return []
        return await self._archive.list_events(after, limit, account, types)

    async def wait(self, after: int, timeout_s: float) -> bool:
        """Wait until there is an event after `after`; whether there is one."""
        try:
            async with asyncio.timeout(timeout_s):
                while self._archive.last_seq <= after:
                    await self._more.wait()
        except TimeoutError:
            return self._archive.last_seq > after
        return True

    def close(self) -> None:
        self._end()

    def _told(self, last_seq: int) -> None:
        del last_seq
        # Everyone who waits now is woken; who waits later waits for the next commit.
        self._more.set()
        self._more = asyncio.Event()
