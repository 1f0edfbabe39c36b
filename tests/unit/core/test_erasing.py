"""A person is erased: nothing of them is left, and nothing of others is gone."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from scripted.waiting import until
from stored.desk import Desk
from stored.doors import ADMIN, key_of, open_doors
from stored.engine import StoredEngine
from stored.fetching import fetcher, stored_files
from stored.makers import (
    ANN,
    ANN_LID,
    BEN,
    CONNECTED,
    GROUP,
    edit,
    key,
    picture,
    reaction,
    received,
)
from stored.senders import HI, sender
from wigwag.app.erase import erase_person
from wigwag.config import Settings
from wigwag.core import erasing as erasing_module
from wigwag.core.erasing import Erased, Erasing, marks_of
from wigwag.core.retention import Retention
from wigwag.http.models.erasing import ErasedShape
from wigwag.model.archived import MessageFilter
from wigwag.model.content import MediaKind, MediaRef
from wigwag.model.errors import ConfigError, Conflict, InvalidInput, MalformedJid, NotFound
from wigwag.model.event import ContactsChanged, IdentityLinked
from wigwag.model.key import Scope
from wigwag.model.retention import RetentionPolicy
from wigwag.model.webhook import DeliveryRecord
from wigwag.ports import ArchiveTx

SECRETS = ("canaryone", "canarytwo", "canarythree", "canaryfour", "Annabelle")


def erasing(desk: Desk) -> Erasing:
    return Erasing(desk.archive, desk.library, retention(desk))


def retention(desk: Desk) -> Retention:
    return Retention(desk.archive, desk.files, RetentionPolicy())


async def lived(desk: Desk, engine: StoredEngine) -> None:
    """Ann and Ben write, Ann also in a group, by her hidden address, and with a file."""
    async with fetcher(desk, engine):
        await desk.take(
            IdentityLinked(lid=ANN_LID, pn=ANN),
            received("A1", "canaryone", push_name="Annabelle", seconds=1),
            received("A2", "canarytwo", chat=ANN_LID, seconds=2),
            received("A3", "canarythree", chat=GROUP, sender=ANN, seconds=3),
            received("E1", edit(key("A1"), "canaryfour"), seconds=4),
            received("P1", picture(engine.offer(b"\xff\xd8 hers", "/v/1")), seconds=5),
            received("B1", "Ben stays", chat=BEN, push_name="Benjamin", seconds=6),
            received("B2", "Ben stays, too", chat=GROUP, sender=BEN, seconds=7),
            received(
                "R1", reaction(key("B2", chat=GROUP, sender=BEN), "!"), chat=GROUP, sender=ANN
            ),
        )
        await desk.told("media.ready")


async def reject(desk: Desk) -> None:
    """Events of Ben's that could not be recorded, in both forms in which they are kept."""
    event = received("B9", chat=BEN)
    for whole in (msgspec.msgpack.encode(event), repr(event).encode()):
        await desk.archive.write(
            lambda tx, whole=whole: tx.feed.add_rejected("default", "ValueError", whole, 0)
        )


def file_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("messages.db*")))


