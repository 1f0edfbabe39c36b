"""Calls, as callers of this turn them away."""

from collections.abc import AsyncGenerator

import pytest

from stored.desk import Desk
from stored.doors import Doors, key_of, open_doors
from stored.engine import StoredEngine
from stored.makers import ANN, BEN, GROUP
from wigwag.core.calls import Calls
from wigwag.model.errors import NotConnected
from wigwag.model.key import Scope

PATH = "/calls/C1/reject"


@pytest.fixture
def engine(desk: Desk) -> StoredEngine:
    engine = StoredEngine()
    desk.accounts.add(engine)
    return engine


@pytest.fixture
async def doors(desk: Desk, engine: StoredEngine) -> AsyncGenerator[Doors]:
    assert desk.accounts.find(engine.account) is engine
    async with open_doors(desk, calls=Calls(desk.library, desk.accounts)) as doors:
        yield doors


async def test_a_call_is_turned_away(doors: Doors, engine: StoredEngine) -> None:
    answer = await doors.ask("POST", PATH, {"caller": "+49 170 0000001"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert engine.calls.rejected == [(ANN, "C1")]
    engine.calls.errors.append(NotConnected())
    refused = await doors.ask("POST", PATH, {"caller": str(ANN)})
    assert (refused.status_code, refused.json()["code"]) == (503, "not_connected")


async def test_a_key_of_a_chat_turns_away_that_person_alone(
    doors: Doors, engine: StoredEngine
) -> None:
    key = key_of(Scope.SEND, chats=(str(BEN),))
    assert (await doors.ask("POST", PATH, {"caller": str(ANN)}, key=key)).status_code == 404
    assert (await doors.ask("POST", PATH, {"caller": str(BEN)}, key=key)).status_code == 204
    assert engine.calls.rejected == [(BEN, "C1")]


async def test_only_people_call(doors: Doors, engine: StoredEngine) -> None:
    assert (await doors.ask("POST", PATH, {"caller": str(GROUP)})).status_code == 400
    bad = await doors.ask("POST", "/calls/%C2%B8/reject", {"caller": str(ANN)})
    assert (bad.status_code, engine.calls.rejected) == (400, [])


@pytest.mark.parametrize("body", [{}, {"caller": ""}, {"caller": "nobody"}, {"caller": 1}])
async def test_mistakes_are_400(doors: Doors, body: object) -> None:
    assert (await doors.ask("POST", PATH, body)).status_code == 400
