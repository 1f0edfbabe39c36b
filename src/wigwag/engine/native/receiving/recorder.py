"""Making durable what was learnt outside the stream of received stanzas."""

import asyncio
from collections.abc import Iterable
from itertools import islice
from typing import Final

from wigwag.engine.native.link import Link
from wigwag.engine.native.receiving.batch import LINKS_AT_ONCE, Batch
from wigwag.engine.native.receiving.inbox import Inbox
from wigwag.model.jid import Jid

TOLD_LIMIT_S: Final = 10.0
"""How long an action waits until the archive has what came of it."""


class Recorder:
    """Commits batches of its own, and hands their events to the inbox."""

    def __init__(self, link: Link, inbox: Inbox) -> None:
        self._link = link
        self._inbox = inbox
        self._last = 0
        """Number of the newest event that was recorded here."""

    def open(self) -> Batch:
        return Batch(self._link.account, self._link.store)

    async def commit(self, batch: Batch) -> None:
        """Raises StorageFull, StorageBusy, StoreFailed; nothing was saved then."""
        writes = batch.writes()
        if writes:
            await self._link.store.commit(writes)
        if batch.events:
            self._last = batch.events[-1][0]
        self._inbox.offer(batch.events)
        for work in batch.afterwards:
            work()

    async def link(self, pairs: Iterable[tuple[Jid, Jid]]) -> None:
        """LIDs and PNs that belong together; of very many, a part at a time. Raises as `commit`."""
        waiting = iter(pairs)
        while some := list(islice(waiting, LINKS_AT_ONCE)):
            batch = self.open()
            batch.link_all(some)
            await self.commit(batch)
            await asyncio.sleep(0)

    async def handed(self, timeout_s: float = TOLD_LIMIT_S) -> bool:
        """Wait until the sink has what was recorded here so far; whether it came to that."""
        return await self._inbox.handed(self._last, timeout_s)
