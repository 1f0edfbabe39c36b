"""The server's end of the way to a child: calls with a limit of time, and what it reports."""

import asyncio
import itertools
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

import msgspec

from wigwag.engine.common.errors import RequestTimeout
from wigwag.engine.whatsmeow.asks import Ask
from wigwag.engine.whatsmeow.frames import (
    HEAD,
    Ack,
    Answer,
    Beat,
    Echo,
    FrameError,
    FromChild,
    Halt,
    Over,
    Refusal,
    Request,
    Said,
    Start,
    ToChild,
    Told,
    body_length,
    decode_from_child,
    encode_frame,
)
from wigwag.engine.whatsmeow.troubles import error_of
from wigwag.model.errors import NotConnected

CALL_LIMIT_S: Final = 30.0
MOST_FACTS: Final = 1_024
"""Facts that wait here; a child has fewer under way."""

T = TypeVar("T")


class Channel:
    """Frames over one stream. `on_sign` is told of passing reports, in their order."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        on_report: Callable[[Said | Over], None],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._on_report = on_report
        self._numbers: Iterator[int] = itertools.count(1)
        self._calls: dict[int, asyncio.Future[Answer | Refusal]] = {}
        self._closed = False
        self.facts: asyncio.Queue[Told | None] = asyncio.Queue(MOST_FACTS)
        """What the child told, in order; None at its end."""
        self.echoed = 0
        """The newest heartbeat that was answered."""

    async def run(self) -> None:
        """Read until the child hangs up, or speaks nonsense. Every open call ends then."""
        try:
            while True:
                head = await self._reader.readexactly(HEAD.size)
                frame = decode_from_child(await self._reader.readexactly(body_length(head)))
                await self._take(frame)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            self._closed = True
            for waiter in self._calls.values():
                if not waiter.done():
                    waiter.cancel()
            await self.facts.put(None)

    async def call(self, ask: Ask, answer: type[T], limit_s: float = CALL_LIMIT_S) -> T:
        """Have the child do something.

        Raises what `troubles.error_of` makes of a refusal, NotConnected when it was not asked,
        RequestTimeout when nobody knows whether it was done.
        """
        if self._closed:
            raise NotConnected
        number = next(self._numbers)
        waiter = self._calls[number] = asyncio.get_running_loop().create_future()
        try:
            try:
                frame = encode_frame(Request(number=number, ask=ask))
            except FrameError as error:
                raise NotConnected("This is too large for the engine of this account.") from error
            self._writer.write(frame)
            async with asyncio.timeout(limit_s):
                await self._drained()
                told = await asyncio.shield(waiter)
        except TimeoutError:
            raise RequestTimeout from None
        except asyncio.CancelledError:
            if waiter.cancelled():
                raise RequestTimeout from None
            raise
        finally:
            del self._calls[number]
            waiter.cancel()
        if isinstance(told, Refusal):
            raise error_of(told)
        return msgspec.msgpack.decode(told.value, type=answer)

    def start(self, frame: Start) -> None:
        self._send(frame)

    def ack(self, seq: int) -> None:
        self._send(Ack(seq=seq))

    def beat(self, number: int) -> None:
        self._send(Beat(number=number))

    def halt(self) -> None:
        self._send(Halt())

    def close(self) -> None:
        self._closed = True
        self._writer.close()

    def abort(self) -> None:
        """Hang up at once, whatever is under way: the child keeps what it has, and ends."""
        self._closed = True
        self._writer.transport.abort()

    def _send(self, frame: ToChild) -> None:
        if not self._closed:
            self._writer.write(encode_frame(frame))

    async def _drained(self) -> None:
        try:
            await self._writer.drain()
        except ConnectionError:
            raise RequestTimeout from None

    async def _take(self, frame: FromChild) -> None:
        match frame:
            case Told():
                await self.facts.put(frame)
            case Answer() | Refusal():
                waiter = self._calls.get(frame.number)
                if waiter is not None and not waiter.done():
                    waiter.set_result(frame)
            case Echo():
                self.echoed = max(self.echoed, frame.number)
            case Said() | Over():
                self._on_report(frame)
