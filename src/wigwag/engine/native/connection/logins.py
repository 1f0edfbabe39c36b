"""Whether a connection is logged in, and one verdict for all who wait until it is again."""

import asyncio
from typing import Final

SOON_S: Final = 5.0
"""How long a request waits for the next login after its stream ended (whatsmeow request.go)."""


class _Wait:
    """Everybody who waits for the next login, and what came of it."""

    __slots__ = ("came", "over", "timer")

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self.came = False
        self.timer: asyncio.TimerHandle | None = None


class Logins:
    """The logins of one identity, one after the other.

    Those whose stream ended under them wait together: all send again after the next login, in the
    order of their waiting, or none does. If each had a limit of its own, the first message of a
    chat could give up in the moment in which the second one leaves.
    """

    __slots__ = ("_count", "_over", "_present", "_soon_s", "_wait")

    def __init__(self, soon_s: float = SOON_S) -> None:
        self._soon_s = soon_s
        self._present = asyncio.Event()
        self._count = 0
        self._wait: _Wait | None = None
        self._over = False

    @property
    def online(self) -> bool:
        """Whether there is a login."""
        return self._present.is_set()

    @property
    def current(self) -> int:
        """Which login this is, counted from 1; 0 while there is none."""
        return self._count if self._present.is_set() else 0

    def begin(self) -> None:
        """The login is complete."""
        self._count += 1
        self._present.set()
        self._settle(came=True)

    def lose(self) -> None:
        """The stream is over."""
        self._present.clear()

    def end(self) -> None:
        """There will be no other login: nobody waits for one in vain."""
        self._over = True
        self.lose()
        self._settle(came=False)

    async def wait(self, timeout_s: float) -> bool:
        """Whether there is a login, or one comes within this time."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._present.wait()
        except TimeoutError:
            return False
        return True

    async def next(self) -> bool:
        """Whether there is a login, or one comes soon; the same for all who wait."""
        if self.online or self._over:
            return self.online
        wait = self._wait
        if wait is None:
            wait = self._wait = _Wait()
            loop = asyncio.get_running_loop()
            wait.timer = loop.call_later(self._soon_s, lambda: self._settle(came=False))
        await wait.over.wait()
        return wait.came

    def _settle(self, *, came: bool) -> None:
        wait, self._wait = self._wait, None
        if wait is not None:
            wait.came = came
            wait.over.set()
            if wait.timer is not None:
                wait.timer.cancel()
