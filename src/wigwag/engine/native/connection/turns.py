"""Whose turn it is to connect: many accounts of one process do not dial all at once."""

import asyncio
from typing import Final, Self

AT_A_TIME: Final = 8
"""Dials and handshakes that go on together; the costly part of a start is their cryptography."""


class Turns:
    """At most so many at a time, the others in the order of their coming: `async with turns`."""

    def __init__(self, at_a_time: int = AT_A_TIME) -> None:
        self._free = asyncio.Semaphore(at_a_time)

    async def __aenter__(self) -> Self:
        await self._free.acquire()
        return self

    async def __aexit__(self, *error: object) -> None:
        self._free.release()
