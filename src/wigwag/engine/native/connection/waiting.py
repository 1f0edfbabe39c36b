"""Who waits for which answer on one connection."""

import asyncio
from typing import Final, NamedTuple

from wigwag.engine.common.errors import RequestTimeout
from wigwag.ports import Clock
from wigwag.wire.nodes import Node

MAX_WAITERS: Final = 4096

Answer = asyncio.Future[Node | None]
"""The answer; None when the stream ended before it came."""


class _Waiter(NamedTuple):
    future: Answer
    ack: bool
    began: float


class Waiting:
    """The answers that are waited for, by the id of the stanza that asked, oldest first."""

    __slots__ = ("_clock", "_waiters", "acks")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiters: dict[str, _Waiter] = {}
        self.acks = 0
        """How many of the answers are acks; all others are iqs."""

    def __len__(self) -> int:
        return len(self._waiters)

    @property
    def since(self) -> float | None:
        """When the oldest stanza left whose answer is still waited for (monotonic seconds)."""
        return next((waiter.began for waiter in self._waiters.values()), None)

    def expect(self, id: str, *, ack: bool) -> Answer:  # noqa: A002
        """Wait for the answer to this id, which is an ack or an iq. Raises RequestTimeout."""
        if len(self._waiters) >= MAX_WAITERS:
            raise RequestTimeout("Too many requests wait for WhatsApp's answer.")
        future: Answer = asyncio.get_running_loop().create_future()
        self.forget(id)
        self._waiters[id] = _Waiter(future, ack, self._clock.monotonic())
        self.acks += ack
        return future

    def forget(self, id: str, future: Answer | None = None) -> None:  # noqa: A002
        """Nobody waits any more; with `future`, only if it still stands for this id."""
        waiter = self._waiters.get(id)
        if waiter is not None and (future is None or waiter.future is future):
            del self._waiters[id]
            self.acks -= waiter.ack

    def answer(self, node: Node) -> bool:
        """Hand an iq or an ack to whom it answers; whether there is somebody."""
        waiter = self._waiters.pop(node.attr("id"), None)
        if waiter is None:
            return False
        self.acks -= waiter.ack
        if not waiter.future.done():
            waiter.future.set_result(node)
        return True

    def end(self) -> None:
        """The stream is over: nobody waits in vain."""
        waiters, self._waiters, self.acks = self._waiters, {}, 0
        for waiter in waiters.values():
            if not waiter.future.done():
                waiter.future.set_result(None)
