"""Messages with a time to come, in the archive: taken in, moved, cancelled, released.

Each step is one write unit. Until its time such a message is no message of its chat; then it goes
the way of all others, through the outbox.
"""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from wigwag.core.identity import Recording
from wigwag.core.outgoing import (
    Earlier,
    Idempotency,
    Queued,
    enter,
    find_earlier,
    own_message,
    remember,
)
from wigwag.core.rows import kind_of, text_of
from wigwag.core.views import View, time_view
from wigwag.model.content import Content, Media, MediaKind
from wigwag.model.errors import Conflict, NotFound, NotSchedulable, QueueFull
from wigwag.model.instant import time_of
from wigwag.model.jid import parse_jid
from wigwag.model.record import EventType, ScheduledRecord
from wigwag.ports import StoredFile

MAX_SCHEDULED: Final = 10_000
"""Messages of one account that wait for their time; more are refused."""
GRACE: Final = timedelta(minutes=1)
"""How long a time may have passed already: the message is sent at once then."""
HORIZON: Final = timedelta(days=366)
SCHEDULED: Final = "scheduled"
CANCELLED: Final = "cancelled"

_ENCODER: Final = msgspec.msgpack.Encoder()
_CONTENT: Final[msgspec.msgpack.Decoder[Content]] = msgspec.msgpack.Decoder(Content)
decode_file: Final = msgspec.msgpack.Decoder(StoredFile).decode
"""The file of a record, from its column."""


def checked_time(send_at: datetime, now: datetime) -> datetime | None:
    """The time to send at, or None for at once. Raises NotSchedulable."""
    if now - send_at > GRACE:
        raise NotSchedulable("send_at lies in the past; give a time to come, or leave it out.")
    if send_at - now > HORIZON:
        raise NotSchedulable(f"send_at lies more than {HORIZON.days} days ahead.")
    return send_at if send_at > now else None


def schedule(
    rec: Recording,
    queued: Queued,
    own: str,
    file: StoredFile | None,
    *,
    key: Idempotency | None,
    due_ms: int,
) -> Queued | Earlier:
    """Keep a message until its time; or what an earlier request made of it."""
    if key is not None:
        earlier = find_earlier(rec, key)
        if earlier is not None:
            return earlier
    if rec.tx.scheduled.count(rec.account) >= MAX_SCHEDULED:
        raise QueueFull("Too many messages wait for their time; cancel some, or wait.")
    queued = own_message(rec, queued, own)
    record = ScheduledRecord(
        account=rec.account,
        chat_jid=queued.chat_jid,
        sender=queued.sender,
        message_id=queued.id,
        to_jid=str(queued.to),
        due_ms=due_ms,
        created_ms=rec.now_ms,
        secret=queued.secret,
        content=_ENCODER.encode(queued.content),
        file=_ENCODER.encode(file) if file is not None else None,
    )
    rec.tx.scheduled.add(record)
    remember(rec, queued, key)
    _tell(rec, record, SCHEDULED)
    return queued


def release(rec: Recording, message_id: str) -> Queued | None:
    """Its time has come: it enters the outbox. None when it was moved or cancelled meanwhile."""
    record = rec.tx.scheduled.find(rec.account, message_id)
    if record is None or record.due_ms > rec.now_ms:
        return None
    rec.tx.scheduled.remove(rec.account, message_id)
    file = file_of(record)
    queued = Queued(
        account=rec.account,
        chat_jid=record.chat_jid,
        sender=record.sender,
        id=record.message_id,
        to=parse_jid(record.to_jid),
        content=content_of(record),
        # whole seconds, as the network counts them
        timestamp_ms=rec.now_ms // 1000 * 1000,
        secret=record.secret,
        media_path=file.path if file is not None else "",
    )
    return enter(rec, queued, file)


def move(rec: Recording, message_id: str, due_ms: int) -> ScheduledRecord:
    """Give it another time. Raises NotFound, Conflict (it has left)."""
    record = _get(rec, message_id)
    if record.due_ms == due_ms:
        return record
    moved = record._replace(due_ms=due_ms)
    rec.tx.scheduled.move(rec.account, message_id, due_ms)
    _tell(rec, moved, SCHEDULED)
    return moved


def cancel(rec: Recording, message_id: str) -> ScheduledRecord:
    """It is not sent, its key is free again, and its file a removal. Raises NotFound, Conflict (it
    has left)."""
    record = _get(rec, message_id)
    rec.tx.scheduled.remove(rec.account, message_id)
    file = file_of(record)
    if file is not None:
        rec.tx.retention.remove_file(file.path, file.sha256)
    rec.tx.outbox.drop_idempotency(rec.account, message_id)
    _tell(rec, record, CANCELLED)
    return record


def content_of(record: ScheduledRecord) -> Content:
    return _CONTENT.decode(record.content)


def file_of(record: ScheduledRecord) -> StoredFile | None:
    return decode_file(record.file) if record.file is not None else None


def scheduled_view(record: ScheduledRecord) -> View:
    """A message that waits for its time, as told."""
    content = content_of(record)
    document = isinstance(content, Media) and content.kind is MediaKind.DOCUMENT and content
    return {
        "id": record.message_id,
        "account": record.account,
        "chat_jid": record.chat_jid,
        "state": SCHEDULED,
        "type": kind_of(content).value,
        "text": text_of(content),
        "filename": (document.filename or None) if document else None,
        "send_at": time_view(time_of(record.due_ms)),
        "created_at": time_view(time_of(record.created_ms)),
    }


def _get(rec: Recording, message_id: str) -> ScheduledRecord:
    record = rec.tx.scheduled.find(rec.account, message_id)
    if record is not None:
        return record
    if rec.tx.messages.find_all(rec.account, message_id):
        raise Conflict("Its time has come: it has left, and is a message like all others now.")
    raise NotFound("There is no such scheduled message here.")


def _tell(rec: Recording, record: ScheduledRecord, state: str) -> None:
    data: View = {
        "id": record.message_id,
        "chat_jid": record.chat_jid,
        "state": state,
        "send_at": time_view(time_of(record.due_ms)),
    }
    rec.tell(EventType.MESSAGE_STATUS, data, record.chat_jid)
