"""Gaps are listed, and after catching up the history of their chats is asked for."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from scripted.waiting import until
from stored.desk import Desk
from stored.engine import StoredEngine
from stored.makers import ANN, BEN, at, key, message, received
from wigwag.core.gaps import GapPolicy, Gaps, pages_for
from wigwag.core.older import OlderMessages
from wigwag.model.account import CatchUp
from wigwag.model.archived import ChatGap, HistoryRequest, HistoryRequestState
from wigwag.model.event import CaughtUp, HistoryReceived, MessageUndecryptable
from wigwag.model.jid import Jid
from wigwag.sandbox.virtual_time import VirtualTime

POLICY = GapPolicy(grace_s=90)
DONE = CaughtUp(catch_up=CatchUp(expected=3, received=3, began_at=at(0), completed_at=at(1)))
BEGUN = CaughtUp(catch_up=CatchUp(expected=3, received=0, began_at=at(0)))


def unreadable(message_id: str, chat: Jid = ANN, seconds: float = 0) -> MessageUndecryptable:
    return MessageUndecryptable(
        key=key(message_id, chat=chat), timestamp=at(seconds), reason="no_session"
    )


class Filler:
    def __init__(self, desk: Desk, policy: GapPolicy = POLICY) -> None:
        self.desk = desk
        self.clock = VirtualTime(at(200))
        self.engine = StoredEngine()
        desk.accounts.add(self.engine)
        self.older = OlderMessages(desk.archive, desk.accounts, clock=self.clock)
        self.gaps = Gaps(desk.archive, self.older, policy=policy, clock=self.clock)
        desk.ingest.on_history = self.older.wake
        desk.ingest.on_caught_up = self.gaps.caught_up

    async def pass_grace(self) -> None:
        await until(lambda: self.clock.next_s is not None)
        self.clock.advance(POLICY.grace_s)


@pytest.fixture
async def filler(linked: Desk) -> AsyncIterator[Filler]:
    made = Filler(linked)
    await made.older.start()
    yield made
    await made.gaps.stop()
    await made.older.stop()


async def test_what_the_phone_has_fills_the_same_rows(filler: Filler) -> None:
    await filler.desk.take(
        received("A1"),
        unreadable("A2", seconds=10),
        unreadable("A3", seconds=20),
        received("A4", seconds=30),
        unreadable("B1", BEN, seconds=40),
    )
    rows = {r["id"]: r["rid"] for r in filler.desk.rows("SELECT id, rid FROM messages")}
    (bens, anns) = await filler.gaps.list("default")
    assert (bens.chat_jid, bens.count) == (str(BEN), 1)
    assert (anns.chat_jid, anns.count, anns.oldest, anns.newest) == (str(ANN), 2, at(10), at(20))
    await filler.desk.take(BEGUN, DONE)
    await filler.pass_grace()
    asked = filler.engine.history.asked
    await until(lambda: asked)
    # Ben's gap is the last that is known of him: his history has nothing to begin at
    ((anchor, count, request_id),) = asked
    assert (anchor.key.id, count) == ("A4", 14)
    text = [message("A3", "three", seconds=20), message("A2", "two", seconds=10)]
    await filler.desk.take(
        HistoryReceived(
            sync_type="on_demand",
            progress=100,
            chunk=1,
            messages=(*text, message("A1")),
            request_id=request_id,
        )
    )
    filled = filler.desk.rows("SELECT id, rid, content, from_history FROM messages")
    assert {r["id"]: r["rid"] for r in filled} == rows
    assert {r["content"] for r in filled} >= {"two", "three"}
    recovered = await filler.desk.events("message.recovered")
    assert [event["id"] for event in recovered] == ["A2", "A3"]
    assert [gap.chat_jid for gap in await filler.gaps.list("default")] == [str(BEN)]
    await filler.desk.take(received("A2", "two", seconds=10))
    assert len(await filler.desk.events("message.received")) == 2
    found = await filler.older.find("default", str(ANN))
    assert found is not None
    assert found.state is HistoryRequestState.ANSWERED


async def test_without_gaps_or_when_they_are_old_nothing_is_asked(filler: Filler) -> None:
    await filler.desk.take(unreadable("A2"), received("A4", seconds=30))
    filler.clock.advance(POLICY.max_age_s)
    await filler.desk.take(DONE)
    await filler.pass_grace()
    await asyncio.sleep(0.05)
    assert not filler.engine.history.asked


async def test_the_begin_of_a_catch_up_and_a_policy_that_forbids(linked: Desk) -> None:
    filler = Filler(linked, GapPolicy(enabled=False))
    await linked.take(unreadable("A2"), BEGUN, DONE)
    assert filler.clock.next_s is None
    told = await linked.events("account.sync")
    assert [(event["state"], event["expected"], event["received"]) for event in told] == [
        ("catching_up", 3, 0),
        ("complete", 3, 3),
    ]


def test_chats_that_were_asked_for_lately_are_left_alone() -> None:
    gaps = [
        ChatGap(chat_jid=name, count=1, oldest=at(0), newest=at(0)) for name in ("a", "b", "c", "d")
    ]
    now = at(0) + timedelta(seconds=POLICY.again_s)

    def request(seconds: float) -> HistoryRequest:
        return HistoryRequest(
            chat_jid="",
            state=HistoryRequestState.NO_ANSWER,
            wanted=1,
            received=0,
            requested_at=at(seconds),
            updated_at=at(seconds),
        )

    known = {"a": None, "b": request(-1), "c": request(1), "d": None}
    assert [gap.chat_jid for gap in pages_for(gaps, known, POLICY, now)] == ["a", "b", "d"]
    few = GapPolicy(chats=1)
    assert [gap.chat_jid for gap in pages_for(gaps, known, few, now)] == ["a"]
