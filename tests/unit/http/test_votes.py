"""Polls, as callers ask how they stand, and vote."""

from collections.abc import AsyncGenerator

import pytest

from stored.desk import Desk
from stored.doors import Doors, key_of, open_doors
from stored.engine import StoredEngine
from stored.makers import ANN, BEN, GROUP, received
from stored.senders import sender
from wigwag.core.changing import Changing
from wigwag.core.votes import Votes
from wigwag.engine.native.social.ballots import NativeBallots
from wigwag.http.models.sending import SentView
from wigwag.http.models.votes import TallyShape
from wigwag.model.content import Poll
from wigwag.model.key import Scope

POLL = Poll(question="When?", options=("now", "later"), selectable=1, secret=bytes(32))
PATH = "/messages/P1/votes"


@pytest.fixture
async def doors(desk: Desk) -> AsyncGenerator[Doors]:
    async with sender(desk, StoredEngine()) as sending:
        changing = Changing(desk.library, desk.accounts, sending)
        votes = Votes(desk.library, desk.accounts, changing, NativeBallots())
        async with open_doors(desk, votes=votes) as opened:
            yield opened


async def test_a_vote_is_cast_once_and_counted(desk: Desk, doors: Doors) -> None:
    await desk.take(received("P1", POLL), received("A1", seconds=1))
    once = {"idempotency-key": "k"}
    told = [await doors.ask("POST", PATH, {"options": ["now"]}, headers=once) for _ in range(2)]
    assert [answer.status_code for answer in told] == [201, 201]
    assert told[0].json() == told[1].json()
    SentView.model_validate(told[0].json())
    tally = await doors.view(PATH)
    TallyShape.model_validate(tally)
    assert [(one["name"], one["votes"]) for one in tally["options"]] == [("now", 1), ("later", 0)]
    assert (tally["question"], tally["voters"], tally["unreadable"]) == ("When?", 1, 0)
    for body in ({"options": ["x"]}, {"options": ["now", "later"]}):
        assert (await doors.ask("POST", PATH, body)).status_code == 409, body
    for body in ({"options": ["now", "now"]}, {}):
        assert (await doors.ask("POST", PATH, body)).status_code == 400, body
    assert await doors.problem("/messages/A1/votes") == (404, "not_found")


async def test_what_a_key_does_not_reach_is_not_there(desk: Desk, doors: Doors) -> None:
    await desk.take(received("P1", POLL, chat=GROUP, sender=BEN))
    key = key_of(Scope.READ, Scope.SEND, chats=(str(ANN),))
    assert (await doors.ask("GET", PATH, key=key)).status_code == 404
    assert (await doors.ask("POST", PATH, {"options": []}, key=key)).status_code == 404
    reader = await doors.ask("POST", PATH, {"options": []}, key=key_of(Scope.READ))
    assert reader.status_code == 403
