"""Own messages in the archive: queued, sent, failed. Each step is one write unit."""

from datetime import datetime
from typing import Final

import msgspec

from wigwag.core.changes import CHANGES
from wigwag.core.identity import Recording
from wigwag.core.incoming import record_message
from wigwag.core.naming import own_name
from wigwag.core.newsletters import note_post
from wigwag.core.receipts import told_state
from wigwag.core.rows import MEDIA_HOST, body_of, message_record
from wigwag.core.timers import lasting
from wigwag.core.views import View, message_view
from wigwag.model.content import (
    Content,
    Media,
    MediaRef,
    MessageKey,
)
from wigwag.model.errors import IdempotencyConflict, NotPaired
from wigwag.model.instant import ms_of, time_of
from wigwag.model.jid import Jid, parse_jid
from wigwag.model.message import Message, SendState, Sent, raise_state
from wigwag.model.record import (
    EventType,
    IdempotencyRecord,
    MediaState,
    MessageHead,
    OutboxRecord,
)
from wigwag.model.value import Value
from wigwag.ports import ArchiveTx, StoredFile

_CONTENT: Final[msgspec.msgpack.Decoder[Content]] = msgspec.msgpack.Decoder(Content)
_REF: Final = msgspec.msgpack.Decoder(MediaRef)
_ENCODER: Final = msgspec.msgpack.Encoder()


class Idempotency(Value):
    """A caller's key, and a digest of the request it stands for.

    `nobodys` is the same key as it is kept where callers are not told apart: as long as the server
    asked for no keys, and before each caller had its own.
    """

    key: str
    fingerprint: bytes
    nobodys: str = ""


class Queued(Value):
    """A message in the outbox. `position` orders the outbox; `file` is what is to be uploaded."""

    account: str
    chat_jid: str
    sender: str
    id: str
    to: Jid
    content: Content
    timestamp_ms: int
    secret: bytes
    media_path: str = ""
    ref: MediaRef | None = None
    position: int = 0


class Earlier(Value):
    """What became of an earlier request with the same idempotency key.

    `due_ms` is there while the message waits for its time.
    """

    chat_jid: str
    id: str
    timestamp_ms: int
    state: SendState
    error_code: str = ""
    error: str = ""
    due_ms: int | None = None


class Submitted(Value):
    """What became of a message so far. `error_code` and `error` say why it failed; `due_at` is
    there while it waits for its time."""

    id: str
    chat_jid: str
    timestamp: datetime
    state: SendState
    error_code: str = ""
    error: str = ""
    due_at: datetime | None = None


def from_outbox(record: OutboxRecord, to: Jid) -> Queued:
    """A queued message as it was before a restart."""
    return Queued(
        account=record.account,
        chat_jid=record.chat_jid,
        sender=record.sender,
        id=record.message_id,
        to=to,
        content=_CONTENT.decode(record.content),
        timestamp_ms=record.timestamp_ms,
        secret=record.secret,
        media_path=record.media_path,
        ref=_REF.decode(record.ref) if record.ref is not None else None,
        position=record.position,
    )


def find_request(tx: ArchiveTx, account: str, idempotency: Idempotency) -> IdempotencyRecord | None:
    """What is kept of an earlier request with this key. Raises IdempotencyConflict."""
    known = tx.outbox.find_idempotency(account, idempotency.key)
    if known is not None:
        if known.fingerprint != idempotency.fingerprint:
            raise IdempotencyConflict
        return known
    if not idempotency.nobodys:
        return None
    known = tx.outbox.find_idempotency(account, idempotency.nobodys)
    # another request with it may be anybody's
    return known if known and known.fingerprint == idempotency.fingerprint else None


def submitted(queued: Queued) -> Submitted:
    """What is told of a message that is queued."""
    return Submitted(
        id=queued.id,
        chat_jid=queued.chat_jid,
        timestamp=time_of(queued.timestamp_ms),
        state=SendState.QUEUED,
    )


