"""Takes the pulse of a connection: pings it, and finds out that it is mute."""

import asyncio
from typing import Protocol

import structlog

from wigwag.engine.common.errors import RequestTimeout
from wigwag.engine.common.timelimit import time_limit
from wigwag.engine.native.connection.keepalive import KeepAlivePolicy
from wigwag.engine.native.connection.stanzas import iq
from wigwag.model.errors import NotConnected
from wigwag.ports import Clock
from wigwag.wire.errors import WireError
from wigwag.wire.nodes import Node

_log = structlog.get_logger(__name__)


class Awaited(Protocol):
    """An answer to come."""

    @property
    def future(self) -> "asyncio.Future[Node | None]": ...


class Patient(Protocol):
    """The connection whose pulse is taken."""

    @property
    def reading(self) -> bool:
        """Whether what comes is read."""
        ...

    @property
    def heard_at(self) -> float:
        """When something came last (monotonic seconds)."""
        ...

    @property
    def awaited_since(self) -> float | None:
        """When the oldest stanza left whose answer is awaited (monotonic seconds)."""
        ...

    async def begin(self, node: Node) -> Awaited: ...


class Pulse:
    """The pings of one stream."""

    def __init__(self, patient: Patient, policy: KeepAlivePolicy, clock: Clock) -> None:
        self._patient = patient
        self._policy = policy
        self._clock = clock
        self._pinged_at = clock.monotonic()

    async def watch(self) -> None:
        """Returns when the stream is mute."""
        while True:
            await self._wait_until_due()
            if not await self._is_answered():
                return

    async def _wait_until_due(self) -> None:
        policy, patient = self._policy, self._patient
        due_at = self._clock.monotonic() + policy.interval_s()
        while not policy.is_due(
            self._clock.monotonic(),
            due_at=due_at,
            pinged_at=self._pinged_at,
            awaited=patient.awaited_since,
        ):
            step_s = policy.step_s(due_at, self._clock.monotonic())
            if policy.has_jumped(await self._sleep(step_s), step_s):
                _log.info("clock_jumped")
                return

    async def _is_answered(self) -> bool:
        """Ping; False when the stream is to be given up."""
        self._pinged_at = self._clock.monotonic()
        try:
            # a socket that takes nothing more is as mute as one that says nothing
            async with time_limit(self._clock, self._policy.deadline_s):
                answer = (await self._patient.begin(iq("w:p", "get"))).future
        except TimeoutError:
            _log.warning("connection_takes_nothing")
            return False
        except (NotConnected, RequestTimeout, WireError) as error:
            _log.debug("ping_not_sent", code=error.code)
            return True
        return await self._comes(answer)

    async def _comes(self, answer: "asyncio.Future[Node | None]") -> bool:
        policy, patient = self._policy, self._patient
        began = self._pinged_at
        while not answer.done():
            now = self._clock.monotonic()
            if not patient.reading:
                # on purpose nothing is read, so nothing can be judged; the server still hears us
                if now - self._pinged_at >= policy.longest_s:
                    return True
                began = now
            elif policy.is_mute(now - began, now - patient.heard_at):
                _log.warning("connection_mute", silent_s=round(now - patient.heard_at))
                return False
            step_s = policy.judged_in_s(now - began, now - patient.heard_at)
            slept_s = await self._sleep(step_s, answer)
            if policy.has_jumped(slept_s, step_s):
                began = self._clock.monotonic()
        return True

    async def _sleep(
        self, step_s: float, answer: "asyncio.Future[Node | None] | None" = None
    ) -> float:
        """Sleep, or until the answer; for how long by the clock that counts a suspension."""
        wall, steady = self._clock.now(), self._clock.monotonic()
        if answer is None:
            await self._clock.sleep(step_s)
        else:
            try:
                async with time_limit(self._clock, step_s):
                    await asyncio.wait({answer})
            except TimeoutError:
                pass
        return max((self._clock.now() - wall).total_seconds(), self._clock.monotonic() - steady)
