"""Files of messages: in the background all that is pending, and at once what somebody asks for."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TypeVar

import structlog

from wigwag.core.accounts import Accounts
from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.core.diskroom import ENDLESS_ROOM, DiskRoom
from wigwag.core.identity import Recording, plain
from wigwag.core.measures import Measures
from wigwag.core.mediadownload import MediaDownload, StoredMedia
from wigwag.core.mediaretry import MediaRequests, find_row
from wigwag.core.removals import clear_leftovers
from wigwag.model.archived import ArchivedMessage
from wigwag.model.capability import Capability
from wigwag.model.content import Media
from wigwag.model.errors import (
    AmbiguousId,
    MediaAwaited,
    MediaTransferFailed,
    NotFound,
    WigwagError,
)
from wigwag.model.instant import ms_of
from wigwag.model.jid import parse_recipient
from wigwag.model.record import MediaState
from wigwag.ports import Archive, Clock, MediaStore

PHONE_S: Final = 15.0
"""How long whoever wants a file that the phone was asked for waits for its answer."""
LOOK_S: Final = 4.0
"""Until the next look, while the disk or the database is in trouble."""
IDLE_S: Final = 30.0
BUSY_S: Final = 1.0

T = TypeVar("T")
_log = structlog.get_logger(__name__)


class MediaFetcher:
    """Downloads what messages bring: in the background all that is pending, at once on demand."""

    def __init__(
        self,
        archive: Archive,
        files: MediaStore,
        accounts: Accounts,
        *,
        workers: int = 4,
        disk: DiskRoom = ENDLESS_ROOM,
        measures: Measures | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._archive = archive
        self._files = files
        self._accounts = accounts
        self._workers = workers
        self._disk = disk
        self._clock = clock
        self._requests = MediaRequests(archive, clock)
        self._download = MediaDownload(
            archive,
            files,
            accounts,
            self._requests,
            disk=disk,
            measures=measures or Measures(),
            clock=clock,
        )
        self._running: dict[int, asyncio.Task[StoredMedia]] = {}
        self._news = asyncio.Event()
        self._background = 0
        self._woken = asyncio.Event()
        self._dispatcher: asyncio.Task[None] | None = None
        self._sweeper: asyncio.Task[None] | None = None
        self._unsubscribe = accounts.subscribe(self.wake)

    async def start(self) -> None:
        """Begin; what former runs left half done is cleared away meanwhile."""
        self._sweeper = asyncio.create_task(self._sweep())
        self._dispatcher = asyncio.create_task(self._dispatch())

    async def _sweep(self) -> None:
        try:
            await clear_leftovers(self._archive, self._files)
        except (OSError, WigwagError) as error:
            _log.warning("media_sweep_failed", reason=type(error).__name__)

    async def stop(self) -> None:
        """End within moments; downloads under way start anew after the next start."""
        self._unsubscribe()
        for task in (self._sweeper, self._dispatcher):
            if task is not None:
                task.cancel()
                await asyncio.wait((task,))
        running = tuple(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    @property
    def running(self) -> int:
        """Downloads that are under way."""
        return len(self._running)

    def wake(self, account: str) -> None:
        """There may be something to download for this account, or its phone answered."""
        del account
        self._woken.set()
        self._news.set()
        self._news = asyncio.Event()

    async def fetch(
        self,
        account: str,
        chat_jid: str,
        message_id: str,
        *,
        sender: str = "",
        timeout_s: float = 120.0,
    ) -> StoredMedia:
        """The file of a message: at once if it is there and the right one, else downloaded.

        `sender` is a canonical JID, for where two messages of a chat share the id.
        When only the phone may still have it, the phone is asked, and gets some seconds to answer.
        Raises NotFound, AmbiguousId, MalformedJid, NotConnected, MediaGone, MediaAwaited,
        MediaCorrupt, MediaTransferFailed, StorageFull, DiskLow.
        """
        self._accounts.get(account)
        message = await self._find(account, chat_jid, message_id, sender)
        try:
            async with asyncio.timeout(timeout_s):
                try:
                    return await self._fetched(message)
                except MediaAwaited as error:
                    return await self._fetched(await self._answered(message, error))
        except TimeoutError as error:
            raise MediaTransferFailed("The download takes long; it goes on.") from error

    async def retry(self, account: str, chat_jid: str, message_id: str) -> MediaState:
        """Begin anew with a file that failed, is gone or waits; its state then.

        It is downloaded soon, and the phone asked where that does not help, whatever was tried
        before. Raises NotFound, AmbiguousId, MalformedJid, StorageFull, StorageBusy, and
        NotSupportedByEngine for a file that only the phone can bring back.
        """
        self._accounts.get(account)
        message = await self._find(account, chat_jid, message_id)
        if await self._download.find_present(message) is not None:
            return MediaState.AVAILABLE
        if message.media is not None and message.media.state == MediaState.GONE:
            self._accounts.require(account, Capability.MEDIA_RETRY)

        def unit(rec: Recording) -> None:
            head = find_row(rec, message)
            if head is not None:
                rec.tx.messages.change(
                    head,
                    media_state=MediaState.PENDING.value,
                    media_attempts=0,
                    media_asks=0,
                    media_next_ms=0,
                    media_error=None,
                )

        await self._write(account, unit)
        self._requests.forget(message.row)
        self.wake(account)
        return MediaState.PENDING

    async def _fetched(self, message: ArchivedMessage) -> StoredMedia:
        stored = await self._download.find_present(message)
        if stored is not None:
            return stored
        task = self._running.get(message.row)
        if task is None:
            task = self._run(
                message.row,
                message.account,
                message.id,
                message.chat_jid,
                message.sender.jid,
                urgent=True,
            )
        return await asyncio.shield(task)

    async def _answered(self, message: ArchivedMessage, awaited: MediaAwaited) -> ArchivedMessage:
        """The message once the phone answered. Raises `awaited` when that takes long."""
        try:
            async with asyncio.timeout(PHONE_S):
                while True:
                    news = self._news
                    found = await self._archive.find_messages(
                        message.account, message.id, message.chat_jid, message.sender.jid
                    )
                    if found and _has_moved(message, found[0]):
                        return found[0]
                    await news.wait()
        except TimeoutError as error:
            raise awaited from error

    async def _find(
        self, account: str, chat_jid: str, message_id: str, sender: str = ""
    ) -> ArchivedMessage:
        jid = plain(parse_recipient(chat_jid))
        chat = await self._archive.resolve(account, jid)
        found = await self._archive.find_messages(account, message_id, chat, sender)
        if not found:
            raise NotFound("There is no such message here.")
        with_media = [message for message in found if message.media is not None]
        if len(with_media) > 1:
            raise AmbiguousId
        return with_media[0] if with_media else found[0]

    async def _dispatch(self) -> None:
        """Keep the workers busy as long as something is due."""
        while True:
            self._woken.clear()
            try:
                delay_s = await self._start_due()
            except WigwagError as error:
                _log.warning("media_dispatch_failed", code=error.code)
                delay_s = LOOK_S
            with suppress(TimeoutError):
                async with asyncio.timeout(delay_s):
                    await self._woken.wait()

    async def _start_due(self) -> float:
        """Start what is due and fits; seconds until there may be more to do."""
        if self._disk.low:
            return LOOK_S
        accounts = self._accounts.connected()
        pause_s = self._download.pause_s
        free = self._workers - self._background
        if not accounts or free <= 0 or pause_s > 0:
            return max(pause_s, BUSY_S) if pause_s > 0 else IDLE_S
        now_ms = ms_of(self._clock.now())
        limit = free + len(self._running)
        due = await self._archive.list_pending_media(accounts, now_ms, limit)
        for pending in due:
            if pending.row in self._running or self._background >= self._workers:
                continue
            self._background += 1
            task = self._run(
                pending.row,
                pending.account,
                pending.id,
                pending.chat_jid,
                pending.sender,
                urgent=False,
            )
            task.add_done_callback(self._worker_free)
        if self._background:
            return BUSY_S
        next_ms = await self._archive.next_media_ms(accounts)
        if next_ms is None:
            return IDLE_S
        return min(max((next_ms - now_ms) / 1000, BUSY_S), IDLE_S)

    def _worker_free(self, task: asyncio.Task[StoredMedia]) -> None:
        del task
        self._background -= 1
        self._woken.set()

    def _run(
        self, row: int, account: str, message_id: str, chat: str, sender: str, *, urgent: bool
    ) -> asyncio.Task[StoredMedia]:
        obtain = self._download.obtain(account, message_id, chat, sender, urgent=urgent)
        task = asyncio.create_task(obtain)
        self._running[row] = task

        def ended(task: asyncio.Task[StoredMedia]) -> None:
            self._running.pop(row, None)
            if not task.cancelled():
                # Who waits gets the error from the task itself; it is recorded already.
                task.exception()

        task.add_done_callback(ended)
        return task

    async def _write(self, account: str, unit: Callable[[Recording], T]) -> T:
        now_ms = ms_of(self._clock.now())
        return await self._archive.write(lambda tx: unit(Recording(tx, account, now_ms)))


def _has_moved(before: ArchivedMessage, now: ArchivedMessage) -> bool:
    """Whether something new is known of a file that was waited for."""
    if now.media is None or now.media.state != MediaState.PENDING:
        return True
    old, new = before.content, now.content
    return isinstance(old, Media) and isinstance(new, Media) and old.ref != new.ref
