"""History: each notification waits in the inbox until its chunk is with the sink.

The file is downloaded, decoded in a thread and handed over in portions; only then is the phone
told (`hist_sync`), the file deleted, and the row removed. What was cut off begins anew: the sink
records every message once.
"""

import asyncio
from collections import deque
from collections.abc import Iterator
from typing import Final

import msgspec
import structlog

from wigwag.engine.native.link import Link
from wigwag.engine.native.media.transfer import Transfer
from wigwag.engine.native.receiving.receipts import protocol_receipt
from wigwag.engine.native.receiving.recorder import Recorder
from wigwag.engine.native.store.records import InboxRow
from wigwag.engine.native.store.writes import RemoveInbox
from wigwag.model.errors import (
    MediaCorrupt,
    MediaGone,
    MediaTransferFailed,
    NotConnected,
    WigwagError,
)
from wigwag.model.event import HistoryReceived
from wigwag.wire.errors import MalformedProtobuf
from wigwag.wire.history import HistoryBatch, HistoryReader
from wigwag.wire.media import ServiceKind
from wigwag.wire.protocol_messages import HistoryNotification

PORTION: Final = 2_000
"""Items handed to the sink at once: the more share a transaction, the fewer pages it writes."""
MAX_WAITING: Final = 10_000
TRIES: Final = 3
"""Downloads of a chunk that is gone or damaged, before it is given up."""
_FIRST_DELAY_S: Final = 0.5
_LAST_DELAY_S: Final = 300.0
_ONLINE_WAIT_S: Final = 60.0

_log = structlog.get_logger(__name__)
_decode = msgspec.msgpack.Decoder(HistoryNotification).decode


class History:
    """Works off the history notifications of one account, in their order."""

    def __init__(self, link: Link, transfer: Transfer, recorder: Recorder) -> None:
        self._link = link
        self._transfer = transfer
        self._recorder = recorder
        self._waiting: deque[InboxRow] = deque()
        self._known: set[int] = set()
        self._wakeup = asyncio.Event()

    def notified(self, row: InboxRow) -> None:
        """A history notification that is durable in the inbox; the same one may come twice."""
        if row.seq in self._known or len(self._waiting) >= MAX_WAITING:
            return
        self._known.add(row.seq)
        self._waiting.append(row)
        self._wakeup.set()

    async def run(self) -> None:
        """Work for ever; ends by cancellation."""
        failures = 0
        while True:
            while not self._waiting:
                self._wakeup.clear()
                await self._wakeup.wait()
            row = self._waiting[0]
            if await self._try(row, failures):
                failures = 0
                self._waiting.popleft()
                self._known.discard(row.seq)
                continue
            failures += 1
            delay_s = min(_FIRST_DELAY_S * 2 ** min(failures, 10), _LAST_DELAY_S)
            await self._link.clock.sleep(delay_s)

    async def _try(self, row: InboxRow, failures: int) -> bool:
        """Whether this row is done with, for better or worse, after so many failures."""
        try:
            notification = _decode(row.payload)
        except msgspec.DecodeError:
            _log.error("history_row_unreadable")
            self._remove(row)
            return True
        try:
            blob = await self._blob(notification)
            await self._hand_over(notification, blob)
        except (MediaGone, MediaCorrupt, MalformedProtobuf) as error:
            if failures + 1 < TRIES:
                return False
            _log.warning("history_lost", code=error.code, sync_type=notification.sync_type)
        except Exception as error:  # noqa: BLE001 - whatever the sink raises, the row stays
            if isinstance(error, NotConnected):
                await self._link.wait_online(_ONLINE_WAIT_S)
            code = error.code if isinstance(error, WigwagError) else type(error).__name__
            _log.warning("history_postponed", code=code)
            return False
        await self._finish(row, notification)
        return True

    async def _blob(self, notification: HistoryNotification) -> bytes:
        if notification.inline:
            return notification.inline
        if notification.ref is None:
            raise MediaGone("The phone did not say where the history lies.")
        return await self._transfer.fetch(notification.ref, ServiceKind.HISTORY)

    async def _hand_over(self, notification: HistoryNotification, blob: bytes) -> None:
        link = self._link
        own_lid = link.lid if link.lid.user else None
        reader = await asyncio.to_thread(HistoryReader, blob, link.pn, own_lid)
        portions = reader.batches(PORTION)
        handed = 0
        while True:
            portion = await asyncio.to_thread(_next, portions)
            if portion is None and handed:
                break
            await self._learn_links(portion)
            await link.sink(link.account, [_event(notification, reader, portion)])
            handed += 1
            if portion is None:
                break
        _log.info("history_received", sync_type=reader.sync_type, portions=handed)

    async def _learn_links(self, portion: HistoryBatch | None) -> None:
        if portion is None or not portion.links:
            return
        batch = self._recorder.open()
        for found in portion.links:
            batch.link(found.lid, found.pn)
        await self._recorder.commit(batch)

    async def _finish(self, row: InboxRow, notification: HistoryNotification) -> None:
        """The chunk is with the sink: tell the phone, delete the file, forget the row."""
        self._remove(row)
        try:
            await self._link.connection.send(protocol_receipt(row.id, "hist_sync", self._link.pn))
            if notification.ref is not None:
                await self._transfer.delete(
                    notification.ref, ServiceKind.HISTORY, notification.enc_handle
                )
        except (NotConnected, MediaTransferFailed, WigwagError) as error:
            _log.debug("history_not_confirmed", code=error.code)

    def _remove(self, row: InboxRow) -> None:
        self._link.store.defer([RemoveInbox(self._link.account, (row.seq,))])


def _next(portions: Iterator[HistoryBatch]) -> HistoryBatch | None:
    return next(portions, None)


def _event(
    notification: HistoryNotification, reader: HistoryReader, portion: HistoryBatch | None
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
    )
