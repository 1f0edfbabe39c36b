"""What is done with messages, as callers ask for it."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from stored.desk import Desk
from stored.doors import Doors, key_of, open_doors
from stored.engine import StoredEngine
from stored.makers import ANN, BEN, CONNECTED, GROUP, picture, received
from stored.senders import sender
from wigwag.core.changing import Changing
from wigwag.core.chatstate import ChatState
from wigwag.core.marking import Marking
from wigwag.core.media import MediaFetcher
from wigwag.http.models.changes import PlayedShape, ReadShape, RetriedShape
from wigwag.http.models.messages import MessageShape
from wigwag.http.models.sending import SentView
from wigwag.model.content import Media, MediaKind, Reaction
from wigwag.model.key import Scope

TEXT = {"to": str(ANN), "type": "text", "text": "hi"}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    opened = await Desk.open(tmp_path)
    await opened.take(CONNECTED)
    yield opened
    await opened.close()


@pytest.fixture
def engine(desk: Desk) -> StoredEngine:
    engine = StoredEngine()
    engine.appstate.sink = desk.ingest.ingest
    return engine


@pytest.fixture
async def doors(desk: Desk, engine: StoredEngine) -> AsyncGenerator[Doors]:
    async with (
        sender(desk, engine) as sending,
        open_doors(
            desk,
            sending=sending,
            changing=Changing(desk.library, desk.accounts, sending),
            chat_state=ChatState(desk.library, desk.accounts),
            marking=Marking(desk.archive, desk.library, desk.accounts),
            media=MediaFetcher(desk.archive, desk.files, desk.accounts),
        ) as doors,
    ):
        yield doors


async def test_an_own_message_is_changed(doors: Doors) -> None:
    path = "/messages/" + (await doors.ask("POST", "/messages", TEXT)).json()["id"]
    for method, end, body in (
        ("PATCH", "", {"text": "ho"}),
        ("POST", "/reactions", {"emoji": "👍"}),
        ("POST", "/reactions", {"emoji": ""}),
        ("POST", "/pin", {}),
        ("DELETE", "/pin", None),
        ("POST", "/pin", {"duration_seconds": 86_400}),
        ("DELETE", "", None),
    ):
        answer = await doors.ask(method, path + end, body)
        assert answer.status_code == 201, answer.text
        SentView.model_validate(answer.json())
    message = await doors.view(path)
    assert (message["text"], message["reactions"], message["revoked"]) == ("ho", [], True)
    assert message["pinned_in_chat"] is not None
    MessageShape.model_validate(message)
    late = await doors.ask("PATCH", path, {"text": "x"})
    assert (late.status_code, late.json()["code"]) == (409, "conflict")


async def test_a_change_happens_once_for_its_key(
    desk: Desk, doors: Doors, engine: StoredEngine
) -> None:
    await desk.take(received("A1"), received("A2", seconds=1))
    once = {"idempotency-key": "k"}
    told = [
        await doors.ask("POST", f"/messages/{one}/reactions", {"emoji": "👍"}, headers=once)
        for one in ("A1", "A1", "A2")
    ]
    assert [answer.status_code for answer in told] == [201, 201, 422]
    assert told[0].json() == told[1].json()
    assert [type(one.content) for one in engine.sent] == [Reaction]


async def test_a_star_and_a_deletion_for_us_are_the_message_itself(
    desk: Desk, doors: Doors
) -> None:
    await desk.take(received("A1"))
    answers = [
        await doors.ask("POST", "/messages/A1/star"),
        await doors.ask("DELETE", "/messages/A1/star"),
        await doors.ask("DELETE", "/messages/A1?for=me"),
    ]
    views = [answer.json() for answer in answers]
    assert [view["starred"] for view in views] == [True, False, False]
    assert [view["deleted_at"] is not None for view in views] == [False, False, True]
    for view in views:
        MessageShape.model_validate(view)


async def test_read_played_and_fetched_again(desk: Desk, doors: Doors) -> None:
    note = Media(kind=MediaKind.VOICE, mime="audio/ogg")
    await desk.take(received("A1"), received("A2", note, seconds=1))
    read = (await doors.ask("POST", "/messages/read", {"chat": str(ANN)})).json()
    assert read == {"chat_jid": str(ANN), "read": 2}
    ReadShape.model_validate(read)
    played = (await doors.ask("POST", "/messages/A2/played")).json()
    PlayedShape.model_validate(played)
    retried = (await doors.ask("POST", "/messages/A2/media/retry")).json()
    assert RetriedShape.model_validate(retried).state == "pending"
    assert (await doors.ask("POST", "/messages/A1/media/retry")).status_code == 404


async def test_what_a_key_does_not_reach_is_not_there(desk: Desk, doors: Doors) -> None:
    await desk.take(received("A1", picture(None), chat=GROUP, sender=BEN))
    key = key_of(Scope.SEND, chats=(str(ANN),))
    for method, path, body in (
        ("PATCH", "/messages/A1", {"text": "x"}),
        ("DELETE", "/messages/A1", None),
        ("POST", "/messages/A1/reactions", {"emoji": "x"}),
        ("POST", "/messages/A1/pin", {}),
        ("DELETE", "/messages/A1/pin", None),
        ("POST", "/messages/A1/star", None),
        ("DELETE", "/messages/A1/star", None),
        ("POST", "/messages/A1/played", None),
        ("POST", "/messages/A1/media/retry", None),
        ("POST", "/messages/read", {"chat": str(GROUP)}),
    ):
        assert (await doors.ask(method, path, body, key=key)).status_code == 404, path
        reader = await doors.ask(method, path, body, key=key_of(Scope.READ))
        assert reader.status_code == 403, path


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/messages/A1", {"text": ""}),
        ("PATCH", "/messages/A1", {}),
        ("POST", "/messages/A1/reactions", {"emoji": "two words"}),
        ("POST", "/messages/A1/pin", {"duration_seconds": 60}),
        ("POST", "/messages/read", {"ids": ["A1"]}),
        ("DELETE", "/messages/A1?for=you", None),
    ],
)
async def test_mistakes_are_400(doors: Doors, method: str, path: str, body: object) -> None:
    assert (await doors.ask(method, path, body)).status_code == 400
