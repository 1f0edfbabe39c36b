"""Facts on their way from a child to the archive: in order, acknowledged when they are there."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog

from wigwag.engine.common.failures import describe
from wigwag.engine.whatsmeow.channel import Channel
from wigwag.engine.whatsmeow.facts import GapFact
from wigwag.engine.whatsmeow.frames import Told
from wigwag.engine.whatsmeow.reading import FactReader, Malformed
from wigwag.model.event import EngineEvent, MessageReceived
from wigwag.ports import Clock, EngineSink
from wigwag.wire import claims

MAX_BATCH: Final = 128
"""Facts that are handed over together."""
_FIRST_DELAY_S: Final = 0.2
_LAST_DELAY_S: Final = 3.0
"""A sink that works again is noticed within so long."""

_log = structlog.get_logger(__name__)


class Pump:
    """The facts of one account. `on_gap` makes the event that marks a gap since a time."""

    def __init__(
        self,
        account: str,
        *,
        reader: FactReader,
        sink: EngineSink,
        clock: Clock,
        on_gap: Callable[[datetime], EngineEvent],
    ) -> None:
        self._account = account
        self._reader = reader
        self._sink = sink
        self._clock = clock
        self._on_gap = on_gap
        self._handed = 0
        """The newest fact that was handed over: a child that fell before it heard so tells it
        again."""
        self.unreadable = 0
        """Facts that could not be read, and led to nothing."""
        self.last_message_at: datetime | None = None
        """Time of the newest message that was handed over."""

    async def run(self, channel: Channel) -> None:
        """Hand over what a child tells, until it hangs up."""
        while (told := await channel.facts.get()) is not None:
            batch, ended = [told], False
            while len(batch) < MAX_BATCH and not channel.facts.empty():
                following = channel.facts.get_nowait()
                if following is None:
                    ended = True
                    break
                batch.append(following)
            await self._hand_over(batch)
            channel.ack(batch[-1].seq)
            if ended:
                return

    async def _hand_over(self, batch: list[Told]) -> None:
        events: list[EngineEvent] = []
        for told in batch:
            if told.seq > self._handed:
                events += await self._events(told)
        failures = 0
        while events:
            try:
                await self._sink(self._account, events)
            except Exception as error:  # noqa: BLE001 - whatever the sink has, it is tried again
                failures += 1
                _log.warning("sink_failed", account=self._account, **describe(error))
                delay_s = min(_FIRST_DELAY_S * 2 ** min(failures, 16), _LAST_DELAY_S)
                await self._clock.sleep(delay_s)
            else:
                break
        self._handed = max(self._handed, batch[-1].seq)
        for event in events:
            if isinstance(event, MessageReceived):
                at = event.message.timestamp
                self.last_message_at = max(self.last_message_at or at, at)

    async def _events(self, told: Told) -> list[EngineEvent]:
        fact = told.fact
        if isinstance(fact, GapFact):
            return [self._on_gap(claims.moment(fact.since_s))]
        try:
            return await self._reader.read(fact)
        except Malformed:
            _log.warning("fact_unreadable", account=self._account, kind=type(fact).__name__)
        except Exception as error:  # noqa: BLE001 - one strange fact must not hold up the others
            _log.error("fact_failed", account=self._account, **describe(error))
        self.unreadable += 1
        return []
