"""Every archive keeps messages so: in order, found, changed, counted."""

from pathlib import Path

import pytest

from stored.archives import CHAT, LID, A, Opener, add, found, head, record
from wigwag.model.archived import MessageFilter
from wigwag.model.instant import time_of
from wigwag.model.record import (
    ChangeRecord,
    ChatRecord,
    MessageHead,
    ReactionRecord,
    ReceiptRecord,
    VoteRecord,
)
from wigwag.ports import Archive, ArchiveTx

LONG = "long " + "x " * 200_000
"""Three of these fill a page."""


async def test_a_row_is_found_in_its_own_unit_and_after(archive: Archive) -> None:
    def unit(tx: ArchiveTx) -> None:
        assert tx.messages.find(A, CHAT, CHAT, "A1") is None
        row = tx.messages.add(record("A1"))
        assert head(tx, "A1").row == row
        assert tx.messages.load(head(tx, "A1")).text == "hello"
        assert [h.id for h in tx.messages.find_all(A, "A1")] == ["A1"]

    await archive.write(unit)
    await archive.write(lambda tx: head(tx, "A1"))
    assert [m.id for m in await archive.find_messages(A, "A1")] == ["A1"]
    assert await archive.find_messages("other", "A1") == []


@pytest.mark.parametrize("expected", [[], ["A1", "A2", "A3", "A4"], ["A3"] * 600 + ["A1"]])
async def test_expecting_ids_changes_no_answer(archive: Archive, expected: list[str]) -> None:
    change = ChangeRecord(A, CHAT, CHAT, "E1", "edit", CHAT, "A3", 2, "new", None)

    def unit(tx: ArchiveTx) -> None:
        tx.expect(A, expected)
        assert tx.messages.find(A, CHAT, CHAT, "A3") is None
        assert tx.messages.find(A, CHAT, CHAT, "A1") is not None
        assert tx.changes.list_changes(A, CHAT, CHAT, "A3") == []
        tx.messages.add(record("A3"))
        tx.changes.add_change(change)
        assert head(tx, "A3").content == "hello"
        tx.messages.change(head(tx, "A3"), content="new")
        assert head(tx, "A3").content == "new"
        assert tx.changes.list_changes(A, CHAT, CHAT, "A3") == [change]
        tx.messages.remove(head(tx, "A3"))
        assert tx.messages.find(A, CHAT, CHAT, "A3") is None

    await archive.write(add(record("A1"), record("A2", account="other")))
    await archive.write(unit)


async def test_rows_order_by_time_and_then_by_arrival(archive: Archive) -> None:
    later, earlier = record("L", timestamp_ms=2_000_000), record("E", timestamp_ms=1_000_000)
    same = record("S", timestamp_ms=1_000_000)
    await archive.write(add(later, earlier))
    await archive.write(add(same))
    page = await archive.list_messages(A, MessageFilter(), "", 50)
    assert [m.id for m in page.items] == ["L", "S", "E"]


async def test_neighbours_are_the_nearest_of_the_chat(archive: Archive) -> None:
    ids = [f"A{n}" for n in range(6)]
    rows = await archive.write(add(*(record(one) for one in ids), record("B", chat_jid=LID)))

    async def beside(number: int, limit: int, *, older: bool) -> list[str]:
        found = await archive.list_neighbours(A, CHAT, rows[number], limit, older=older)
        return [m.id for m in found]

    assert await beside(3, 2, older=True) == ["A2", "A1"]
    assert await beside(3, 9, older=False) == ["A4", "A5"]
    assert await beside(0, 9, older=True) == []
    assert await beside(3, 0, older=True) == []


