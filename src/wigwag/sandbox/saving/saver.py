"""Saves the sandbox now and then, and at once when it matters."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

import structlog

_log = structlog.get_logger(__name__)

_DUTY = 20
"""Saving may take one part in so many of the process's time."""


class Saver:
    """Calls `take` on the event loop and `write` in a thread, when something changed.

    `version` is a cheap number that changes with the state.
    """

    def __init__(
        self,
        take: Callable[[], bytes],
        write: Callable[[bytes], None],
        version: Callable[[], int],
        interval_s: float,
    ) -> None:
        self._take = take
        self._write = write
        self._version = version
        self._interval_s = interval_s
        self._urgent = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Save for the first time at once, then whenever something changed."""
        self._urgent.set()
        self._task = asyncio.create_task(self._run(), name="sandbox-saver")

    def hurry(self) -> None:
        """Something happened that must not be lost: save as soon as possible."""
        self._urgent.set()

    async def stop(self) -> None:
        """End when a save under way is done; the last one is the caller's."""
        task, self._task = self._task, None
        if task is not None:
            self._stopping = True
            self._urgent.set()
            await task

    async def _run(self) -> None:
        pause_s = self._interval_s
        saved = -1
        while not self._stopping:
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._urgent.wait()
            version = self._version()
            if self._stopping:
                return
            if version == saved and not self._urgent.is_set():
                continue
            self._urgent.clear()
            began = time.monotonic()
            try:
                await asyncio.to_thread(self._write, self._take())
                saved = version
            except OSError as error:
                _log.warning("sandbox_not_saved", error=type(error).__name__)
            pause_s = max(self._interval_s, _DUTY * (time.monotonic() - began))
