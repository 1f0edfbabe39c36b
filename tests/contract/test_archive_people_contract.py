"""Every archive knows people, groups and their addresses so."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from stored.archives import CHAT, LID, A, Opener, found, record
from wigwag.model.archived import MessageFilter, Person
from wigwag.model.instant import time_of
from wigwag.model.jid import Jid, parse_jid
from wigwag.model.record import (
    AccountRecord,
    ChangeRecord,
    ContactRecord,
    GroupRecord,
    Merged,
    NumberRecord,
    ParticipantRecord,
)
from wigwag.ports import Archive, ArchiveTx


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


async def test_people_are_told_in_the_order_of_their_addresses(archive: Archive) -> None:
    def unit(tx: ArchiveTx) -> None:
        tx.people.link(A, LID, CHAT)
        tx.people.save_contact(ContactRecord(A, CHAT, "Ann"))

    await archive.write(unit)
    asked = [parse_jid("77@lid"), parse_jid(LID), parse_jid(CHAT)]
    stranger, ann, again = await archive.list_people(A, asked)
    assert ann == again == Person(jid=CHAT, lid=LID, phone="+491700000001", name="Ann")
    assert (stranger.jid, stranger.lid, stranger.phone) == ("77@lid", "77@lid", "")
    assert await archive.list_people(A, []) == []


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
