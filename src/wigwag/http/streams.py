"""Who holds a stream of events open, and what all the kinds of streams have in common."""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from starlette.types import Receive

from wigwag.core.feed import Feed, parse_types
from wigwag.core.views import View
from wigwag.http.callers import check_account, check_chat
from wigwag.http.models.events import LATEST, EventQuery
from wigwag.http.services import Services
from wigwag.model.archived import FeedFilter, FeedPage
from wigwag.model.errors import InvalidInput, TooManyStreams
from wigwag.model.key import ApiKey

T = TypeVar("T")

_GONE: Final = frozenset({"http.disconnect", "websocket.disconnect"})
BEAT_S: Final = 15.0
"""How long a stream is silent at most."""


class Seats:
    """So many streams for each key, and so many in all."""

    def __init__(self, per_key: int = 64, total: int = 1024) -> None:
        self._per_key = per_key
        self._total = total
        self._taken: Counter[str] = Counter()

    @property
    def count(self) -> int:
        return self._taken.total()

    @contextmanager
    def seat(self, key: ApiKey) -> Generator[None]:
        """Raises TooManyStreams."""
        if self._taken[key.id] >= self._per_key:
            raise TooManyStreams(
                f"This key holds {self._per_key} streams, which is the most; close one first."
            )
        if self.count >= self._total:
            raise TooManyStreams(
                f"This server holds {self._total} streams, which is the most; try again later."
            )
        self._taken[key.id] += 1
        try:
            yield
        finally:
            self._taken[key.id] -= 1
            self._taken += Counter()  # drops the keys that hold none


async def filter_of(services: Services, key: ApiKey, query: EventQuery) -> FeedFilter:
    """What the caller wants of what the key reaches. Raises NotFound, InvalidInput."""
    types = parse_types(name.strip(" ") for name in query.types.split(",") if name.strip(" "))
    if not query.account:
        if query.chat:
            raise InvalidInput("Say whose chat that is: add account=default, or another name.")
        return FeedFilter(accounts=key.accounts, chats=key.chats, types=types)
    check_account(key, query.account)
    services.accounts.get(query.account)
    chats = key.chats
    if query.chat:
        chat = await services.library.resolve(query.account, query.chat)
        check_chat(key, chat)
        chats = frozenset({chat})
    return FeedFilter(accounts=frozenset({query.account}), chats=chats, types=types)


def cursor_of(feed: Feed, after: str) -> int:
    return feed.last_seq if after == LATEST else int(after)


def gap_view(page: FeedPage) -> View:
    """What a stream says where events are missing."""
    return {"type": "feed.gap", "data": {"after": page.after, "oldest_seq": page.oldest}}


async def while_there(work: Coroutine[Any, Any, T], receive: Receive) -> T | None:
    """The result of `work`; None, and an end of it, as soon as the client is gone."""
    working = asyncio.ensure_future(work)
    leaving = asyncio.create_task(_until_gone(receive), name="stream-leaving")
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return await working if working.done() else None
    finally:
        working.cancel()
        leaving.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _until_gone(receive: Receive) -> None:
    """What else the client says is read, and of no interest."""
    while (await receive())["type"] not in _GONE:
        pass
