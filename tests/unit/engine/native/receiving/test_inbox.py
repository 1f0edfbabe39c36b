"""The way from the durable inbox to the sink."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scripted.waiting import JumpingClock, until
from wigwag.engine.native.receiving import inbox as inbox_module
from wigwag.engine.native.receiving.batch import HISTORY
from wigwag.engine.native.receiving.inbox import Inbox
from wigwag.engine.native.store.records import InboxRow, encode_event
from wigwag.engine.native.store.store import EngineStore
from wigwag.engine.native.store.writes import AddInbox
from wigwag.model.event import EngineEvent, IdentityLinked, PresenceChanged
from wigwag.model.jid import Jid

ACCOUNT = "default"


def event(number: int) -> EngineEvent:
    return IdentityLinked(lid=Jid(str(number), "lid"), pn=Jid("15550000001", "s.whatsapp.net"))


def number_of(told: EngineEvent) -> int:
    assert isinstance(told, IdentityLinked)
    return int(told.lid.user)


class Desk:
    """A sink that writes down what it was given, and an inbox before it."""

    def __init__(self, store: EngineStore) -> None:
        self.store = store
        self.told: list[EngineEvent] = []
        self.sizes: list[int] = []
        self.refuse: Callable[[Sequence[EngineEvent]], bool] = lambda _events: False
        self.history: list[InboxRow] = []
        self.clock = JumpingClock()
        self.inbox = Inbox(ACCOUNT, store, self.sink, self.clock, self.history.append)

    async def sink(self, account: str, events: Sequence[EngineEvent]) -> None:
        assert account == ACCOUNT
        await asyncio.sleep(0)
        if self.refuse(events):
            raise RuntimeError("no")
        self.told += events
        self.sizes.append(len(events))

    async def add(self, *numbers: int, offer: bool = True) -> None:
        """Make events durable, and offer them as the receiver does."""
        entries = [(self.store.next_seq(), event(number)) for number in numbers]
        await self.store.commit(
            [
                AddInbox(ACCOUNT, seq, "identity", "", "", str(seq), encode_event(told))
                for seq, told in entries
            ]
        )
        if offer:
            self.inbox.offer(entries)

    @property
    def numbers(self) -> list[int]:
        return [number_of(told) for told in self.told]

    async def until(self, *numbers: int) -> None:
        await until(lambda: self.numbers == list(numbers))


@asynccontextmanager
async def open_desk(folder: Path) -> AsyncGenerator[Desk]:
    store = EngineStore.open(folder / "whatsapp.db")
    desk = Desk(store)
    task = asyncio.ensure_future(desk.inbox.run())
    try:
        yield desk
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        store.close()


async def test_events_are_handed_over_in_order_and_removed(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.add(1, 2)
        await desk.add(3)
        await desk.until(1, 2, 3)
        await desk.add(4)
        await desk.until(1, 2, 3, 4)
    async with open_desk(tmp_path) as desk:
        await desk.add(5)
        await desk.until(5)


async def test_what_was_never_offered_is_found_and_nothing_is_handed_over_twice(
    tmp_path: Path,
) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.add(1, 2)
        await desk.until(1, 2)
        await desk.add(3, offer=False)
        desk.inbox.read_again()
        await desk.until(1, 2, 3)
        # also when something that came later was handed over already
        await desk.add(4, offer=False)
        await desk.add(5)
        await until(lambda: 5 in desk.numbers)
        desk.inbox.read_again()
        await until(lambda: 4 in desk.numbers)
        desk.inbox.read_again()
        await desk.add(6)
        await until(lambda: 6 in desk.numbers)
        assert sorted(desk.numbers) == [1, 2, 3, 4, 5, 6]


async def test_a_sink_that_fails_gets_the_same_events_again(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        failures = iter([True, True, True])
        desk.refuse = lambda _events: next(failures, False)
        await desk.add(1, 2, 3)
        await desk.until(1, 2, 3)
        assert desk.clock.sleeps == [0.2, 0.4, 0.8]


async def test_what_lies_before_a_bad_event_passes(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        desk.refuse = lambda events: any(number_of(told) == 30 for told in events)
        await desk.add(*range(60))
        await until(lambda: len(desk.numbers) == 30)
        assert desk.numbers == list(range(30))
        desk.refuse = lambda _events: False
        await desk.until(*range(60))


async def test_what_was_not_taken_is_read_back_after_a_start(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        desk.refuse = lambda _events: True
        await desk.add(1, 2, 3)
    async with open_desk(tmp_path) as desk:
        await desk.until(1, 2, 3)


async def test_what_the_former_life_left_on_its_way_comes_first(tmp_path: Path) -> None:
    """It was received, and stopped before its commit was done: nobody offers it any more."""
    async with open_desk(tmp_path) as former:
        with closing(sqlite3.connect(tmp_path / "whatsapp.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            left = asyncio.ensure_future(former.add(1, 2, offer=False))
            await asyncio.sleep(0)
            desk = Desk(former.store)
            run = asyncio.ensure_future(desk.inbox.run())
            later = asyncio.ensure_future(desk.add(3))
            for _ in range(10):
                await asyncio.sleep(0)  # in which it may look for what is there
            other.execute("ROLLBACK")
        await asyncio.gather(left, later)
        await desk.until(1, 2, 3)
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)


async def test_more_than_fits_into_memory_is_read_back_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_module, "MAX_BUFFERED", 10)
    async with open_desk(tmp_path) as desk:
        desk.refuse = lambda _events: True
        for start in range(0, 100, 5):
            await desk.add(*range(start, start + 5))
        desk.refuse = lambda _events: False
        await desk.until(*range(100))
        await desk.add(100)
        await desk.until(*range(101))


async def test_too_much_makes_the_receiver_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_module, "MAX_BACKLOG", 10)
    async with open_desk(tmp_path) as desk:
        await desk.add(0)
        await desk.until(0)
        desk.refuse = lambda _events: True
        await desk.add(*range(1, 20))
        assert not desk.inbox.has_room
        waiting = asyncio.ensure_future(desk.inbox.room())
        desk.refuse = lambda _events: False
        await waiting
        assert desk.inbox.has_room


async def test_a_row_that_nobody_can_read_blocks_nothing(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        seq = desk.store.next_seq()
        await desk.store.commit([AddInbox(ACCOUNT, seq, "identity", "", "", "x", b"\xc1")])
        await desk.add(1, offer=False)
        desk.inbox.offer([(seq + 1, event(1))])
        await until(lambda: 1 in desk.numbers)


async def test_history_rows_go_elsewhere(tmp_path: Path) -> None:
    with closing(EngineStore.open(tmp_path / "whatsapp.db")) as store:
        seq = store.next_seq()
        await store.commit([AddInbox(ACCOUNT, seq, HISTORY, "c", "s", "i", b"notification")])
        await Desk(store).add(1, offer=False)
    async with open_desk(tmp_path) as desk:
        await desk.until(1)
        assert [(row.id, row.payload) for row in desk.history] == [("i", b"notification")]


async def test_what_is_not_durable_is_told_once_or_never(tmp_path: Path) -> None:
    online = PresenceChanged(
        jid=Jid("1", "lid"), available=True, last_seen=datetime(2026, 1, 1, tzinfo=UTC)
    )
    async with open_desk(tmp_path) as desk:
        desk.inbox.tell(online)
        await until(lambda: desk.told == [online])
        desk.refuse = lambda _events: True
        desk.inbox.tell(online)
        for _ in range(10):
            await asyncio.sleep(0)
        desk.refuse = lambda _events: False
        await desk.add(1)
        await until(lambda: len(desk.told) == 2)
        assert desk.told[1] == event(1)
