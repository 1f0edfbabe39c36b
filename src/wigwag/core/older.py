"""Older messages of a chat, asked of the phone page by page: bounded, and resumed after a restart.

A request is a row, one for each chat: `waiting` until the phone is asked, `asked` until it answers
or the time is over. Its pages are asked for one after the other, each before the oldest message
that is known by then, until enough came, the phone has nothing older, or no answer comes. An
answer that is late is taken all the same.
"""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import structlog

from wigwag.core.accounts import Accounts
from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.core.identity import Recording
from wigwag.core.views import history_request_view
from wigwag.model.archived import HistoryRequest, HistoryRequestState
from wigwag.model.capability import Capability
from wigwag.model.errors import InvalidInput, NotApplicable, NotConnected, WigwagError
from wigwag.model.event import HistoryReceived
from wigwag.model.instant import ms_of, time_of
from wigwag.model.record import EventType, HistoryRequestRecord
from wigwag.ports import Archive, Clock

PAGE: Final = 50
"""Messages that the phone is asked for at once, as WhatsApp's own companions do."""
MAX_WANTED: Final = 5_000
MAX_OPEN: Final = 100
"""Requests of one account that may wait; more are refused."""
ANSWER_S: Final = 60.0
"""How long the phone has to answer one page."""
ASK_EVERY_S: Final = 1.0
"""The least time between two pages of one account."""
FAILURE_PAUSE_S: Final = 30.0
IDLE_S: Final = 60.0
BUSY_S: Final = 0.05

_OPEN: Final = frozenset({HistoryRequestState.WAITING, HistoryRequestState.ASKED})
_log = structlog.get_logger(__name__)


def after_answer(
    request: HistoryRequestRecord, received: int, *, complete: bool
) -> HistoryRequestState:
    """Where a request stands after a page of so many messages of its chat."""
    if complete or not received:
        return HistoryRequestState.END_REACHED
    if request.received + received >= request.wanted or request.before_ms is not None:
        return HistoryRequestState.ANSWERED
    return HistoryRequestState.WAITING


def record_answer(rec: Recording, event: HistoryReceived) -> None:
    """What the phone's answer means to the request that it names. One that speaks of other chats
    only is no answer."""
    request = rec.tx.history.find_asked(rec.account, event.request_id)
    if request is None:
        return
    chat = request.chat_jid
    received = sum(rec.canonical(m.key.chat, m.chat_alt) == chat for m in event.messages)
    told = [one for one in event.chats if rec.canonical(one.jid, one.alt) == chat]
    if not received and not told and (event.chats or event.messages):
        return
    if not event.last:
        _save(rec, request._replace(received=request.received + received))
        return
    complete = any(one.complete is True for one in told)
    state = after_answer(request, received, complete=complete)
    _save(rec, request._replace(received=request.received + received), state)


def _save(
    rec: Recording, request: HistoryRequestRecord, state: HistoryRequestState | None = None
) -> HistoryRequestRecord:
    """Keep a request; a new state is told."""
    changed = request._replace(updated_ms=rec.now_ms)
    if state is not None:
        changed = changed._replace(state=state.value)
    rec.tx.history.save_request(changed)
    if state is not None:
        data = {"sync_type": "on_demand", "request": history_request_view(request_of(changed))}
        rec.tell(EventType.HISTORY_PROGRESS, data, changed.chat_jid)
    return changed


def request_of(record: HistoryRequestRecord) -> HistoryRequest:
    return HistoryRequest(
        chat_jid=record.chat_jid,
        state=HistoryRequestState(record.state),
        wanted=record.wanted,
        received=record.received,
        requested_at=time_of(record.created_ms),
        updated_at=time_of(record.updated_ms),
    )


