"""The pulse in virtual time: how soon silence of every kind is noticed, and what is none."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from scripted.waiting import VirtualClock
from wigwag.engine.native.connection.keepalive import KeepAlivePolicy
from wigwag.engine.native.connection.pulse import Pulse
from wigwag.model.errors import NotConnected
from wigwag.wire.nodes import Node

POLICY = KeepAlivePolicy()


class Answer:
    def __init__(self) -> None:
        self.future: asyncio.Future[Node | None] = asyncio.get_running_loop().create_future()


class Patient:
    """A connection whose other end does as a test says."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.reading = True
        self.heard_at = 0.0
        self.awaited_since: float | None = None
        self.answers = True
        self.takes = True
        self.open = True
        self.pings: list[float] = []

    async def begin(self, node: Node) -> Answer:
        assert (node.attr("xmlns"), node.attr("type")) == ("w:p", "get")
        if not self.open:
            raise NotConnected
        if not self.takes:
            await self.clock.sleep(1e9)
        self.pings.append(self.clock.monotonic())
        answer = Answer()
        if self.answers:
            self.heard_at = self.clock.monotonic()
            answer.future.set_result(node)
        return answer


class Scene:
    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.patient = Patient(self.clock)
        self.watch = asyncio.ensure_future(Pulse(self.patient, POLICY, self.clock).watch())

    async def noticed_after(self, limit_s: float = 60.0) -> float:
        return await self.clock.until(self.watch.done, limit_s)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    scene = Scene()
    yield scene
    scene.watch.cancel()
    await asyncio.wait({scene.watch})


async def test_pings_are_as_regular_as_the_policy_says(scene: Scene) -> None:
    await scene.clock.advance(600)
    assert 40 <= len(scene.patient.pings) <= 60
    assert not scene.watch.done()


async def test_silence_is_noticed(scene: Scene) -> None:
    await scene.clock.advance(100)
    scene.patient.answers = False
    assert 10 <= await scene.noticed_after() <= 25.1


async def test_a_peer_that_talks_and_does_not_listen_is_noticed(scene: Scene) -> None:
    scene.patient.answers = False

    async def talk() -> None:
        while True:
            await scene.clock.sleep(0.5)
            scene.patient.heard_at = scene.clock.monotonic()

    talking = asyncio.ensure_future(talk())
    assert 15 <= await scene.noticed_after() <= 30.1
    talking.cancel()


async def test_a_socket_that_takes_nothing_is_noticed(scene: Scene) -> None:
    scene.patient.takes = False
    assert await scene.noticed_after() <= 25.1


async def test_an_overdue_answer_makes_it_sooner(scene: Scene) -> None:
    await scene.clock.until(lambda: scene.patient.pings, 20)
    scene.patient.answers = False
    await scene.clock.advance(0.5)
    scene.patient.awaited_since = scene.clock.monotonic()
    assert await scene.noticed_after() <= 20.1


async def test_a_slow_answer_costs_one_early_ping_and_no_more(scene: Scene) -> None:
    await scene.clock.until(lambda: scene.patient.pings, 20)
    await scene.clock.advance(0.1)
    scene.patient.awaited_since = scene.clock.monotonic()
    await scene.clock.advance(100)
    assert len(scene.patient.pings) <= 12
    assert not scene.watch.done()


async def test_what_is_not_read_is_not_judged(scene: Scene) -> None:
    scene.patient.answers = False
    scene.patient.reading = False
    await scene.clock.advance(300)
    assert not scene.watch.done()
    assert len(scene.patient.pings) >= 6, "the server still hears from us"
    scene.patient.reading = True
    assert await scene.noticed_after() <= 25.1


async def test_after_a_suspension_it_asks_at_once(scene: Scene) -> None:
    await scene.clock.until(lambda: scene.patient.pings, 20)
    scene.patient.answers = False
    scene.clock.suspend(3600)
    assert await scene.noticed_after() <= POLICY.overdue_s + POLICY.deadline_s + 0.1


async def test_a_suspension_within_the_wait_for_an_answer_is_no_silence(scene: Scene) -> None:
    scene.patient.answers = False
    await scene.clock.until(lambda: scene.patient.pings, 20)
    await scene.clock.advance(9.5)
    scene.clock.suspend(3600)
    await scene.clock.advance(9.0)
    assert not scene.watch.done()
    assert await scene.noticed_after() <= 2


async def test_a_stream_that_ended_already_is_nobodys_silence(scene: Scene) -> None:
    scene.patient.open = False
    await scene.clock.advance(100)
    assert not scene.watch.done()
