"""All couriers: one for each webhook, started and woken as there is something to do."""

import asyncio
from collections.abc import Callable
from random import Random

import structlog

from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.core.feed import Feed
from wigwag.core.measures import Measures
from wigwag.deliver.courier import Courier
from wigwag.deliver.postman import Postman
from wigwag.model.errors import WigwagError
from wigwag.ports import Archive, Clock

log = structlog.get_logger(__name__)


class Couriers:
    """Owns the couriers' tasks from `start` to `stop`."""

    def __init__(
        self,
        archive: Archive,
        feed: Feed,
        postman: Postman,
        *,
        clock: Clock = SYSTEM_CLOCK,
        random: Callable[[], float] | None = None,
        measures: Measures | None = None,
    ) -> None:
        self._archive = archive
        self._feed = feed
        self._postman = postman
        self._clock = clock
        self._random = random or Random().random
        self._measures = measures or Measures()
        self._couriers: dict[str, tuple[Courier, asyncio.Task[None]]] = {}
        self._end: Callable[[], None] = lambda: None

    async def start(self) -> None:
        self._end = self._archive.subscribe(self._told)
        await self._remove_orphans()
        for webhook in await self._archive.list_webhooks():
            if webhook.enabled:
                self.changed(webhook.id)

    async def stop(self) -> None:
        """Requests that are under way are cut; they are made again after the next start."""
        self._end()
        tasks = [task for _, task in self._couriers.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._couriers.clear()
        await self._postman.close()

    def changed(self, webhook_id: str) -> None:
        """A webhook is new, or was changed, or has a delivery of its own."""
        known = self._couriers.get(webhook_id)
        if known is not None and not known[1].done():
            known[0].changed()
            return
        courier = Courier(
            webhook_id,
            self._archive,
            self._feed,
            self._postman,
            clock=self._clock,
            random=self._random,
            measures=self._measures,
        )
        task = asyncio.create_task(courier.run(), name=f"webhook-{webhook_id}")
        self._couriers[webhook_id] = (courier, task)

    async def _remove_orphans(self) -> None:
        """Deliveries whose webhook is gone; earlier versions could leave some."""
        try:
            removed = await self._archive.write(lambda tx: tx.webhooks.remove_orphans())
        except WigwagError as error:
            log.warning("webhook_orphans_kept", code=error.code)
        else:
            if removed:
                log.info("webhook_orphans_removed", deliveries=removed)

    def _told(self, last_seq: int) -> None:
        del last_seq
        for courier, _ in self._couriers.values():
            courier.wake()
