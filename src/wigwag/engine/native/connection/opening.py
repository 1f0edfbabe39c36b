"""Opening a stream: dial, TLS, upgrade and the Noise handshake, within one limit."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Final, Protocol

import aiohttp

from wigwag.engine.common.endpoint import Endpoint
from wigwag.engine.common.errors import DialFailed, SocketClosed
from wigwag.engine.common.timelimit import time_limit
from wigwag.ports import Clock
from wigwag.wire.errors import MalformedFrame, NoiseFailure
from wigwag.wire.noise import ClientHandshake, NoiseTransport
from wigwag.wire.signal.curve import KeyPair

CONNECT_LIMIT_S: Final = 20.0
"""TCP, TLS, upgrade and handshake together; the login has its own limits (loggedin.py)."""


class Socket(Protocol):
    """What carries frames; `FrameSocket` says what each raises."""

    async def send(self, frames: Iterable[bytes]) -> None: ...

    async def receive(self) -> list[bytes]: ...

    async def close(self) -> None: ...


Dial = Callable[[aiohttp.ClientSession, Endpoint], Awaitable[Socket]]


class Opener:
    """Opens streams to one endpoint, each by `dial`, and gives each `limit_s` for all of it."""

    def __init__(self, endpoint: Endpoint, *, clock: Clock, limit_s: float, dial: Dial) -> None:
        self._endpoint = endpoint
        self._clock = clock
        self._limit_s = limit_s
        self._dial = dial

    async def open(
        self, http: aiohttp.ClientSession, static: KeyPair, payload: bytes
    ) -> tuple[Socket, NoiseTransport]:
        """A socket after its handshake, which presents the key `static` and the payload.

        Raises DialFailed, also when it takes longer than the limit; NoiseFailure.
        """
        try:
            async with time_limit(self._clock, self._limit_s):
                socket = await self._dial(http, self._endpoint)
                try:
                    noise = await self._shake_hands(socket, static, payload)
                except BaseException:
                    await socket.close()
                    raise
        except TimeoutError as error:
            raise DialFailed("WhatsApp does not answer in time.") from error
        return socket, noise

    async def _shake_hands(self, socket: Socket, static: KeyPair, payload: bytes) -> NoiseTransport:
        handshake = ClientHandshake(static, self._endpoint.noise_root, now=self._clock.now())
        try:
            await socket.send([handshake.hello()])
            answer = await socket.receive()
            if len(answer) != 1:
                raise NoiseFailure
            finish, noise = handshake.finish(answer[0], payload)
            await socket.send([finish])
        except (SocketClosed, MalformedFrame) as error:
            raise DialFailed("WhatsApp ended the connection during the handshake.") from error
        return noise
