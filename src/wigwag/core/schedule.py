"""The schedule: what waits for its time, and the worker that lets it go.

A message leaves at its time, or as soon after it as the server runs: one that was down sends at its
next start what became due meanwhile. In a chat they leave in the order of their times.
"""

import asyncio
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime
from typing import Final, TypeVar

import msgspec
import structlog

from wigwag.core.accounts import Accounts
from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.core.identity import Recording
from wigwag.core.removals import take_off
from wigwag.core.scheduled import cancel, checked_time, file_of, move, release
from wigwag.core.sending import Sending
from wigwag.model.archived import Page
from wigwag.model.errors import NotFound, QueueFull, WigwagError
from wigwag.model.instant import ms_of
from wigwag.model.record import ScheduledRecord
from wigwag.model.retention import Removal
from wigwag.ports import Archive, Clock, MediaStore

LOOK_S: Final = 30.0
"""The longest time without a look: the clock of the machine may be set."""
FAILURE_PAUSE_S: Final = 5.0
_PAGE: Final = 100

T = TypeVar("T")
_log = structlog.get_logger(__name__)


class Schedule:
    """Tells, moves and cancels what waits; sends what is due."""

    def __init__(
        self,
        archive: Archive,
        files: MediaStore,
        accounts: Accounts,
        sending: Sending,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._archive = archive
        self._files = files
        self._accounts = accounts
        self._sending = sending
        self._clock = clock
        self._wakeup = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    # -- asking ----------------------------------------------------------------------------

    async def list(
        self, account: str, cursor: str, limit: int, *, among: Collection[str] = ()
    ) -> Page[ScheduledRecord]:
        """What is due next comes first; of the chats in `among` (canonical), if there are any."""
        return await self._archive.list_scheduled(account, cursor, limit, among=among)

    async def get(
        self, account: str, message_id: str, *, among: Collection[str] = ()
    ) -> ScheduledRecord:
        """One of the chats in `among` (canonical), if there are any. Raises NotFound, also for one
        that has left."""
        found = await self._archive.find_scheduled(account, message_id)
        if found is None or (among and found.chat_jid not in among):
            raise NotFound("There is no such scheduled message here.")
        return found

    async def move(self, account: str, message_id: str, send_at: datetime) -> ScheduledRecord:
        """Raises NotSchedulable, NotFound, Conflict (it has left)."""
        now = self._clock.now()
        due_ms = ms_of(checked_time(send_at, now) or now)
        moved = await self._write(account, lambda rec: move(rec, message_id, due_ms))
        self.wake()
        return moved

    async def cancel(self, account: str, message_id: str) -> None:
        """Raises NotFound, Conflict (it has left)."""
        gone = await self._write(account, lambda rec: cancel(rec, message_id))
        file = file_of(gone)
        if file is not None:
            # It is cancelled; what goes wrong now is tried again with the removals.
            with suppress(WigwagError):
                await take_off(self._archive, self._files, (Removal(file.path, file.sha256),))

    # -- life ------------------------------------------------------------------------------

    async def start(self) -> None:
        self._sending.on_scheduled = self.wake
        self._task = asyncio.get_running_loop().create_task(self._run(), name="schedule")

    async def stop(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    def wake(self) -> None:
        """Something was scheduled or moved."""
        self._wakeup.set()

    # -- working ---------------------------------------------------------------------------

    async def _run(self) -> None:
        while True:
            self._wakeup.clear()
            try:
                delay_s = await self._round()
            except WigwagError as error:
                _log.warning("schedule_postponed", code=error.code)
                delay_s = FAILURE_PAUSE_S
            except Exception as error:  # noqa: BLE001 - what waits must not wait for ever
                _log.error("schedule_broke", exc_info=error)
                delay_s = LOOK_S
            with suppress(TimeoutError):
                async with asyncio.timeout(delay_s):
                    await self._wakeup.wait()

    async def _round(self) -> float:
        """Let go what is due; seconds until there may be more to do."""
        accounts = self._accounts.names()
        went = [await self._let_go(account) for account in accounts]
        if not all(went):
            return FAILURE_PAUSE_S
        next_ms = await self._archive.next_due_ms(accounts)
        if next_ms is None:
            return LOOK_S
        left_s = (next_ms - ms_of(self._clock.now())) / 1000
        return min(max(left_s, 0.0), LOOK_S)

    async def _let_go(self, account: str) -> bool:
        """What is due of one account; False when some of it has to wait, which holds no other."""
        now_ms, went = ms_of(self._clock.now()), True
        for record in await self._archive.list_due(account, now_ms, _PAGE):
            if not await self._sending.has_room(account):
                _log.warning("schedule_postponed", code=QueueFull.code)
                return False
            try:
                queued = await self._write(
                    account, lambda rec, due=record: release(rec, due.message_id)
                )
            except (ValueError, msgspec.MsgspecError) as error:
                # It stays where it is, and does not keep the others from leaving.
                _log.error("scheduled_row_unreadable", reason=type(error).__name__)
                went = False
                continue
            if queued is not None:
                await self._sending.take_over(queued)
        return went

    async def _write(self, account: str, unit: Callable[[Recording], T]) -> T:
        now_ms = ms_of(self._clock.now())
        return await self._archive.write(lambda tx: unit(Recording(tx, account, now_ms)))
