"""One row and one event per message, in the classic columns and formats."""

from datetime import datetime

import pytest

from stored.desk import Desk
from stored.engine import OWN
from stored.makers import ANN, BEN, CONNECTED, GROUP, at, key, message, picture, received
from wigwag.model.content import (
    ContactCard,
    Contacts,
    Content,
    Context,
    Location,
    Media,
    MediaKind,
    MediaRef,
    MessageKey,
    Poll,
    Quoted,
    Text,
    Unsupported,
)
from wigwag.model.event import HistoryReceived, MessageUndecryptable
from wigwag.model.jid import STATUS_JID, Jid
from wigwag.model.message import SendState
from wigwag.model.record import RowKind

TINY = b"\xff\xd8\xff a small picture"
REF = MediaRef(
    direct_path="/v/1",
    media_key=b"k" * 32,
    file_sha256=b"s" * 32,
    file_enc_sha256=b"e" * 32,
    size_bytes=1234,
)


async def test_a_text_makes_one_row_in_the_classic_columns_and_one_event(desk: Desk) -> None:
    await desk.take(received("A1", "Grüße", push_name="Ann", seconds=0.5))
    (row,) = desk.rows("SELECT * FROM messages")
    assert row.keys()[:13] == [
        "id",
        "chat_jid",
        "sender",
        "content",
        "timestamp",
        "is_from_me",
        "media_type",
        "filename",
        "url",
        "media_key",
        "file_sha256",
        "file_enc_sha256",
        "file_length",
    ]
    assert tuple(row)[:7] == (
        "A1",
        str(ANN),
        str(ANN),
        "Grüße",
        "2026-03-01 12:00:00+00:00",
        0,
        None,
    )
    assert datetime.fromisoformat(row["timestamp"]) == at(0)
    (chat,) = desk.rows("SELECT * FROM chats")
    assert tuple(chat)[:3] == (str(ANN), "Ann", "2026-03-01 12:00:00+00:00")
    (event,) = await desk.events("message.received")
    assert event["text"] == "Grüße"
    assert event["chat_name"] == "Ann"
    assert event["sender"] == {
        "jid": str(ANN),
        "lid": None,
        "phone": "+491700000001",
        "name": "Ann",
    }


async def test_the_same_report_twice_makes_no_second_row_and_no_second_event(desk: Desk) -> None:
    first = received("A1", push_name="Ann")
    await desk.take(first, first)
    await desk.take(first)
    assert desk.count("messages") == 1
    assert await desk.types() == ["contact.updated", "message.received"]


async def test_the_event_says_what_the_row_says(desk: Desk) -> None:
    quoted = Quoted(id="Q", sender=BEN, text="before")
    context = Context(quoted=quoted, mentions=(BEN,), forwarded=True, ephemeral_s=60)
    await desk.take(received("A1", Text(text="hi", context=context), view_once=True))
    (event,) = await desk.events()
    from wigwag.core.views import message_view

    told = {name: value for name, value in event.items() if name != "event"}
    assert told == message_view(await desk.library.get_message("default", "A1"))
    assert event["quoted"] == {"id": "Q", "sender": str(BEN), "text": "before"}
    assert event["mentions"] == [str(BEN)]
    assert (event["forwarded"], event["ephemeral_seconds"], event["view_once"]) == (True, 60, True)


