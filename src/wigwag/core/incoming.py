"""Messages on their way into the archive: one row and one event each, once."""

from msgspec.structs import replace

from wigwag.core.changes import CHANGES, record_change
from wigwag.core.identity import Recording
from wigwag.core.kept import apply_kept
from wigwag.core.naming import STATUS_CHAT, is_newsletter, is_person, own_name
from wigwag.core.newsletters import note_post
from wigwag.core.people import note_push_name
from wigwag.core.rows import archived_media, message_record, undecryptable_record
from wigwag.core.views import View, message_view, time_view
from wigwag.model.archived import ArchivedMessage
from wigwag.model.content import Content, Media, MessageKey
from wigwag.model.event import MessageUndecryptable
from wigwag.model.instant import ms_of, time_of
from wigwag.model.jid import Jid
from wigwag.model.message import Message, SendState, raise_state
from wigwag.model.receipt import RECEIPT_STATE, ReceiptKind
from wigwag.model.record import EventType, MediaState, MessageHead, MessageRecord, RowKind


def record_message(rec: Recording, message: Message) -> None:
    """Record a message that arrived live, was sent by another own device, or is from history."""
    key = message.key
    content = message.content
    chat, sender = _addresses(rec, key, message.chat_alt, message.sender_alt)
    if message.server_id and not isinstance(content, CHANGES):
        note_post(rec, chat, key.id, message.server_id)
    if message.push_name and not key.from_me:
        note_push_name(rec, sender, message.push_name, old=message.from_history)
    head = rec.tx.messages.find(rec.account, chat, sender, key.id)
    waited = head is not None and head.kind == RowKind.UNDECRYPTABLE
    if isinstance(content, CHANGES):
        if head is not None and waited:
            rec.tx.messages.remove(head)
        record_change(rec, message, content, chat, sender)
    elif head is None:
        _add(rec, message, chat, sender)
    elif waited:
        # the row was announced when it was a placeholder: a live copy is no news after this
        _fill(rec, head, replace(message, from_history=False), EventType.MESSAGE_RECOVERED)
    elif head.from_history and not message.from_history:
        _fill(rec, head, message, event_type(chat, from_me=key.from_me))
    elif message.from_history:
        _learn_state(rec, head, message)


def event_type(chat: str, *, from_me: bool) -> EventType:
    """What a new message in this chat is told as."""
    if from_me:
        return EventType.MESSAGE_SENT
    if chat == STATUS_CHAT:
        return EventType.STATUS_RECEIVED
    if is_newsletter(chat):
        return EventType.NEWSLETTER_MESSAGE
    return EventType.MESSAGE_RECEIVED


def record_undecryptable(rec: Recording, event: MessageUndecryptable) -> None:
    """Keep the place of a message that cannot be read yet, and tell of it once."""
    key = event.key
    chat, sender = _addresses(rec, key, event.chat_alt, event.sender_alt)
    if rec.tx.messages.find(rec.account, chat, sender, key.id) is not None:
        return
    at_ms = ms_of(event.timestamp)
    rec.tx.messages.add(
        undecryptable_record(
            rec.account,
            chat,
            sender,
            key.id,
            from_me=key.from_me,
            at_ms=at_ms,
            name=event.push_name,
        )
    )
    _touch(rec, chat, at_ms, from_me=key.from_me)
    data: View = {
        "id": key.id,
        "chat_jid": chat,
        "sender": rec.person_view(sender, event.push_name),
        "from_me": key.from_me,
        "timestamp": time_view(event.timestamp),
        "reason": event.reason,
    }
    rec.tell(EventType.MESSAGE_UNDECRYPTABLE, data, chat)


def _addresses(
    rec: Recording, key: MessageKey, chat_alt: Jid | None, sender_alt: Jid | None
) -> tuple[str, str]:
    """The canonical chat and sender; an own message has one sender, whichever way it came."""
    rec.learn((key.chat, chat_alt), (key.sender, sender_alt))
    chat = rec.canonical(key.chat, chat_alt)
    own = rec.own_jid() if key.from_me else ""
    return chat, own or rec.canonical(key.sender, sender_alt)


