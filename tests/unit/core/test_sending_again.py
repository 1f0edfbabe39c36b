"""The same key is the same message."""

import asyncio

import pytest

from scripted.waiting import until
from stored.desk import Desk
from stored.engine import StoredEngine
from stored.makers import ANN
from stored.senders import HI, sender
from wigwag.core.sending import Idempotency
from wigwag.model.errors import (
    IdempotencyConflict,
)
from wigwag.model.message import SendState


async def test_the_same_key_is_the_same_message(desk: Desk, engine: StoredEngine) -> None:
    once = Idempotency(key="k1", fingerprint=b"f")
    async with sender(desk, engine) as sending:
        first = await sending.submit("default", str(ANN), HI, idempotency=once)
        second = await sending.submit("default", str(ANN), HI, idempotency=once)
        other = Idempotency(key="k1", fingerprint=b"g")
        with pytest.raises(IdempotencyConflict):
            await sending.submit("default", str(ANN), HI, idempotency=other)
    assert second == first
    assert len(engine.sent) == 1


async def test_a_repeat_while_the_first_is_under_way_waits_for_it(
    desk: Desk, engine: StoredEngine
) -> None:
    once = Idempotency(key="k1", fingerprint=b"f")
    engine.hold()
    async with sender(desk, engine) as sending:
        tasks = [
            asyncio.create_task(sending.submit("default", str(ANN), HI, idempotency=once))
            for _ in range(5)
        ]
        await until(lambda: engine.sent)
        engine.release()
        made = await asyncio.gather(*tasks)
    assert {m.id for m in made} == {engine.sent[0].id}
    assert {m.state for m in made} == {SendState.SENT}
    assert (len(engine.sent), desk.count("messages")) == (1, 1)


async def test_a_key_survives_a_restart(desk: Desk) -> None:
    once = Idempotency(key="k1", fingerprint=b"f")
    offline = StoredEngine(connected=False)
    async with sender(desk, offline) as sending:
        first = await sending.submit("default", str(ANN), HI, wait_s=0, idempotency=once)
    engine = StoredEngine()
    async with sender(desk, engine) as sending:
        await until(lambda: desk.count("outbox") == 0)
        second = await sending.submit("default", str(ANN), HI, idempotency=once)
    assert (second.id, second.state) == (first.id, SendState.SENT)
    assert len(engine.sent) == 1