async def test_media_rows_carry_the_key_and_wait_for_their_file(desk: Desk) -> None:
    await desk.take(received("A1", picture(REF, caption="look", thumbnail=TINY)))
    (row,) = desk.rows("SELECT * FROM messages")
    assert (row["media_type"], row["content"], row["filename"]) == ("image", "look", None)
    assert (row["media_key"], row["file_sha256"]) == (REF.media_key, REF.file_sha256)
    assert (row["file_enc_sha256"], row["file_length"]) == (REF.file_enc_sha256, 1234)
    assert row["url"] == "https://mmg.whatsapp.net/v/1"
    assert (row["media_state"], row["thumbnail"]) == ("pending", TINY)
    found = await desk.library.get_message("default", "A1")
    assert isinstance(found.content, Media)
    assert found.content.ref == REF
    assert found.content.thumbnail == b""


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (MediaKind.GIF, "video"),
        (MediaKind.VOICE, "audio"),
        (MediaKind.STICKER, "sticker"),
        (MediaKind.DOCUMENT, "document"),
    ],
)
async def test_the_classic_media_type_has_five_words(
    desk: Desk, kind: MediaKind, word: str
) -> None:
    await desk.take(received("A1", Media(kind=kind, mime="x/y", ref=REF)))
    (row,) = desk.rows("SELECT media_type, kind FROM messages")
    assert tuple(row) == (word, kind.value)


@pytest.mark.parametrize(
    ("content", "kind", "text"),
    [
        (
            Location(latitude=1.5, longitude=2.5, name="Pier", address="Road 1"),
            "location",
            "Pier\nRoad 1",
        ),
        (Contacts(cards=(ContactCard(name="Bo", vcard="BEGIN:VCARD"),)), "contact", "Bo"),
        (Poll(question="Tea?", options=("yes", "no"), secret=b"s" * 32), "poll", "Tea?"),
        (Unsupported(fields=("newThing",), raw=b"\x01\x02"), "unsupported", ""),
    ],
)
async def test_every_kind_of_content_comes_back_as_it_was(
    desk: Desk, content: Content, kind: str, text: str
) -> None:
    await desk.take(received("A1", content))
    found = await desk.library.get_message("default", "A1")
    assert (found.kind, found.text, found.content) == (RowKind(kind), text, content)
    (event,) = await desk.events("message.received")
    assert event["type"] == kind


async def test_a_message_without_a_usable_reference_has_no_file_to_wait_for(desk: Desk) -> None:
    await desk.take(received("A1", picture(None)))
    assert desk.rows("SELECT media_state FROM messages")[0][0] == "gone"


async def test_an_undecryptable_message_is_filled_in_place(desk: Desk) -> None:
    place = MessageUndecryptable(key=key("A1"), timestamp=at(5), reason="no_session")
    await desk.take(place, place)
    (row,) = desk.rows("SELECT rid, kind FROM messages")
    assert row["kind"] == "undecryptable"
    late = received("A1", "here I am", seconds=5)
    await desk.take(late, late)
    (filled,) = desk.rows("SELECT rid, kind, content FROM messages")
    assert tuple(filled) == (row["rid"], "text", "here I am")
    assert await desk.types() == ["message.undecryptable", "message.recovered"]
    await desk.take(place)
    assert desk.rows("SELECT kind FROM messages")[0][0] == "text"
    assert (await desk.archive.counts())["undecryptable"] == 0


async def test_a_filled_placeholder_is_found_by_search(desk: Desk) -> None:
    from wigwag.model.archived import MessageFilter

    await desk.take(MessageUndecryptable(key=key("A1"), timestamp=at(5), reason="no_session"))
    await desk.take(received("A1", "marmalade", seconds=5))
    page = await desk.library.list_messages("default", MessageFilter(query="marmalade"))
    assert [found.id for found in page.items] == ["A1"]


async def test_history_does_not_overwrite_a_live_row(desk: Desk) -> None:
    await desk.take(received("A1", "live", push_name="Ann"))
    poor = message("A1", "", from_history=True)
    await desk.take(HistoryReceived(sync_type="full", progress=1, chunk=0, messages=(poor,)))
    assert desk.rows("SELECT content, from_history FROM messages")[0]["content"] == "live"
    assert desk.count("messages") == 1


