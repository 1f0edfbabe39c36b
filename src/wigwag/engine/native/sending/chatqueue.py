"""Turns: whoever sends to a chat first is encrypted first, whatever has to be looked up before."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from wigwag.model.jid import Jid


class ChatQueue:
    """One turn at a time for each chat, in the order of the calls.

    `aliases` gives the other address of a person, so that a chat has one queue although its LID
    may become known while somebody waits.
    """

    def __init__(self, aliases: Callable[[Jid], Jid | None]) -> None:
        self._aliases = aliases
        self._waiting: dict[Jid, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def turn(self, chat: Jid) -> AsyncGenerator[None]:
        """Hold the turn of `chat`."""
        key = self._key(chat)
        queue = self._waiting.get(key)
        if queue is None:
            self._waiting[key] = deque()
        else:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            queue.append(future)
            try:
                await future
            except asyncio.CancelledError:
                if future.done() and not future.cancelled():
                    self._pass(key)
                raise
        try:
            yield
        finally:
            self._pass(key)

    def _key(self, chat: Jid) -> Jid:
        if chat in self._waiting:
            return chat
        alias = self._aliases(chat)
        return alias if alias is not None and alias in self._waiting else chat

    def _pass(self, key: Jid) -> None:
        """Give the turn to the next one who still wants it."""
        queue = self._waiting[key]
        while queue:
            future = queue.popleft()
            if not future.done():
                future.set_result(None)
                return
        del self._waiting[key]
