"""The loop around attempts: it waits, it can be hurried, and nothing breaks it."""

import asyncio
import random

import pytest

from scripted.waiting import VirtualClock
from wigwag.engine.common.backoff import Backoff
from wigwag.engine.common.errors import DialFailed
from wigwag.engine.common.machine import Persistence
from wigwag.engine.common.reconnect import Reconnect
from wigwag.engine.common.statebook import StateBook
from wigwag.engine.common.states import (
    Ending,
    LoginRefused,
    PairingEnded,
    StreamErrored,
    StreamLost,
)
from wigwag.model.account import ConnectionState
from wigwag.model.event import StateChanged
from wigwag.wire.errors import CertificateInvalid

S = ConnectionState
LOST = StreamLost(why="closed")


class Half(random.Random):
    def random(self) -> float:
        return 0.5


class Scene:
    """A loop whose attempts end as the script says; after it, nobody scans in time."""

    def __init__(self, *script: Ending | Exception, failing: int = 0) -> None:
        self.clock = VirtualClock()
        self.told: list[StateChanged] = []
        self.book = StateBook(self.clock, self.told.append)
        self.attempts: list[float] = []
        self.reasons: list[str] = []
        self._script = iter([*script, PairingEnded()])
        self._failing = failing
        self.hurried_during_attempt: bool | None = None
        """A call while the attempt runs: after its stream is over (True), or before."""
        self.loop = Reconnect(
            "default",
            self._attempt,
            book=self.book,
            is_paired=self._is_paired,
            online_s=lambda: 0.0,
            looks_up=lambda: False,
            forget=self._forget,
            persistence=Persistence(),
            backoff=Backoff(),
            clock=self.clock,
            jitter=Half(),
        )
        self.run = asyncio.ensure_future(self.loop.run())

    async def _attempt(self) -> Ending:
        self.attempts.append(self.clock.monotonic())
        self.reasons.append(self.book.current.reason)
        if self.hurried_during_attempt is False:
            self.loop.hurry()
        self.loop.stream_over()
        if self.hurried_during_attempt is True:
            self.loop.hurry()
        step = next(self._script)
        if isinstance(step, Exception):
            raise step
        return step

    def _is_paired(self) -> bool:
        self._failing -= 1
        if self._failing >= 0:
            raise RuntimeError("the store cannot be read")
        return True

    async def _forget(self, reason: str) -> None:
        raise AssertionError(reason)

    async def ends(self, limit_s: float = 1e6) -> list[float]:
        """When each attempt began."""
        await self.clock.until(self.run.done, limit_s)
        self.run.result()
        return self.attempts


async def test_it_waits_between_attempts_as_the_machine_says() -> None:
    assert await Scene(LOST, LOST, LOST, LOST).ends() == pytest.approx([0, 0, 1, 3, 7])


@pytest.mark.parametrize(
    "error", [DialFailed(), CertificateInvalid(), RuntimeError("secret"), KeyError("secret")]
)
async def test_no_error_breaks_the_loop(error: Exception) -> None:
    scene = Scene(error, error)
    assert len(await scene.ends()) == 3
    assert not any("secret" in reason for reason in scene.reasons)


async def test_an_ending_that_cannot_be_judged_does_not_end_the_loop() -> None:
    scene = Scene(LOST, LOST, LOST, failing=2)
    assert len(await scene.ends()) == 4
    assert "broken" in scene.reasons


async def test_a_long_wait_is_cut_short_by_who_hurries_and_only_once() -> None:
    scene = Scene(LoginRefused(reason=402, expire_s=86_400), LOST, LOST, LOST)
    await scene.clock.until(lambda: scene.book.current.state is S.BANNED, 10)
    await scene.clock.advance(100)
    assert len(scene.attempts) == 1
    scene.loop.hurry()
    assert await scene.ends() == pytest.approx([0, 100, 101, 103, 107], abs=1)


@pytest.mark.parametrize(("after_its_end", "wanted"), [(True, True), (False, False)])
async def test_who_hurries_after_the_last_stream_is_over_wants_another(
    *, after_its_end: bool, wanted: bool
) -> None:
    scene = Scene()
    scene.hurried_during_attempt = after_its_end
    await scene.ends()
    assert scene.run.result() is wanted


async def test_a_machine_that_slept_has_waited() -> None:
    scene = Scene(StreamErrored(code=0, conflict="replaced"))
    await scene.clock.until(lambda: scene.book.current.state is S.REPLACED, 10)
    scene.clock.suspend(3600)
    assert (await scene.ends())[1] <= 30


async def test_states_are_told_once_with_what_comes_next() -> None:
    scene = Scene(StreamErrored(code=0, conflict="replaced"), LOST, LOST)
    await scene.ends()
    assert [event.state.state for event in scene.told] == [
        S.REPLACED,
        S.RECONNECTING,
        S.PAIRING_EXPIRED,
    ]
    replaced = scene.told[0].state
    assert replaced.next_attempt is not None
    assert not replaced.rests
    assert scene.told[-1].state.rests