def find_earlier(rec: Recording, idempotency: Idempotency) -> Earlier | None:
    """The message of an earlier request with this key. Raises IdempotencyConflict."""
    known = find_request(rec.tx, rec.account, idempotency)
    if known is None:
        return None
    head = rec.tx.messages.find(rec.account, known.chat_jid, known.sender, known.message_id)
    if head is None:
        waiting = rec.tx.scheduled.find(rec.account, known.message_id)
        if waiting is not None:
            return Earlier(
                chat_jid=waiting.chat_jid,
                id=waiting.message_id,
                timestamp_ms=waiting.created_ms,
                state=SendState.QUEUED,
                due_ms=waiting.due_ms,
            )
        # a change of another message: it has no row, and one that failed is forgotten
        waits = rec.tx.outbox.holds(rec.account, known.message_id)
        return Earlier(
            chat_jid=known.chat_jid,
            id=known.message_id,
            timestamp_ms=known.created_ms,
            state=SendState.QUEUED if waits else SendState.SENT,
        )
    told = rec.tx.messages.load(head)
    return Earlier(
        chat_jid=head.chat_jid,
        id=head.id,
        timestamp_ms=head.timestamp_ms,
        state=told.state or SendState.SENT,
        error_code=told.error_code,
        error=told.error,
    )


def queue(
    rec: Recording, queued: Queued, own: str, file: StoredFile | None, key: Idempotency | None
) -> Queued | Earlier:
    """Put a message into the archive and the outbox; or what an earlier request made of it."""
    if key is not None:
        earlier = find_earlier(rec, key)
        if earlier is not None:
            return earlier
    queued = enter(rec, own_message(rec, queued, own), file)
    remember(rec, queued, key)
    return queued


def own_message(rec: Recording, queued: Queued, own: str) -> Queued:
    """The message under the addresses of the archive, lasting as long as its chat says.

    Raises NotPaired while there are no addresses.
    """
    sender = rec.own_jid() or own
    if not sender:
        raise NotPaired
    chat = rec.canonical(queued.to)
    content = lasting(rec, chat, queued.content)
    return msgspec.structs.replace(queued, sender=sender, chat_jid=chat, content=content)


def enter(rec: Recording, queued: Queued, file: StoredFile | None) -> Queued:
    """Put a message into its chat and into the outbox, where it has a position."""
    if not isinstance(queued.content, CHANGES):
        _add_row(rec, queued, file)
    position = rec.tx.outbox.add(
        OutboxRecord(
            account=rec.account,
            chat_jid=queued.chat_jid,
            sender=queued.sender,
            message_id=queued.id,
            to_jid=str(queued.to),
            timestamp_ms=queued.timestamp_ms,
            secret=queued.secret,
            content=_ENCODER.encode(queued.content),
            media_path=queued.media_path,
        )
    )
    _tell_state(rec, queued, SendState.QUEUED)
    return msgspec.structs.replace(queued, position=position)


def remember(rec: Recording, queued: Queued, key: Idempotency | None) -> None:
    """From now on this key is that of this message."""
    if key is not None:
        rec.tx.outbox.add_idempotency(
            IdempotencyRecord(
                account=rec.account,
                key=key.key,
                fingerprint=key.fingerprint,
                chat_jid=queued.chat_jid,
                sender=queued.sender,
                message_id=queued.id,
                created_ms=queued.timestamp_ms,
            )
        )


def _add_row(rec: Recording, queued: Queued, file: StoredFile | None) -> None:
    message = _message(queued, queued.timestamp_ms, SendState.QUEUED)
    record = message_record(rec.account, message, queued.chat_jid, queued.sender)
    record = record._replace(push_name=own_name(rec.tx, rec.account, queued.sender))
    if file is not None:
        record = record._replace(
            filename=file.filename,
            file_sha256=file.sha256,
            file_length=file.size_bytes,
            media_state=MediaState.AVAILABLE,
            media_path=file.path,
        )
    rec.tx.messages.add(record)
    name = rec.chat_name(queued.chat_jid)
    rec.tx.chats.touch(rec.account, queued.chat_jid, name, queued.timestamp_ms, None)


def _message(queued: Queued, at_ms: int, state: SendState) -> Message:
    sender = parse_jid(queued.sender)
    key = MessageKey(chat=queued.to, sender=sender, id=queued.id, from_me=True)
    return Message(key=key, timestamp=time_of(at_ms), content=queued.content, state=state)


def keep_ref(rec: Recording, queued: Queued, ref: MediaRef) -> None:
    """The file was uploaded: a restart does not do it again."""
    rec.tx.outbox.set_ref(queued.position, _ENCODER.encode(ref))