@pytest.mark.parametrize(
    "wanted",
    [MessageFilter(), MessageFilter(query="long"), MessageFilter(chats=(CHAT, LID))],
    ids=["all", "found", "of some chats"],
)
async def test_a_page_of_long_texts_ends_early(archive: Archive, wanted: MessageFilter) -> None:
    await archive.write(add(*(record(f"A{n}", LONG) for n in range(5))))
    first = await archive.list_messages(A, wanted, "", 200)
    assert [m.id for m in first.items] == ["A4", "A3", "A2"]
    second = await archive.list_messages(A, wanted, first.next_cursor, 200)
    assert ([m.id for m in second.items], second.next_cursor) == (["A1", "A0"], "")


async def test_neighbours_and_an_export_read_so_much_at_once(archive: Archive) -> None:
    rows = await archive.write(add(*(record(f"A{n}", LONG) for n in range(9))))
    older = await archive.list_neighbours(A, CHAT, rows[4], 200, older=True)
    newer = await archive.list_neighbours(A, CHAT, rows[4], 200, older=False)
    assert [m.id for m in older] == ["A3", "A2", "A1"]
    assert [m.id for m in newer] == ["A5", "A6", "A7"]
    onward = await archive.list_onward(A, MessageFilter(chat=CHAT), -1, 200)
    assert [m.id for m in onward] == ["A0", "A1", "A2"]


async def test_so_much_is_told_of_edits(archive: Archive) -> None:
    def unit(tx: ArchiveTx) -> None:
        tx.messages.add(record("A1"))
        for n in range(9):
            tx.changes.add_change(
                ChangeRecord(A, CHAT, CHAT, f"E{n}", "edit", CHAT, "A1", n, LONG, None)
            )

    await archive.write(unit)
    (message,) = await archive.find_messages(A, "A1")
    versions = await archive.list_versions(message)
    assert [version.id for version in versions] == ["E0", "E1", "E2"]


async def test_a_page_of_long_names_ends_early(archive: Archive) -> None:
    def unit(tx: ArchiveTx) -> None:
        for number in range(5):
            tx.chats.touch(A, f"{number}@g.us", LONG, 5_000 + number, 1)

    await archive.write(unit)
    first = await archive.list_chats(A, "", "", 200)
    second = await archive.list_chats(A, "", first.next_cursor, 200)
    assert [len(first.items), len(second.items), second.next_cursor] == [3, 2, ""]


async def test_messages_are_found_by_the_content_of_their_files(archive: Archive) -> None:
    mine, others = b"m" * 32, b"o" * 32
    await archive.write(
        add(
            record("A1", file_sha256=mine),
            record("A2", file_sha256=mine, chat_jid=LID),
            record("A3", file_sha256=others),
            record("A4"),
            record("A5", file_sha256=mine, account="work"),
        )
    )

    async def ids(sha256: bytes, *accounts: str, chats: tuple[str, ...] = ()) -> list[str]:
        return [m.id for m in await archive.list_with_file(sha256, accounts, chats)]

    assert await ids(mine, A, "work") == ["A5", "A2", "A1"]
    assert await ids(mine, A) == ["A2", "A1"]
    assert await ids(mine, A, "work", chats=(CHAT,)) == ["A5", "A1"]
    assert await ids(others, A) == ["A3"]
    assert await ids(others, "work") == await ids(b"", A) == []
    await archive.write(add(*(record(f"B{n:02}", file_sha256=others) for n in range(12))))
    assert await ids(others, A) == [f"B{n:02}" for n in range(11, 1, -1)]


async def test_arrival_goes_on_after_a_restart(opener: Opener, tmp_path: Path) -> None:
    rows: list[int] = []
    for number in range(3):
        archive = await opener(tmp_path)
        rows += await archive.write(add(record(f"A{number}")))
        await archive.close()
    assert rows == sorted(set(rows))