def _touch(rec: Recording, chat: str, at_ms: int, *, from_me: bool) -> str:
    """The chat has a new live message; its name."""
    name = rec.chat_name(chat)
    rec.tx.chats.touch(rec.account, chat, name, at_ms, None if from_me else 1)
    return name


def _add(rec: Recording, message: Message, chat: str, sender: str) -> None:
    record = _record(rec, message, chat, sender)
    row = rec.tx.messages.add(record)
    if message.from_history:
        rec.tx.chats.touch(rec.account, chat, rec.chat_name(chat), record.timestamp_ms, 0)
        apply_kept(rec.tx, rec.account, chat, sender, record.id)
        return
    name = _touch(rec, chat, record.timestamp_ms, from_me=record.is_from_me)
    changed = apply_kept(rec.tx, rec.account, chat, sender, record.id)
    if changed is None:
        told = archived(rec, record, message.content, row, name)
    else:
        told = rec.tx.messages.load(changed)
    rec.tell(event_type(chat, from_me=record.is_from_me), message_view(told), chat)


def _fill(rec: Recording, head: MessageHead, message: Message, kind: EventType) -> None:
    """Fill a placeholder, or a poorer row from history, with the message itself.

    What history knew better stays: how far an own message got, and a file that was fetched.
    """
    record = _record(rec, message, head.chat_jid, head.sender)
    if record.state and head.state:
        state = raise_state(SendState(record.state), SendState(head.state))
        record = record._replace(state=state.value)
    if head.media_state == MediaState.AVAILABLE:
        known = rec.tx.messages.load(head).media
        if known is not None and known.sha256 == record.file_sha256:
            record = record._replace(
                media_state=head.media_state, filename=known.filename, media_path=known.path
            )
    rec.tx.messages.replace(head, record)
    apply_kept(rec.tx, rec.account, head.chat_jid, head.sender, head.id)
    rec.tell(kind, message_view(rec.tx.messages.load(head)), head.chat_jid)


def _learn_state(rec: Recording, head: MessageHead, message: Message) -> None:
    """Of a message that is here already, history may know that it got further."""
    if not is_person(head.chat_jid) or message.state is None or not head.state:
        return
    before = SendState(head.state)
    after = raise_state(before, message.state)
    if after != before and before not in (SendState.QUEUED, SendState.FAILED):
        rec.tx.messages.change(head, state=after.value)


def _record(rec: Recording, message: Message, chat: str, sender: str) -> MessageRecord:
    record = message_record(rec.account, message, chat, sender)
    if not record.is_from_me:
        return record
    name = record.push_name or own_name(rec.tx, rec.account, sender)
    state = message.state or SendState.SENT
    if is_person(chat):
        for receipt in rec.tx.changes.list_receipts(rec.account, chat, record.id):
            state = raise_state(state, RECEIPT_STATE[ReceiptKind(receipt.kind)])
    return record._replace(state=state, push_name=name)


def archived(
    rec: Recording, record: MessageRecord, content: Content, row: int, name: str
) -> ArchivedMessage:
    """A new row as it is read, without reading it."""
    return ArchivedMessage(
        account=record.account,
        id=record.id,
        chat_jid=record.chat_jid,
        chat_name=name,
        sender=rec.person(record.sender, record.push_name),
        from_me=record.is_from_me,
        kind=RowKind(record.kind),
        text=record.content,
        timestamp=time_of(record.timestamp_ms),
        content=rec.addressed(content),
        media=archived_media(
            content,
            state=record.media_state,
            mime=record.mime,
            size_bytes=record.file_length,
            sha256=record.file_sha256,
            document_name=record.document_name,
            filename=record.filename,
            path=record.media_path,
            has_thumbnail=record.thumbnail is not None,
        )
        if isinstance(content, Media)
        else None,
        state=SendState(record.state) if record.state else None,
        view_once=record.view_once,
        ephemeral_s=record.ephemeral_s,
        forwarded=record.forwarded,
        from_history=record.from_history,
        row=row,
    )
