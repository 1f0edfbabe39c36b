"""The dull loop: attempt, decide, wait, attempt again."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from wigwag.engine.common.backoff import Backoff
from wigwag.engine.common.errors import DialFailed
from wigwag.engine.common.failures import describe
from wigwag.engine.common.machine import Outcome, Persistence, Signal, after_ending
from wigwag.engine.common.statebook import StateBook
from wigwag.engine.common.states import DialRefused, Ending, StreamLost
from wigwag.engine.common.timelimit import time_limit
from wigwag.model.errors import WigwagError
from wigwag.ports import Clock
from wigwag.wire.errors import WireError

Attempt = Callable[[], Awaitable[Ending]]
"""Connects, stays connected, and returns how it ended; may raise DialFailed and WireError."""

_BROKEN: Final = StreamLost(why="broken")
_STEP_S: Final = 30.0
"""A longer wait looks at the time of day so often: a machine that slept has waited, too."""

_log = structlog.get_logger(__name__)


class Reconnect:
    """Keeps an account connected until the state machine says that it rests."""

    def __init__(
        self,
        account: str,
        attempt: Attempt,
        *,
        book: StateBook,
        is_paired: Callable[[], bool],
        online_s: Callable[[], float],
        looks_up: Callable[[], bool],
        forget: Callable[[str], Awaitable[None]],
        persistence: Persistence,
        backoff: Backoff,
        clock: Clock,
        jitter: random.Random,
    ) -> None:
        self._attempt = attempt
        self._log = _log.bind(account=account)
        self._book = book
        self._is_paired = is_paired
        self._online_s = online_s
        self._looks_up = looks_up
        self._forget = forget
        self._persistence = persistence
        self._backoff = backoff
        self._clock = clock
        self._jitter = jitter
        self._hurried = asyncio.Event()

    async def run(self) -> bool:
        """Ends when nothing is to be tried any more; whether somebody wants it all the same,
        since the last stream was over."""
        while True:
            self._book.signal(Signal.DIAL)
            self._hurried.clear()
            outcome = await self._judge(await self._try())
            if outcome.wait_s is None:
                return self._hurried.is_set()
            await self._pause(outcome.wait_s)

    def stream_over(self) -> None:
        """To be told as soon as an attempt knows its ending: who hurries from here on means the
        next attempt, not this one."""
        self._hurried.clear()

    def hurry(self) -> None:
        """Wait no longer for the next attempt."""
        self._hurried.set()

    async def _pause(self, wait_s: float) -> None:
        ends_at = self._clock.now().timestamp() + wait_s
        while wait_s > 0 and self._clock.now().timestamp() < ends_at:
            step_s = min(wait_s, _STEP_S)
            try:
                async with time_limit(self._clock, step_s):
                    await self._hurried.wait()
                    return
            except TimeoutError:
                wait_s -= step_s

    async def _judge(self, ending: Ending) -> Outcome:
        """What the ending means, told; a store that fails meanwhile must not end the loop."""
        try:
            outcome = self._outcome(ending, paired=self._is_paired())
            if outcome.forget:
                await self._forget(outcome.standing.reason)
            self._book.stand(outcome.standing)
        except Exception as error:  # noqa: BLE001 - the loop must not end by a bug
            self._log.error("ending_not_judged", **describe(error))
            outcome = self._outcome(_BROKEN, paired=True)
            self._book.stand(outcome.standing)
        self._log.info(
            "connection_ended",
            reason=outcome.standing.reason,
            state=outcome.standing.state.value,
            wait_s=None if outcome.wait_s is None else round(outcome.wait_s, 2),
        )
        return outcome

    def _outcome(self, ending: Ending, *, paired: bool) -> Outcome:
        return after_ending(
            self._book.standing,
            ending,
            self._persistence,
            self._backoff,
            paired=paired,
            online_s=self._online_s(),
            fraction=self._jitter.random(),
            looks_up=self._looks_up(),
            now=self._clock.now(),
        )

    async def _try(self) -> Ending:
        try:
            return await self._attempt()
        except DialFailed as error:
            self._log.warning("dial_failed", detail=error.detail)
            return DialRefused(code=error.code)
        except WireError as error:
            self._log.warning("handshake_failed", code=error.code)
            return DialRefused(code=error.code)
        except WigwagError as error:
            self._log.warning("attempt_failed", code=error.code)
            return StreamLost(why=error.code)
        except Exception as error:  # noqa: BLE001 - the loop must not end by a bug
            self._log.error("attempt_broken", **describe(error))
            return _BROKEN
