"""The same key is the same message."""

import asyncio

import pytest

from scripted.waiting import until
from stored.desk import Desk
from stored.engine import StoredEngine
from stored.makers import ANN, BEN, key, reaction
from stored.senders import HI, sender
from wigwag.core.sending import Draft, Idempotency
from wigwag.model.account import ConnectionState
from wigwag.model.errors import IdempotencyConflict, SendRejected
from wigwag.model.event import ReceiptReceived
from wigwag.model.message import Outgoing, SendState
from wigwag.model.receipt import Receipt, ReceiptKind


def delivered(message: Outgoing) -> ReceiptReceived:
    return ReceiptReceived(
        receipt=Receipt(
            kind=ReceiptKind.DELIVERED,
            chat=message.to,
            sender=message.to,
            ids=(message.id,),
            timestamp=message.timestamp,
        )
    )


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


async def test_a_key_from_before_callers_had_their_own_is_found_for_the_same_request_alone(
    desk: Desk, engine: StoredEngine
) -> None:
    before = Idempotency(key="k1", fingerprint=b"f")
    same = Idempotency(key="shop k1", fingerprint=b"f", nobodys="k1")
    other = Idempotency(key="crm k1", fingerprint=b"g", nobodys="k1")
    async with sender(desk, engine) as sending:
        first, again, another = [
            await sending.submit("default", str(ANN), HI, idempotency=key)
            for key in (before, same, other)
        ]
    assert again == first
    assert another.id != first.id
    assert len(engine.sent) == 2


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


async def test_a_receipt_tells_the_end_where_the_acknowledgement_is_lost(
    desk: Desk, engine: StoredEngine
) -> None:
    once = Idempotency(key="k1", fingerprint=b"f")
    engine.hold()
    async with sender(desk, engine) as sending:
        first = asyncio.create_task(sending.submit("default", str(ANN), HI, wait_s=0.5))
        keyed = await sending.submit("default", str(BEN), HI, wait_s=0, idempotency=once)
        assert keyed.state is SendState.QUEUED
        await until(lambda: len(engine.sent) == 2)
        for message in engine.sent:
            await desk.take(delivered(message))
        async with asyncio.timeout(5):
            again = await sending.submit("default", str(BEN), HI, wait_s=60, idempotency=once)
        assert (again.id, again.state) == (keyed.id, SendState.DELIVERED)
        assert (await first).state is SendState.DELIVERED


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


async def test_a_change_that_waits_is_queued_and_then_sent(desk: Desk) -> None:
    once = Idempotency(key="k1", fingerprint=b"f")
    change = Draft(content=reaction(key("A1"), "👍"))
    async with sender(desk, StoredEngine(connected=False)) as sending:
        first = await sending.submit("default", str(ANN), change, wait_s=0, idempotency=once)
    engine = StoredEngine(connected=False)
    async with sender(desk, engine) as sending:
        again = await sending.submit("default", str(ANN), change, wait_s=0, idempotency=once)
        assert (again, again.state) == (first, SendState.QUEUED)
        engine.turn(ConnectionState.CONNECTED)
        await until(lambda: desk.count("outbox") == 0)
        again = await sending.submit("default", str(ANN), change, idempotency=once)
    assert (again.id, again.timestamp) == (first.id, first.timestamp)
    assert again.state is SendState.SENT
    assert [m.id for m in engine.sent] == [first.id]


async def test_a_change_that_failed_may_be_asked_for_again(
    desk: Desk, engine: StoredEngine
) -> None:
    once = Idempotency(key="k1", fingerprint=b"f")
    change = Draft(content=reaction(key("A1"), "👍"))
    engine.errors = [SendRejected("no")]
    async with sender(desk, engine) as sending:
        first = await sending.submit("default", str(ANN), change, idempotency=once)
        second = await sending.submit("default", str(ANN), change, idempotency=once)
    assert [first.state, second.state] == [SendState.FAILED, SendState.SENT]
