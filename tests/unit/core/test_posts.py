"""Reactions and views of posts, by the ids of their messages."""

from collections.abc import Sequence
from typing import Any, cast

import pytest

from stored.assemblies import StoredNewsletters
from stored.desk import Desk
from stored.engine import StoredEngine
from stored.makers import ANN, at
from wigwag.core.posts import Posts
from wigwag.model.content import MessageKey, Text
from wigwag.model.errors import InvalidInput, NotConnected, NotFound
from wigwag.model.event import MessageReceived
from wigwag.model.jid import Jid
from wigwag.model.message import Message

NEWS = Jid("120363000000000009", "newsletter")


class Reader(StoredEngine):
    """An engine whose newsletters note what was done to them."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[tuple[Any, ...]] = []
        self.newsletters = cast("Any", self)

    async def react(self, newsletter: Jid, server_id: int, emoji: str) -> None:
        self.done.append((newsletter, server_id, emoji))

    async def mark_viewed(self, newsletter: Jid, server_ids: Sequence[int]) -> None:
        self.done.append((newsletter, *server_ids))


def said(message_id: str, server_id: int) -> MessageReceived:
    key = MessageKey(chat=NEWS, sender=NEWS, id=message_id)
    content = Text(text="news")
    return MessageReceived(
        message=Message(key=key, timestamp=at(1), content=content, server_id=server_id)
    )


async def test_the_numbers_are_looked_up(desk: Desk) -> None:
    engine = Reader()
    desk.accounts.add(engine)
    posts = Posts(desk.library, desk.accounts)
    await desk.take(said("N1", 7), said("N2", 8))
    await posts.react("default", str(NEWS), "N2", "👍")
    await posts.mark_viewed("default", str(NEWS), ["N2", "N1"])
    assert engine.done == [(NEWS, 8, "👍"), (NEWS, 8, 7)]


class Offline(StoredNewsletters):
    async def mark_viewed(self, newsletter: Jid, server_ids: Sequence[int]) -> None:
        raise NotConnected


async def test_what_cannot_be(desk: Desk) -> None:
    engine = StoredEngine()
    engine.newsletters = Offline(engine.account)
    desk.accounts.add(engine)
    posts = Posts(desk.library, desk.accounts)
    await desk.take(said("N1", 7))
    with pytest.raises(NotFound):
        await posts.react("default", str(NEWS), "N9", "👍")
    with pytest.raises(InvalidInput):
        await posts.mark_viewed("default", str(ANN), ["N1"])
    with pytest.raises(NotConnected):
        await posts.mark_viewed("default", str(NEWS), ["N1"])
