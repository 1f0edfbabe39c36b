"""Sending what is queued: per chat in order, several at a time, until WhatsApp acknowledges.

    lane of a chat:  upload -> engine.send (called in order) -> next one, while the ack is awaited

A message leaves the outbox only with an acknowledgement or a refusal. Whatever else happens, it is
sent again with the same id, which is one message for its receivers.
"""

import asyncio
import heapq
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Final, TypeVar

import msgspec
import structlog

from wigwag.core.accounts import Accounts
from wigwag.core.identity import Recording, plain
from wigwag.core.measures import Measures
from wigwag.core.outgoing import Queued, from_outbox, keep_ref, record_failed, record_sent
from wigwag.core.recipients import Recipients, addressee
from wigwag.model.account import ConnectionState
from wigwag.model.content import Media, MediaKind, MediaRef
from wigwag.model.errors import (
    MediaTransferFailed,
    MediaUnreadable,
    NotConnected,
    QueryTimeout,
    SendRejected,
    SendTimeout,
    StorageBusy,
    StorageFull,
    WhatsAppBusy,
    WigwagError,
)
from wigwag.model.instant import ms_of, time_of
from wigwag.model.jid import parse_jid
from wigwag.model.message import Outgoing, SendState, Sent
from wigwag.model.record import OutboxRecord
from wigwag.ports import Archive, ArchiveTx, Ballots, Clock, Engine, MediaStore

IN_FLIGHT: Final = 16
"""Messages of one account that await their acknowledgement at one time."""
UPLOADS: Final = 3
MAX_ATTEMPTS: Final = 10
"""Attempts that fail while connected, before a message is given up."""
RETRY_S: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 60.0)
STORAGE_RETRY_S: Final = 1.0
SEND_LIMIT_S: Final = 300.0
"""For the engine to say what became of a message; longer than any wait of its own."""
CONNECT_WAIT_S: Final = 60.0
_PAGE: Final = 500

_NOT_ITS_FAULT: Final = (NotConnected, StorageFull, StorageBusy, QueryTimeout)
_RETRIED: Final = (SendTimeout, WhatsAppBusy, MediaTransferFailed)

T = TypeVar("T")
_log = structlog.get_logger(__name__)


