"""Receipts raise the state of a message, and never lower it."""

from itertools import permutations

import pytest

from stored.desk import Desk
from stored.engine import StoredEngine
from stored.makers import ANN, BEN, GROUP, at, received
from stored.senders import HI, sender
from wigwag.model.errors import SendRejected
from wigwag.model.event import ReceiptReceived
from wigwag.model.jid import Jid
from wigwag.model.message import Outgoing, SendState, Sent
from wigwag.model.receipt import Receipt, ReceiptKind


def receipt(
    kind: ReceiptKind,
    *ids: str,
    chat: Jid = ANN,
    sender: Jid | None = None,
    seconds: float = 10,
    by_me: bool = False,
) -> ReceiptReceived:
    return ReceiptReceived(
        receipt=Receipt(
            kind=kind,
            chat=chat,
            sender=sender or chat,
            ids=ids,
            timestamp=at(seconds),
            by_me=by_me,
        )
    )


DELIVERED, READ, PLAYED = ReceiptKind.DELIVERED, ReceiptKind.READ, ReceiptKind.PLAYED


@pytest.mark.parametrize("order", list(permutations((DELIVERED, READ, PLAYED))))
async def test_states_only_rise(linked: Desk, order: tuple[ReceiptKind, ...]) -> None:
    await linked.take(received("M1", from_me=True))
    for kind in order:
        await linked.take(receipt(kind, "M1"), receipt(kind, "M1"))
    assert linked.rows("SELECT state FROM messages")[0][0] == "played"
    told = [event["state"] for event in await linked.events("message.status")]
    assert told == sorted(told, key=["delivered", "read", "played"].index)
    assert len(told) == len(set(told))
    assert told[-1] == "played"
    receipts = await linked.library.list_receipts("default", "M1")
    assert {r.kind for r in receipts} == {"delivered", "read", "played"}


async def test_a_receipt_before_its_message_counts_when_that_comes(linked: Desk) -> None:
    await linked.take(receipt(READ, "M1"))
    await linked.take(received("M1", from_me=True))
    assert linked.rows("SELECT state FROM messages")[0][0] == "read"


async def test_in_a_group_the_receipts_of_each_person_are_kept(linked: Desk) -> None:
    await linked.take(received("M1", chat=GROUP, from_me=True))
    for who, kind in ((ANN, DELIVERED), (BEN, DELIVERED), (ANN, READ)):
        await linked.take(receipt(kind, "M1", chat=GROUP, sender=who))
    assert linked.rows("SELECT state FROM messages")[0][0] == "sent"
    receipts = await linked.library.list_receipts("default", "M1", chat=str(GROUP))
    assert sorted((r.person.jid, r.kind) for r in receipts) == [
        (str(ANN), "delivered"),
        (str(ANN), "read"),
        (str(BEN), "delivered"),
    ]
    told = await linked.events("message.status")
    assert [e["receipt"]["kind"] for e in told] == ["delivered", "delivered", "read"]


async def test_a_stranger_raises_nothing(linked: Desk) -> None:
    await linked.take(received("M1", from_me=True))
    await linked.take(receipt(READ, "M1", chat=BEN))
    assert linked.rows("SELECT state FROM messages")[0][0] == "sent"


async def test_one_receipt_may_name_many_messages(linked: Desk) -> None:
    ids = [f"M{number}" for number in range(50)]
    await linked.take(*(received(i, from_me=True) for i in ids))
    await linked.take(receipt(READ, *ids, "unknown"))
    assert {row[0] for row in linked.rows("SELECT state FROM messages")} == {"read"}
    assert len(await linked.events("message.status")) == 50


async def test_received_messages_have_no_state_to_raise(linked: Desk) -> None:
    await linked.take(received("A1"), receipt(READ, "A1"))
    assert linked.rows("SELECT state FROM messages")[0][0] is None


async def test_what_another_own_device_read_is_not_unread(linked: Desk) -> None:
    await linked.take(*(received(f"A{number}", seconds=number) for number in range(5)))
    await linked.take(receipt(READ, "A2", by_me=True))
    assert (await linked.library.get_chat("default", str(ANN))).unread == 2
    (event,) = await linked.events("chat.updated")
    assert event["unread"] == 2
    await linked.take(receipt(READ, "A2", by_me=True), receipt(READ, "A1", by_me=True))
    assert len(await linked.events("chat.updated")) == 1


@pytest.mark.parametrize("chat", [ANN, GROUP])
async def test_what_somebody_has_did_not_fail(desk: Desk, engine: StoredEngine, chat: Jid) -> None:
    """The first acknowledgement got lost, and what was sent again was refused."""
    engine.errors = [SendRejected()]
    async with sender(desk, engine) as sending:
        made = await sending.submit("default", str(chat), HI)
        assert made.state is SendState.FAILED
        await desk.take(receipt(DELIVERED, made.id, chat=chat, sender=ANN))
    row = await desk.library.get_message("default", made.id)
    wanted = SendState.SENT if chat == GROUP else SendState.DELIVERED
    assert (row.state, row.error_code) == (wanted, "")
    assert [event["id"] for event in await desk.events("message.sent")] == [made.id]
    assert [event["state"] for event in await desk.events("message.status")] == [
        "queued",
        "failed",
        wanted.value,
    ]


@pytest.mark.parametrize("chat", [ANN, GROUP])
async def test_what_is_refused_after_somebody_got_it_is_sent(
    desk: Desk, engine: StoredEngine, chat: Jid
) -> None:
    send = engine.send

    async def delivered_and_refused(message: Outgoing) -> Sent:
        await desk.take(receipt(DELIVERED, message.id, chat=chat, sender=ANN))
        engine.errors = [SendRejected()]
        return await send(message)

    engine.send = delivered_and_refused
    async with sender(desk, engine) as sending:
        made = await sending.submit("default", str(chat), HI)
    assert (made.state, made.error_code) == (
        SendState.SENT if chat == GROUP else SendState.DELIVERED,
        "",
    )
    assert [event["id"] for event in await desk.events("message.sent")] == [made.id]
    assert desk.count("outbox") == 0
