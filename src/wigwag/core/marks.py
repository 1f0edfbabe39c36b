"""What app state says of single messages: starred, or deleted for us alone.

The last word on a message is kept under its name, so that a message that comes later has it too.
"""

from datetime import datetime

from wigwag.core.hiding import apply_deletion, apply_star
from wigwag.core.identity import Recording
from wigwag.core.naming import is_person
from wigwag.core.views import View, time_view
from wigwag.model.appstate import AppMessage, MessageDeleted, MessageStarred
from wigwag.model.instant import ms_of
from wigwag.model.record import ChangeKind, ChangeRecord, EventType, MessageHead


def mark_starred(rec: Recording, change: MessageStarred, at: datetime, *, quiet: bool) -> None:
    named = _Named(rec, change.message)
    said = "1" if change.starred else "0"
    kept = named.keep(ChangeKind.STAR, said, at)
    if named.head is not None and not apply_star(rec.tx, named.head, kept):
        return
    if not quiet:
        data = named.view() | {"starred": change.starred, "changed_at": time_view(at)}
        rec.tell(EventType.MESSAGE_STARRED, data, named.chat)


def mark_deleted(rec: Recording, change: MessageDeleted, at: datetime, *, quiet: bool) -> None:
    named = _Named(rec, change.message)
    kept = named.keep(ChangeKind.DELETE, "1" if change.delete_media else "0", at)
    if named.head is not None and not apply_deletion(rec.tx, named.head, kept):
        return
    if not quiet:
        data = named.view() | {"deleted_at": time_view(at)}
        rec.tell(EventType.MESSAGE_DELETED, data, named.chat)


class _Named:
    """A message by the name that app state gives it, and its row if it is here."""

    def __init__(self, rec: Recording, message: AppMessage) -> None:
        self._rec = rec
        self._message = message
        self.chat = rec.canonical(message.chat)
        self.sender = self._sender()
        self.head = self._find()
        if self.head is not None:
            self.sender = self.head.sender

    def keep(self, kind: ChangeKind, said: str, at: datetime) -> ChangeRecord:
        change = ChangeRecord(
            account=self._rec.account,
            chat_jid=self.chat,
            sender=self.sender,
            id=self._message.id,
            kind=kind,
            target_sender=self.sender,
            target_id=self._message.id,
            timestamp_ms=ms_of(at),
            content=said,
            body=None,
        )
        self._rec.tx.changes.put_change(change)
        return change

    def view(self) -> View:
        return {
            "id": self._message.id,
            "chat_jid": self.chat,
            "sender": self._rec.person_view(self.sender) if self.sender else None,
            "from_me": self._message.from_me,
            "pending": self.head is None,
        }

    def _sender(self) -> str:
        """Canonical; empty where it was not told."""
        if self._message.from_me:
            return self._rec.own_jid()
        if is_person(self.chat):
            return self.chat
        sender = self._message.sender
        return self._rec.canonical(sender) if sender is not None else ""

    def _find(self) -> MessageHead | None:
        rec, message = self._rec, self._message
        if self.sender:
            return rec.tx.messages.find(rec.account, self.chat, self.sender, message.id)
        for head in rec.tx.messages.find_all(rec.account, message.id):
            if head.chat_jid == self.chat and bool(head.is_from_me) == message.from_me:
                return head
        return None
