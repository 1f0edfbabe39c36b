"""How long the messages of a chat last: kept, and put upon what is sent into it.

A chat of two learns it by a message of either side, or from history; a group by what it says of
itself.
"""

from msgspec.structs import replace

from wigwag.core.appstate import chat_flags
from wigwag.core.identity import Recording
from wigwag.core.naming import is_person
from wigwag.model.content import Contacts, Content, Location, Media, Poll, Text, TimerSet
from wigwag.model.instant import ms_of
from wigwag.model.message import Message
from wigwag.model.record import ChatRecord, EventType

MAX_TIMER_S = 2**31 - 1
"""What a peer may claim."""


def record_timer(rec: Recording, message: Message, timer: TimerSet, chat: str) -> None:
    """A message set it; `chat` is canonical. In a group only the group itself tells."""
    if is_person(chat):
        at_ms = ms_of(message.timestamp)
        set_timer(rec, chat, timer.seconds, at_ms, quiet=message.from_history)


def set_timer(rec: Recording, chat: str, seconds: int, at_ms: int, *, quiet: bool) -> None:
    """Keep it, unless a later word is known; a chat that is not here yet is there from now on."""
    before = rec.tx.chats.find(rec.account, chat)
    if before is None:
        before = ChatRecord(rec.account, chat, rec.chat_name(chat), 0, 0, archived=False)
    seconds = min(max(seconds, 0), MAX_TIMER_S)
    if before.ephemeral_ms > at_ms or (before.ephemeral_s, before.ephemeral_ms) == (seconds, at_ms):
        return
    after = before._replace(ephemeral_s=seconds, ephemeral_ms=at_ms)
    rec.tx.chats.save(after)
    if before.ephemeral_s != seconds and not quiet:
        rec.tell(EventType.CHAT_UPDATED, chat_flags(after), chat)


def lasting(rec: Recording, chat: str, content: Content) -> Content:
    """The content as it goes into this chat: it lasts as long as the chat says, unless it says so
    itself."""
    if not isinstance(content, Text | Media | Location | Contacts | Poll):
        return content
    if content.context.ephemeral_s:
        return content
    known = rec.tx.chats.find(rec.account, chat)
    if known is None or not known.ephemeral_s:
        return content
    return replace(content, context=replace(content.context, ephemeral_s=known.ephemeral_s))
