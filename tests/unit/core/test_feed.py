"""The event log by cursor."""

import asyncio
import sqlite3
from typing import Any

import msgspec
import pytest

from scripted.waiting import JumpingClock
from stored.desk import Desk
from stored.makers import ANN, ANN_LID, BEN, CONNECTED, received
from wigwag.archive import reading_log
from wigwag.core.feed import Feed, parse_types
from wigwag.core.views import encode, event_view
from wigwag.model.archived import FeedFilter
from wigwag.model.errors import InvalidInput
from wigwag.model.event import IdentityLinked
from wigwag.model.jid import Jid

NEW_NUMBER = Jid("491700000777", "s.whatsapp.net")


async def seqs(feed: Feed, after: int, limit: int = 100, **wanted: Any) -> list[int]:
    page = await feed.read(after, limit, FeedFilter(**wanted))
    return [event.seq for event in page.events]


async def test_events_are_read_in_order_from_a_cursor(desk: Desk) -> None:
    feed = Feed(desk.archive)
    assert (feed.last_seq, await seqs(feed, 0)) == (0, [])
    await desk.take(*(received(f"A{number}") for number in range(5)))
    assert feed.last_seq == 5
    page = await feed.read(0)
    assert [event.seq for event in page.events] == [1, 2, 3, 4, 5]
    assert (page.reached, page.lost, page.oldest) == (5, False, 1)
    page = await feed.read(2, 2)
    assert [event.seq for event in page.events] == [3, 4]
    assert page.reached == 4
    assert (await feed.read(5)).reached == 5


async def test_events_are_filtered(desk: Desk) -> None:
    feed = Feed(desk.archive)
    await desk.take(CONNECTED, received("A1"))
    await desk.take(received("B1", chat=BEN), account="other")
    assert await seqs(feed, 0, types=frozenset({"message.received"})) == [2, 3]
    assert await seqs(feed, 0, accounts=frozenset({"other"})) == [3]
    assert await seqs(feed, 0, accounts=frozenset({"other", "default"})) == [1, 2, 3]
    assert await seqs(feed, 0, chats=frozenset({str(ANN), "x"})) == [2]
    page = await feed.read(0, wanted=FeedFilter(accounts=frozenset({"nobody"})))
    assert (page.events, page.reached) == ((), 3)


async def test_a_filter_of_a_chat_follows_its_person_to_other_addresses(desk: Desk) -> None:
    feed = Feed(desk.archive)
    await desk.take(CONNECTED, received("A1", chat=ANN_LID), received("B1", chat=BEN))
    await desk.take(IdentityLinked(lid=ANN_LID, pn=ANN), received("A2", seconds=1))

    async def told(**wanted: Any) -> list[str]:
        page = await feed.read(0, 100, FeedFilter(types=frozenset({"message.received"}), **wanted))
        return [msgspec.json.decode(event.data)["id"] for event in page.events]

    for chat in (ANN, ANN_LID):
        for accounts in (frozenset({"default"}), frozenset[str]()):
            assert await told(chats=frozenset({str(chat)}), accounts=accounts) == ["A1", "A2"]
    assert await told(chats=frozenset({str(BEN)})) == ["B1"]
    elsewhere = frozenset({"other"})
    assert await told(chats=frozenset({str(ANN)}), accounts=elsewhere) == []


async def test_a_filter_of_a_chat_follows_a_new_number(desk: Desk) -> None:
    feed = Feed(desk.archive)
    await desk.take(CONNECTED, received("A1"), IdentityLinked(lid=ANN_LID, pn=ANN))
    await desk.take(IdentityLinked(lid=ANN_LID, pn=NEW_NUMBER), received("A2", chat=NEW_NUMBER))
    for chat in (ANN, ANN_LID, NEW_NUMBER):
        wanted = FeedFilter(chats=frozenset({str(chat)}), types=frozenset({"message.received"}))
        page = await feed.read(0, 100, wanted)
        told = [msgspec.json.decode(event.data)["chat_jid"] for event in page.events]
        assert told == [str(ANN), str(NEW_NUMBER)], "they say what they said at their time"
        assert {event.chat_jid for event in page.events} == {str(NEW_NUMBER)}, chat


async def test_a_question_looks_through_so_many_events(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_log, "MAX_SEARCHED", 3)
    feed = Feed(desk.archive, JumpingClock())
    await desk.take(*(received(f"A{number}") for number in range(7)), received("B", chat=BEN))
    wanted = FeedFilter(chats=frozenset({str(BEN)}))
    page = await feed.read(0, wanted=wanted)
    assert (page.events, page.reached) == ((), 3)
    assert [event.seq for event in (await feed.poll(0, wanted=wanted)).events] == [8]


