"""The way out: a message is durable before it is sent, and sent once."""

import asyncio
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from wigwag.core.accounts import Accounts
from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.core.diskroom import ENDLESS_ROOM, DiskRoom
from wigwag.core.drafts import (
    Draft,
    MediaPolicy,
    checked_draft,
    checked_recipient,
    text_content,
)
from wigwag.core.identity import Recording, plain
from wigwag.core.intake import Intake
from wigwag.core.lanes import AccountSender
from wigwag.core.measures import Measures
from wigwag.core.outgoing import (
    Earlier,
    Idempotency,
    Queued,
    Submitted,
    find_earlier,
    queue,
    submitted,
)
from wigwag.core.recipients import Recipients
from wigwag.core.scheduled import checked_time, schedule
from wigwag.model.account import ConnectionState
from wigwag.model.content import Media
from wigwag.model.errors import (
    LoggedOut,
    NotConnected,
    NotPaired,
    QueueFull,
    StorageFull,
    WigwagError,
)
from wigwag.model.instant import maybe_time_of, ms_of, time_of
from wigwag.model.jid import Jid, parse_jid, parse_recipient
from wigwag.model.key import KeyRecord
from wigwag.model.message import SendState
from wigwag.ports import (
    Archive,
    Ballots,
    Clock,
    Engine,
    MediaStore,
    MediaWorkshop,
    Place,
    StoredFile,
)

__all__ = ["Draft", "Idempotency", "MediaPolicy", "Sending", "Submitted"]

T = TypeVar("T")

MAX_WAITING: Final = 10_000
"""Messages of one account in the outbox; more are refused."""


class _UnderWay(NamedTuple):
    outcome: asyncio.Future[Submitted]
    so_far: Submitted


