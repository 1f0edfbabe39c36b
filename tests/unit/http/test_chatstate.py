"""What is done with chats, as callers ask for it."""

from collections.abc import AsyncGenerator

import pytest

from stored.desk import Desk
from stored.doors import Doors, key_of, open_doors
from stored.engine import StoredEngine
from stored.makers import ANN, BEN, received
from wigwag.core.chatstate import ChatState
from wigwag.core.older import OlderMessages
from wigwag.core.presences import Presences
from wigwag.http.models.chats import ChatShape
from wigwag.http.models.chatstate import ActivityShape, OlderShape
from wigwag.model.appstate import ChatCleared, ChatDeleted
from wigwag.model.archived import ArchivedChat
from wigwag.model.chat import ChatActivity
from wigwag.model.errors import NotConnected
from wigwag.model.key import Scope

CHAT = f"/chats/{ANN}"


class Timed:
    """Keeps which timers were set."""

    def __init__(self) -> None:
        self.seconds: list[int] = []

    async def set_timer(self, chat: ArchivedChat, seconds: int) -> ArchivedChat:
        self.seconds.append(seconds)
        return chat


@pytest.fixture
def timed() -> Timed:
    return Timed()


@pytest.fixture
def engine(desk: Desk) -> StoredEngine:
    return desk.attach()


@pytest.fixture
async def doors(desk: Desk, engine: StoredEngine, timed: Timed) -> AsyncGenerator[Doors]:
    assert engine.appstate.sink is not None
    async with open_doors(
        desk,
        chat_state=ChatState(desk.library, desk.accounts),
        presences=Presences(desk.library, desk.accounts),
        disappearing=timed,
        older=OlderMessages(desk.archive, desk.accounts),
    ) as doors:
        yield doors


async def test_a_chat_is_changed(desk: Desk, doors: Doors) -> None:
    await desk.take(received("A1"))
    body = {"archived": True, "muted": True, "muted_until": "2030-01-01T00:00:00+01:00"}
    changed = (await doors.ask("PATCH", CHAT, body)).json()
    ChatShape.model_validate(changed)
    assert (changed["archived"], changed["muted_until"]) == (True, "2029-12-31T23:00:00Z")
    assert await doors.view(CHAT) == changed
    assert (await doors.ask("PATCH", CHAT, {})).json() == changed
    clash = await doors.ask("PATCH", CHAT, {"pinned": True})
    assert (clash.status_code, clash.json()["code"]) == (409, "not_applicable")


async def test_messages_of_a_chat_disappear(desk: Desk, doors: Doors, timed: Timed) -> None:
    await desk.take(received("A1"))
    changed = (await doors.ask("PATCH", CHAT, {"ephemeral_seconds": 86_400, "muted": True})).json()
    ChatShape.model_validate(changed)
    assert changed["muted"] is True
    assert timed.seconds == [86_400]
    for wrong in (60, False, "86400", 0.5):
        answer = await doors.ask("PATCH", CHAT, {"ephemeral_seconds": wrong})
        assert answer.status_code == 400, wrong
    assert (await doors.ask("PATCH", CHAT, {"ephemeral_seconds": 0.0})).status_code == 200


async def test_a_chat_is_cleared_and_deleted(
    desk: Desk, doors: Doors, engine: StoredEngine
) -> None:
    await desk.take(received("A1"))
    cleared = await doors.ask("POST", f"{CHAT}/clear", {"keep_starred": True})
    assert (cleared.status_code, cleared.content) == (204, b"")
    assert await doors.ids(f"{CHAT}/messages") == []
    assert (await doors.ask("DELETE", f"{CHAT}?delete_media=true")).status_code == 204
    assert await doors.problem(CHAT) == (404, "not_found")
    assert (await doors.ask("DELETE", CHAT)).status_code == 404
    clear, delete = engine.appstate.changes
    assert isinstance(clear, ChatCleared)
    assert isinstance(delete, ChatDeleted)
    assert (clear.keep_starred, delete.delete_media) == (True, True)


async def test_typing_is_shown(doors: Doors, engine: StoredEngine) -> None:
    for word in ("typing", "recording", "paused"):
        shown = (await doors.ask("POST", f"{CHAT}/presence", {"state": word})).json()
        ActivityShape.model_validate(shown)
        assert shown == {"chat_jid": str(ANN), "state": word}
    assert engine.presence.shown == [(ANN, activity) for activity in ChatActivity]
    engine.presence.errors.append(NotConnected())
    refused = await doors.ask("POST", f"{CHAT}/presence", {"state": "typing"})
    assert (refused.status_code, refused.json()["code"]) == (503, "not_connected")


async def test_older_messages_are_asked_for(desk: Desk, doors: Doors) -> None:
    await desk.take(received("A1"))
    assert await doors.problem(f"{CHAT}/history") == (404, "not_found")
    answer = await doors.ask("POST", f"{CHAT}/history", {"count": 120})
    asked = answer.json()
    OlderShape.model_validate(asked)
    assert (answer.status_code, asked["wanted"], asked["state"]) == (202, 120, "waiting")
    assert (await doors.ask("POST", f"{CHAT}/history", {})).json() == asked, "it is under way"
    assert await doors.view(f"{CHAT}/history") == asked
    unknown = await doors.ask("POST", f"/chats/{BEN}/history", {})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")


async def test_what_a_key_does_not_reach_is_not_there(desk: Desk, doors: Doors) -> None:
    await desk.take(received("A1"))
    key = key_of(Scope.SEND, Scope.READ, chats=(str(BEN),))
    for method, end, body in (
        ("PATCH", "", {"archived": True}),
        ("DELETE", "", None),
        ("POST", "/clear", {}),
        ("POST", "/presence", {"state": "typing"}),
        ("POST", "/history", {}),
        ("GET", "/history", None),
    ):
        assert (await doors.ask(method, CHAT + end, body, key=key)).status_code == 404, end


@pytest.mark.parametrize(
    ("end", "body"),
    [
        ("", {"archived": "perhaps"}),
        ("", {"muted": True, "muted_until": "2030-01-01T00:00:00"}),
        ("", {"muted": True, "muted_until": "9999-12-31T23:59:59-14:00"}),
        ("", {"name": "x"}),
        ("/presence", {"state": "flying"}),
        ("/history", {"count": 0}),
        ("/history", {"count": 5_001}),
        ("/clear", {"keep": True}),
    ],
)
async def test_mistakes_are_400(desk: Desk, doors: Doors, end: str, body: object) -> None:
    await desk.take(received("A1"))
    method = "POST" if end else "PATCH"
    assert (await doors.ask(method, CHAT + end, body)).status_code == 400
