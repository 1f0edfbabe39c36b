"""Messages are marked as read, for their senders and in our own count."""

import pytest

from stored.desk import Desk
from stored.engine import StoredEngine
from stored.makers import ANN, BEN, GROUP, picture, received
from wigwag.core.marking import Marking
from wigwag.model.account import ConnectionState
from wigwag.model.content import Media, MediaKind
from wigwag.model.errors import InvalidInput, NotConnected, NotFound


@pytest.fixture
def marking(linked: Desk, engine: StoredEngine) -> Marking:
    linked.accounts.add(engine)
    return Marking(linked.archive, linked.library, linked.accounts)


async def unread(desk: Desk, chat: str) -> int:
    return (await desk.library.get_chat("default", chat)).unread


async def test_a_chat_is_read(linked: Desk, engine: StoredEngine, marking: Marking) -> None:
    for number in range(3):
        person = (ANN, BEN, ANN)[number]
        await linked.take(received(f"A{number}", chat=GROUP, sender=person, seconds=number))
    assert await unread(linked, str(GROUP)) == 3
    assert await marking.read("default", str(GROUP)) == 3
    assert engine.read == [
        (GROUP, ANN, ("A2", "A0"), False),
        (GROUP, BEN, ("A1",), False),
    ]
    assert await unread(linked, str(GROUP)) == 0
    assert (await linked.events("chat.updated"))[-1]["unread"] == 0
    assert await marking.read("default", str(GROUP)) == 0
    assert len(engine.read) == 2


async def test_messages_are_read(linked: Desk, engine: StoredEngine, marking: Marking) -> None:
    await linked.take(received("M", from_me=True), received("A0", seconds=1))
    await linked.take(received("A1", seconds=2))
    assert await marking.read("default", str(ANN), ["A0", "M"]) == 1
    assert engine.read == [(ANN, ANN, ("A0",), False)]
    assert await unread(linked, str(ANN)) == 1
    with pytest.raises(NotFound):
        await marking.read("default", str(ANN), ["A0", "B"])


async def test_offline_nothing_is_marked(
    linked: Desk, engine: StoredEngine, marking: Marking
) -> None:
    await linked.take(received("A0"))
    engine.turn(ConnectionState.RECONNECTING)
    with pytest.raises(NotConnected):
        await marking.read("default", str(ANN))
    assert await unread(linked, str(ANN)) == 1


async def test_voice_notes_of_others_are_played(
    linked: Desk, engine: StoredEngine, marking: Marking
) -> None:
    note = Media(kind=MediaKind.VOICE, mime="audio/ogg")
    await linked.take(received("A0", note), received("A1", picture(None), seconds=1))
    await marking.played(await linked.library.get_message("default", "A0"))
    assert engine.read == [(ANN, ANN, ("A0",), True)]
    with pytest.raises(InvalidInput):
        await marking.played(await linked.library.get_message("default", "A1"))
