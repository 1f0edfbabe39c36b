"""What a chat is to be like: only what is missing is changed, and only what goes together."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stored.makers import ANN, T0, at
from wigwag.core.chatwishes import MAX_MUTE, ChatWishes, checked_wishes, missing_changes
from wigwag.model.appstate import ChatArchived, ChatMarkedRead, ChatMuted, ChatPinned
from wigwag.model.archived import ArchivedChat
from wigwag.model.errors import InvalidInput

LATER = at(3_600)


def chat(**more: Any) -> ArchivedChat:
    return ArchivedChat(account="default", jid=str(ANN), name="Ann", **more)


@pytest.mark.parametrize(
    ("before", "wishes", "changes"),
    [
        (chat(), ChatWishes(archived=True), [ChatArchived(chat=ANN, archived=True)]),
        (chat(archived=True), ChatWishes(archived=True), []),
        (chat(pinned_at=T0), ChatWishes(pinned=False), [ChatPinned(chat=ANN, pinned=False)]),
        (chat(pinned_at=T0), ChatWishes(pinned=True), []),
        (chat(), ChatWishes(muted=True), [ChatMuted(chat=ANN, muted=True)]),
        (
            chat(muted=True),
            ChatWishes(muted=True, muted_until=LATER),
            [ChatMuted(chat=ANN, muted=True, until=LATER)],
        ),
        (chat(muted=True, muted_until=LATER), ChatWishes(muted=True, muted_until=LATER), []),
        (
            chat(muted=True, muted_until=T0),
            ChatWishes(muted=False),
            [ChatMuted(chat=ANN, muted=False)],
        ),
        (chat(), ChatWishes(muted=False), []),
        (chat(), ChatWishes(marked_unread=True), [ChatMarkedRead(chat=ANN, read=False)]),
        (chat(unread=3), ChatWishes(marked_unread=False), [ChatMarkedRead(chat=ANN, read=True)]),
        (chat(), ChatWishes(marked_unread=False), []),
        (
            chat(archived=True),
            ChatWishes(archived=False, pinned=True),
            [ChatArchived(chat=ANN, archived=False), ChatPinned(chat=ANN, pinned=True)],
        ),
    ],
)
def test_what_is_missing(before: ArchivedChat, wishes: ChatWishes, changes: list[object]) -> None:
    assert checked_wishes(wishes, before, T0) == wishes
    assert missing_changes(before, wishes) == changes


@pytest.mark.parametrize(
    ("before", "wishes"),
    [
        (chat(), ChatWishes(archived=True, pinned=True)),
        (chat(archived=True), ChatWishes(pinned=True)),
        (chat(), ChatWishes(muted_until=LATER)),
        (chat(), ChatWishes(muted=False, muted_until=LATER)),
        (chat(), ChatWishes(muted=True, muted_until=T0)),
        (chat(), ChatWishes(muted=True, muted_until=T0 + MAX_MUTE + timedelta(seconds=1))),
    ],
)
def test_what_does_not_go_together(before: ArchivedChat, wishes: ChatWishes) -> None:
    with pytest.raises(InvalidInput):
        checked_wishes(wishes, before, T0)


maybe = st.none() | st.booleans()


@given(archived=maybe, pinned=maybe, muted=maybe, marked_unread=maybe)
def test_a_chat_that_is_as_wished_lacks_nothing(**wished: bool | None) -> None:
    wishes = ChatWishes(**wished)  # type: ignore[arg-type]
    there = chat(
        archived=bool(wishes.archived),
        pinned_at=T0 if wishes.pinned else None,
        muted=bool(wishes.muted),
        marked_unread=bool(wishes.marked_unread),
    )
    assert missing_changes(there, wishes) == []
