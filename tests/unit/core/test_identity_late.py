"""A number that is learnt late leaves the same behind as one that is known from the beginning."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from stored.desk import Desk
from stored.engine import OWN
from stored.makers import ANN, ANN_LID, BEN, CONNECTED, GROUP, at, received
from wigwag.core.views import chat_view
from wigwag.model.appstate import (
    AppMessage,
    AppStateChange,
    ChatCleared,
    MessageRange,
    MessageStarred,
    TimedChange,
)
from wigwag.model.archived import MessageFilter
from wigwag.model.event import AppStateChanged, EngineEvent, IdentityLinked, ReceiptReceived
from wigwag.model.jid import Jid
from wigwag.model.receipt import Receipt, ReceiptKind
from wigwag.model.record import HistoryRequestRecord
from wigwag.ports import ArchiveTx

LINK = IdentityLinked(lid=ANN_LID, pn=ANN)
BOTH = [(ANN, ANN_LID), (ANN_LID, ANN)]


def said(change: AppStateChange, seconds: float) -> AppStateChanged:
    """An entry of app state of that time."""
    return AppStateChanged(
        collection="c",
        version=int(seconds),
        epoch="e",
        part=0,
        changes=(TimedChange(change=change, at=at(seconds)),),
    )


def starred(chat: Jid, seconds: float, *, starred: bool) -> AppStateChanged:
    change = MessageStarred(message=AppMessage(chat=chat, id="A1"), starred=starred)
    return said(change, seconds)


def cleared(chat: Jid, until_s: float, seconds: float) -> AppStateChanged:
    return said(ChatCleared(chat=chat, range=MessageRange(last_at=at(until_s))), seconds)


def read(chat: Jid, message_id: str, *, by_me: bool = False) -> ReceiptReceived:
    receipt = Receipt(
        kind=ReceiptKind.READ,
        chat=chat,
        sender=chat,
        ids=(message_id,),
        timestamp=at(500),
        by_me=by_me,
    )
    return ReceiptReceived(receipt=receipt)


async def left_by(events: Sequence[EngineEvent]) -> Any:
    """What the events leave in an archive, as it is told."""
    with tempfile.TemporaryDirectory() as folder:
        desk = await Desk.open(Path(folder))
        await desk.take(CONNECTED)
        for event in events:
            await desk.take(event)
        page = await desk.library.list_messages("default", MessageFilter())
        chats = (await desk.library.list_chats("default")).items
        await desk.close()
    messages = [(m.chat_jid, m.sender.jid, m.id, m.state, m.starred) for m in page.items]
    unread = {chat.jid: chat_view(chat)["unread"] for chat in chats}
    return messages, unread


async def assert_late_is_early(*events: EngineEvent) -> Any:
    early, late = await left_by([LINK, *events]), await left_by([*events, LINK])
    assert late == early
    return early


@pytest.mark.parametrize(("one", "other"), BOTH)
async def test_a_receipt_raises_the_message_under_the_other_address(one: Jid, other: Jid) -> None:
    mine = received("O1", chat=one, sender=OWN, from_me=True)
    messages, _ = await assert_late_is_early(mine, read(other, "O1"))
    assert [state for *_, state, _ in messages] == ["read"]
    await assert_late_is_early(read(other, "O1"), mine)


async def test_a_state_that_is_known_by_the_link_is_told(linked: Desk) -> None:
    await linked.take(received("O1", chat=ANN_LID, sender=OWN, from_me=True), read(ANN, "O1"), LINK)
    (told,) = await linked.events("message.status")
    assert (told["id"], told["chat_jid"], told["state"]) == ("O1", str(ANN), "read")


@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize(("one", "other"), BOTH)
async def test_the_last_word_on_a_star_holds(one: Jid, other: Jid, last: bool) -> None:
    messages, _ = await assert_late_is_early(
        received("A1", chat=one),
        starred(one, 1, starred=not last),
        starred(other, 2, starred=last),
    )
    assert [star for *_, star in messages] == [last]


@pytest.mark.parametrize(("one", "other"), BOTH)
async def test_the_clearing_that_reaches_further_holds(one: Jid, other: Jid) -> None:
    messages, _ = await assert_late_is_early(
        received("A1", chat=one, seconds=10),
        cleared(one, 200, 201),
        received("A2", chat=other, seconds=300),
        cleared(other, 100, 301),
        received("A3", chat=other, seconds=400),
    )
    assert [message_id for _, _, message_id, *_ in messages] == ["A3", "A2"]
    before = [received("A1", chat=one, seconds=10), cleared(one, 200, 201)]
    late = received("A0", chat=one, seconds=150, from_history=True)
    messages, _ = await left_by([*before, cleared(other, 100, 301), LINK, late])
    assert messages == []


@pytest.mark.parametrize(("one", "other"), BOTH)
async def test_what_a_clearing_hides_is_not_unread(one: Jid, other: Jid) -> None:
    _, unread = await assert_late_is_early(
        received("A1", chat=one, seconds=10), cleared(other, 200, 201)
    )
    assert unread == {str(ANN): 0}
    newer = received("A2", chat=one, seconds=300)
    _, unread = await left_by([received("A1", chat=one), newer, cleared(other, 200, 301), LINK])
    assert unread == {str(ANN): 1}


async def test_a_message_that_is_in_a_group_twice_is_unread_once() -> None:
    twice = [received("A1", chat=GROUP, sender=who) for who in (ANN_LID, ANN)]
    _, unread = await assert_late_is_early(*twice)
    assert unread == {str(GROUP): 1}
    ben = received("B1", chat=GROUP, sender=BEN, seconds=5)
    await assert_late_is_early(*twice, ben)
    await assert_late_is_early(*twice, read(GROUP, "A1", by_me=True), ben)


@pytest.mark.parametrize("asked_by", [ANN, ANN_LID])
async def test_an_open_request_for_history_goes_on(linked: Desk, asked_by: Jid) -> None:
    def request(chat: Jid, state: str) -> HistoryRequestRecord:
        return HistoryRequestRecord(
            account="default",
            chat_jid=str(chat),
            state=state,
            wanted=500,
            received=0,
            request_id=state,
            anchor="x",
            before_ms=None,
            created_ms=1,
            updated_ms=1 if state == "asked" else 2,
        )

    def unit(tx: ArchiveTx) -> None:
        for chat in (ANN, ANN_LID):
            state = "asked" if chat == asked_by else "end_reached"
            tx.history.save_request(request(chat, state))

    await linked.take(received("A1", chat=ANN_LID), received("B1", chat=ANN))
    await linked.archive.write(unit)
    await linked.take(LINK)
    found = await linked.archive.find_history_request("default", str(ANN))
    assert (found, linked.count("history_requests")) == (request(ANN, "asked"), 1)