async def test_nothing_of_her_is_left_and_nothing_of_others_gone(
    desk: Desk, engine: StoredEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing_module, "STEP", 2)
    monkeypatch.setattr(erasing_module, "LOOKED_AT", 3)
    await lived(desk, engine)
    body = f'{{"chat_jid": "{ANN}", "text": "canaryone"}}'.encode()
    other = f'{{"chat_jid": "{BEN}"}}'.encode()
    deliveries = [
        DeliveryRecord("wh_1", "e1", 1, f"default {ANN}", "t", body, 0),
        DeliveryRecord("wh_1", "e2", 2, f"default {BEN}", "t", other, 0),
        DeliveryRecord("wh_1", "e3", 3, f"work {ANN}", "t", body, 0),
    ]
    await desk.archive.write(lambda tx: tx.webhooks.add_deliveries(deliveries))
    head, events = desk.archive.last_seq, len(await desk.log())
    assert all(secret.encode() in file_bytes(desk.folder) for secret in SECRETS)

    erased = await erasing(desk).erase("default", str(ANN))
    assert (erased.messages, erased.deliveries) == (4, 1)
    assert erased.events >= 6
    assert {row[0] for row in desk.rows("SELECT id FROM messages")} == {"B1", "B2"}
    left = {row[0] for row in desk.rows("SELECT event_id FROM deliveries")}
    assert left == {"e2", "e3"}, "another account is another archive"
    assert (desk.archive.last_seq, len(await desk.log())) == (head, events), "the log keeps places"
    told = "".join(str(event) for event in await desk.events())
    for secret in (*SECRETS, ANN.user, ANN_LID.user):
        assert secret not in told
    assert "Ben stays" in told
    assert "Benjamin" in told
    for table in ("reactions", "changes"):
        assert desk.count(table) == 0, table
    assert [row[0] for row in desk.rows("SELECT jid FROM chats ORDER BY jid")] == [
        str(GROUP), str(BEN)
    ]  # fmt: skip
    assert list((desk.folder / "media").iterdir()) == []
    assert await erasing(desk).erase("default", f"+{ANN.user}") == Erased()


async def test_a_file_that_arrives_while_she_is_erased_is_not_kept(
    desk: Desk, engine: StoredEngine
) -> None:
    gate, began, download = asyncio.Event(), asyncio.Event(), engine.download

    async def slow(ref: MediaRef, kind: MediaKind, target: Path) -> None:
        began.set()
        await gate.wait()
        await download(ref, kind, target)

    engine.download = slow
    async with fetcher(desk, engine) as opened:
        await desk.take(received("P1", picture(engine.offer(b"\xff\xd8 hers", "/v/1"))))
        await began.wait()
        await erasing(desk).erase("default", str(ANN))
        gate.set()
        await until(lambda: not opened.running)
    assert stored_files(desk) == []


async def test_both_files_of_a_message_that_was_there_twice_go(
    desk: Desk, engine: StoredEngine
) -> None:
    media = picture(engine.offer(b"\xff\xd8 hers", "/v/1"))
    async with fetcher(desk, engine):
        await desk.take(received("P1", media, chat=ANN_LID), received("P1", media, chat=ANN))
        await desk.told("media.ready", 2)
        await desk.take(IdentityLinked(lid=ANN_LID, pn=ANN))
    assert desk.count("messages") == 1
    kept = retention(desk)
    await kept.remove_files()
    (path,) = desk.rows("SELECT media_path FROM messages")[0]
    assert desk.files.locate(path).exists()
    assert len(stored_files(desk)) == 2, "the content and its name"
    await erasing(desk).erase("default", str(ANN))
    assert stored_files(desk) == []


async def test_the_pages_of_the_database_hold_no_text_of_hers(
    desk: Desk, engine: StoredEngine
) -> None:
    """Once the write-ahead log is folded in; words of the search index may stay until it merges."""
    await lived(desk, engine)
    await erasing(desk).erase("default", str(ANN))
    await desk.archive.write(lambda tx: tx.feed.add("default", "x", b"{}", "", 0))
    await desk.close()
    data = await asyncio.to_thread((desk.folder / "messages.db").read_bytes)
    assert b"Annabelle" not in data
    assert f'"chat_jid":"{ANN}"'.encode() not in data
    assert b"Benjamin" in data


async def test_by_command_no_byte_of_her_texts_is_left(desk: Desk, engine: StoredEngine) -> None:
    await desk.take(CONNECTED)
    await lived(desk, engine)
    settings = Settings(store=desk.folder)
    await desk.close()
    told = await erase_person(settings, "default", f"+{ANN.user}")
    assert told.startswith("Erased: 4 messages")
    data = await asyncio.to_thread(file_bytes, desk.folder)
    for secret in SECRETS:
        assert secret.encode() not in data, secret
    assert b"Benjamin" in data
    copy = await Desk.open(desk.folder)
    found = await copy.library.list_messages("default", MessageFilter(query="stays"))
    assert [message.id for message in found.items] == ["B2", "B1"]
    await copy.close()