async def test_a_live_message_after_its_history_row_is_told_once(desk: Desk) -> None:
    old = message("A1", "", from_history=True)
    await desk.take(HistoryReceived(sync_type="full", progress=1, chunk=0, messages=(old,)))
    assert await desk.types() == ["history.progress"]
    await desk.take(received("A1", "live"), received("A1", "live"))
    (row,) = desk.rows("SELECT content, from_history FROM messages")
    assert tuple(row) == ("live", 0)
    assert await desk.types() == ["history.progress", "message.received"]


async def test_an_own_message_of_another_device_is_sent_and_has_one_sender(linked: Desk) -> None:
    by_lid = message("A1", "mine", chat=GROUP, sender=Jid("99000000000001", "lid"), from_me=True)
    from wigwag.model.event import MessageReceived

    await linked.take(MessageReceived(message=by_lid))
    await linked.take(received("A1", "mine", chat=GROUP, from_me=True))
    (row,) = linked.rows("SELECT sender, is_from_me, state FROM messages")
    assert tuple(row) == (str(OWN), 1, SendState.SENT.value)
    assert await linked.types() == ["account.state", "message.sent"]


async def test_status_updates_and_newsletters_are_told_under_their_own_names(desk: Desk) -> None:
    news = Jid("120363000000000009", "newsletter")
    await desk.take(
        received("S1", "story", chat=STATUS_JID, sender=ANN),
        received("N1", "news", chat=news, sender=news),
    )
    assert await desk.types() == ["status.received", "newsletter.message"]
    names = {row["jid"]: row["name"] for row in desk.rows("SELECT jid, name FROM chats")}
    assert names[str(STATUS_JID)] == "Status Updates"


async def test_unread_counts_received_messages_until_one_is_answered(linked: Desk) -> None:
    await linked.take(received("A1"), received("A2", seconds=1))
    assert (await linked.library.get_chat("default", str(ANN))).unread == 2
    await linked.take(received("A3", from_me=True, seconds=2))
    assert (await linked.library.get_chat("default", str(ANN))).unread == 0


async def test_the_device_part_never_reaches_a_row(desk: Desk) -> None:
    from wigwag.model.event import MessageReceived

    one = message("A1", chat=GROUP, sender=Jid(ANN.user, ANN.server, 7))
    hosted = message("A2", chat=GROUP, sender=Jid(ANN.user, "hosted", 99))
    await desk.take(MessageReceived(message=one), MessageReceived(message=hosted))
    assert {row[0] for row in desk.rows("SELECT sender FROM messages")} == {str(ANN)}


async def test_two_accounts_keep_the_same_message_each_for_itself(desk: Desk) -> None:
    await desk.take(received("A1", "one"), account="default")
    await desk.take(received("A1", "two"), account="work")
    assert (await desk.library.get_message("work", "A1")).text == "two"
    assert (await desk.library.get_message("default", "A1")).text == "one"
    assert len(await desk.events("message.received", account="work")) == 1


async def test_a_placeholder_that_turns_out_a_reaction_leaves_no_row(desk: Desk) -> None:
    from stored.makers import reaction

    await desk.take(received("A1"))
    await desk.take(MessageUndecryptable(key=key("R1"), timestamp=at(1), reason="no_session"))
    await desk.take(received("R1", reaction(key("A1"), "👍"), seconds=1))
    assert [row["id"] for row in desk.rows("SELECT id FROM messages")] == ["A1"]
    assert (await desk.types())[-1] == "message.reaction"


async def test_rows_of_one_second_keep_the_order_of_their_arrival(desk: Desk) -> None:
    from wigwag.model.archived import MessageFilter

    await desk.take(*(received(f"A{number}") for number in range(20)))
    page = await desk.library.list_messages("default", MessageFilter(chat=str(ANN)))
    assert [found.id for found in page.items] == [f"A{number}" for number in reversed(range(20))]


def test_keys_are_values() -> None:
    assert key("A") == MessageKey(chat=ANN, sender=ANN, id="A")
    assert CONNECTED.state.jid == OWN
