"""A world that stands while inputs are thrown at it, one after the other."""

import asyncio
import tempfile
from collections.abc import Callable, Coroutine, MutableMapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, Protocol

from structlog.testing import capture_logs

from fuzz.limits import INPUT_LIMIT_S

_MEMORY: Final = Path("/dev/shm")

_COMPLAINTS: Final = frozenset({"stanza_not_handled", "stanza_handler_failed"})
"""Warnings that name a defect as errors do."""


class World(Protocol):
    """Made for a folder. `take` throws one input at it, and fails when that did harm."""

    async def open(self) -> None: ...

    async def take(self, data: bytes) -> None: ...

    async def close(self) -> None: ...


class Standing:
    """Gives inputs to a world, which is made anew after `life` of them.

    An input that does harm takes the world with it: the next one begins with another. So does one
    that raises where nobody is, or leaves an error in the log.
    """

    def __init__(self, make: Callable[[Path], World], *, life: int) -> None:
        self._make = make
        self._life = life
        self._left = 0
        self._world: World | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stack = ExitStack()
        self._logs: list[MutableMapping[str, Any]] = []
        self._loose: list[str] = []

    def take(self, data: bytes) -> None:
        if not self._left:
            self.close()
            self._open()
        self._left -= 1
        world = self._world
        assert world is not None
        try:
            self._run(world.take(data))
            self._judge()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        world, self._world, self._left = self._world, None, 0
        try:
            if world is not None:
                self._run(world.close())
        finally:
            self._stack.close()
            loop, self._loop = self._loop, None
            if loop is not None:
                loop.close()
        self._judge()

    def _open(self) -> None:
        loop = self._loop = asyncio.new_event_loop()
        loop.set_exception_handler(lambda _loop, context: self._loose.append(repr(context)))
        self._logs = self._stack.enter_context(capture_logs())
        where = str(_MEMORY) if _MEMORY.is_dir() else None
        folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="fuzz-", dir=where))
        world = self._make(Path(folder))
        self._run(world.open())
        self._world, self._left = world, self._life

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        loop = self._loop
        assert loop is not None

        async def limited() -> None:
            async with asyncio.timeout(INPUT_LIMIT_S):
                await work

        loop.run_until_complete(limited())

    def _judge(self) -> None:
        errors = [
            log
            for log in self._logs
            if log["log_level"] in ("error", "critical") or log["event"] in _COMPLAINTS
        ]
        self._logs.clear()
        loose, self._loose = self._loose, []
        assert not errors, f"errors were logged: {errors}"
        assert not loose, f"something failed where nobody saw it: {loose}"
