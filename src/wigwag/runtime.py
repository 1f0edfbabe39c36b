"""How a process of ours runs: its event loop, and how often Python looks for reference cycles."""

import asyncio
import gc
from collections.abc import Callable, Coroutine
from typing import Any, Final

_THRESHOLDS: Final = (20_000, 20, 100)
"""Python's 700 looks through the young objects several times for every batch of messages; stanzas
hold no cycles, so that finds nothing and costs a twelfth of the time of receiving."""


def run(make: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run the coroutine that `make` gives, until it ends."""
    gc.set_threshold(*_THRESHOLDS)
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(make())


def new_loop() -> asyncio.AbstractEventLoop:
    """uvloop's loop where there is one (not on Windows)."""
    try:
        import uvloop  # noqa: PLC0415 - only where it is installed
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()
