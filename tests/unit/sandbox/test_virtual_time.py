"""Time that passes when it is told to: in order, for sleepers, timers and a whole sandbox."""

import asyncio
from datetime import timedelta

from scripted.waiting import until
from wigwag.sandbox.network.faults import Fault, FaultKind
from wigwag.sandbox.network.schedules import TimedFault
from wigwag.sandbox.sandbox import Sandbox, SandboxOptions
from wigwag.sandbox.virtual_time import BEGIN, VirtualTime


async def test_timers_in_their_order_each_at_its_time() -> None:
    time = VirtualTime()
    done: list[tuple[str, float]] = []

    def note(name: str) -> None:
        done.append((name, time.monotonic()))

    def chain() -> None:
        note("first")
        time.call_later(1.0, lambda: note("chained"))

    time.call_later(5.0, lambda: note("late"))
    time.call_later(2.0, chain)
    time.call_later(60.0, lambda: note("never"))
    assert time.next_s == 2.0
    time.advance(10.0)
    assert done == [("first", 2.0), ("chained", 3.0), ("late", 5.0)]
    assert time.now() == BEGIN + timedelta(seconds=10)
    assert time.time() == BEGIN.timestamp() + 10
    assert time.next_s == 50.0


async def test_sleepers_wake_and_may_be_cancelled() -> None:
    time = VirtualTime()
    sleeper = asyncio.create_task(time.sleep(30.0))
    gone = asyncio.create_task(time.sleep(30.0))
    await until(lambda: time.next_s is not None)
    gone.cancel()
    await asyncio.wait({gone})
    time.advance(29.0)
    await asyncio.sleep(0)
    assert not sleeper.done()
    time.advance(1.0)
    await asyncio.wait_for(sleeper, 5)
    await asyncio.wait_for(time.sleep(0.0), 5)
    assert time.next_s is None


async def test_a_sandbox_in_virtual_time() -> None:
    time = VirtualTime()
    sandbox = await Sandbox.start(SandboxOptions(seed=1), time.time, time.call_later)
    try:
        sandbox.run_schedule(
            [TimedFault(at_s=at_s, fault=Fault(kind=FaultKind.HOLD)) for at_s in (10.0, 20.0)]
        )
        for passed, active in ((9.0, 0), (1.0, 1), (10.0, 2)):
            time.advance(passed)
            assert len(sandbox.faults.list()) == active
    finally:
        await sandbox.stop()
