"""The loop around attempts: delays, verdicts, and no way to break it."""

import asyncio
import random
from collections.abc import Iterator

import pytest

from scripted.waiting import JumpingClock
from wigwag.engine.native.connection.backoff import Backoff, Redial
from wigwag.engine.native.connection.reconnect import Reconnect
from wigwag.engine.native.connection.states import (
    Ending,
    LoginRefused,
    PairingEnded,
    StreamErrored,
    StreamLost,
    Verdict,
)
from wigwag.engine.native.errors import DialFailed
from wigwag.wire.errors import CertificateInvalid

Script = list[Ending | Exception]


class Half(random.Random):
    def random(self) -> float:
        return 0.5


async def run(
    script: Script, online_s: Iterator[float] | None = None, failing: int = 0
) -> tuple[list[float], list[Verdict]]:
    """The sleeps and verdicts of a script of attempts; the last ends everything.

    The first `failing` verdicts cannot be applied.
    """
    clock = JumpingClock()
    steps = iter([*script, PairingEnded()])
    verdicts: list[Verdict] = []

    async def attempt() -> Ending:
        step = next(steps)
        if isinstance(step, Exception):
            raise step
        return step

    async def apply(verdict: Verdict) -> None:
        verdicts.append(verdict)
        if len(verdicts) <= failing:
            raise RuntimeError("the store cannot be read")

    loop = Reconnect(
        "default",
        attempt,
        is_paired=lambda: True,
        online_s=lambda: next(online_s) if online_s is not None else 0.0,
        apply=apply,
        backoff=Backoff(),
        clock=clock,
        jitter=Half(),
    )
    await asyncio.wait_for(loop.run(), 5)
    return clock.sleeps, verdicts


async def test_the_first_retry_is_immediate_and_then_it_slows_down() -> None:
    sleeps, verdicts = await run([StreamLost(why="closed")] * 8)
    assert sleeps == [0, 1, 2, 4, 8, 16, 30, 30]
    assert verdicts[-1].redial is Redial.NEVER


async def test_a_stable_connection_starts_over() -> None:
    online_s = iter([0, 0, 0, 3600, 0])
    sleeps, _ = await run([StreamLost(why="closed")] * 5, online_s)
    assert sleeps == [0, 1, 2, 0, 1]


async def test_a_restart_after_pairing_is_immediate_but_not_for_ever() -> None:
    sleeps, _ = await run([StreamErrored(code=515)] * 4)
    assert sleeps == [0, 0, 2, 4]


@pytest.mark.parametrize(
    "error", [DialFailed(), CertificateInvalid(), RuntimeError("secret"), KeyError("secret")]
)
async def test_no_error_breaks_the_loop(error: Exception) -> None:
    sleeps, verdicts = await run([error, error])
    assert sleeps == [0, 1]
    assert "secret" not in verdicts[0].reason


async def test_unknown_refusals_are_retried_slowly() -> None:
    sleeps, _ = await run([LoginRefused(reason=409)])
    assert sleeps == [225]


async def test_an_hour_of_refusals_is_a_hundred_attempts_not_thousands() -> None:
    sleeps, _ = await run([DialFailed()] * 125)
    assert sum(sleeps) > 3600


async def test_a_verdict_that_cannot_be_applied_does_not_end_the_loop() -> None:
    _, verdicts = await run([StreamLost(why="closed")] * 3, failing=2)
    assert len(verdicts) == 4
    assert verdicts[-1].redial is Redial.NEVER
