"""Older messages: page by page, once each, to an end that is told; also after a restart."""

from collections.abc import AsyncIterator

import pytest

from scripted.waiting import until, until_async
from stored.desk import Desk
from stored.engine import StoredEngine
from stored.makers import ANN, ANN_LID, BEN, key, message, received
from wigwag.core.older import ANSWER_S, ASK_EVERY_S, MAX_OPEN, MAX_WANTED, PAGE, OlderMessages
from wigwag.model.account import ConnectionState
from wigwag.model.archived import HistoryRequestState
from wigwag.model.capability import Capability
from wigwag.model.chat import ChatSummary
from wigwag.model.errors import (
    InvalidInput,
    NotConnected,
    NotFound,
    NotSupportedByEngine,
    SendRejected,
)
from wigwag.model.event import HistoryReceived, MessageUndecryptable
from wigwag.model.jid import Jid
from wigwag.model.message import Message
from wigwag.sandbox.virtual_time import VirtualTime

State = HistoryRequestState
CHAT = str(ANN)


class Counter:
    """A desk, an engine and the use case; `clock` moves by hand."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.clock = VirtualTime()
        self.engine = StoredEngine()
        desk.accounts.add(self.engine)
        self.engine.on_state = desk.accounts.state_changed
        self.older = self._make()

    def _make(self) -> OlderMessages:
        older = OlderMessages(self.desk.archive, self.desk.accounts, clock=self.clock)
        self.desk.ingest.on_history = older.wake
        return older

    async def restart(self) -> None:
        await self.older.stop()
        self.older = self._make()
        await self.older.start()

    async def asked(self, count: int = 1) -> str:
        """Wait until the phone was asked so often; the id of the last request."""
        await until(lambda: len(self.engine.history.asked) >= count)
        return self.engine.history.asked[count - 1][2]

    async def becomes(self, state: State, chat: str = CHAT) -> None:
        async def is_so() -> bool:
            found = await self.older.find("default", chat)
            return found is not None and found.state is state

        await until_async(is_so)

    async def answer(self, request_id: str, *messages: Message, **more: object) -> None:
        fields: dict[str, object] = {"sync_type": "on_demand", "progress": 100, "chunk": 1}
        event = HistoryReceived(**fields | {"messages": messages, "request_id": request_id} | more)  # type: ignore[arg-type]
        await self.desk.take(event)

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.older.wake("default")


@pytest.fixture
async def counter(linked: Desk) -> AsyncIterator[Counter]:
    made = Counter(linked)
    await linked.take(received("A100", seconds=100), received("A101", seconds=101))
    await made.older.start()
    yield made
    await made.older.stop()


def old(number: int, **more: object) -> Message:
    return message(f"A{number}", seconds=number, from_history=True, **more)  # type: ignore[arg-type]


async def test_one_page_that_is_enough(counter: Counter) -> None:
    made = await counter.older.request("default", CHAT, 2)
    assert (made.state, made.wanted, made.received) == (State.WAITING, 2, 0)
    request_id = await counter.asked()
    anchor, count, _ = counter.engine.history.asked[0]
    assert (anchor.key, count) == (key("A100"), 2)
    await counter.answer(request_id, old(99), old(98))
    found = await counter.older.find("default", CHAT)
    assert found is not None
    assert (found.state, found.received) == (State.ANSWERED, 2)
    told = [e["request"] for e in await counter.desk.events("history.progress") if "request" in e]
    assert [(r["state"], r["received"]) for r in told] == [("asked", 0), ("answered", 2)]
    assert len(await counter.desk.events("message.received")) == 2


async def test_page_after_page_to_the_end(counter: Counter) -> None:
    await counter.older.request("default", CHAT, 2 * PAGE + 5)
    first = await counter.asked()
    await counter.answer(first, *(old(99 - n) for n in range(PAGE)))
    counter.pass_time(ASK_EVERY_S)
    second = await counter.asked(2)
    anchor, count, _ = counter.engine.history.asked[1]
    assert (anchor.key.id, count) == (f"A{100 - PAGE}", PAGE)
    await counter.answer(second, old(1), chats=(ChatSummary(jid=ANN_LID, alt=ANN, complete=True),))
    await counter.becomes(State.END_REACHED)
    counter.pass_time(10 * ASK_EVERY_S)
    assert len(counter.engine.history.asked) == 2


async def test_an_answer_in_parts_counts_as_one(counter: Counter) -> None:
    await counter.older.request("default", CHAT, 3)
    request_id = await counter.asked()
    await counter.answer(request_id, old(99), old(98), last=False)
    found = await counter.older.find("default", CHAT)
    assert found is not None
    assert (found.state, found.received) == (State.ASKED, 2)
    await counter.answer(request_id, old(97))
    await counter.becomes(State.ANSWERED)


async def test_nothing_older_is_the_end(counter: Counter) -> None:
    await counter.older.request("default", CHAT, 10)
    await counter.answer(await counter.asked())
    await counter.becomes(State.END_REACHED)


async def test_a_page_of_what_is_known_is_the_end(counter: Counter) -> None:
    await counter.older.request("default", CHAT, 10)
    await counter.answer(await counter.asked(), old(100), old(101))
    counter.pass_time(ASK_EVERY_S)
    await counter.becomes(State.END_REACHED)
    assert len(counter.engine.history.asked) == 1


async def test_no_answer_and_a_late_one(counter: Counter) -> None:
    await counter.older.request("default", CHAT, 1)
    request_id = await counter.asked()
    counter.pass_time(ANSWER_S + 1)
    await counter.becomes(State.NO_ANSWER)
    await counter.answer(request_id, old(99))
    await counter.becomes(State.ANSWERED)


async def test_an_answer_about_another_chat_is_none(counter: Counter) -> None:
    await counter.older.request("default", CHAT, 1)
    request_id = await counter.asked()
    await counter.answer(request_id, message("B1", chat=BEN, from_history=True))
    found = await counter.older.find("default", CHAT)
    assert found is not None
    assert found.state is State.ASKED
    assert counter.desk.count("messages") == 3
    await counter.answer("some other request", old(99))
    found = await counter.older.find("default", CHAT)
    assert found is not None
    assert found.state is State.ASKED


async def test_a_restart_goes_on(counter: Counter) -> None:
    counter.engine.turn(ConnectionState.RECONNECTING)
    await counter.older.request("default", CHAT, 1)
    await counter.restart()
    assert not counter.engine.history.asked
    counter.engine.turn(ConnectionState.CONNECTED)
    request_id = await counter.asked()
    await counter.restart()
    await counter.answer(request_id, old(99))
    await counter.becomes(State.ANSWERED)
    assert len(counter.engine.history.asked) == 1


async def test_what_the_engine_refuses(counter: Counter) -> None:
    counter.engine.history.errors = [NotConnected(), SendRejected("no")]
    await counter.older.request("default", CHAT, 1)
    await until(lambda: len(counter.engine.history.errors) == 1)
    counter.pass_time(ASK_EVERY_S)
    await counter.becomes(State.FAILED)
    assert not counter.engine.history.asked


async def test_one_chat_has_one_request_and_one_account_asks_for_one_page(
    counter: Counter,
) -> None:
    await counter.desk.take(received("B1", chat=BEN))
    first = await counter.older.request("default", CHAT, 1)
    again = await counter.older.request("default", CHAT, 5)
    assert again.wanted == first.wanted
    await counter.older.request("default", str(BEN), 1)
    request_id = await counter.asked()
    counter.pass_time(ASK_EVERY_S)
    assert len(counter.engine.history.asked) == 1
    await counter.answer(request_id, old(99))
    await counter.asked(2)


async def test_what_cannot_be_asked_for(counter: Counter) -> None:
    with pytest.raises(NotFound):
        await counter.older.request("nobody", CHAT, 1)
    for count in (0, MAX_WANTED + 1):
        with pytest.raises(InvalidInput):
            await counter.older.request("default", CHAT, count)
    with pytest.raises(InvalidInput):
        await counter.older.request("default", str(BEN), 1)
    await counter.desk.take(
        MessageUndecryptable(
            key=key("B1", chat=BEN), timestamp=old(1).timestamp, reason="no_session"
        )
    )
    with pytest.raises(InvalidInput):
        await counter.older.request("default", str(BEN), 1)


async def test_requests_are_bounded(counter: Counter) -> None:
    counter.engine.turn(ConnectionState.RECONNECTING)
    people = [Jid(f"4917{number:08d}", "s.whatsapp.net") for number in range(MAX_OPEN + 1)]
    await counter.desk.take(*(received(f"P{p.user}", chat=p) for p in people))
    for person in people[:-1]:
        await counter.older.request("default", str(person), 1)
    with pytest.raises(InvalidInput):
        await counter.older.request("default", str(people[-1]), 1)


async def test_an_engine_that_cannot_ask_is_not_asked(counter: Counter) -> None:
    counter.engine.capabilities -= {Capability.HISTORY_ON_DEMAND}
    with pytest.raises(NotSupportedByEngine, match="older messages"):
        await counter.older.request("default", CHAT, 10)
    assert not counter.engine.history.asked
