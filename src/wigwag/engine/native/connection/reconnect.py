"""The dull loop: attempt, decide, wait, attempt again."""

import random
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from wigwag.engine.native.connection.backoff import Backoff, Redial
from wigwag.engine.native.connection.states import DialRefused, Ending, StreamLost, Verdict, decide
from wigwag.engine.native.errors import DialFailed
from wigwag.engine.native.failures import describe
from wigwag.model.errors import WigwagError
from wigwag.ports import Clock
from wigwag.wire.errors import WireError

Attempt = Callable[[], Awaitable[Ending]]
"""Connects, stays connected, and returns how it ended; may raise DialFailed and WireError."""

_BROKEN: Final = StreamLost(why="broken")
_log = structlog.get_logger(__name__)


class Reconnect:
    """Keeps an account connected until a verdict says otherwise."""

    def __init__(
        self,
        account: str,
        attempt: Attempt,
        *,
        is_paired: Callable[[], bool],
        online_s: Callable[[], float],
        apply: Callable[[Verdict], Awaitable[None]],
        backoff: Backoff,
        clock: Clock,
        jitter: random.Random,
    ) -> None:
        self._attempt = attempt
        self._log = _log.bind(account=account)
        self._is_paired = is_paired
        self._online_s = online_s
        self._apply = apply
        self._backoff = backoff
        self._clock = clock
        self._jitter = jitter

    async def run(self) -> None:
        """Ends with a verdict that nothing is to be tried any more."""
        failures = 0
        while True:
            verdict = await self._judge(await self._try())
            if verdict.redial is Redial.NEVER:
                return
            failures = self._backoff.failures_after(failures, self._online_s())
            delay_s = self._backoff.delay_s(verdict.redial, failures, self._jitter.random())
            failures += 1
            await self._clock.sleep(delay_s)

    async def _judge(self, ending: Ending) -> Verdict:
        """What the ending means, told; a store that fails meanwhile must not end the loop."""
        try:
            verdict = decide(ending, paired=self._is_paired(), now=self._clock.now())
            self._log.info("connection_ended", reason=verdict.reason, redial=verdict.redial.value)
            await self._apply(verdict)
        except Exception as error:  # noqa: BLE001 - the loop must not end by a bug
            self._log.error("verdict_not_applied", **describe(error))
            return decide(_BROKEN, paired=True, now=self._clock.now())
        return verdict

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
