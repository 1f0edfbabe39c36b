"""Gaps: messages that came while we could not read them, and what is done to have them after all.

The sender is asked again at once, the phone a little later (the engine does both). For what is
still unreadable some time after an account caught up, the history of its chats is asked for here,
bounded. What comes fills the rows that stand for the messages.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog

from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.core.older import OlderMessages
from wigwag.model.archived import ChatGap, HistoryRequest
from wigwag.model.errors import WigwagError
from wigwag.model.instant import ms_of
from wigwag.model.value import Value
from wigwag.ports import ArchiveReader, Clock

_log = structlog.get_logger(__name__)

MAX_LISTED: Final = 1_000


class GapPolicy(Value):
    """How gaps are filled. `grace_s` is what senders and the phone have before, after a reconnect;
    a chat is asked for again after `again_s` at the earliest, and never beyond `max_age_s`."""

    enabled: bool = True
    grace_s: float = 90.0
    chats: int = 20
    again_s: float = 6 * 3600.0
    max_age_s: float = 14 * 86_400.0


def pages_for(
    gaps: list[ChatGap], known: dict[str, HistoryRequest | None], policy: GapPolicy, now: datetime
) -> list[ChatGap]:
    """The gaps whose chats are asked for now, the latest first."""
    oldest_request = now - timedelta(seconds=policy.again_s)
    due: list[ChatGap] = []
    for gap in gaps:
        request = known.get(gap.chat_jid)
        if request is None or request.updated_at < oldest_request:
            due.append(gap)
    return due[: policy.chats]


class Gaps:
    """Lists the gaps of accounts, and fills them after each time that an account caught up."""

    def __init__(
        self,
        archive: ArchiveReader,
        older: OlderMessages,
        *,
        policy: GapPolicy | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._archive = archive
        self._older = older
        self._policy = policy or GapPolicy()
        self._clock = clock
        self._filling: dict[str, asyncio.Task[None]] = {}

    async def list(self, account: str) -> list[ChatGap]:
        """Chats with messages that could not be read, the latest gap first."""
        return await self._archive.list_gaps(account, 0, MAX_LISTED)

    def caught_up(self, account: str) -> None:
        """The account has everything that waited for it: fill its gaps in a while."""
        if not self._policy.enabled or account in self._filling:
            return
        task = asyncio.get_running_loop().create_task(self._fill(account), name=f"gaps-{account}")
        self._filling[account] = task
        task.add_done_callback(lambda _task: self._filling.pop(account, None))

    async def stop(self) -> None:
        tasks = tuple(self._filling.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _fill(self, account: str) -> None:
        await self._clock.sleep(self._policy.grace_s)
        try:
            await self._ask(account)
        except WigwagError as error:
            _log.info("gaps_not_filled", account=account, code=error.code)

    async def _ask(self, account: str) -> None:
        policy = self._policy
        now = self._clock.now()
        since_ms = ms_of(now) - int(policy.max_age_s * 1000)
        gaps = await self._archive.list_gaps(account, since_ms, MAX_LISTED)
        known = {gap.chat_jid: await self._older.find(account, gap.chat_jid) for gap in gaps}
        for gap in pages_for(gaps, known, policy, now):
            before_ms = ms_of(gap.newest)
            if await self._archive.find_anchor(account, gap.chat_jid, before_ms) is not None:
                await self._older.request(account, gap.chat_jid, _count(gap), before_ms=before_ms)


def _count(gap: ChatGap) -> int:
    """Messages to ask for, with some room for those between that we have."""
    return min(2 * gap.count + 10, 50)