@pytest.mark.parametrize("apart", [False, True], ids=["one unit", "two units"])
async def test_the_index_follows_every_change(archive: Archive, apart: bool) -> None:
    def change(tx: ArchiveTx) -> None:
        tx.messages.change(head(tx, "A1"), content="pear")
        tx.messages.change(head(tx, "A1"), content="quince")
        tx.messages.replace(head(tx, "A2"), record("A2", "fig", document_name="Grape.pdf"))
        tx.messages.remove(head(tx, "A3"))

    def both(tx: ArchiveTx) -> None:
        add(record("A1", "apple"), record("A2", "melon"), record("A3", "apple"))(tx)
        if not apart:
            change(tx)

    await archive.write(both)
    if apart:
        assert await found(archive, "apple") == ["A3", "A1"]
        await archive.write(change)
    for query, ids in {
        "apple": [],
        "pear": [],
        "quince": ["A1"],
        "melon": [],
        "fig": ["A2"],
        "grape": ["A2"],
    }.items():
        assert await found(archive, query) == ids, query


async def test_replacing_keeps_the_place_in_time(archive: Archive) -> None:
    (row,) = await archive.write(add(record("A1", timestamp_ms=5_000)))

    def unit(tx: ArchiveTx) -> MessageHead:
        tx.messages.replace(head(tx, "A1"), record("A1", "new", timestamp_ms=9_000))
        return head(tx, "A1")

    after = await archive.write(unit)
    assert (after.row, after.timestamp_ms, after.content) == (row, 5_000, "new")


async def test_only_columns_can_be_changed(archive: Archive) -> None:
    await archive.write(add(record("A1")))
    with pytest.raises(ValueError, match="column"):
        await archive.write(lambda tx: tx.messages.change(head(tx, "A1"), **{"x = 1; --": 1}))
    with pytest.raises(ValueError, match="column"):
        await archive.write(lambda tx: tx.messages.change(head(tx, "A1"), rid=1))


async def test_what_refers_to_messages_is_kept_once(archive: Archive) -> None:
    change = ChangeRecord(A, CHAT, CHAT, "E1", "edit", CHAT, "A1", 2, "new", None)
    original = ChangeRecord(A, CHAT, CHAT, "A1", "original", CHAT, "A1", 1, "old", None)
    reaction = ReactionRecord(A, CHAT, CHAT, "R1", CHAT, "A1", 1, "👍")
    vote = VoteRecord(A, CHAT, CHAT, "V1", CHAT, "A1", 1, b"p", b"i")
    receipt = ReceiptRecord(A, CHAT, "A1", CHAT, "read", 1)

    def unit(tx: ArchiveTx) -> list[bool]:
        changes = tx.changes
        return [
            changes.add_change(change),
            changes.add_change(original),
            changes.add_reaction(reaction),
            changes.add_vote(vote),
            changes.add_receipt(receipt),
        ]

    assert await archive.write(unit) == [True] * 5
    assert await archive.write(unit) == [False] * 5
    listed = await archive.write(lambda tx: tx.changes.list_changes(A, CHAT, CHAT, "A1"))
    assert listed == [original, change]
    assert await archive.write(lambda tx: tx.changes.list_receipts(A, CHAT, "A1")) == [receipt]


async def test_a_touched_chat_only_grows(archive: Archive) -> None:
    def unit(tx: ArchiveTx) -> ChatRecord | None:
        tx.chats.touch(A, CHAT, "Ann", 5_000, 1)
        tx.chats.touch(A, CHAT, "Ann", 3_000, 2)
        return tx.chats.find(A, CHAT)

    assert await archive.write(unit) == ChatRecord(A, CHAT, "Ann", 5_000, 3, False)
    await archive.write(lambda tx: tx.chats.touch(A, CHAT, "Annie", 4_000, 1))
    after = await archive.find_chat(A, CHAT)
    assert after is not None
    assert (after.name, after.unread, after.last_message_at) == ("Annie", 4, time_of(5_000))

    def answered(tx: ArchiveTx) -> None:
        tx.chats.touch(A, CHAT, "Annie", 6_000, None)
        tx.chats.touch(A, CHAT, "Annie", 7_000, 1)

    await archive.write(answered)
    after = await archive.find_chat(A, CHAT)
    assert after is not None
    assert after.unread == 1
