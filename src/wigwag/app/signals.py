"""The signals that end a process of ours."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncGenerator


@contextlib.asynccontextmanager
async def stop_signal() -> AsyncGenerator[asyncio.Event]:
    """An event that SIGINT and SIGTERM set."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    signals = (signal.SIGINT, signal.SIGTERM)
    for number in signals:
        try:
            loop.add_signal_handler(number, stopped.set)
        except NotImplementedError:  # Windows: KeyboardInterrupt ends the runner instead
            break
    try:
        yield stopped
    finally:
        for number in signals:
            with contextlib.suppress(NotImplementedError):
                loop.remove_signal_handler(number)