class AccountSender:
    """The sender of one account. `settled` is told of every message that reached its end: its
    state, the code and the sentence of an error, and the id that it has now."""

    def __init__(
        self,
        account: str,
        *,
        archive: Archive,
        files: MediaStore,
        accounts: Accounts,
        clock: Clock,
        recipients: Recipients,
        measures: Measures,
        settled: Callable[[Queued, SendState, str, str, str], None],
        ballots: Ballots | None = None,
    ) -> None:
        self._account = account
        self._archive = archive
        self._files = files
        self._accounts = accounts
        self._clock = clock
        self._recipients = recipients
        self._measures = measures
        self._settled = settled
        self._ballots = ballots
        self._lanes: dict[str, list[tuple[int, Queued]]] = {}
        self._known: dict[int, str] = {}
        """What is queued or under way, by position, and the name of its lane."""
        self._moves = 0
        self._followed = 0
        self._as_of: dict[int, int] = {}
        """How many moves there had been when a message had its addresses, by position."""
        self._attempts: dict[int, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._in_flight = asyncio.Semaphore(IN_FLIGHT)
        self._uploads = asyncio.Semaphore(UPLOADS)
        self._not_before: dict[int, float] = {}
        self._stopped = False
        self._loaded = False
        self._loading = asyncio.Lock()

    @property
    def waiting(self) -> int:
        """How many messages are queued or under way."""
        return len(self._known)

    @property
    def is_loaded(self) -> bool:
        return self._loaded

    async def load(self) -> None:
        """Take up, once, what a former run left in the outbox."""
        async with self._loading:
            if self._loaded:
                return
            after = 0
            while rows := await self._archive.list_outbox(self._account, after, _PAGE):
                for row in rows:
                    self._take_up(row)
                after = rows[-1].position
            self._loaded = True

    def _take_up(self, row: OutboxRecord) -> None:
        try:
            queued = from_outbox(row, parse_jid(row.to_jid))
        except (ValueError, WigwagError) as error:
            # It stays in the outbox, and does not keep the others from being sent.
            _log.error("outbox_row_unreadable", reason=type(error).__name__)
        else:
            self.enqueue(queued)

    @property
    def moves(self) -> int:
        """How often chats have got another address."""
        return self._moves

    def moved(self) -> None:
        """Some chat has another address now."""
        self._moves += 1

    async def follow_moves(self) -> None:
        """Let what is written after a chat has moved come after what waited there before."""
        if self._followed == self._moves:
            return
        moves, after = self._moves, 0
        while rows := await self._archive.list_outbox(self._account, after, _PAGE):
            for row in rows:
                lane = self._lanes.get(self._known.get(row.position, ""))
                if lane is not None:
                    self._lanes.setdefault(row.chat_jid, lane)
            after = rows[-1].position
        self._followed = moves

    def enqueue(self, queued: Queued, as_of: int | None = None) -> None:
        """Send a message of the outbox when its turn comes; `as_of` are the `moves` before it was
        kept, where they are known."""
        if queued.position in self._known:
            return
        if as_of is not None:
            self._as_of[queued.position] = as_of
        self._put(queued)

    async def stop(self) -> None:
        """End every task; what is not acknowledged stays in the outbox."""
        self._stopped = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _put(self, queued: Queued) -> None:
        self._known[queued.position] = queued.chat_jid
        lane = self._lanes.get(queued.chat_jid)
        if lane is not None:
            heapq.heappush(lane, (queued.position, queued))
        elif not self._stopped:
            self._lanes[queued.chat_jid] = [(queued.position, queued)]
            self._start(self._run_lane(queued.chat_jid))

    def _start(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("sender_task_failed", reason=type(task.exception()).__name__)

    async def _run_lane(self, chat: str) -> None:
        """Send the messages of one chat in order, without waiting for their acknowledgements."""
        lane = self._lanes[chat]
        try:
            while lane:
                position, queued = lane[0]
                if not await self._may_go(position):
                    continue
                heapq.heappop(lane)
                moves = self._moves
                ready = await self._prepared(queued)
                if ready is None:
                    continue
                await self._in_flight.acquire()
                if (lane and lane[0][0] < position) or moves != self._moves:
                    # an earlier one came back meanwhile, or it may be for another address now
                    self._in_flight.release()
                    heapq.heappush(lane, (position, ready))
                    continue
                self._start(self._deliver(ready))
        finally:
            for name in [name for name, other in self._lanes.items() if other is lane]:
                del self._lanes[name]
            for _, queued in lane:
                self._put(queued)

    async def _may_go(self, position: int) -> bool:
        """Whether it is this message's turn; if not, wait for a part of what is missing."""
        delay_s = self._not_before.get(position, 0.0) - self._clock.monotonic()
        if delay_s > 0:
            await self._clock.sleep(min(delay_s, RETRY_S[0]))
            return False
        if not self._accounts.is_connected(self._account):
            await self._accounts.wait_state(
                self._account, (ConnectionState.CONNECTED,), CONNECT_WAIT_S
            )
            return False
        return True

    async def _prepared(self, queued: Queued) -> Queued | None:
        """The message ready to leave, its file uploaded; None when it does not leave now."""
        engine = self._accounts.find(self._account)
        if engine is None:
            await self._again(queued)
            return None
        try:
            queued = await self._addressed(queued)
            if not _is_of(engine, queued):
                detail = "This account is linked to another number now; send the message again."
                await self._fail(queued, "account_changed", detail)
                return None
            to = await self._recipients.check(engine, queued.to)
            return await self._uploaded(engine, msgspec.structs.replace(queued, to=to))
        except Exception as error:  # noqa: BLE001 - whatever it is, the message has an end
            await self._not_sent(queued, error)
            return None

    async def _addressed(self, queued: Queued) -> Queued:
        """The message as the archive has it now: its chat may have moved while it waited."""
        moves, position = self._moves, queued.position
        if self._as_of.get(position) != moves:
            rows = await self._archive.list_outbox(self._account, position - 1, 1)
            if not rows or rows[0].position != position:
                return queued
            row = rows[0]
            queued = msgspec.structs.replace(
                queued, chat_jid=row.chat_jid, sender=row.sender, to=parse_jid(row.to_jid)
            )
            self._as_of[position] = moves
        chat, to = queued.chat_jid, queued.to
        if str(to) == chat:
            return queued
        leads_to = await self._archive.resolve(self._account, to) if to.is_lid else ""
        return msgspec.structs.replace(queued, to=addressee(chat, to, leads_to))

    async def _uploaded(self, engine: Engine, queued: Queued) -> Queued:
        content = queued.content
        if not queued.media_path or not isinstance(content, Media) or content.ref is not None:
            return queued
        ref = queued.ref
        if ref is None:
            async with self._uploads:
                ref = await self._upload(engine, queued, content.kind)
            uploaded = ref
            await self._write(lambda rec: keep_ref(rec, queued, uploaded))
        return _with_ref(queued, content, ref)

    async def _upload(self, engine: Engine, queued: Queued, kind: MediaKind) -> MediaRef:
        try:
            source = await self._files.open(queued.media_path)
        except OSError as error:
            raise MediaUnreadable("The stored media file is gone.") from error
        with source:
            if queued.to.is_newsletter:
                return await engine.newsletters.upload(source, kind)
            return await engine.upload(source, kind)

    async def _deliver(self, queued: Queued) -> None:
        engine = self._accounts.find(self._account)
        try:
            if engine is None:
                raise NotConnected
            message = Outgoing(
                to=queued.to,
                id=queued.id,
                content=queued.content,
                timestamp=time_of(queued.timestamp_ms),
                secret=queued.secret,
            )
            began = self._clock.monotonic()
            async with asyncio.timeout(SEND_LIMIT_S):
                sent = await engine.send(message)
            self._measures.send_s.observe(self._clock.monotonic() - began)
        except Exception as error:  # noqa: BLE001 - whatever it is, the message has an end
            await self._not_sent(queued, error)
        else:
            await self._acknowledge(queued, sent)
        finally:
            self._in_flight.release()

    async def _acknowledge(self, queued: Queued, sent: Sent) -> None:
        self._measures.sends["sent"] += 1
        state = await self._write(lambda rec: record_sent(rec, queued, sent))
        self._end(queued, state, message_id=sent.id)

    async def _not_sent(self, queued: Queued, error: Exception) -> None:
        """Send again later what may still arrive; end what will not."""
        if isinstance(error, _NOT_ITS_FAULT):
            await self._again(queued)
            return
        if isinstance(error, WigwagError) and not isinstance(error, _RETRIED):
            detail = error.detail
            if isinstance(error, SendRejected) and error.server_code is not None:
                detail = f"{detail} (server code {error.server_code})"
            await self._fail(queued, error.code, detail)
            return
        attempts = self._attempts[queued.position] = self._attempts.get(queued.position, 0) + 1
        if not isinstance(error, WigwagError):
            _log.error("send_failed", reason=type(error).__name__, attempts=attempts)
        if attempts < MAX_ATTEMPTS:
            await self._again(queued)
        elif isinstance(error, WigwagError):
            await self._fail(queued, error.code, error.detail)
        else:
            await self._fail(queued, WigwagError.code, "The message could not be sent.")

    async def _again(self, queued: Queued) -> None:
        self._measures.sends["again"] += 1
        attempts = self._attempts.get(queued.position, 0)
        delay_s = RETRY_S[min(attempts, len(RETRY_S) - 1)]
        self._not_before[queued.position] = self._clock.monotonic() + delay_s
        with suppress(WigwagError):
            # where its chat is now: what was written there since comes after it
            queued = await self._addressed(queued)
        self._put(queued)

    async def _fail(self, queued: Queued, code: str, detail: str) -> None:
        self._measures.sends["failed"] += 1
        state = await self._write(lambda rec: record_failed(rec, queued, code, detail))
        refused = state is SendState.FAILED
        self._end(queued, state, code if refused else "", detail if refused else "")

    def _end(
        self,
        queued: Queued,
        state: SendState,
        code: str = "",
        detail: str = "",
        *,
        message_id: str = "",
    ) -> None:
        self._known.pop(queued.position, None)
        self._as_of.pop(queued.position, None)
        self._attempts.pop(queued.position, None)
        self._not_before.pop(queued.position, None)
        self._settled(queued, state, code, detail, message_id or queued.id)

    async def _write(self, unit: Callable[[Recording], T]) -> T:
        """Record an end; as long as the storage refuses, again and again."""
        while True:
            try:
                return await self._archive.write(lambda tx: unit(self._recording(tx)))
            except WigwagError as error:
                # A plain one is the archive's own: a disk that fails and may come back.
                if not isinstance(error, StorageFull | StorageBusy) and type(error) is not (
                    WigwagError
                ):
                    raise
            await self._clock.sleep(STORAGE_RETRY_S)

    def _recording(self, tx: ArchiveTx) -> Recording:
        return Recording(tx, self._account, ms_of(self._clock.now()), self._ballots)


def _is_of(engine: Engine, queued: Queued) -> bool:
    """Whether the account still has the number that the message was written from."""
    own = [str(plain(jid)) for jid in (engine.state.jid, engine.state.lid) if jid is not None]
    return not own or queued.sender in own


def _with_ref(queued: Queued, content: Media, ref: MediaRef) -> Queued:
    return msgspec.structs.replace(queued, content=msgspec.structs.replace(content, ref=ref))
