"""The courier of one webhook: takes events from the log, delivers them, keeps what failed.

A turn is: one transaction that takes up new events and counts an attempt of everything that is
due, the requests, one transaction with their outcomes. So an attempt is stored before it is made,
and what was under way at a crash is tried again. Lanes (chats) are delivered side by side, each in
its own order: behind a failed delivery its lane waits.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

import structlog

from wigwag.core.feed import Feed
from wigwag.core.identity import Recording
from wigwag.core.measures import Measures
from wigwag.core.views import encode, event_view
from wigwag.deliver.postman import Postman
from wigwag.deliver.schedule import Outcome, Verdict, judge, pause_ms, retry_after_ms
from wigwag.deliver.signing import signed_headers
from wigwag.model.archived import FeedEvent
from wigwag.model.errors import WigwagError
from wigwag.model.instant import ms_of
from wigwag.model.webhook import DeliveryRecord, DeliveryState, WebhookRecord, lane_of
from wigwag.ports import Archive, ArchiveTx, Clock

log = structlog.get_logger(__name__)

BATCH: Final = 64
"""Deliveries of one turn."""
AT_ONCE: Final = 16
"""Requests of one webhook at the same time."""
MAX_PENDING: Final = 10_000
"""So many deliveries wait in rows; the events after them wait in the log."""
CURSOR_STEP: Final = 1_000
"""Events that are looked through once more after a start, at most."""
LONGEST_S: Final = 60.0
"""How long a courier rests at most before it looks again."""
TROUBLE_S: Final = 1.0
BROKEN_S: Final = 60.0

_Change = tuple[DeliveryRecord, DeliveryRecord]
"""A delivery as it was, and as it is to be."""


class Courier:
    """Delivers until it is cancelled, or its webhook is gone or disabled."""

    def __init__(
        self,
        webhook_id: str,
        archive: Archive,
        feed: Feed,
        postman: Postman,
        *,
        clock: Clock,
        random: Callable[[], float],
        measures: Measures,
    ) -> None:
        self._id = webhook_id
        self._archive = archive
        self._feed = feed
        self._postman = postman
        self._clock = clock
        self._random = random
        self._measures = measures
        self._woken = asyncio.Event()
        self._is_changed = False
        """Whether the webhook is perhaps not any more what this turn works with."""
        self._passed = 0
        """The last event up to which nothing is wanted, beyond the cursor that is stored."""

    def wake(self) -> None:
        """There may be new events."""
        self._woken.set()

    def changed(self) -> None:
        """Somebody asked something of the webhook: a turn that is under way ends soon."""
        self._is_changed = True
        self.wake()

    async def run(self) -> None:
        while True:
            try:
                # Who was woken meanwhile may have been enabled again.
                if not await self._turn() and not self._woken.is_set():
                    return
            except WigwagError as error:
                log.warning("webhook_waits", webhook=self._id, code=error.code)
                await self._clock.sleep(TROUBLE_S)
            except Exception as error:
                log.error("webhook_broke", webhook=self._id, exc_info=error)
                await self._clock.sleep(BROKEN_S)

    async def _turn(self) -> bool:
        """One turn; whether there will be others."""
        self._woken.clear()
        self._is_changed = False
        webhook = await self._archive.find_webhook(self._id)
        if webhook is None or not webhook.enabled:
            return False
        pending = await self._archive.count_pending(self._id)
        taken, values, more = await self._take(webhook, MAX_PENDING - pending)
        if not (pending or taken or values):
            # a commit of others' events, as most are for a webhook that wants few
            if not more:
                await self._rest(LONGEST_S)
            return True
        now_ms = ms_of(self._clock.now())

        def begin(tx: ArchiveTx) -> tuple[list[DeliveryRecord], int | None] | None:
            if tx.webhooks.find(self._id) != webhook:
                return None
            tx.webhooks.add_deliveries(_placed(tx, taken))
            if values:
                tx.webhooks.change(self._id, **values)
            waiting = tx.webhooks.due(self._id, now_ms, BATCH)
            due = [self._begun(d, now_ms) for d in waiting]
            tx.webhooks.change_deliveries(list(zip(waiting, due, strict=True)))
            return due, tx.webhooks.next_ms(self._id)

        begun = await self._archive.write(begin)
        if begun is None:
            # It was changed or deleted meanwhile: what was taken is not for it as it is now.
            return True
        due, next_ms = begun
        if due:
            await self._deliver(webhook, due)
        elif not more:
            left_s = LONGEST_S if next_ms is None else (next_ms - now_ms) / 1000
            await self._rest(min(left_s, LONGEST_S))
        return True

    async def _take(
        self, webhook: WebhookRecord, room: int
    ) -> tuple[list[DeliveryRecord], dict[str, str | int], bool]:
        """New events as deliveries, the columns that move on, and whether there is more to take.

        A cursor that only passed by what is not wanted is stored now and then.
        """
        if room <= 0:
            return [], {}, False
        if webhook.replay_next:
            page = await self._feed.read(webhook.replay_next - 1, BATCH, webhook.wanted)
            events = [event for event in page.events if event.seq <= webhook.replay_end]
            reached = page.reached + 1
            values: dict[str, str | int] = {
                "replay_next": reached if reached <= webhook.replay_end else 0
            }
            return [self._delivery(event) for event in events], values, True
        page = await self._feed.read(max(webhook.cursor, self._passed), BATCH, webhook.wanted)
        if page.lost:
            log.warning("webhook_events_lost", webhook=self._id, oldest=page.oldest)
        values = {}
        if page.events or page.lost or page.reached - webhook.cursor >= CURSOR_STEP:
            values = {"cursor": page.reached}
        else:
            self._passed = page.reached
        more = page.reached < self._feed.last_seq
        return [self._delivery(event) for event in page.events], values, more

    def _delivery(self, event: FeedEvent) -> DeliveryRecord:
        return DeliveryRecord(
            webhook_id=self._id,
            event_id=event.id,
            seq=event.seq,
            lane=lane_of(event.account, event.chat_jid),
            type=event.type,
            body=encode(event_view(event)),
            created_ms=ms_of(event.time),
        )

    def _begun(self, delivery: DeliveryRecord, now_ms: int) -> DeliveryRecord:
        attempts = delivery.attempts + 1
        return delivery._replace(
            attempts=attempts, next_ms=now_ms + pause_ms(attempts, self._random)
        )

    async def _deliver(self, webhook: WebhookRecord, due: Sequence[DeliveryRecord]) -> None:
        lanes: dict[str, list[DeliveryRecord]] = {}
        for delivery in due:
            lanes.setdefault(delivery.lane, []).append(delivery)
        limit = asyncio.Semaphore(AT_ONCE)
        ends = await asyncio.gather(*(self._lane(webhook, lane, limit) for lane in lanes.values()))
        done = [d.number for delivered, _, _ in ends for d in delivered]
        kept = [change for _, others, _ in ends for change in others]
        is_gone = any(gone for _, _, gone in ends)

        def settle(tx: ArchiveTx) -> None:
            tx.webhooks.remove_deliveries(done)
            tx.webhooks.change_deliveries(kept)
            now = tx.webhooks.find(self._id) if is_gone else None
            if now is not None and now.enabled and now.url == webhook.url:
                tx.webhooks.change(self._id, enabled=0, reason="the receiver answered 410 (gone)")

        await self._archive.write(settle)

    async def _lane(
        self, webhook: WebhookRecord, lane: Sequence[DeliveryRecord], limit: asyncio.Semaphore
    ) -> tuple[list[DeliveryRecord], list[_Change], bool]:
        """What was delivered, what is kept for later, and whether the receiver is gone."""
        delivered: list[DeliveryRecord] = []
        kept: list[_Change] = []
        for place, delivery in enumerate(lane):
            async with limit:
                if self._is_changed:
                    return delivered, kept + _not_tried(lane[place:]), False
                outcome = await self._post(webhook, delivery)
            verdict = judge(outcome, delivery.attempts)
            self._measures.deliveries[verdict.name.lower()] += 1
            if verdict is Verdict.DELIVERED:
                delivered.append(delivery)
                continue
            kept.append((delivery, self._failed(delivery, outcome, verdict)))
            if verdict is Verdict.DEAD:
                continue
            rest = _not_tried(lane[place + 1 :])
            return delivered, kept + rest, verdict is Verdict.GONE
        return delivered, kept, False

    async def _post(self, webhook: WebhookRecord, delivery: DeliveryRecord) -> Outcome:
        now = self._clock.now()
        headers = signed_headers(
            webhook.secrets(ms_of(now)), delivery.event_id, int(now.timestamp()), delivery.body
        )
        return await self._postman.post(webhook.url, delivery.body, headers)

    def _failed(
        self, delivery: DeliveryRecord, outcome: Outcome, verdict: Verdict
    ) -> DeliveryRecord:
        now = self._clock.now()
        asked_ms = retry_after_ms(outcome.retry_after, now)
        after = now + timedelta(milliseconds=asked_ms)
        log.info(
            "webhook_failed",
            webhook=self._id,
            status=outcome.status,
            error=outcome.error,
            attempts=delivery.attempts,
        )
        return delivery._replace(
            state=DeliveryState.DEAD if verdict is Verdict.DEAD else DeliveryState.PENDING,
            next_ms=max(delivery.next_ms, ms_of(after)) if asked_ms else delivery.next_ms,
            status=outcome.status,
            error=outcome.error or f"the receiver answered {outcome.status}",
        )

    async def _rest(self, seconds: float) -> None:
        """Until something is new, or so long."""
        waits = (
            asyncio.ensure_future(self._woken.wait()),
            asyncio.ensure_future(self._clock.sleep(max(seconds, 0.0))),
        )
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(*waits, return_exceptions=True)


def _placed(tx: ArchiveTx, taken: Sequence[DeliveryRecord]) -> list[DeliveryRecord]:
    """In the lanes of their chats as these are addressed now: an event has the address of its
    time, and others of the chat may have another one."""
    lanes: dict[str, str] = {}
    for lane in {delivery.lane for delivery in taken}:
        account, _, chat = lane.partition(" ")
        lanes[lane] = lane_of(account, Recording(tx, account, 0).find_address(chat))
    return [delivery._replace(lane=lanes[delivery.lane]) for delivery in taken]


def _not_tried(begun: Sequence[DeliveryRecord]) -> list[_Change]:
    """They give the attempt back: they wait for the one before them, or for the next turn."""
    return [(d, d._replace(attempts=d.attempts - 1, next_ms=0)) for d in begun]
