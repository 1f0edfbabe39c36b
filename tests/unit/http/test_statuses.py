"""Status updates, as callers ask for them."""

from collections.abc import AsyncGenerator

import pytest

from scripted.waiting import JumpingClock
from stored.desk import Desk
from stored.doors import Doors, key_of, open_doors
from stored.engine import StoredEngine
from stored.makers import ANN, BEN, at, received
from stored.outgoing import RecordedSending
from wigwag.core.chatstate import ChatState
from wigwag.core.marking import Marking
from wigwag.core.statuses import Statuses
from wigwag.http.models.sending import SentView
from wigwag.http.models.statuses import AudienceShape, StatusPage, ViewedShape
from wigwag.model.content import MediaKind
from wigwag.model.jid import STATUS_JID
from wigwag.model.key import Scope


@pytest.fixture
def engine(desk: Desk) -> StoredEngine:
    return desk.attach()


@pytest.fixture
def sending() -> RecordedSending:
    return RecordedSending()


@pytest.fixture
async def doors(
    desk: Desk, engine: StoredEngine, sending: RecordedSending
) -> AsyncGenerator[Doors]:
    assert engine.appstate.sink is not None
    clock = JumpingClock()
    clock.time = at(86_400)
    chat_state = ChatState(desk.library, desk.accounts)
    async with open_doors(
        desk,
        sending=sending,
        marking=Marking(desk.archive, desk.library, desk.accounts),
        statuses=Statuses(desk.library, chat_state, clock),
    ) as doors:
        yield doors


async def test_they_are_listed(desk: Desk, doors: Doors) -> None:
    await desk.take(
        received("S1", chat=STATUS_JID, sender=ANN, seconds=-1),
        received("S2", chat=STATUS_JID, sender=ANN, seconds=1),
        received("S3", chat=STATUS_JID, sender=BEN, seconds=2),
    )
    page = await doors.view("/statuses")
    StatusPage.model_validate(page)
    assert [one["id"] for one in page["items"]] == ["S3", "S2"]
    assert await doors.ids("/statuses", sender=str(ANN), expired="true") == ["S2", "S1"]
    assert await doors.problem("/statuses", sender="nobody") == (400, "malformed_jid")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"type": "text", "text": "At sea"}, ("At sea", "", None)),
        (
            {"type": "image", "media": {"path": "/a.png"}, "caption": "look"},
            ("look", "/a.png", MediaKind.IMAGE),
        ),
        ({"type": "voice", "media": {"path": "/a.ogg"}}, ("", "/a.ogg", MediaKind.VOICE)),
    ],
)
async def test_one_is_posted(
    doors: Doors, sending: RecordedSending, body: object, said: tuple[object, ...]
) -> None:
    answer = await doors.ask("POST", "/statuses", body, headers={"idempotency-key": "k"})
    SentView.model_validate(answer.json())
    (draft,) = sending.drafts
    assert (answer.status_code, sending.to) == (201, "status@broadcast")
    assert (draft.text, draft.media_path, draft.kind) == said
    assert sending.options["idempotency"].key == "key_1 k"


async def test_one_is_marked_as_viewed(desk: Desk, doors: Doors, engine: StoredEngine) -> None:
    await desk.take(
        received("S1", chat=STATUS_JID, sender=ANN),
        received("S1", chat=STATUS_JID, sender=BEN),
        received("S2", chat=STATUS_JID, from_me=True),
    )
    assert (await doors.ask("POST", "/statuses/S1/viewed")).status_code == 409
    seen = await doors.ask("POST", f"/statuses/S1/viewed?sender={BEN}")
    ViewedShape.model_validate(seen.json())
    assert (seen.status_code, seen.json()) == (200, {"id": "S1", "sender": str(BEN)})
    assert engine.read == [(STATUS_JID, BEN, ("S1",), False)]
    own = await doors.ask("POST", "/statuses/S2/viewed")
    assert (own.status_code, own.json()["code"]) == (409, "not_applicable")


async def test_who_sees_them(doors: Doors) -> None:
    assert await doors.view("/statuses/privacy") == {"mode": "contacts", "people": []}
    body = {"mode": "deny_list", "people": ["+49 170 0000001"]}
    changed = (await doors.ask("PATCH", "/statuses/privacy", body)).json()
    AudienceShape.model_validate(changed)
    assert (changed["mode"], [one["jid"] for one in changed["people"]]) == ("deny_list", [str(ANN)])
    assert await doors.view("/statuses/privacy") == changed
    wrong = {"mode": "close_friends"}
    assert (await doors.ask("PATCH", "/statuses/privacy", wrong)).status_code == 400


async def test_what_a_key_does_not_reach_is_not_there(desk: Desk, doors: Doors) -> None:
    await desk.take(received("S1", chat=STATUS_JID, sender=ANN))
    one = key_of(Scope.READ, Scope.SEND, chats=(str(BEN),))
    status = key_of(Scope.READ, Scope.SEND, chats=(str(STATUS_JID),))
    text = {"type": "text", "text": "x"}
    for key, code in ((one, 404), (status, 200)):
        assert (await doors.get("/statuses", key=key)).status_code == code
        assert (await doors.ask("POST", "/statuses/S1/viewed", key=key)).status_code == code
        assert (await doors.get("/statuses/privacy", key=key)).status_code == 403
    assert (await doors.ask("POST", "/statuses", text, key=one)).status_code == 404
    assert (await doors.ask("POST", "/statuses", text, key=status)).status_code == 201