async def test_by_command_of_nobody(desk: Desk) -> None:
    settings = Settings(store=desk.folder)
    await desk.close()
    with pytest.raises(NotFound, match="no account 'work' in this store"):
        await erase_person(settings, "work", f"+{ANN.user}")


async def test_by_command_on_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no store"):
        await erase_person(Settings(store=tmp_path / "nowhere"), "default", "+15550001111")


async def test_she_may_write_again(desk: Desk, engine: StoredEngine) -> None:
    await lived(desk, engine)
    await erasing(desk).erase("default", str(ANN))
    await desk.take(received("A9", "again", chat=ANN_LID, push_name="Anna", seconds=90))
    (row,) = desk.rows("SELECT chat_jid, content FROM messages WHERE id = 'A9'")
    assert tuple(row) == (str(ANN), "again")
    chat = await desk.library.get_chat("default", str(ANN))
    assert (chat.name, chat.unread) == ("Anna", 1)


async def test_who_is_shut_out_stays_so_without_a_name(desk: Desk) -> None:
    await desk.take(received("A1", push_name="Annabelle"))

    def block(tx: ArchiveTx) -> None:
        contact = tx.people.find_contact("default", str(ANN))
        assert contact is not None
        tx.people.save_contact(contact._replace(blocked=True))

    await desk.archive.write(block)
    await erasing(desk).erase("default", str(ANN))
    (row,) = desk.rows("SELECT push_name, blocked FROM contacts")
    assert tuple(row) == ("", 1)


async def test_what_waits_to_be_sent_comes_first(desk: Desk) -> None:
    async with sender(desk, StoredEngine(connected=False)) as sending:
        await sending.submit("default", str(ANN), HI, wait_s=0)
        with pytest.raises(Conflict):
            await erasing(desk).erase("default", str(ANN))
    assert desk.count("messages") == 1


@pytest.mark.parametrize("part", [slice(None, -1), slice(1, None)], ids=["beginning", "end"])
async def test_nobody_goes_with_a_number_that_is_a_part_of_theirs(desk: Desk, part: slice) -> None:
    await desk.take(received("B1", "Ben stays", chat=BEN))
    body = f'{{"chat_jid": "{BEN}", "phone": "+{BEN.user}"}}'.encode()
    delivery = DeliveryRecord("wh_1", "e1", 1, f"default {BEN}", "t", body, 0)
    await desk.archive.write(lambda tx: tx.webhooks.add_deliveries([delivery]))
    await reject(desk)
    assert await erasing(desk).erase("default", BEN.user[part]) == Erased()


async def test_events_that_could_not_be_recorded_go_too(desk: Desk) -> None:
    await reject(desk)
    assert (await erasing(desk).erase("default", str(BEN))).others == 2
    assert not desk.count("rejected")


async def test_only_persons_are_erased(desk: Desk) -> None:
    with pytest.raises(InvalidInput):
        await erasing(desk).erase("default", str(GROUP))
    with pytest.raises(MalformedJid):
        await erasing(desk).erase("default", "nobody at all")
    await desk.take(ContactsChanged(contacts=()))
    assert await erasing(desk).erase("default", "+1 555 000 9999") == Erased()


def test_marks_are_addresses_and_the_number_as_it_is_shown() -> None:
    assert marks_of((str(ANN), str(ANN_LID))) == (str(ANN), str(ANN_LID), f"+{ANN.user}")


async def test_over_http_admins_erase(desk: Desk, engine: StoredEngine) -> None:
    await lived(desk, engine)
    async with open_doors(desk, erasing=erasing(desk)) as doors:
        path = f"/contacts/{ANN.user}/erase"
        for who, status in (
            (key_of(Scope.READ, Scope.SEND), 403),
            (key_of(Scope.ADMIN, accounts=("work",)), 404),
            (key_of(Scope.ADMIN, chats=(str(BEN),)), 403),
        ):
            assert (await doors.ask("POST", path, key=who)).status_code == status
        assert desk.count("messages") == 6
        answer = await doors.ask("POST", path, key=ADMIN)
        assert answer.status_code == 200, answer.text
        ErasedShape.model_validate(answer.json())
        assert answer.json()["messages"] == 4