class Sending:
    """Takes messages in, keeps them, sends them."""

    def __init__(
        self,
        archive: Archive,
        files: MediaStore,
        accounts: Accounts,
        *,
        policy: MediaPolicy,
        workshop: MediaWorkshop | None = None,
        disk: DiskRoom = ENDLESS_ROOM,
        measures: Measures | None = None,
        ballots: Ballots | None = None,
        clock: Clock = SYSTEM_CLOCK,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._archive = archive
        self._files = files
        self._accounts = accounts
        self._disk = disk
        self._measures = measures or Measures()
        self._ballots = ballots
        self._intake = Intake(files, policy, workshop)
        self._clock = clock
        self._random = random
        self._recipients = Recipients(archive, clock)
        self._senders: dict[str, AccountSender] = {}
        self._keeping: set[asyncio.Future[_UnderWay | Submitted | Earlier]] = set()
        self._waiting: dict[tuple[str, str], asyncio.Future[Submitted]] = {}
        self._loads: set[asyncio.Future[None]] = set()
        self._ends: list[Callable[[], None]] = []
        self.storage_trouble: Callable[[], str] = lambda: archive.trouble
        """Tells the code of what keeps a database from being written, or "" when all is well."""
        self.on_scheduled: Callable[[], None] = lambda: None
        """Told when a message was kept for a time to come."""

    async def start(self) -> None:
        """Take up what a former run did not get sent."""
        self._ends = [
            self._archive.watch_moves(self._moved),
            self._accounts.subscribe(self._state_changed),
        ]
        for account in self._accounts.names():
            await self._sender(account).load()

    async def stop(self) -> None:
        """End within moments; what is not acknowledged is sent after the next start.

        A file that is being taken in is given up, and its message with it.
        """
        while self._ends:
            self._ends.pop()()
        begun: list[asyncio.Future[Any]] = [*self._keeping, *self._loads]
        for task in begun:
            task.cancel()
        await asyncio.gather(*begun, return_exceptions=True)
        for sender in self._senders.values():
            await sender.stop()
        for future in self._waiting.values():
            future.cancel()

    @property
    def waiting(self) -> int:
        """Messages of all accounts that are queued or under way."""
        return sum(sender.waiting for sender in self._senders.values())

    async def submit(
        self,
        account: str,
        recipient: str,
        draft: Draft,
        *,
        wait_s: float = 10.0,
        require_connected: bool = False,
        idempotency: Idempotency | None = None,
        send_at: datetime | None = None,
    ) -> Submitted:
        """Keep a message and send it; wait up to `wait_s` for WhatsApp's acknowledgement.

        With `send_at`, a time to come, it is kept only, and leaves when the schedule lets it go.

        Raises, with nothing kept: NotFound (account), MalformedJid, EmptyMessage, InvalidInput,
        MediaUnreadable, MediaForbidden, MediaTooLarge, NotPaired, NotConnected (with
        `require_connected`, or when the server does not say whether a new number exists),
        NotOnWhatsApp, NotSchedulable, QueueFull, IdempotencyConflict, StorageFull, StorageBusy,
        DiskLow (files alone).
        """
        engine = self._accounts.get(account)
        to = checked_recipient(plain(parse_recipient(recipient)))
        checked_draft(draft)
        if self.storage_trouble() == StorageFull.code:
            raise StorageFull
        if draft.has_file:
            self._disk.check()
        if require_connected:
            self._require_connected(engine)
        sender = self._sender(account)
        await sender.load()
        if sender.waiting >= MAX_WAITING:
            raise QueueFull
        if idempotency is not None:
            again = await self.find_earlier(account, idempotency, wait_s)
            if again is not None:
                return again
        due = checked_time(send_at, self._clock.now()) if send_at is not None else None
        to = await self._recipients.check(engine, to)
        # A caller who goes away must not leave a message that is kept and never sent.
        if due is not None:
            work = self._schedule(engine, to, draft, idempotency, due)
        else:
            work = self._enqueue(engine, to, draft, idempotency)
        keeping = asyncio.ensure_future(work)
        self._keeping.add(keeping)
        keeping.add_done_callback(self._kept)
        made = await asyncio.shield(keeping)
        if isinstance(made, Earlier):
            return await self._again(account, made, wait_s)
        if isinstance(made, Submitted):
            return made
        return await self._outcome(account, made.outcome, made.so_far, wait_s)

    async def has_room(self, account: str) -> bool:
        """Whether one more message may be queued."""
        sender = self._sender(account)
        await sender.load()
        return sender.waiting < MAX_WAITING

    async def take_over(self, queued: Queued, as_of: int | None = None) -> None:
        """Send a message that has entered the outbox; see `AccountSender.enqueue`."""
        sender = self._sender(queued.account)
        try:
            await sender.follow_moves()
        finally:
            sender.enqueue(queued, as_of)

    async def find_earlier(
        self, account: str, idempotency: Idempotency, wait_s: float
    ) -> Submitted | None:
        """What became of an earlier request with this key. Raises IdempotencyConflict."""
        earlier = await self._write(account, lambda rec: find_earlier(rec, idempotency))
        return None if earlier is None else await self._again(account, earlier, wait_s)

    async def _enqueue(
        self, engine: Engine, to: Jid, draft: Draft, idempotency: Idempotency | None
    ) -> "_UnderWay | Earlier":
        as_of = self._sender(engine.account).moves
        made = await self._keep(engine, to, draft, partial(queue, key=idempotency))
        if isinstance(made, Earlier):
            return made
        outcome = asyncio.get_running_loop().create_future()
        self._waiting[engine.account, made.id] = outcome
        await self.take_over(made, as_of)
        return _UnderWay(outcome, submitted(made))

    async def _schedule(
        self,
        engine: Engine,
        to: Jid,
        draft: Draft,
        idempotency: Idempotency | None,
        due: datetime,
    ) -> "Submitted | Earlier":
        unit = partial(schedule, key=idempotency, due_ms=ms_of(due))
        made = await self._keep(engine, to, draft, unit)
        if isinstance(made, Earlier):
            return made
        self.on_scheduled()
        return msgspec.structs.replace(submitted(made), due_at=time_of(ms_of(due)))

    def _kept(self, keeping: "asyncio.Future[_UnderWay | Submitted | Earlier]") -> None:
        self._keeping.discard(keeping)
        if not keeping.cancelled():
            # The caller, who may be gone by now, has had the error from the task itself.
            keeping.exception()

    async def _keep(
        self,
        engine: Engine,
        to: Jid,
        draft: Draft,
        unit: Callable[[Recording, Queued, str, StoredFile | None], Queued | Earlier],
    ) -> Queued | Earlier:
        """Everything that must be durable before the message may leave, put there by `unit`."""
        own = _own(engine)
        # whole seconds, as the network counts them: an answer within the same second stays behind
        now = self._clock.now().replace(microsecond=0)
        file = content = None
        if draft.has_file:
            file, content = await self._taken(engine.account, to, own, draft, now)
        else:
            content = text_content(draft, self._random(32))
        queued = Queued(
            account=engine.account,
            chat_jid="",
            sender="",
            id="3EB0" + self._random(9).hex().upper(),
            to=to,
            content=content,
            timestamp_ms=ms_of(now),
            secret=self._random(32),
            media_path=file.path if file is not None else "",
        )
        try:
            made = await self._write(engine.account, lambda rec: unit(rec, queued, own, file))
        except Exception:
            await self._drop(file)
            raise
        if isinstance(made, Earlier):
            await self._drop(file)
        elif file is not None:
            await self._files.settle(file.path)
        return made

    async def _drop(self, file: StoredFile | None) -> None:
        if file is not None:
            await self._files.remove(file.path, file.sha256)

    async def _taken(
        self, account: str, to: Jid, own: str, draft: Draft, now: datetime
    ) -> tuple[StoredFile, Media]:
        chat = parse_jid(await self._archive.resolve(account, to))
        place = Place(account=account, chat=chat, sender=parse_jid(own) if own else to)
        return await self._intake.take(draft, place, now)

    def _require_connected(self, engine: Engine) -> None:
        if self._accounts.is_connected(engine.account):
            return
        if engine.state.state == ConnectionState.LOGGED_OUT:
            raise LoggedOut
        if engine.state.jid is None:
            raise NotPaired
        raise NotConnected

    def _sender(self, account: str) -> AccountSender:
        sender = self._senders.get(account)
        if sender is None:
            sender = self._senders[account] = AccountSender(
                account,
                archive=self._archive,
                files=self._files,
                accounts=self._accounts,
                clock=self._clock,
                recipients=self._recipients,
                measures=self._measures,
                settled=self._settled,
                ballots=self._ballots,
            )
        return sender

    def _state_changed(self, account: str) -> None:
        """An account that was not served at the start may have left something in the outbox."""
        if self._accounts.is_connected(account) and not self._sender(account).is_loaded:
            load = asyncio.ensure_future(self._load(account))
            self._loads.add(load)
            load.add_done_callback(self._loads.discard)

    async def _load(self, account: str) -> None:
        # What the storage keeps from it is taken up at the next change of state, or submit.
        with suppress(WigwagError):
            await self._sender(account).load()

    def _moved(self, _keys: Sequence[KeyRecord]) -> None:
        for sender in self._senders.values():
            sender.moved()

    def _settled(
        self, queued: Queued, state: SendState, code: str, detail: str, message_id: str
    ) -> None:
        waiting = self._waiting.pop((queued.account, queued.id), None)
        if waiting is not None and not waiting.done():
            waiting.set_result(
                msgspec.structs.replace(
                    submitted(queued),
                    id=message_id,
                    state=state,
                    error_code=code,
                    error=detail,
                )
            )

    async def _again(self, account: str, earlier: Earlier, wait_s: float) -> Submitted:
        """The answer to a repeated request: what became of the first one."""
        so_far = Submitted(
            id=earlier.id,
            chat_jid=earlier.chat_jid,
            timestamp=time_of(earlier.timestamp_ms),
            state=earlier.state,
            error_code=earlier.error_code,
            error=earlier.error,
            due_at=maybe_time_of(earlier.due_ms),
        )
        if so_far.state is not SendState.QUEUED:
            return so_far
        waiting = self._waiting.get((account, earlier.id))
        if waiting is not None:
            return await self._outcome(account, waiting, so_far, wait_s)
        return await self._by_now(account, so_far)

    async def _outcome(
        self,
        account: str,
        waiting: "asyncio.Future[Submitted]",
        so_far: Submitted,
        wait_s: float,
    ) -> Submitted:
        done, _ = await asyncio.wait((waiting,), timeout=max(wait_s, 0.0))
        if done and not waiting.cancelled():
            return waiting.result()
        return so_far if done or wait_s <= 0 else await self._by_now(account, so_far)

    async def _by_now(self, account: str, so_far: Submitted) -> Submitted:
        """What the archive says of it: it may have come to its end since it was looked up, and a
        receipt proves it sent where the acknowledgement was lost."""
        with suppress(WigwagError):  # the message is kept: what is known of it is the answer
            for row in await self._archive.find_messages(account, so_far.id, so_far.chat_jid):
                so_far = msgspec.structs.replace(
                    so_far,
                    state=row.state or so_far.state,
                    error_code=row.error_code,
                    error=row.error,
                )
        return so_far

    async def _write(self, account: str, unit: Callable[[Recording], T]) -> T:
        now_ms = ms_of(self._clock.now())
        return await self._archive.write(lambda tx: unit(Recording(tx, account, now_ms)))


def _own(engine: Engine) -> str:
    jid = engine.state.jid
    return str(plain(jid)) if jid is not None else ""
