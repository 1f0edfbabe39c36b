"""Every archive keeps its log, its outbox and what is due so."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from stored.archives import CHAT, DAY_MS, A, Opener, head, record
from wigwag.model.archived import FeedFilter, HistoryProgress
from wigwag.model.instant import time_of
from wigwag.model.record import (
    EventType,
    IdempotencyRecord,
    OutboxRecord,
    ScheduledRecord,
)
from wigwag.ports import Archive, ArchiveTx


async def test_events_are_numbered_without_gaps_and_for_ever(
    opener: Opener, tmp_path: Path
) -> None:
    def unit(tx: ArchiveTx) -> None:
        tx.feed.add(A, EventType.CHAT_UPDATED, b'{"a":1}', CHAT, 1_000)

    def broken(tx: ArchiveTx) -> None:
        unit(tx)
        raise KeyError

    for number in range(2):
        archive = await opener(tmp_path)
        await archive.write(unit)
        with pytest.raises(KeyError):
            await archive.write(broken)
        await asyncio.gather(*(archive.write(unit) for _ in range(4)))
        assert archive.last_seq == 5 * (number + 1)
        await archive.close()
    archive = await opener(tmp_path)
    events = (await archive.list_events(0, 100, 100, FeedFilter())).events
    assert [e.seq for e in events] == list(range(1, 11))
    assert (events[0].type, bytes(events[0].data)) == ("chat.updated", b'{"a":1}')
    assert (events[0].chat_jid, events[0].time) == (CHAT, time_of(1_000))
    await archive.close()


async def test_facts_are_seen_once_and_forgotten_after_a_month(archive: Archive) -> None:
    def see(digest: bytes, at_ms: int) -> Callable[[ArchiveTx], bool]:
        return lambda tx: tx.feed.add_seen(A, digest, at_ms)

    assert [await archive.write(see(b"1", 0)), await archive.write(see(b"1", 1))] == [True, False]
    await archive.write(see(b"2", 31 * DAY_MS))
    assert await archive.write(see(b"1", 31 * DAY_MS))


async def test_the_outbox_keeps_its_order_and_its_content(opener: Opener, tmp_path: Path) -> None:
    def out(message_id: str) -> OutboxRecord:
        return OutboxRecord(A, CHAT, CHAT, message_id, CHAT, 5, b"s", b"content", "path")

    archive = await opener(tmp_path)
    positions = await archive.write(lambda tx: [tx.outbox.add(out(f"M{n}")) for n in range(5)])
    assert positions == sorted(positions)
    assert await archive.write(lambda tx: tx.outbox.remove(positions[1]))
    assert not await archive.write(lambda tx: tx.outbox.remove(positions[1]))
    await archive.write(lambda tx: tx.outbox.set_ref(positions[0], b"ref"))
    await archive.close()
    archive = await opener(tmp_path)
    rows = await archive.list_outbox(A, 0, 2)
    assert rows[0] == out("M0")._replace(ref=b"ref", position=positions[0])
    rows += await archive.list_outbox(A, rows[-1].position, 9)
    assert [row.message_id for row in rows] == ["M0", "M2", "M3", "M4"]
    assert await archive.list_outbox("other", 0, 9) == []
    await archive.close()


async def test_what_is_scheduled_comes_by_its_time(opener: Opener, tmp_path: Path) -> None:
    def later(message_id: str, due_ms: int, chat: str = CHAT) -> ScheduledRecord:
        return ScheduledRecord(A, chat, CHAT, message_id, CHAT, due_ms, 5, b"s", b"content", b"f")

    archive = await opener(tmp_path)
    kept = [later("M1", 300), later("M2", 100), later("M3", 300, "other"), later("M4", 200)]
    await archive.write(lambda tx: [tx.scheduled.add(one) for one in kept])
    assert await archive.write(lambda tx: tx.scheduled.count(A)) == 4
    await archive.write(lambda tx: tx.scheduled.move(A, "M2", 250))
    await archive.write(lambda tx: tx.scheduled.remove(A, "M4"))
    await archive.close()
    archive = await opener(tmp_path)
    found = await archive.find_scheduled(A, "M2")
    assert found is not None
    assert found._replace(number=0) == later("M2", 250)
    assert await archive.write(lambda tx: tx.scheduled.find(A, "M2")) == found
    assert await archive.find_scheduled("other", "M2") is None
    assert [one.message_id for one in await archive.list_due(A, 300, 9)] == ["M2", "M1", "M3"]
    assert [one.message_id for one in await archive.list_due(A, 299, 9)] == ["M2"]
    assert (await archive.next_due_ms([A]), await archive.next_due_ms([])) == (250, None)
    page = await archive.list_scheduled(A, "", 2)
    rest = await archive.list_scheduled(A, page.next_cursor, 2)
    assert [one.message_id for one in (*page.items, *rest.items)] == ["M2", "M1", "M3"]
    assert rest.next_cursor == ""
    only = await archive.list_scheduled(A, "", 9, among=["other"])
    assert [one.message_id for one in only.items] == ["M3"]
    await archive.close()


async def test_keys_of_requests_are_remembered_for_a_week(archive: Archive) -> None:
    def key(name: str, at_ms: int) -> IdempotencyRecord:
        return IdempotencyRecord(A, name, b"f", CHAT, CHAT, "M1", at_ms)

    await archive.write(lambda tx: tx.outbox.add_idempotency(key("k1", 0)))
    assert await archive.write(lambda tx: tx.outbox.find_idempotency(A, "k1")) == key("k1", 0)
    await archive.write(lambda tx: tx.outbox.add_idempotency(key("k2", 8 * DAY_MS)))
    assert await archive.write(lambda tx: tx.outbox.find_idempotency(A, "k1")) is None


async def test_due_files_are_the_newest_first(archive: Archive) -> None:
    def unit(tx: ArchiveTx) -> None:
        for number in range(5):
            tx.messages.add(record(f"A{number}", timestamp_ms=number * 1000, media_state="pending"))
        tx.messages.change(head(tx, "A4"), media_next_ms=500, media_attempts=2)
        tx.messages.change(head(tx, "A0"), media_state="gone")
        tx.messages.add(record("O", account="other", media_state="pending"))

    await archive.write(unit)
    due = await archive.list_pending_media([A], 100, 2)
    assert [p.id for p in due] == ["A3", "A2"]
    assert [p.id for p in await archive.list_pending_media([A], 500, 1)] == ["A4"]
    assert await archive.next_media_ms([A]) == 0
    assert await archive.list_pending_media([], 500, 9) == []
    assert await archive.next_media_ms([]) is None
    assert (await archive.counts())["media_pending"] == 5


async def test_history_adds_up(archive: Archive) -> None:
    for number in (1, 2):
        progress = HistoryProgress(
            sync_type="full",
            progress=number * 10,
            chunk=number,
            messages=100,
            updated_at=time_of(number),
        )
        await archive.write(lambda tx, p=progress: tx.history.save_progress(A, p))
    (row,) = await archive.list_history(A)
    assert (row.progress, row.chunk, row.messages) == (20, 2, 200)
