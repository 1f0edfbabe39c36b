"""The event log, read by cursor: every reader at its own pace, woken when there is more."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Final

from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.model.archived import FeedFilter, FeedPage
from wigwag.model.errors import InvalidInput
from wigwag.model.record import EventType
from wigwag.ports import Archive, Clock

MAX_PAGE: Final = 1_000
FOLLOWED: Final = 100
"""Events that a follower takes at a time, so that a slow one holds little."""
SEARCH_S: Final = 1.0
"""How long one question looks through events that are not wanted, though it may not wait."""
_TYPES: Final = frozenset(kind.value for kind in EventType)
_ALL: Final = FeedFilter()


def parse_types(names: Iterable[str]) -> frozenset[str]:
    """Types of events by their names. Raises InvalidInput for a name that is none."""
    wanted = frozenset(names)
    for name in sorted(wanted - _TYPES):
        raise InvalidInput(
            f"There is no type of event {name[:64]!a}; there are {', '.join(sorted(_TYPES))}."
        )
    return wanted


class Feed:
    """Events by sequence number, over an archive."""

    def __init__(self, archive: Archive, clock: Clock = SYSTEM_CLOCK) -> None:
        self._archive = archive
        self._clock = clock
        self._more = asyncio.Event()
        self._end = archive.subscribe(self._told)
        self._closed = False

    @property
    def last_seq(self) -> int:
        return self._archive.last_seq

    @property
    def closed(self) -> bool:
        return self._closed

    async def read(self, after: int, limit: int = 100, wanted: FeedFilter = _ALL) -> FeedPage:
        """The events after `after`, oldest first, at most `limit` (and MAX_PAGE).

        A cursor beyond the end, as from another store, has lost its place: the page goes on from
        the end.
        """
        last = self._archive.last_seq
        if after >= last:
            return FeedPage(after=after, reached=last, lost=after > last, oldest=last + 1)
        return await self._archive.list_events(after, last, min(max(limit, 1), MAX_PAGE), wanted)

    async def poll(
        self, after: int, limit: int = 100, wanted: FeedFilter = _ALL, *, wait_s: float = 0.0
    ) -> FeedPage:
        """The next page that has something, waiting so long for it; else an empty one.

        An empty page may end before the last event, where very many are not wanted.
        """
        began = self._clock.monotonic()
        while True:
            page = await self.read(after, limit, wanted)
            spent = self._clock.monotonic() - began
            if page.events or page.lost:
                return page
            after = page.reached
            if after < self.last_seq:
                if spent >= max(wait_s, SEARCH_S):
                    return page
            elif not await self.wait(after, wait_s - spent):
                return page

    async def follow(
        self, after: int, wanted: FeedFilter = _ALL, *, beat_s: float
    ) -> AsyncIterator[FeedPage]:
        """Pages as they come, an empty one first and every `beat_s` seconds without others.

        Ends when the feed is closed. Whoever takes the pages slowly reads more at a time, later.
        """
        yield FeedPage(after=after, reached=after)
        told = self._clock.monotonic()
        while not self._closed:
            page = await self.read(after, FOLLOWED, wanted)
            after = page.reached
            left = told + beat_s - self._clock.monotonic()
            if page.events or page.lost or left <= 0:
                yield page
                told = self._clock.monotonic()
            elif after >= self.last_seq:
                await self.wait(after, left)

    async def wait(self, after: int, timeout_s: float) -> bool:
        """Wait until there is an event after `after`; whether there is one. Not once closed."""
        try:
            async with asyncio.timeout(timeout_s):
                while self._archive.last_seq <= after and not self._closed:
                    await self._more.wait()
        except TimeoutError:
            pass
        return self._archive.last_seq > after

    def close(self) -> None:
        """End all waiting and following, now and later."""
        if not self._closed:
            self._closed = True
            self._end()
            self._more.set()

    def _told(self, last_seq: int) -> None:
        del last_seq
        # Everyone who waits now is woken; who waits later waits for the next commit.
        self._more.set()
        self._more = asyncio.Event()