class OlderMessages:
    """Takes requests, and asks the phones of all accounts, one page of an account at a time."""

    def __init__(
        self,
        archive: Archive,
        accounts: Accounts,
        *,
        clock: Clock = SYSTEM_CLOCK,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._archive = archive
        self._accounts = accounts
        self._clock = clock
        self._random = random_bytes
        self._wakeup = asyncio.Event()
        self._due: dict[str, float] = {}
        """When each account is looked at next (monotonic seconds); those that are not here, now."""
        self._not_before: dict[str, float] = {}
        self._task: asyncio.Task[None] | None = None
        self._unsubscribe: Callable[[], None] | None = None

    # -- asking ----------------------------------------------------------------------------

    async def request(
        self, account: str, chat: str, count: int, *, before_ms: int | None = None
    ) -> HistoryRequest:
        """Ask for `count` messages of a chat that are older than all we have of it, or than
        `before_ms`; one that is under way for this chat goes on instead.

        `chat` is canonical. Raises NotFound for an unknown account, NotSupportedByEngine,
        InvalidInput for a count that is out of range, NotApplicable for a chat without a message
        to begin at, or too many requests.
        """
        self._accounts.require(account, Capability.HISTORY_ON_DEMAND)
        if not 1 <= count <= MAX_WANTED:
            raise InvalidInput(f"The count of older messages lies between 1 and {MAX_WANTED}.")
        if await self._archive.find_anchor(account, chat, before_ms) is None:
            raise NotApplicable("No message of this chat is known to begin at.")
        if len(await self._archive.list_open_history_requests(account, MAX_OPEN)) >= MAX_OPEN:
            raise NotApplicable("Too many requests for older messages wait; try later.")
        now_ms = ms_of(self._clock.now())

        def unit(rec: Recording) -> HistoryRequestRecord:
            known = rec.tx.history.find_request(account, chat)
            if known is not None and known.state in _OPEN:
                return known
            made = HistoryRequestRecord(
                account=account,
                chat_jid=chat,
                state=HistoryRequestState.WAITING.value,
                wanted=count,
                received=0,
                request_id="",
                anchor="",
                before_ms=before_ms,
                created_ms=now_ms,
                updated_ms=now_ms,
            )
            rec.tx.history.save_request(made)
            return made

        record = await self._archive.write(lambda tx: unit(Recording(tx, account, now_ms)))
        self.wake(account)
        return request_of(record)

    async def find(self, account: str, chat: str) -> HistoryRequest | None:
        """The newest request for this chat (canonical)."""
        record = await self._archive.find_history_request(account, chat)
        return request_of(record) if record is not None else None

    # -- life ------------------------------------------------------------------------------

    async def start(self) -> None:
        self._unsubscribe = self._accounts.subscribe(self.wake)
        self._task = asyncio.get_running_loop().create_task(self._run(), name="older-messages")

    async def stop(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    def wake(self, account: str) -> None:
        """A request or an answer was recorded, or the state of this account changed."""
        self._due.pop(account, None)
        self._wakeup.set()

    # -- working ---------------------------------------------------------------------------

    async def _run(self) -> None:
        while True:
            self._wakeup.clear()
            try:
                delay_s = await self._round()
            except WigwagError as error:
                _log.warning("older_messages_postponed", code=error.code)
                delay_s = FAILURE_PAUSE_S
            with suppress(TimeoutError):
                async with asyncio.timeout(delay_s):
                    await self._wakeup.wait()

    async def _round(self) -> float:
        """Do what is due for the accounts; seconds until there may be more to do."""
        accounts = self._accounts.names()
        for account in accounts:
            now = self._clock.monotonic()
            if self._due.get(account, now) <= now:
                # noted before: an account that is woken meanwhile is looked at once more
                self._due[account] = now + FAILURE_PAUSE_S
                delay_s = await self._serve(account)
                if account in self._due:
                    self._due[account] = self._clock.monotonic() + delay_s
        now = self._clock.monotonic()
        left = [self._due.get(account, now) - now for account in accounts]
        return max(min(left, default=IDLE_S), BUSY_S)

    async def _serve(self, account: str) -> float:
        requests = await self._archive.list_open_history_requests(account, MAX_OPEN)
        asked = next((r for r in requests if r.state == HistoryRequestState.ASKED), None)
        if asked is not None:
            left_s = (asked.updated_ms - ms_of(self._clock.now())) / 1000 + ANSWER_S
            if left_s > 0:
                return left_s
            await self._move(asked, HistoryRequestState.NO_ANSWER)
            return BUSY_S
        waiting = next((r for r in requests if r.state == HistoryRequestState.WAITING), None)
        if waiting is None or not self._accounts.is_connected(account):
            return IDLE_S
        left_s = self._not_before.get(account, 0.0) - self._clock.monotonic()
        if left_s > 0:
            return left_s
        self._not_before[account] = self._clock.monotonic() + ASK_EVERY_S
        await self._ask(waiting)
        return BUSY_S

    async def _ask(self, request: HistoryRequestRecord) -> None:
        """Ask for the next page. Durable first: an answer may be here before the engine is back."""
        account = request.account
        anchor = await self._archive.find_anchor(account, request.chat_jid, request.before_ms)
        if anchor is None or anchor.key.id == request.anchor:
            # the last page brought nothing older
            await self._move(request, HistoryRequestState.END_REACHED)
            return
        asked = request._replace(
            request_id="3EB0" + self._random(9).hex().upper(), anchor=anchor.key.id
        )
        asked = await self._move(request, HistoryRequestState.ASKED, asked)
        count = min(PAGE, request.wanted - request.received)
        try:
            actions = self._accounts.get(account).history
            await actions.request(anchor, count, asked.request_id)
        except NotConnected:
            await self._move(asked, HistoryRequestState.WAITING, request)
        except WigwagError as error:
            _log.info("older_messages_not_asked", account=account, code=error.code)
            await self._move(asked, HistoryRequestState.FAILED)

    async def _move(
        self,
        known: HistoryRequestRecord,
        state: HistoryRequestState,
        changed: HistoryRequestRecord | None = None,
    ) -> HistoryRequestRecord:
        """Bring a request into a state, unless an answer did something else meanwhile."""
        now_ms = ms_of(self._clock.now())

        def unit(rec: Recording) -> HistoryRequestRecord:
            found = rec.tx.history.find_request(known.account, known.chat_jid)
            if found != known:
                return found or known
            return _save(rec, changed or known, state)

        return await self._archive.write(lambda tx: unit(Recording(tx, known.account, now_ms)))
