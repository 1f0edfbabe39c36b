"""Keeping what is to be kept, and no longer: in small steps beside the work of the server."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.core.removals import remove_files
from wigwag.model.errors import WigwagError
from wigwag.model.instant import ms_of
from wigwag.model.retention import EventBounds, RetentionPolicy
from wigwag.ports import Archive, ArchiveTx, Clock, MediaStore

FIRST_S: Final = 60.0
"""How long after the start it is looked for the first time."""
EVERY_S: Final = 600.0
PAUSE_S: Final = 0.05
"""Between two steps, so that the writer has others' units in between."""
STEP: Final = 200
"""Rows of one step."""
HELD_DAYS: Final = 7
"""How much longer an event is kept that a webhook has not taken up yet."""
HELD_TIMES: Final = 2
"""How many times the number of events are kept where a webhook has not taken them up."""
FRESH_S: Final = 86_400.0
"""A file that came so recently stays, however old its message: somebody has asked for it."""
NEVER_MS: Final = 1 << 41
"""Later than all messages."""
_DAY_MS: Final = 86_400_000

_log = structlog.get_logger(__name__)


def event_bounds(
    policy: RetentionPolicy, now_ms: int, head_seq: int, floor_seq: int | None
) -> EventBounds:
    """Which events go. `floor_seq` is what every webhook has taken up; None without webhooks."""
    days, most = policy.event_days, policy.event_max
    return EventBounds(
        before_ms=_before_ms(now_ms, days),
        upto_seq=head_seq - most if most else 0,
        floor_seq=head_seq if floor_seq is None else floor_seq,
        held_before_ms=_before_ms(now_ms, days + HELD_DAYS if days else 0),
        held_upto_seq=head_seq - most * HELD_TIMES if most else 0,
    )


def _before_ms(now_ms: int, days: int) -> int:
    return now_ms - days * _DAY_MS if days else 0


class Retention:
    """Owns the task that takes out what is too old, from `start` to `stop`."""

    def __init__(
        self,
        archive: Archive,
        files: MediaStore,
        policy: RetentionPolicy,
        *,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._archive = archive
        self._files = files
        self._policy = policy
        self._clock = clock
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Remove the files that a former run did not get to: before others may take their names."""
        try:
            await self.remove_files()
        except WigwagError as error:
            _log.warning("removals_wait", code=error.code)
        self._task = asyncio.create_task(self._run(), name="retention")

    async def stop(self) -> None:
        """End within moments; what is left is done after the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    async def _run(self) -> None:
        await self._clock.sleep(FIRST_S)
        while True:
            try:
                await self.sweep()
            except WigwagError as error:
                _log.warning("retention_waits", code=error.code)
            except Exception as error:  # noqa: BLE001 - it goes on with the next sweep
                _log.error("retention_broke", exc_info=error)
            await self._clock.sleep(EVERY_S)

    async def sweep(self) -> None:
        """Take out all that is too old by now. Raises StorageFull, StorageBusy, QueryTimeout."""
        policy, now_ms = self._policy, ms_of(self._clock.now())
        counts = {"events": 0, "messages": 0, "files": 0, "dead_deliveries": 0}
        if policy.event_days or policy.event_max:
            lag = await self._archive.lag()
            floor = lag.webhook_cursor
            bounds = event_bounds(policy, now_ms, self._archive.last_seq, floor)
            counts["events"] = await self._all(lambda tx: tx.retention.prune_events(bounds, STEP))
        if policy.event_days:
            before_ms = _before_ms(now_ms, policy.event_days)
            counts["dead_deliveries"] = await self._all(
                lambda tx: tx.retention.prune_dead(before_ms, STEP)
            )
        if policy.message_days:
            oldest_ms = _before_ms(now_ms, policy.message_days)
            counts["messages"] = await self._all(
                lambda tx: tx.retention.prune_messages(oldest_ms, STEP)
            )
        if policy.media_days:
            counts["files"] += await self._expire(_before_ms(now_ms, policy.media_days), None)
        await self.remove_files()
        if policy.media_bytes:
            too_much = await self._files.used_bytes() - policy.media_bytes
            if too_much > 0:
                counts["files"] += await self._expire(NEVER_MS, too_much)
                await self.remove_files()
        if any(counts.values()):
            _log.info("retention", **counts)

    async def remove_files(self) -> None:
        """Take the files from the disk whose rows are gone, or say `expired`. Raises as `sweep`."""
        await remove_files(self._archive, self._files)

    async def _all(self, step: Callable[[ArchiveTx], int]) -> int:
        """Step by step, until nothing is left; how much it was."""
        total = 0
        while done := await self._archive.write(step):
            total += done
            await self._clock.sleep(PAUSE_S)
        return total

    async def _expire(self, before_ms: int, enough_bytes: int | None) -> int:
        """Files of messages before this time, the oldest first, until so many bytes are free."""
        row = freed = count = 0
        while enough_bytes is None or freed < enough_bytes:
            found = await self._archive.list_stored_files(row, before_ms, STEP)
            if not found:
                break
            row = found[-1].row
            doomed: list[int] = []
            for file in found:
                if enough_bytes is not None and freed >= enough_bytes:
                    break
                if await self._is_fresh(file.path):
                    continue
                doomed.append(file.row)
                freed += file.size_bytes
            if doomed:
                count += await self._archive.write(
                    lambda tx, doomed=doomed: tx.retention.expire_media(doomed)
                )
            await self._clock.sleep(PAUSE_S)
        return count

    async def _is_fresh(self, path: str) -> bool:
        age_s = await self._files.age_s(path)
        return age_s is not None and age_s < FRESH_S
