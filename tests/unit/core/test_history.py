"""History makes rows and progress, never message events."""

import pytest

from stored.desk import Desk
from stored.makers import (
    ANN,
    ANN_LID,
    BEN,
    GROUP,
    at,
    edit,
    key,
    message,
    picture,
    received,
    revoke,
)
from wigwag.core.history import SLICE, slices
from wigwag.model.archived import MessageFilter
from wigwag.model.chat import ChatSummary, Contact
from wigwag.model.content import Content, MediaRef, PollVote
from wigwag.model.event import HistoryLost, HistoryReceived, ReceiptReceived
from wigwag.model.message import Message, SendState
from wigwag.model.receipt import Receipt, ReceiptKind
from wigwag.ports import ArchiveTx


def chunk(
    *messages: Message, progress: int = 50, number: int = 0, **more: object
) -> HistoryReceived:
    fields: dict[str, object] = {"sync_type": "full", "progress": progress, "chunk": number}
    return HistoryReceived(**(fields | {"messages": messages} | more))  # pyright: ignore


def old(message_id: str, text: Content | str = "old", **more: object) -> Message:
    return message(message_id, text, from_history=True, **more)  # pyright: ignore


async def test_a_chunk_makes_rows_and_one_event(desk: Desk) -> None:
    history = chunk(
        old("A2", seconds=20),
        old("A1", seconds=10),
        chats=(
            ChatSummary(jid=ANN, name="Ann Example", unread=7, archived=True),
            ChatSummary(jid=GROUP, name="Us", last_message_time=at(99)),
        ),
        contacts=(Contact(jid=BEN, push_name="Ben"),),
    )
    await desk.take(history, history)
    assert desk.count("messages") == 2
    assert await desk.types() == ["history.progress"]
    chats = {c.jid: c for c in (await desk.library.list_chats("default")).items}
    assert (chats[str(ANN)].name, chats[str(ANN)].unread) == ("Ann Example", 7)
    assert chats[str(ANN)].archived
    assert (chats[str(GROUP)].name, chats[str(GROUP)].last_message_at) == ("Us", at(99))
    (progress,) = await desk.library.list_history("default")
    assert (progress.sync_type, progress.progress, progress.messages) == ("full", 50, 2)
    assert (await desk.library.get_contact("default", str(BEN))).push_name == "Ben"


async def test_a_later_sync_of_the_same_number_is_told_again(desk: Desk) -> None:
    await desk.take(chunk(old("A1")), chunk(old("B1")), chunk(old("B1")))
    assert len(await desk.events("history.progress")) == 2


async def test_messages_of_one_second_are_in_the_order_that_they_were_sent(desk: Desk) -> None:
    newest_first = [old(f"A{number}") for number in reversed(range(5))]
    await desk.take(chunk(*newest_first))
    page = await desk.library.list_messages("default", MessageFilter(chat=str(ANN)))
    assert [m.id for m in page.items] == ["A4", "A3", "A2", "A1", "A0"]


async def test_a_chat_by_lid_with_its_number_is_one_chat(desk: Desk) -> None:
    await desk.take(
        chunk(old("A1", chat=ANN_LID), chats=(ChatSummary(jid=ANN_LID, alt=ANN, name="Ann"),))
    )
    assert [c.jid for c in (await desk.library.list_chats("default")).items] == [str(ANN)]
    assert (await desk.library.get_message("default", "A1")).chat_jid == str(ANN)


async def test_live_names_and_chats_are_not_set_back(desk: Desk) -> None:
    await desk.take(received("A9", push_name="Ann today", seconds=100))
    await desk.take(
        chunk(
            old("A1", push_name="Ann then"),
            chats=(ChatSummary(jid=ANN, last_message_time=at(0), unread=50),),
            contacts=(Contact(jid=ANN, push_name="Ann long ago"),),
        )
    )
    chat = await desk.library.get_chat("default", str(ANN))
    assert (chat.name, chat.last_message_at, chat.unread) == ("Ann today", at(100), 1)


async def test_own_messages_of_history_keep_their_state(linked: Desk) -> None:
    await linked.take(chunk(old("M1", from_me=True, state=SendState.READ)))
    assert linked.rows("SELECT state FROM messages")[0][0] == "read"


async def test_large_chunks_are_searchable_whole(desk: Desk) -> None:
    messages = [old(f"A{number}", f"word{number}", seconds=number) for number in range(2500)]
    await desk.take(chunk(*messages))
    assert desk.count("messages") == 2500
    for number in (0, 999, 1000, 2499):
        page = await desk.library.list_messages("default", MessageFilter(query=f"word{number}"))
        assert [m.id for m in page.items] == [f"A{number}"]


