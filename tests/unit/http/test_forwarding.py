"""Messages sent on, as callers ask for it."""

from collections.abc import AsyncGenerator

import pytest

from stored.desk import Desk
from stored.doors import Doors, key_of, open_doors
from stored.engine import StoredEngine
from stored.fetching import fetcher
from stored.makers import ANN, BEN, received
from stored.senders import sender
from wigwag.core.forwarding import Forwarding
from wigwag.http.models.sending import SentView
from wigwag.model.key import Scope


@pytest.fixture
async def doors(desk: Desk) -> AsyncGenerator[Doors]:
    engine = StoredEngine()
    async with (
        sender(desk, engine) as sending,
        fetcher(desk, engine) as media,
        open_doors(desk, sending=sending, forwarding=Forwarding(sending, media)) as doors,
    ):
        yield doors


async def test_it_is_a_message_of_its_own(desk: Desk, doors: Doors) -> None:
    await desk.take(received("A1"))
    once = {"idempotency-key": "k"}
    body = {"to": BEN.user}
    answers = [
        await doors.ask("POST", "/messages/A1/forward", body, headers=once) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    sent = SentView.model_validate(answers[0].json())
    assert answers[1].json() == answers[0].json()
    message = await doors.view(f"/messages/{sent.id}")
    assert (message["chat_jid"], message["text"], message["forwarded"]) == (str(BEN), "hello", True)
    other = await doors.ask("POST", "/messages/A1/forward", {"to": ANN.user}, headers=once)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_conflict")


async def test_a_key_has_to_reach_both_chats(desk: Desk, doors: Doors) -> None:
    await desk.take(received("A1"), received("B1", chat=BEN))
    path, to_ben = "/messages/A1/forward", {"to": str(BEN)}
    for chats, status in (((ANN,), 404), ((BEN,), 404), ((ANN, BEN), 201)):
        key = key_of(Scope.SEND, chats=tuple(map(str, chats)))
        answer = await doors.ask("POST", path, to_ben, key=key)
        assert answer.status_code == status, chats
    for body in ({}, {"to": ""}, {"to": str(BEN), "more": 1}):
        assert (await doors.ask("POST", path, body)).status_code == 400
