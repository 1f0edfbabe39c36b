"""Facts on their way to the archive: in order, once, and acknowledged when they are there."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from scripted.waiting import JumpingClock
from wigwag.engine.whatsmeow.calls import Callers
from wigwag.engine.whatsmeow.facts import Fact, GapFact, LostFact, PictureFact
from wigwag.engine.whatsmeow.frames import Told
from wigwag.engine.whatsmeow.pump import Pump
from wigwag.engine.whatsmeow.reading import FactReader
from wigwag.model.account import AccountState, ConnectionState
from wigwag.model.event import EngineEvent, PictureChanged, StateChanged

PICTURE = PictureFact(jid="1@s.whatsapp.net", author="", timestamp_s=5, removed=True)


class Child:
    """What a pump sees of a channel."""

    def __init__(self, *facts: tuple[int, Fact]) -> None:
        self.facts: asyncio.Queue[Told | None] = asyncio.Queue()
        self.acks: list[int] = []
        for seq, fact in facts:
            self.facts.put_nowait(Told(seq=seq, fact=fact))
        self.facts.put_nowait(None)

    def ack(self, seq: int) -> None:
        self.acks.append(seq)


class Archive:
    def __init__(self) -> None:
        self.events: list[EngineEvent] = []
        self.failures = 0
        self.clock = JumpingClock()
        self.pump = Pump(
            "one",
            reader=FactReader(lambda: (), Callers()),
            sink=self.take,
            clock=self.clock,
            on_gap=self.gap,
        )

    async def take(self, account: str, events: Sequence[EngineEvent]) -> None:
        assert account == "one"
        if self.failures:
            self.failures -= 1
            raise OSError
        self.events += events

    def gap(self, since: datetime) -> EngineEvent:
        state = ConnectionState.RECONNECTING
        return StateChanged(state=AccountState(state=state, since=since, gap_since=since))

    async def run(self, child: Child) -> None:
        await self.pump.run(cast("Any", child))


@pytest.fixture
def archive() -> Archive:
    return Archive()


async def test_what_is_told_again_is_acknowledged_and_not_handed_over_again(
    archive: Archive,
) -> None:
    await archive.run(Child((1, PICTURE), (2, GapFact(since_s=7))))
    again = Child((2, GapFact(since_s=7)), (3, PICTURE))
    await archive.run(again)
    kinds = [type(event) for event in archive.events]
    assert kinds == [PictureChanged, StateChanged, PictureChanged]
    assert again.acks == [3]
    gap = archive.events[1]
    assert isinstance(gap, StateChanged)
    assert gap.state.gap_since == datetime.fromtimestamp(7, UTC)


async def test_nothing_is_acknowledged_before_the_archive_has_it(archive: Archive) -> None:
    archive.failures = 3
    child = Child((1, PICTURE))
    await archive.run(child)
    assert len(archive.clock.sleeps) == 3
    assert len(archive.events) == 1
    assert child.acks == [1]


async def test_what_cannot_be_read_holds_nothing_up(archive: Archive) -> None:
    nobody = PictureFact(jid="", author="", timestamp_s=5, removed=True)
    child = Child((1, LostFact(code=17)), (2, nobody), (3, PICTURE))
    await archive.run(child)
    assert archive.pump.unreadable == 2
    assert len(archive.events) == 1
    assert child.acks == [3]
