"""Messages that are pinned in their chat, for everybody in it, until a time.

The last word on a message is kept under its name, so that a message that comes later has it too.
"""

from datetime import timedelta
from typing import Final

from wigwag.core.hiding import apply_pin
from wigwag.core.identity import Recording
from wigwag.core.views import View, maybe_time_view, time_view
from wigwag.model.content import Pin
from wigwag.model.instant import MAX_MS, maybe_time_of, ms_of
from wigwag.model.message import Message
from wigwag.model.record import ChangeKind, ChangeRecord, EventType

DURATIONS: Final = (timedelta(hours=24), timedelta(days=7), timedelta(days=30))
"""For how long WhatsApp's own applications pin."""
UNTOLD: Final = DURATIONS[1]
"""For how long a message is pinned where that was not said."""


def record_pin(
    rec: Recording, message: Message, pin: Pin, *, chat: str, sender: str, target_sender: str
) -> None:
    """Keep who pinned what last, or took it down; `chat` and the senders are canonical."""
    change = ChangeRecord(
        account=rec.account,
        chat_jid=chat,
        sender=target_sender,
        id=pin.target.id,
        kind=ChangeKind.PIN,
        target_sender=target_sender,
        target_id=pin.target.id,
        timestamp_ms=ms_of(message.timestamp),
        content=str(_until_ms(message, pin)),
        body=None,
    )
    for known in rec.tx.changes.list_changes(rec.account, chat, target_sender, pin.target.id):
        is_later = known.timestamp_ms > change.timestamp_ms
        if known.kind == ChangeKind.PIN and (is_later or known == change):
            return
    rec.tx.changes.put_change(change)
    head = rec.tx.messages.find(rec.account, chat, target_sender, pin.target.id)
    if head is not None:
        apply_pin(rec.tx, head, change)
    if message.from_history:
        return
    data: View = {
        "id": pin.target.id,
        "chat_jid": chat,
        "sender": rec.person_view(target_sender),
        "pinned": pin.pinned,
        "pinned_by": rec.person_view(sender),
        "until": maybe_time_view(maybe_time_of(_until_ms(message, pin) or None)),
        "timestamp": time_view(message.timestamp),
        "pending": head is None,
    }
    rec.tell(EventType.MESSAGE_PINNED, data, chat)


def _until_ms(message: Message, pin: Pin) -> int:
    """When it is pinned no longer; 0 for one that is taken down."""
    if not pin.pinned:
        return 0
    said = timedelta(seconds=pin.duration_s) if pin.duration_s else UNTOLD
    lasts_ms = min(said, DURATIONS[-1]) // timedelta(milliseconds=1)
    return min(ms_of(message.timestamp) + lasts_ms, MAX_MS)
