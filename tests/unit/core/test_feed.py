"""The event log by cursor."""

import asyncio

from stored.desk import Desk
from stored.makers import CONNECTED, received
from wigwag.core.feed import Feed
from wigwag.core.views import encode, event_view


async def test_events_are_read_in_order_from_a_cursor(desk: Desk) -> None:
    feed = Feed(desk.archive)
    assert (feed.last_seq, await feed.read(0)) == (0, [])
    await desk.take(*(received(f"A{number}") for number in range(5)))
    assert feed.last_seq == 5
    assert [e.seq for e in await feed.read(0)] == [1, 2, 3, 4, 5]
    assert [e.seq for e in await feed.read(2, 2)] == [3, 4]
    assert await feed.read(5) == await feed.read(99) == []


async def test_events_are_filtered(desk: Desk) -> None:
    feed = Feed(desk.archive)
    await desk.take(CONNECTED, received("A1"))
    await desk.take(received("B1"), account="other")
    assert [e.seq for e in await feed.read(0, types=["message.received"])] == [2, 3]
    assert [e.seq for e in await feed.read(0, account="other")] == [3]


async def test_who_waits_is_woken_by_the_next_commit(desk: Desk) -> None:
    feed = Feed(desk.archive)
    waiting = [asyncio.create_task(feed.wait(0, 5)) for _ in range(3)]
    await asyncio.sleep(0)
    await desk.take(received("A1"))
    assert await asyncio.gather(*waiting) == [True] * 3
    assert await feed.wait(0, 0)
    assert not await feed.wait(1, 0.01)


async def test_a_closed_feed_is_not_told_any_more(desk: Desk) -> None:
    feed = Feed(desk.archive)
    feed.close()
    waiting = asyncio.create_task(feed.wait(0, 0.05))
    await asyncio.sleep(0)
    await desk.take(received("A1"))
    assert await waiting


async def test_ids_stay_the_same_and_differ(desk: Desk) -> None:
    feed = Feed(desk.archive)
    await desk.take(received("A1"), received("A2"))
    first = [e.id for e in await feed.read(0)]
    folder = desk.folder
    await desk.close()
    again = await Desk.open(folder)
    assert [e.id for e in await Feed(again.archive).read(0)] == first
    await again.close()
    assert len(set(first)) == 2
    assert all(name.startswith("evt_") for name in first)


async def test_an_event_as_json(desk: Desk) -> None:
    feed = Feed(desk.archive)
    await desk.take(received("A1"))
    (event,) = await feed.read(0)
    text = encode(event_view(event))
    assert text.startswith(b'{"id":"evt_')
    assert b'"type":"message.received","time":"' in text
    assert b'"data":{"id":"A1",' in text