async def test_a_live_copy_keeps_what_history_knew_better(linked: Desk) -> None:
    ref = MediaRef(
        direct_path="/v/1", media_key=b"k", file_sha256=b"s", file_enc_sha256=b"e", size_bytes=1
    )
    mine = old("M1", from_me=True, state=SendState.READ)
    await linked.take(chunk(mine, old("A1", picture(ref))))

    def fetched(tx: ArchiveTx) -> None:
        head = tx.messages.find("default", str(ANN), str(ANN), "A1")
        assert head is not None
        tx.messages.change(head, media_state="available", filename="f.jpg", media_path="a/f.jpg")

    await linked.archive.write(fetched)
    await linked.take(received("M1", from_me=True), received("A1", picture(ref, caption="live")))
    rows = linked.rows("SELECT state, content, media_state, media_path, filename FROM messages")
    assert sorted(map(tuple, rows), key=str) == [
        ("read", "hello", None, None, None),
        (None, "live", "available", "a/f.jpg", "f.jpg"),
    ]


async def test_history_raises_the_state_of_a_live_message_and_never_lowers_it(
    linked: Desk,
) -> None:
    await linked.take(received("M1", from_me=True))
    for state, after in ((SendState.READ, "read"), (SendState.DELIVERED, "read")):
        await linked.take(chunk(old("M1", from_me=True, state=state), progress=ord(after[0])))
        assert linked.rows("SELECT state FROM messages")[0][0] == after
    assert (await linked.types()).count("message.status") == 0


async def test_what_history_is_the_first_to_tell_of_a_message_that_was_there_is_an_event(
    linked: Desk,
) -> None:
    """As the receipts in what the phone sends of a gap, ahead of the receipts themselves."""
    receipt = Receipt(kind=ReceiptKind.READ, chat=ANN, sender=ANN, ids=("M1",), timestamp=at(5))
    await linked.take(received("M1", from_me=True))
    await linked.take(chunk(old("M1", from_me=True), receipts=(receipt,)))
    await linked.take(ReceiptReceived(receipt=receipt))
    (told,) = await linked.events("message.status")
    assert (told["id"], told["state"]) == ("M1", "read")
    assert linked.count("receipts") == 1


async def test_receipts_of_history_are_kept_without_events(linked: Desk) -> None:
    receipt = Receipt(kind=ReceiptKind.READ, chat=ANN, sender=ANN, ids=("M1",), timestamp=at(5))
    await linked.take(chunk(old("M1", from_me=True), receipts=(receipt,)))
    assert linked.rows("SELECT state FROM messages")[0][0] == "read"
    assert linked.count("receipts") == 1
    assert await linked.types() == ["account.state", "history.progress"]


@pytest.mark.parametrize("live_first", [True, False])
async def test_an_edit_of_history_outlives_the_live_original(desk: Desk, live_first: bool) -> None:
    live = received("A1", "frist")
    past = chunk(
        message("E1", edit(key("A1"), "first"), seconds=10, from_history=True),
        old("A1", "first"),
    )
    await desk.take(*((live, past) if live_first else (past, live)))
    found = await desk.library.get_message("default", "A1")
    assert (found.text, found.edited_at) == ("first", at(10))
    versions = await desk.library.list_edits("default", "A1")
    assert [version.text for version in versions] == ["frist", "first"]
    assert (await desk.types()).count("message.received") == 1
    assert (await desk.types()).count("message.edited") == 0


async def test_an_edited_message_that_only_history_knows(desk: Desk) -> None:
    await desk.take(
        chunk(
            old("A1", "first"),
            message("E1", edit(key("A1"), "first"), seconds=10, from_history=True),
        )
    )
    found = await desk.library.get_message("default", "A1")
    assert (found.text, found.edited_at) == ("first", at(10))


@pytest.mark.parametrize("live_first", [True, False])
async def test_what_history_says_was_taken_back_stays_so(desk: Desk, live_first: bool) -> None:
    live = received("A1")
    past = chunk(message("A1.revoke", revoke(key("A1")), seconds=9, from_history=True))
    await desk.take(*((live, past) if live_first else (past, live)))
    assert (await desk.library.get_message("default", "A1")).revoked_at == at(9)


async def test_votes_of_history_are_kept_opened(desk: Desk) -> None:
    vote = PollVote(poll=key("A1"), selected=(b"h" * 32, b"i" * 32))
    await desk.take(chunk(message("V1", vote, from_history=True)))
    assert desk.rows("SELECT selected FROM votes")[0][0] == b"h" * 32 + b"i" * 32


async def test_a_chunk_that_was_lost_is_told_and_counted_once(desk: Desk) -> None:
    lost = HistoryLost(sync_type="recent", progress=40, chunk=3, reason="media_gone", asked=True)
    await desk.take(lost, lost)
    (event,) = await desk.events("history.progress")
    assert (event["reason"], event["asked_again"], event["failed"]) == ("media_gone", True, 1)
    (progress,) = await desk.library.list_history("default")
    assert (progress.sync_type, progress.failed, progress.messages) == ("recent", 1, 0)


def test_slices_are_bounded_and_in_the_order_of_time() -> None:
    messages = [old(f"A{number}", seconds=-number) for number in range(2 * SLICE + 1)]
    parts = list(slices(messages))
    assert [len(part) for part in parts] == [SLICE, SLICE, 1]
    times = [m.timestamp for part in parts for m in part]
    assert times == sorted(times)
    assert list(slices([])) == []
