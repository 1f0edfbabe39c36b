"""History: each notification waits in the inbox until its chunk is with the sink.

The file is downloaded, decoded in a thread and handed over in portions; only then is the phone
told (`hist_sync`), the file deleted, and the row removed. What was cut off begins anew: the sink
records every message once. A chunk whose file cannot be had is tried again later, while others go
on; in the end the phone is asked for it again, and the sink is told that it was lost.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import msgspec
import structlog

from wigwag.engine.common.transfer import Transfer
from wigwag.engine.native.link import Link
from wigwag.engine.native.receiving.receipts import protocol_receipt
from wigwag.engine.native.receiving.recorder import Recorder
from wigwag.engine.native.receiving.secrets import Secrets
from wigwag.engine.native.store.records import InboxRow
from wigwag.engine.native.store.writes import PutToken, RemoveInbox
from wigwag.engine.native.sync.phone import Phone
from wigwag.model.errors import (
    MediaCorrupt,
    MediaGone,
    MediaTransferFailed,
    NotConnected,
    WigwagError,
)
from wigwag.model.event import HistoryLost, HistoryReceived
from wigwag.wire.errors import MalformedProtobuf
from wigwag.wire.history import NOTHING, HistoryBatch, HistoryReader
from wigwag.wire.media import ServiceKind
from wigwag.wire.protocol_messages import HistoryChunkRequest, HistoryNotification

PORTION: Final = 2_000
"""Items handed to the sink at once: the more share a transaction, the fewer pages it writes."""
MAX_WAITING: Final = 10_000
TRIES: Final = 3
"""Downloads of a chunk that is gone or damaged, before it is given up."""
TRANSFER_TRIES: Final = 12
"""Downloads of a chunk whose host fails, over three quarters of an hour."""
_FIRST_DELAY_S: Final = 0.5
_LAST_DELAY_S: Final = 600.0
_SINK_DELAY_S: Final = 30.0
_ONLINE_WAIT_S: Final = 60.0

_LOST: Final = (MediaGone, MediaCorrupt, MalformedProtobuf)

_log = structlog.get_logger(__name__)
_decode = msgspec.msgpack.Decoder(HistoryNotification).decode


@dataclass(slots=True, eq=False)
class _Job:
    """A notification that waits. It is not `due` while the next try is some time off."""

    row: InboxRow
    failures: int = 0
    due: bool = True


class HistoryQueue:
    """The history notifications of one account that wait, in their order.

    Apart from `History`, which reaches the inbox that fills it.
    """

    def __init__(self) -> None:
        self._jobs: dict[int, _Job] = {}
        self._wakeup = asyncio.Event()

    def notified(self, row: InboxRow) -> None:
        """A history notification that is durable in the inbox; the same one may come twice."""
        if row.seq in self._jobs or len(self._jobs) >= MAX_WAITING:
            return
        self._jobs[row.seq] = _Job(row)
        self._wakeup.set()

    async def next(self) -> _Job:
        """The first one that is due; it waits until it is `done`."""
        while True:
            job = next((job for job in self._jobs.values() if job.due), None)
            if job is not None:
                return job
            self._wakeup.clear()
            await self._wakeup.wait()

    def done(self, job: _Job) -> None:
        del self._jobs[job.row.seq]

    def due_again(self, job: _Job) -> None:
        job.due = True
        self._wakeup.set()


class History:
    """Works off the history notifications of one account, in their order as far as they can be."""

    def __init__(
        self,
        link: Link,
        queue: HistoryQueue,
        *,
        transfer: Transfer,
        recorder: Recorder,
        phone: Phone,
        secrets: Secrets,
    ) -> None:
        self._link = link
        self._queue = queue
        self._transfer = transfer
        self._recorder = recorder
        self._phone = phone
        self._secrets = secrets

    async def run(self) -> None:
        """Work for ever; ends by cancellation."""
        sink_failures = 0
        while True:
            job = await self._queue.next()
            try:
                done = await self._try(job)
            except Exception as error:  # noqa: BLE001 - whatever the sink raises, the row stays
                _log.warning("history_postponed", code=_code(error))
                sink_failures += 1
                await self._link.clock.sleep(_delay_s(sink_failures, _SINK_DELAY_S))
                continue
            sink_failures = 0
            if done:
                self._queue.done(job)

    async def _try(self, job: _Job) -> bool:
        """Whether this row is done with, for better or worse. What the sink raises passes."""
        row = job.row
        try:
            notification = _decode(row.payload)
        except msgspec.DecodeError:
            _log.error("history_row_unreadable")
            self._remove(row)
            return True
        try:
            blob = await self._blob(notification)
            reader = await self._open(blob)
        except NotConnected:
            await self._link.wait_online(_ONLINE_WAIT_S)
            return False
        except (*_LOST, MediaTransferFailed) as error:
            return await self._failed(job, notification, error)
        await self._hand_over(notification, reader)
        await self._finish(row, notification)
        return True

    async def _failed(
        self, job: _Job, notification: HistoryNotification, error: WigwagError
    ) -> bool:
        """The file could not be had: later again, or the phone is asked for it."""
        job.failures += 1
        most = TRIES if isinstance(error, _LOST) else TRANSFER_TRIES
        if job.failures < most:
            job.due = False
            delay_s = _delay_s(job.failures, _LAST_DELAY_S)
            self._link.spawn(self._later(job, delay_s), "history-later")
            return False
        asked = await self._ask_again(job.row, notification)
        _log.warning("history_lost", code=error.code, sync_type=notification.sync_type, asked=asked)
        lost = HistoryLost(
            sync_type=notification.sync_type,
            progress=notification.progress,
            chunk=notification.chunk_order,
            reason=error.code,
            asked=asked,
        )
        batch = self._recorder.open()
        batch.record("history_lost", lost, (job.row.chat, job.row.sender, job.row.id))
        batch.changes.add(RemoveInbox(self._link.account, (job.row.seq,)))
        await self._recorder.commit(batch)
        await self._confirm(job.row)
        return True

    async def _ask_again(self, row: InboxRow, notification: HistoryNotification) -> bool:
        request = HistoryChunkRequest(
            sync_type=notification.sync_type,
            chunk_order=notification.chunk_order,
            notification_id=row.id,
        )
        try:
            await self._phone.send(request)
        except WigwagError as error:
            _log.info("phone_not_asked", code=error.code)
            return False
        return True

    async def _later(self, job: _Job, delay_s: float) -> None:
        await self._link.clock.sleep(delay_s)
        self._queue.due_again(job)

    async def _blob(self, notification: HistoryNotification) -> bytes:
        """The chunk; empty when the phone says only that there is none."""
        if notification.inline or notification.ref is None:
            return notification.inline
        return await self._transfer.fetch(notification.ref, ServiceKind.HISTORY)

    async def _open(self, blob: bytes) -> HistoryReader:
        link = self._link
        own_lid = link.lid if link.lid.user else None
        return await asyncio.to_thread(HistoryReader, blob or NOTHING, link.pn, own_lid)

    async def _hand_over(self, notification: HistoryNotification, reader: HistoryReader) -> None:
        link = self._link
        portions = reader.batches(PORTION)
        handed = 0
        portion = await asyncio.to_thread(_next, portions)
        while True:
            following = await asyncio.to_thread(_next, portions) if portion is not None else None
            await self._learn(portion)
            event = _event(notification, reader, portion, last=following is None)
            links = portion.links if portion is not None else ()
            await link.sink(link.account, [*links, event])
            handed += 1
            if following is None:
                break
            portion = following
        _log.info(
            "history_received",
            sync_type=reader.sync_type,
            portions=handed,
            malformed=reader.malformed,
            **reader.ignored,
        )

    async def _learn(self, portion: HistoryBatch | None) -> None:
        """What the engine itself keeps of a portion: who is who, privacy tokens, and the secrets of
        announcements."""
        if portion is None or not (portion.links or portion.tokens or portion.secrets):
            return
        account, store = self._link.account, self._link.store
        await self._recorder.link((found.lid, found.pn) for found in portion.links)
        batch = self._recorder.open()
        for token in portion.tokens:
            user = str(token.user if token.user.is_lid else batch.lid_of(token.user) or token.user)
            known = store.find_token(account, user)
            if known is None or known.timestamp < token.timestamp:
                sent_at = max(token.sent_at, known.sent_at if known is not None else 0)
                batch.changes.add(PutToken(account, user, token.token, token.timestamp, sent_at))
        self._secrets.learn_older(portion.secrets, batch)
        await self._recorder.commit(batch)

    async def _finish(self, row: InboxRow, notification: HistoryNotification) -> None:
        """The chunk is with the sink: tell the phone, delete the file, forget the row."""
        self._remove(row)
        await self._confirm(row)
        if notification.ref is None:
            return
        try:
            await self._transfer.delete(
                notification.ref, ServiceKind.HISTORY, notification.enc_handle
            )
        except WigwagError as error:
            _log.debug("history_not_deleted", code=error.code)

    async def _confirm(self, row: InboxRow) -> None:
        """Tell the phone that this notification is done with."""
        try:
            await self._link.connection.send(protocol_receipt(row.id, "hist_sync", self._link.pn))
        except WigwagError as error:
            _log.debug("history_not_confirmed", code=error.code)

    def _remove(self, row: InboxRow) -> None:
        self._link.store.defer([RemoveInbox(self._link.account, (row.seq,))])


def _next(portions: Iterator[HistoryBatch]) -> HistoryBatch | None:
    return next(portions, None)


def _delay_s(failures: int, most_s: float) -> float:
    return min(_FIRST_DELAY_S * 2 ** min(failures, 16), most_s)


def _code(error: Exception) -> str:
    return error.code if isinstance(error, WigwagError) else type(error).__name__


def _event(
    notification: HistoryNotification,
    reader: HistoryReader,
    portion: HistoryBatch | None,
    *,
    last: bool,
) -> HistoryReceived:
    """One portion as an event; a chunk with nothing in it is told, too."""
    portion = portion or HistoryBatch()
    sync_type = reader.sync_type
    return HistoryReceived(
        sync_type=notification.sync_type if sync_type == "unknown" else sync_type,
        progress=reader.progress or notification.progress,
        chunk=reader.chunk or notification.chunk_order,
        chats=portion.chats,
        messages=portion.messages,
        contacts=portion.contacts,
        receipts=portion.receipts,
        request_id=notification.request_id,
        last=last,
    )
