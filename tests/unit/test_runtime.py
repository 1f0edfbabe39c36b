"""A process runs on the fast loop, and seldom looks for cycles."""

import asyncio
import gc
from collections.abc import Iterator

import pytest

from wigwag import runtime


@pytest.fixture(autouse=True)
def thresholds() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_run_ends_with_the_coroutine_on_our_loop():
    seen: list[str] = []

    async def work() -> None:
        seen.append(type(asyncio.get_running_loop()).__module__)

    runtime.run(work)
    loop = runtime.new_loop()
    loop.close()
    assert seen == [type(loop).__module__]


def test_cycles_are_looked_for_seldom_but_are():
    async def work() -> None:
        assert gc.isenabled()
        assert gc.get_threshold()[0] > 10_000

    runtime.run(work)
