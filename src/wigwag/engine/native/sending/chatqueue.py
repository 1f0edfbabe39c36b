"""Turns: whoever sends to a chat first is encrypted first, whatever has to be looked up before."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Final

from wigwag.engine.common.errors import StoreFailed, WriteRefused
from wigwag.model.errors import NotConnected, StorageBusy, StorageFull, WhatsAppBusy, WigwagError
from wigwag.model.jid import Jid

_PASSING: Final = (NotConnected, WhatsAppBusy, StorageFull, StorageBusy, StoreFailed)
"""What keeps a message from leaving now, and not for ever: it comes again."""


class Turn:
    """The turn of one sender. `error` is what sent an earlier message of the chat back meanwhile:
    this one must not pass it."""

    __slots__ = ("error",)

    def __init__(self) -> None:
        self.error: WigwagError | None = None


class _Line:
    """Who has the turn of a chat, and who waits for it."""

    __slots__ = ("holder", "waiting")

    def __init__(self) -> None:
        self.holder = Turn()
        self.waiting: deque[asyncio.Future[None]] = deque()


class ChatQueue:
    """One turn at a time for each chat, in the order of the calls.

    Where one has to come again, those behind it have to as well: they would pass it.

    `aliases` gives the other address of a person, so that a chat has one queue although its LID
    may become known while somebody waits.
    """

    def __init__(self, aliases: Callable[[Jid], Jid | None]) -> None:
        self._aliases = aliases
        self._lines: dict[Jid, _Line] = {}

    @asynccontextmanager
    async def turn(self, chat: Jid) -> AsyncGenerator[Turn]:
        """Hold the turn of `chat`. Raises what sent those before back."""
        key = self._key(chat)
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = _Line()
        else:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            line.waiting.append(future)
            try:
                await future
            except asyncio.CancelledError:
                if future.done() and not future.cancelled() and future.exception() is None:
                    self._pass(key)
                raise
        line.holder = Turn()
        try:
            yield line.holder
        except _PASSING as error:
            self.turn_back(chat, error)
            raise
        finally:
            self._pass(key)

    def turn_back(self, chat: Jid, error: Exception) -> None:
        """A message of `chat` did not leave and comes again: so do all that were to follow it."""
        line = self._lines.get(self._key(chat))
        if line is None or not isinstance(error, _PASSING) or isinstance(error, WriteRefused):
            return
        line.holder.error = _behind(error)
        for future in line.waiting:
            if not future.done():
                future.set_exception(_behind(error))
        line.waiting.clear()

    def _key(self, chat: Jid) -> Jid:
        if chat in self._lines:
            return chat
        alias = self._aliases(chat)
        return alias if alias is not None and alias in self._lines else chat

    def _pass(self, key: Jid) -> None:
        """Give the turn to the next one who still wants it."""
        waiting = self._lines[key].waiting
        while waiting:
            future = waiting.popleft()
            if not future.done():
                future.set_result(None)
                return
        del self._lines[key]


def _behind(error: WigwagError) -> WigwagError:
    """What those are sent back with that were to follow: a refusal counts for the first alone."""
    kind = NotConnected if isinstance(error, WhatsAppBusy) else type(error)
    return kind(error.detail)
