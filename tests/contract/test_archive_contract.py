"""What every archive does, over each implementation; spoken to by its port alone."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from wigwag.archive import SqliteArchive
from wigwag.model.archived import HistoryProgress, MessageFilter
from wigwag.model.instant import classic_time, time_of
from wigwag.model.jid import Jid, parse_jid
from wigwag.model.record import (
    AccountRecord,
    ChangeRecord,
    ChatRecord,
    ContactRecord,
    EventType,
    GroupRecord,
    IdempotencyRecord,
    Merged,
    MessageHead,
    MessageRecord,
    NumberRecord,
    OutboxRecord,
    ParticipantRecord,
    ReactionRecord,
    ReceiptRecord,
    VoteRecord,
)
from wigwag.ports import Archive, ArchiveTx

A, CHAT, LID = "default", "491700000001@s.whatsapp.net", "11000000000001@lid"
DAY_MS = 86_400_000
Opener = Callable[[Path], Awaitable[Archive]]


async def open_sqlite(folder: Path) -> Archive:
    return await SqliteArchive.open(folder / "messages.db")


@pytest.fixture(params=[open_sqlite], ids=["sqlite"])
def opener(request: pytest.FixtureRequest) -> Opener:
    found: Opener = request.param
    return found


@pytest.fixture
async def archive(opener: Opener, tmp_path: Path) -> AsyncIterator[Archive]:
    opened = await opener(tmp_path)
    yield opened
    await opened.close()


def record(message_id: str, text: str = "hello", **more: Any) -> MessageRecord:
    ms = more.pop("timestamp_ms", 1_700_000_000_000)
    plain: dict[str, Any] = {
        "id": message_id,
        "chat_jid": CHAT,
        "sender": CHAT,
        "content": text,
        "timestamp": classic_time(ms),
        "is_from_me": False,
        "media_type": None,
        "filename": None,
        "url": None,
        "media_key": None,
        "file_sha256": None,
        "file_enc_sha256": None,
        "file_length": None,
        "account": A,
        "timestamp_ms": ms,
        "kind": "text",
        "state": None,
        "push_name": "",
        "document_name": None,
        "mime": None,
        "media_state": None,
        "media_path": None,
        "view_once": False,
        "ephemeral_s": 0,
        "forwarded": False,
        "from_history": False,
        "body": None,
        "thumbnail": None,
    }
    return MessageRecord(**(plain | more))


def add(*records: MessageRecord) -> Callable[[ArchiveTx], list[int]]:
    return lambda tx: [tx.messages.add(one) for one in records]


def head(tx: ArchiveTx, message_id: str, chat: str = CHAT, sender: str = CHAT) -> MessageHead:
    found = tx.messages.find(A, chat, sender, message_id)
    assert found is not None
    return found


async def found(archive: Archive, query: str) -> list[str]:
    page = await archive.list_messages(A, MessageFilter(query=query), "", 50)
    return [message.id for message in page.items]


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


async def test_people_are_remembered(opener: Opener, tmp_path: Path) -> None:
    archive = await opener(tmp_path)

    def write(tx: ArchiveTx) -> None:
        people = tx.people
        assert people.find_account(A) == AccountRecord(A)
        assert (people.pn_of(A, LID), people.lid_of(A, CHAT)) == (None, "")
        people.link(A, LID, "")
        assert people.pn_of(A, LID) == ""
        people.link(A, LID, CHAT)
        people.save_account(AccountRecord(A, CHAT, LID, "me", "connected"))
        people.save_contact(ContactRecord(A, CHAT, "Ann"))
        people.save_group(GroupRecord(A, "1@g.us", "Us", "", None, True, True))
        people.save_participants([ParticipantRecord(A, "1@g.us", CHAT, True, False)])

    def read(tx: ArchiveTx) -> list[object]:
        people = tx.people
        return [
            people.find_account(A),
            people.pn_of(A, LID),
            people.lid_of(A, CHAT),
            people.find_contact(A, CHAT),
            people.find_group(A, "1@g.us"),
            people.list_participants(A, "1@g.us"),
            people.find_participant(A, "1@g.us", CHAT),
            people.find_contact("other", CHAT),
            people.pn_of("other", LID),
        ]

    await archive.write(write)
    before = await archive.write(read)
    assert await archive.resolve(A, Jid("11000000000001", "lid")) == CHAT
    await archive.close()
    archive = await opener(tmp_path)
    assert await archive.write(read) == before
    await archive.write(lambda tx: tx.people.remove_participants(A, "1@g.us", [CHAT]))
    group = await archive.find_group(A, "1@g.us")
    assert group is not None
    assert group.participants == ()
    await archive.close()


async def test_merging_leaves_nothing_under_the_old_address(archive: Archive) -> None:
    def unit(tx: ArchiveTx) -> list[Merged]:
        tx.messages.add(record("A1", chat_jid=LID, sender=LID))
        tx.messages.add(record("B1", "twice", chat_jid=LID, sender=LID))
        tx.messages.add(record("B1", "twice"))
        tx.chats.touch(A, LID, "x", 9_000, 2)
        tx.chats.touch(A, CHAT, "Ann", 5_000, 1)
        tx.people.save_contact(ContactRecord(A, LID, push_name="annie"))
        tx.people.save_contact(ContactRecord(A, CHAT, full_name="Ann"))
        return [tx.merge(A, LID, CHAT), tx.merge(A, LID, CHAT)]

    assert await archive.write(unit) == [Merged(any=True, chat=True), Merged()]
    page = await archive.list_messages(A, MessageFilter(chat=CHAT, sender=CHAT), "", 50)
    assert [m.id for m in page.items] == ["B1", "A1"]
    assert (await archive.counts())["messages"] == 2
    chat = await archive.find_chat(A, CHAT)
    assert chat is not None
    assert (chat.name, chat.unread, chat.last_message_at) == ("Ann", 2, time_of(9_000))
    assert await archive.find_chat(A, LID) is None
    assert await archive.write(lambda tx: tx.people.find_contact(A, CHAT)) == ContactRecord(
        A, CHAT, "Ann", "", "annie"
    )
    assert await found(archive, "twice") == ["B1"]


@pytest.mark.parametrize("turned", [False, True])
async def test_of_one_message_twice_the_richer_stays(archive: Archive, turned: bool) -> None:
    """Whichever address has the richer row, and with what the poorer one knew besides."""
    poor, rich = (CHAT, LID) if turned else (LID, CHAT)
    file: dict[str, Any] = {"kind": "image", "media_type": "image", "file_sha256": b"s" * 32}

    def unit(tx: ArchiveTx) -> Merged:
        tx.messages.add(record("U", "", kind="undecryptable", chat_jid=poor, sender=poor))
        tx.messages.add(record("U", "the text", chat_jid=rich, sender=rich))
        tx.messages.add(record("H", "as the phone has it", from_history=True, chat_jid=poor))
        tx.messages.add(record("H", "as it came", chat_jid=rich))
        own: dict[str, Any] = {"is_from_me": True, "sender": "1@s.whatsapp.net"}
        tx.messages.add(record("S", state="read", from_history=True, chat_jid=poor, **own))
        tx.messages.add(record("S", state="sent", chat_jid=rich, **own))
        there = {"media_state": "available", "media_path": f"{LID}/a.jpg", "filename": "a.jpg"}
        tx.messages.add(record("M", from_history=True, chat_jid=poor, **file, **there))
        tx.messages.add(record("M", chat_jid=rich, media_state="pending", **file))
        for chat in (LID, CHAT):
            tx.chats.touch(A, chat, "Ann", 1_000, 2)
        return tx.merge(A, LID, CHAT)

    await archive.write(unit)
    page = await archive.list_messages(A, MessageFilter(chat=CHAT), "", 50)
    by_id = {message.id: message for message in page.items}
    assert len(page.items) == 4
    assert by_id["U"].text == "the text"
    assert (by_id["H"].text, by_id["H"].from_history) == ("as it came", False)
    assert by_id["S"].state == "read"
    heads = await archive.write(lambda tx: tx.messages.find_all(A, "M"))
    assert [head.media_state for head in heads] == ["available"]
    assert await found(archive, "text") == ["U"]
    assert await found(archive, "phone") == []


async def test_what_was_kept_for_a_message_is_named_when_they_meet(archive: Archive) -> None:
    edit = ChangeRecord(A, CHAT, CHAT, "E1", "edit", CHAT, "A1", 5_000, "new", None)

    def unit(tx: ArchiveTx) -> Merged:
        tx.messages.add(record("A1", chat_jid=LID, sender=LID))
        tx.messages.add(record("A2", chat_jid=LID, sender=LID))
        tx.changes.add_change(edit)
        return tx.merge(A, LID, CHAT)

    merged = await archive.write(unit)
    assert [(head.id, head.chat_jid, head.sender) for head in merged.unsettled] == [
        ("A1", CHAT, CHAT)
    ]


async def test_of_two_entries_of_one_member_the_later_stays(archive: Archive) -> None:
    def unit(tx: ArchiveTx) -> list[ParticipantRecord]:
        tx.people.save_participants(
            [
                ParticipantRecord(A, "1@g.us", CHAT, False, False),
                ParticipantRecord(A, "1@g.us", LID, True, False),
                ParticipantRecord(A, "2@g.us", LID, True, False),
                ParticipantRecord(A, "2@g.us", CHAT, False, False),
            ]
        )
        tx.merge(A, LID, CHAT)
        return [
            member
            for group in ("1@g.us", "2@g.us")
            for member in tx.people.list_participants(A, group)
        ]

    members = await archive.write(unit)
    assert [(m.group_jid, m.jid, bool(m.admin)) for m in members] == [
        ("1@g.us", CHAT, True),
        ("2@g.us", CHAT, False),
    ]


async def test_the_owner_of_a_group_moves_in_the_cache_too(archive: Archive) -> None:
    def unit(tx: ArchiveTx) -> str:
        tx.people.save_group(GroupRecord(A, "1@g.us", "Us", LID, None, True, True))
        tx.merge(A, LID, CHAT)
        group = tx.people.find_group(A, "1@g.us")
        return "" if group is None else group.owner

    assert await archive.write(unit) == CHAT


async def test_a_number_has_one_lid_and_former_addresses_lead_on(opener: Opener) -> None:
    other = "22000000000002@lid"

    def unit(tx: ArchiveTx) -> list[str | None]:
        people = tx.people
        people.link(A, LID, CHAT)
        people.link(A, other, CHAT)
        people.set_alias(A, LID, CHAT)
        answers = [people.pn_of(A, LID), people.alias_of(A, LID), people.lid_of(A, CHAT)]
        tx.merge(A, CHAT, "4@s.whatsapp.net")
        people.link(A, other, "4@s.whatsapp.net")
        people.set_alias(A, CHAT, "4@s.whatsapp.net")
        answers += [people.alias_of(A, LID), people.alias_of(A, CHAT), people.lid_of(A, CHAT)]
        people.link(A, LID, CHAT)
        return [*answers, people.alias_of(A, CHAT), people.alias_of(A, LID)]

    with TemporaryDirectory() as folder:
        archive = await opener(Path(folder))
        four = "4@s.whatsapp.net"
        assert await archive.write(unit) == [None, CHAT, other, four, four, "", "", ""]
        assert await archive.resolve(A, parse_jid(other)) == four
        await archive.write(lambda tx: tx.people.set_alias(A, "5@s.whatsapp.net", four))
        assert await archive.resolve(A, Jid("5", "s.whatsapp.net")) == four
        await archive.close()
        archive = await opener(Path(folder))
        five = "5@s.whatsapp.net"
        assert await archive.write(lambda tx: tx.people.alias_of(A, five)) == four
        assert await archive.write(lambda tx: tx.people.alias_of("other", five)) == ""
        await archive.close()


async def test_answers_about_numbers_are_kept_and_bounded(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wigwag.archive.people.MAX_NUMBERS", 3)
    for number in range(5):
        answer = NumberRecord(A, str(number), f"{number}@s.whatsapp.net", number)
        await archive.write(lambda tx, answer=answer: tx.people.save_number(answer))
    known = [await archive.find_number(A, str(number)) for number in range(5)]
    assert [answer is not None for answer in known] == [False, False, True, True, True]
    assert known[4] == NumberRecord(A, "4", "4@s.whatsapp.net", 4)
    assert await archive.find_number("other", "4") is None


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
    events = await archive.list_events(0, 100, "", ())
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
