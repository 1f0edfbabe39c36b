"""History makes rows and progress, never message events."""

from stored.desk import Desk
from stored.makers import ANN, ANN_LID, BEN, GROUP, at, message, received
from wigwag.core.history import SLICE, slices
from wigwag.model.archived import MessageFilter
from wigwag.model.chat import ChatSummary, Contact
from wigwag.model.event import HistoryReceived
from wigwag.model.message import Message


def chunk(
    *messages: Message, progress: int = 50, number: int = 0, **more: object
) -> HistoryReceived:
    fields: dict[str, object] = {"sync_type": "full", "progress": progress, "chunk": number}
    return HistoryReceived(**(fields | {"messages": messages} | more))  # pyright: ignore


def old(message_id: str, text: str = "old", **more: object) -> Message:
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
    from wigwag.model.message import SendState

    await linked.take(chunk(old("M1", from_me=True, state=SendState.READ)))
    assert linked.rows("SELECT state FROM messages")[0][0] == "read"


async def test_large_chunks_are_searchable_whole(desk: Desk) -> None:
    messages = [old(f"A{number}", f"word{number}", seconds=number) for number in range(2500)]
    await desk.take(chunk(*messages))
    assert desk.count("messages") == 2500
    for number in (0, 999, 1000, 2499):
        page = await desk.library.list_messages("default", MessageFilter(query=f"word{number}"))
        assert [m.id for m in page.items] == [f"A{number}"]


def test_slices_are_bounded_and_in_the_order_of_time() -> None:
    messages = [old(f"A{number}", seconds=-number) for number in range(2 * SLICE + 1)]
    parts = list(slices(messages))
    assert [len(part) for part in parts] == [SLICE, SLICE, 1]
    times = [m.timestamp for part in parts for m in part]
    assert times == sorted(times)
    assert list(slices([])) == []
