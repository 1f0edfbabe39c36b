"""The inbox: bounded, and waited on by condition."""

import asyncio
from datetime import UTC, datetime

import pytest

from wigwag.model.content import Text
from wigwag.model.jid import Jid
from wigwag.sandbox.residents.inbox import Inbox, InboxEntry

ANN = Jid("1", "lid")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def entry(inbox: Inbox, text: str) -> InboxEntry:
    made = InboxEntry(
        seq=inbox.next_seq(),
        id=f"id {text}",
        sender=ANN,
        chat=ANN,
        kind="text",
        timestamp=NOW,
        content=Text(text=text),
        text=text,
    )
    inbox.add(made)
    return made


def test_the_oldest_leave_first() -> None:
    inbox = Inbox(limit=3)
    for number in range(5):
        entry(inbox, str(number))
    assert [one.text for one in inbox.entries()] == ["2", "3", "4"]
    assert [one.text for one in inbox.entries(after=4)] == ["4"]
    assert [one.text for one in inbox.newest(2)] == ["3", "4"]
    assert inbox.last_seq == 5
    assert len(inbox) == 3


def test_finding_by_id() -> None:
    inbox = Inbox()
    made = entry(inbox, "a")
    assert inbox.find("id a") is made
    assert inbox.find("id b") is None


async def test_waiting_finds_what_is_there_and_what_comes() -> None:
    inbox = Inbox()
    there = entry(inbox, "there")
    assert await inbox.wait_for(lambda one: one.text == "there", 1) is there
    waiting = asyncio.create_task(inbox.wait_for(lambda one: one.text == "to come", 5))
    skipping = asyncio.create_task(inbox.wait_for(lambda _one: True, 5, after=there.seq))
    await asyncio.sleep(0)
    first = entry(inbox, "something else")
    come = entry(inbox, "to come")
    assert await waiting is come
    assert await skipping is first


async def test_waiting_ends() -> None:
    inbox = Inbox()
    with pytest.raises(TimeoutError):
        await inbox.wait_for(lambda _one: True, 0.01)
    waiting = asyncio.create_task(inbox.wait_for(lambda _one: True, 5))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    entry(inbox, "nobody waits any more")


def test_restoring_goes_on_counting() -> None:
    first, second = Inbox(), Inbox()
    entry(first, "a")
    entry(first, "b")
    second.restore(first.entries())
    assert second.entries() == first.entries()
    assert entry(second, "c").seq == 3