def record_sent(rec: Recording, queued: Queued, sent: Sent) -> SendState:
    """WhatsApp acknowledged the message; its state now."""
    if not rec.tx.outbox.remove(queued.position):
        return SendState.SENT
    if sent.chat.is_lid and not rec.tx.people.pn_of(rec.account, str(sent.chat)):
        # Only what is new: a number may be written in several ways, and this is but one of them.
        rec.canonical(queued.to, sent.chat)
    head = None if isinstance(queued.content, CHANGES) else _find(rec, queued)
    if sent.id != queued.id:
        head = _rename(rec, queued, head, sent.id)
    if isinstance(queued.content, CHANGES):
        known = msgspec.structs.replace(queued, id=sent.id)
        record_message(rec, _message(known, ms_of(sent.timestamp), SendState.SENT))
        return SendState.SENT
    if head is None:
        return SendState.SENT
    if sent.server_id:
        note_post(rec, head.chat_jid, head.id, sent.server_id)
    state = raise_state(_state(head), SendState.SENT)
    if sent.id != queued.id:
        state = raise_state(state, told_state(rec, head))
    rec.tx.messages.change(head, state=state.value, error_code=None, error=None)
    if isinstance(queued.content, Media) and queued.content.ref is not None:
        _keep_upload(rec, head, queued.content, queued.content.ref)
    rec.tell(EventType.MESSAGE_SENT, message_view(rec.tx.messages.load(head)), head.chat_jid)
    return state


def _rename(
    rec: Recording, queued: Queued, head: MessageHead | None, message_id: str
) -> MessageHead | None:
    """The engine could not choose the id: from now on the message has the one that it got."""
    rec.tx.outbox.rename_idempotency(rec.account, queued.id, message_id)
    _tell_state(rec, queued, SendState.SENT, {"new_id": message_id})
    if head is None:
        return None
    known = rec.tx.messages.find(rec.account, head.chat_jid, head.sender, message_id)
    if known is not None:
        # the phone has told of it already, and whoever wants its file gets that of this row
        rec.tx.retention.remove_file_of(head)
        rec.tx.messages.remove(head)
        return known
    rec.tx.messages.change(head, id=message_id)
    return head._replace(id=message_id)


def _keep_upload(rec: Recording, head: MessageHead, content: Media, ref: MediaRef) -> None:
    rec.tx.messages.change(
        head,
        url=ref.url or MEDIA_HOST + ref.direct_path,
        media_key=ref.media_key,
        file_enc_sha256=ref.file_enc_sha256,
        body=body_of(content),
    )


def record_failed(rec: Recording, queued: Queued, code: str, detail: str) -> SendState:
    """The message will not be sent; its state now.

    One that somebody has already was refused only when it was sent again, after its first
    acknowledgement had got lost: it is sent.
    """
    if not rec.tx.outbox.remove(queued.position):
        return SendState.FAILED
    head = _find(rec, queued)
    if head is not None:
        state = raise_state(_state(head), SendState.FAILED)
        if state is not SendState.FAILED:
            view = message_view(rec.tx.messages.load(head))
            rec.tell(EventType.MESSAGE_SENT, view, head.chat_jid)
            return state
        rec.tx.messages.change(head, state=state.value, error_code=code, error=detail)
    else:
        rec.tx.outbox.drop_idempotency(rec.account, queued.id)
    _tell_state(rec, queued, SendState.FAILED, {"error": {"code": code, "detail": detail}})
    return SendState.FAILED


def _state(head: MessageHead) -> SendState:
    return SendState(head.state or SendState.QUEUED)


def _find(rec: Recording, queued: Queued) -> MessageHead | None:
    """The row of a queued message, which may have moved to another address meanwhile."""
    head = rec.tx.messages.find(rec.account, queued.chat_jid, queued.sender, queued.id)
    if head is not None:
        return head
    for other in rec.tx.messages.find_all(rec.account, queued.id):
        if other.is_from_me:
            return other
    return None


def _tell_state(
    rec: Recording, queued: Queued, state: SendState, extra: View | None = None
) -> None:
    chat = rec.find_address(queued.chat_jid)
    data: View = {"id": queued.id, "chat_jid": chat, "state": state.value}
    rec.tell(EventType.MESSAGE_STATUS, data | (extra or {}), chat)
