"""Messages are changed by messages of their own."""

from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest

from scripted.waiting import VirtualClock
from stored.desk import Desk
from stored.engine import OWN, StoredEngine
from stored.makers import ANN, BEN, BEN_LID, GROUP, received
from stored.senders import HI, sender
from wigwag.core.changing import EDIT_WINDOW, Asked, Changing, key_of
from wigwag.core.sending import Draft, Idempotency, Sending
from wigwag.model.archived import ArchivedMessage
from wigwag.model.chat import Group, Participant
from wigwag.model.content import Edit, Location, MessageKey, Pin, Reaction, Revoke, Text
from wigwag.model.errors import Conflict, Forbidden, InvalidInput, NotApplicable, SendRejected
from wigwag.model.event import GroupJoined, IdentityLinked
from wigwag.model.jid import STATUS_JID
from wigwag.model.message import SendState

ASKED = Asked()


class Room:
    """Changing over a desk, with its own time."""

    def __init__(self, desk: Desk, sending: Sending) -> None:
        self.desk = desk
        self.sending = sending
        self.clock = VirtualClock()
        self.changing = Changing(desk.library, desk.accounts, sending, self.clock)

    async def own(self, draft: Draft = HI) -> ArchivedMessage:
        made = await self.sending.submit("default", str(ANN), draft)
        return await self.find(made.id)

    async def find(self, message_id: str) -> ArchivedMessage:
        return await self.desk.library.get_message("default", message_id)


@pytest.fixture
async def room(linked: Desk, engine: StoredEngine) -> AsyncGenerator[Room]:
    async with sender(linked, engine) as sending:
        yield Room(linked, sending)


async def test_an_edit_a_reaction_and_a_revoke_are_sent_and_recorded(
    room: Room, engine: StoredEngine
) -> None:
    message = await room.own()
    target = MessageKey(chat=ANN, sender=OWN, id=message.id, from_me=True)
    assert key_of(message) == target
    edited = await room.changing.edit(message, "ho", ASKED)
    assert (edited.state, edited.chat_jid) == (SendState.SENT, str(ANN))
    await room.changing.react(message, "👍", ASKED)
    await room.changing.revoke(message, ASKED)
    assert [one.content for one in engine.sent[1:]] == [
        Edit(target=target, content=Text(text="ho")),
        Reaction(target=target, emoji="👍"),
        Revoke(target=target),
    ]
    now = await room.find(message.id)
    assert (now.text, [r.emoji for r in now.reactions]) == ("ho", ["👍"])
    assert now.revoked_at is not None
    await room.changing.revoke(now, ASKED)  # once more does no harm
    for change in (room.changing.edit(now, "x", ASKED), room.changing.react(now, "x", ASKED)):
        with pytest.raises(Conflict):
            await change


async def test_a_message_is_pinned_and_taken_down(room: Room, engine: StoredEngine) -> None:
    await room.desk.take(received("A1"))
    message = await room.find("A1")
    await room.changing.pin(message, 604_800, ASKED)
    assert (await room.find("A1")).pinned_until is not None
    await room.changing.pin(message, 0, ASKED)
    assert (await room.find("A1")).pinned_until is None
    target = MessageKey(chat=ANN, sender=ANN, id="A1")
    assert [one.content for one in engine.sent] == [
        Pin(target=target, pinned=True, duration_s=604_800),
        Pin(target=target, pinned=False),
    ]
    await room.desk.take(received("S1", chat=STATUS_JID, sender=ANN))
    with pytest.raises(NotApplicable):
        await room.changing.pin(await room.find("S1"), 604_800, ASKED)


async def test_an_edit_has_its_time(room: Room) -> None:
    message = await room.own()
    once = Asked(idempotency=Idempotency(key="k", fingerprint=b"f"))
    first = await room.changing.edit(message, "ho", once)
    room.clock.suspend(EDIT_WINDOW.total_seconds() + 2)
    with pytest.raises(Conflict, match="20 minutes"):
        await room.changing.edit(message, "hm", ASKED)
    assert await room.changing.edit(message, "ho", once) == first


async def test_what_cannot_be_edited(room: Room, engine: StoredEngine) -> None:
    await room.desk.take(received("A1"))
    with pytest.raises(Forbidden):
        await room.changing.edit(await room.find("A1"), "x", ASKED)
    place = await room.own(Draft(content=Location(latitude=1.0, longitude=2.0)))
    with pytest.raises(InvalidInput):
        await room.changing.edit(place, "x", ASKED)
    engine.errors = [SendRejected("no")]
    failed = await room.own()
    for change in (room.changing.edit, room.changing.react):
        with pytest.raises(Conflict, match="never sent"):
            await change(failed, "x", ASKED)


def group_of(*, admin: bool) -> GroupJoined:
    members = (Participant(jid=OWN, admin=admin), Participant(jid=BEN))
    return GroupJoined(group=Group(jid=GROUP, subject="Tea", participants=members))


@pytest.mark.parametrize("admin", [True, False, None])
async def test_admins_delete_what_others_wrote(
    room: Room, engine: StoredEngine, admin: bool | None
) -> None:
    """While nothing is known of the group, WhatsApp decides."""
    if admin is not None:
        await room.desk.take(group_of(admin=admin))
    await room.desk.take(
        IdentityLinked(lid=BEN_LID, pn=BEN), received("A1", chat=GROUP, sender=BEN), received("A2")
    )
    with pytest.raises(Forbidden):
        await room.changing.revoke(await room.find("A2"), ASKED)
    revoke: Callable[[], Any] = lambda: room.changing.revoke(message, ASKED)  # noqa: E731
    message = await room.find("A1")
    if admin is False:
        with pytest.raises(Forbidden):
            await revoke()
        return
    await revoke()
    assert engine.sent[-1].content == Revoke(target=MessageKey(chat=GROUP, sender=BEN_LID, id="A1"))
