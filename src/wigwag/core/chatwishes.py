"""What a chat is to be like, and the changes that make it so. Pure functions."""

from datetime import datetime, timedelta
from typing import Final

from wigwag.model.appstate import (
    UNTOLD,
    AppStateChange,
    ChatArchived,
    ChatMarkedRead,
    ChatMuted,
    ChatPinned,
    MessageRange,
)
from wigwag.model.archived import ArchivedChat
from wigwag.model.errors import InvalidInput, NotApplicable
from wigwag.model.instant import ms_of, time_of
from wigwag.model.jid import parse_jid
from wigwag.model.value import Value

MAX_MUTE: Final = timedelta(days=3_653)
"""The longest time that has an end."""


class ChatWishes(Value):
    """What a caller wants of a chat; None leaves a thing as it is.

    `muted_until` is an aware time; a chat that is muted without one is muted for ever.
    `marked_unread` false means read: for our own devices alone.
    """

    archived: bool | None = None
    pinned: bool | None = None
    muted: bool | None = None
    muted_until: datetime | None = None
    marked_unread: bool | None = None


def checked_wishes(wishes: ChatWishes, chat: ArchivedChat, now: datetime) -> ChatWishes:
    """The wishes, if they go together. Raises InvalidInput, NotApplicable."""
    archived = chat.archived if wishes.archived is None else wishes.archived
    if wishes.pinned and archived:
        raise NotApplicable("An archived chat cannot be pinned; send archived: false with it.")
    if wishes.muted_until is None:
        return wishes
    if not wishes.muted:
        raise InvalidInput("muted_until goes with muted: true only.")
    if wishes.muted_until <= now:
        raise InvalidInput("muted_until lies in the past.")
    if wishes.muted_until - now > MAX_MUTE:
        raise InvalidInput("muted_until lies too far ahead; leave it out to mute for ever.")
    return wishes


def missing_changes(
    chat: ArchivedChat, wishes: ChatWishes, reach: MessageRange = UNTOLD
) -> list[AppStateChange]:
    """What has to change for the chat to be as it is wished; nothing where it is so already.

    `reach` is how far the chat goes: its newest message.
    """
    jid = parse_jid(chat.jid)
    changes: list[AppStateChange] = []
    if wishes.archived not in (None, chat.archived):
        changes.append(ChatArchived(chat=jid, archived=bool(wishes.archived), range=reach))
    if wishes.pinned not in (None, chat.pinned_at is not None):
        changes.append(ChatPinned(chat=jid, pinned=bool(wishes.pinned)))
    if wishes.muted is not None:
        until = time_of(ms_of(wishes.muted_until)) if wishes.muted_until is not None else None
        if (wishes.muted, until) != (chat.muted, chat.muted_until if chat.muted else None):
            changes.append(ChatMuted(chat=jid, muted=wishes.muted, until=until))
    if wishes.marked_unread is not None:
        is_as_wished = chat.marked_unread if wishes.marked_unread else _is_read(chat)
        if not is_as_wished:
            changes.append(ChatMarkedRead(chat=jid, read=not wishes.marked_unread, range=reach))
    return changes


def _is_read(chat: ArchivedChat) -> bool:
    return not chat.marked_unread and not chat.unread
