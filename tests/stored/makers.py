"""Messages and reports, as short as tests want them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from stored.engine import OWN, OWN_LID
from wigwag.model.account import AccountState, ConnectionState
from wigwag.model.content import (
    Content,
    Edit,
    Media,
    MediaKind,
    MediaRef,
    MessageKey,
    Reaction,
    Revoke,
    Text,
)
from wigwag.model.event import MessageReceived, StateChanged
from wigwag.model.jid import PN_SERVER, Jid
from wigwag.model.message import Message

T0 = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
ANN = Jid("491700000001", PN_SERVER)
BEN = Jid("491700000002", PN_SERVER)
ANN_LID = Jid("11000000000001", "lid")
BEN_LID = Jid("22000000000002", "lid")
GROUP = Jid("120363000000000001", "g.us")

CONNECTED = StateChanged(
    state=AccountState(state=ConnectionState.CONNECTED, since=T0, jid=OWN, lid=OWN_LID)
)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def message(
    message_id: str,
    content: Content | str = "hello",
    *,
    chat: Jid = ANN,
    sender: Jid | None = None,
    seconds: float = 0,
    from_me: bool = False,
    **more: Any,
) -> Message:
    """A message; in a direct chat the sender is the chat, or the account itself."""
    if sender is None:
        sender = OWN if from_me else chat
    return Message(
        key=MessageKey(chat=chat, sender=sender, id=message_id, from_me=from_me),
        timestamp=at(seconds),
        content=Text(text=content) if isinstance(content, str) else content,
        **more,
    )


def received(message_id: str, content: Content | str = "hello", **more: Any) -> MessageReceived:
    return MessageReceived(message=message(message_id, content, **more))


def key(
    message_id: str, *, chat: Jid = ANN, sender: Jid | None = None, from_me: bool = False
) -> MessageKey:
    if sender is None:
        sender = OWN if from_me else chat
    return MessageKey(chat=chat, sender=sender, id=message_id, from_me=from_me)


def edit(target: MessageKey, text: str) -> Edit:
    return Edit(target=target, content=Text(text=text))


def revoke(target: MessageKey) -> Revoke:
    return Revoke(target=target)


def reaction(target: MessageKey, emoji: str) -> Reaction:
    return Reaction(target=target, emoji=emoji)


def picture(ref: MediaRef | None, **more: Any) -> Media:
    return Media(kind=MediaKind.IMAGE, mime="image/jpeg", ref=ref, **more)
