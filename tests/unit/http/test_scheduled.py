"""Messages with a time to come, as callers ask for them."""

from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest

from scripted.waiting import until
from stored.desk import Desk
from stored.doors import Doors, key_of, open_doors
from stored.engine import StoredEngine
from stored.makers import ANN, BEN
from stored.senders import sender
from wigwag.core.schedule import Schedule
from wigwag.http.models.scheduled import ScheduledPage, ScheduledShape
from wigwag.http.models.sending import SentView
from wigwag.model.key import Scope
from wigwag.sandbox.virtual_time import BEGIN, VirtualTime

SOON = "2026-01-01T01:00:00Z"
"""An hour after the virtual time begins."""
BODY = {"to": str(ANN), "type": "text", "text": "later", "send_at": "2026-01-01T02:00:00+01:00"}


@pytest.fixture
def clock() -> VirtualTime:
    return VirtualTime()


@pytest.fixture
def engine() -> StoredEngine:
    return StoredEngine()


@pytest.fixture
async def doors(desk: Desk, engine: StoredEngine, clock: VirtualTime) -> AsyncGenerator[Doors]:
    async with sender(desk, engine, clock) as sending:
        schedule = Schedule(desk.archive, desk.files, desk.accounts, sending, clock)
        await schedule.start()
        async with open_doors(desk, sending=sending, schedule=schedule) as doors:
            yield doors
        await schedule.stop()


async def test_it_is_kept_listed_moved_and_cancelled(doors: Doors) -> None:
    made = await doors.ask("POST", "/messages", BODY)
    sent = SentView.model_validate(made.json())
    assert (made.status_code, sent.state, sent.send_at) == (202, "scheduled", SOON)
    assert await doors.problem(f"/messages/{sent.id}") == (404, "not_found"), "not yet"
    page = await doors.view("/scheduled")
    ScheduledPage.model_validate(page)
    (listed,) = page["items"]
    assert (listed["id"], listed["type"], listed["text"]) == (sent.id, "text", "later")
    assert listed["send_at"] == SOON
    assert await doors.view(f"/scheduled/{sent.id}") == listed
    assert await doors.ids("/scheduled", chat=str(BEN)) == []
    assert await doors.ids("/scheduled", chat=ANN.user) == [sent.id]
    later = {"send_at": "2026-06-01T00:00:00Z"}
    moved = (await doors.ask("PATCH", f"/scheduled/{sent.id}", later)).json()
    ScheduledShape.model_validate(moved)
    assert moved == {**listed, **later}
    assert (await doors.ask("DELETE", f"/scheduled/{sent.id}")).status_code == 204
    assert await doors.problem(f"/scheduled/{sent.id}") == (404, "not_found")
    assert (await doors.ask("DELETE", f"/scheduled/{sent.id}")).status_code == 404


async def test_at_its_time_it_is_a_message(
    desk: Desk, doors: Doors, engine: StoredEngine, clock: VirtualTime
) -> None:
    once = {"idempotency-key": "k"}
    first = (await doors.ask("POST", "/messages", BODY, headers=once)).json()
    assert (await doors.ask("POST", "/messages", BODY, headers=once)).json() == first
    clock.advance(2 * 3_600)
    soon = {**BODY, "send_at": "2026-01-01T02:00:01Z"}
    await doors.ask("POST", "/messages", soon)  # wakes the schedule
    await until(lambda: engine.sent and desk.count("outbox") == 0)
    again = await doors.ask("POST", "/messages", BODY, headers=once)
    assert (again.status_code, again.json()["state"]) == (201, "sent")
    assert again.json()["id"] == first["id"]
    left = await doors.ask("DELETE", f"/scheduled/{first['id']}")
    assert (left.status_code, left.json()["code"]) == (409, "conflict")


async def test_what_cannot_be_scheduled_is_422(doors: Doors) -> None:
    for wrong in ("2025-12-31T23:58:00Z", "2027-01-03T00:00:00Z", "9999-12-31T23:59:59-14:00"):
        refused = await doors.ask("POST", "/messages", {**BODY, "send_at": wrong})
        assert (refused.status_code, refused.json()["code"]) == (422, "not_schedulable"), wrong
    for wrong in ("tomorrow", "2026-01-01T01:00:00", 5):
        assert (await doors.ask("POST", "/messages", {**BODY, "send_at": wrong})).status_code == 400
    just_now = (BEGIN - timedelta(seconds=30)).isoformat()
    assert (await doors.ask("POST", "/messages", {**BODY, "send_at": just_now})).status_code == 201


async def test_what_a_key_does_not_reach_is_not_there(doors: Doors) -> None:
    message_id = (await doors.ask("POST", "/messages", BODY)).json()["id"]
    key = key_of(Scope.SEND, Scope.READ, chats=(str(BEN),))
    for method, body in (("GET", None), ("PATCH", {"send_at": SOON}), ("DELETE", None)):
        there, nowhere = [
            await doors.ask(method, f"/scheduled/{one}", body, key=key)
            for one in (message_id, "3EB0NOBODYS")
        ]
        assert there.status_code == 404, method
        assert there.json()["detail"] == nowhere.json()["detail"], method
    assert await doors.ids("/scheduled", key=key) == []
    assert await doors.problem("/scheduled", key=key, chat=ANN.user) == (404, "not_found")
    mine = key_of(Scope.SEND, Scope.READ, chats=(str(ANN),))
    assert await doors.ids("/scheduled", key=mine) == [message_id]
    assert (await doors.ask("DELETE", f"/scheduled/{message_id}", key=mine)).status_code == 204