async def test_a_page_holds_so_much(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_log, "MAX_PAGE_CHARS", 1)
    feed = Feed(desk.archive)
    await desk.take(received("A1"), received("A2"))
    page = await feed.read(0)
    assert ([event.seq for event in page.events], page.reached) == ([1], 1)


async def test_a_cursor_before_the_oldest_event_has_lost_some(desk: Desk) -> None:
    feed = Feed(desk.archive)
    await desk.take(*(received(f"A{number}") for number in range(5)))
    connection = sqlite3.connect(desk.folder / "messages.db")
    with connection:
        connection.execute("DELETE FROM events WHERE seq <= 3")
    page = await feed.read(1)
    assert (page.lost, page.oldest, [event.seq for event in page.events]) == (True, 4, [4, 5])
    assert not (await feed.read(0)).lost, "0 is the oldest, whichever that is"
    assert not (await feed.read(3)).lost
    with connection:
        connection.execute("DELETE FROM events")
    connection.close()
    page = await feed.read(1)
    assert (page.lost, page.oldest, page.events, page.reached) == (True, 6, (), 5)


async def test_a_cursor_of_another_store_has_lost_its_place(desk: Desk) -> None:
    feed = Feed(desk.archive)
    await desk.take(received("A1"))
    page = await feed.read(99)
    assert (page.lost, page.reached, page.events) == (True, 1, ())


def test_types_have_names() -> None:
    assert parse_types(["message.sent", "call.ended"]) == {"message.sent", "call.ended"}
    with pytest.raises(InvalidInput, match="recieved"):
        parse_types(["message.sent", "message.recieved"])


async def test_who_polls_waits_for_what_is_wanted(desk: Desk) -> None:
    feed = Feed(desk.archive)
    wanted = FeedFilter(chats=frozenset({str(BEN)}))
    polling = asyncio.create_task(feed.poll(0, wanted=wanted, wait_s=10))
    await asyncio.sleep(0)
    await desk.take(received("A1"))
    assert not polling.done()
    await desk.take(received("B1", chat=BEN))
    assert [event.seq for event in (await polling).events] == [2]
    page = await feed.poll(2, wait_s=0.01)
    assert (page.events, page.reached) == ((), 2)


async def test_who_follows_is_told_everything_and_that_nothing_happens(desk: Desk) -> None:
    feed = Feed(desk.archive)
    await desk.take(received("A1"))
    pages = feed.follow(0, FeedFilter(chats=frozenset({str(BEN)})), beat_s=0.05)
    assert (await anext(pages)).reached == 0
    beat = await anext(pages)
    assert (beat.events, beat.reached) == ((), 1), "what is not wanted moves the cursor on"
    await desk.take(received("B1", chat=BEN))
    while not (page := await anext(pages)).events:
        pass
    assert [event.seq for event in page.events] == [2]
    feed.close()
    assert [page async for page in pages] == []


async def test_a_slow_follower_reads_more_later(desk: Desk) -> None:
    feed = Feed(desk.archive)
    pages = feed.follow(0, beat_s=10)
    assert (await anext(pages)).events == ()
    for number in range(3):
        await desk.take(received(f"A{number}"))
    assert [event.seq for event in (await anext(pages)).events] == [1, 2, 3]


async def test_who_waits_is_woken_by_the_next_commit(desk: Desk) -> None:
    feed = Feed(desk.archive)
    waiting = [asyncio.create_task(feed.wait(0, 5)) for _ in range(3)]
    await asyncio.sleep(0)
    await desk.take(received("A1"))
    assert await asyncio.gather(*waiting) == [True] * 3
    assert await feed.wait(0, 0)
    assert not await feed.wait(1, 0.01)


async def test_a_closed_feed_lets_nobody_wait(desk: Desk) -> None:
    feed = Feed(desk.archive)
    waiting = asyncio.create_task(feed.wait(0, 60))
    await asyncio.sleep(0)
    feed.close()
    feed.close()
    assert not await waiting
    assert not await feed.wait(0, 60)
    await desk.take(received("A1"))
    assert feed.closed


async def test_ids_stay_the_same_and_differ(desk: Desk) -> None:
    feed = Feed(desk.archive)
    await desk.take(received("A1"), received("A2"))
    first = [e.id for e in (await feed.read(0)).events]
    folder = desk.folder
    await desk.close()
    again = await Desk.open(folder)
    assert [e.id for e in (await Feed(again.archive).read(0)).events] == first
    await again.close()
    assert len(set(first)) == 2
    assert all(name.startswith("evt_") for name in first)


async def test_an_event_as_json(desk: Desk) -> None:
    feed = Feed(desk.archive)
    await desk.take(received("A1"))
    (event,) = (await feed.read(0)).events
    text = encode(event_view(event))
    assert text.startswith(b'{"id":"evt_')
    assert b'"type":"message.received","time":"' in text
    assert b'"data":{"id":"A1",' in text
