"""Engines that cannot choose ids: a message is kept under one, and gets another on its way."""

from pathlib import Path

import pytest

from scripted.waiting import until
from stored.desk import Desk
from stored.engine import StoredEngine
from stored.fetching import stored_files
from stored.makers import ANN, T0, key, received
from stored.senders import HI, sender
from wigwag.core.outgoing import Idempotency
from wigwag.core.removals import remove_files
from wigwag.core.sending import Draft
from wigwag.model.content import Reaction
from wigwag.model.errors import SendUnknown
from wigwag.model.event import ReceiptReceived
from wigwag.model.jid import Jid
from wigwag.model.message import SendState
from wigwag.model.receipt import Receipt, ReceiptKind

KEY = Idempotency(key="order", fingerprint=b"f")


def delivered(message_id: str, chat: Jid = ANN) -> ReceiptReceived:
    kind = ReceiptKind.DELIVERED
    return ReceiptReceived(
        receipt=Receipt(kind=kind, chat=chat, sender=ANN, ids=(message_id,), timestamp=T0)
    )


@pytest.fixture
def renaming(engine: StoredEngine) -> StoredEngine:
    engine.rename = lambda message_id: f"W{message_id}"
    return engine


async def test_the_message_is_known_by_the_id_that_it_got(
    linked: Desk, renaming: StoredEngine
) -> None:
    async with sender(linked, renaming) as sending:
        made = await sending.submit("default", str(ANN), HI, idempotency=KEY)
        again = await sending.submit("default", str(ANN), HI, idempotency=KEY)
    (left,) = renaming.sent
    assert made.id == again.id == f"W{left.id}"
    assert made.state is again.state is SendState.SENT
    row = await linked.library.get_message("default", made.id)
    assert (row.state, row.text) == (SendState.SENT, "hi")
    assert linked.count("messages") == 1
    events = await linked.events("message.status")
    assert [(event["id"], event.get("new_id")) for event in events] == [
        (left.id, None),
        (left.id, made.id),
    ]
    (sent,) = await linked.events("message.sent")
    assert sent["id"] == made.id


async def test_a_receipt_that_came_first_counts(linked: Desk, renaming: StoredEngine) -> None:
    renaming.hold()
    async with sender(linked, renaming) as sending:
        made = await sending.submit("default", str(ANN), HI, wait_s=0)
        await linked.take(delivered(f"W{made.id}"))
        renaming.release()
        again = await sending.submit("default", str(ANN), HI)
    row = await linked.library.get_message("default", f"W{made.id}")
    assert row.state is SendState.DELIVERED
    assert again.state is SendState.SENT


async def test_a_message_that_the_phone_told_of_first_is_one(
    linked: Desk, renaming: StoredEngine
) -> None:
    renaming.hold()
    async with sender(linked, renaming) as sending:
        made = await sending.submit("default", str(ANN), HI, wait_s=0)
        await linked.take(received(f"W{made.id}", "hi", chat=ANN, from_me=True))
        renaming.release()
        await sending.submit("default", str(ANN), HI)
    texts = linked.rows("SELECT id FROM messages ORDER BY id")
    assert len(texts) == 2
    assert all(str(row[0]).startswith("W") for row in texts)


async def test_a_change_has_the_id_that_it_got(linked: Desk, renaming: StoredEngine) -> None:
    async with sender(linked, renaming) as sending:
        made = await sending.submit("default", str(ANN), HI)
        reaction = Draft(content=Reaction(target=key(made.id, from_me=True), emoji="👍"))
        done = await sending.submit("default", str(ANN), reaction, idempotency=KEY)
        again = await sending.submit("default", str(ANN), reaction, idempotency=KEY)
    assert done.id == again.id == f"W{renaming.sent[-1].id}"
    assert [row[0] for row in linked.rows("SELECT id FROM reactions")] == [done.id]


async def test_an_unknown_end_is_told_and_the_message_is_not_sent_again(
    linked: Desk, engine: StoredEngine
) -> None:
    engine.errors = [SendUnknown()]
    async with sender(linked, engine) as sending:
        made = await sending.submit("default", str(ANN), HI, idempotency=KEY)
        again = await sending.submit("default", str(ANN), HI, idempotency=KEY)
    assert (made.state, made.error_code) == (SendState.FAILED, "send_unknown")
    assert (again.id, again.error_code) == (made.id, "send_unknown")
    assert len(engine.sent) == 1
    assert linked.count("outbox") == 0


async def test_its_file_goes_where_the_phone_told_of_it_first(
    linked: Desk, renaming: StoredEngine, outbox: Path
) -> None:
    (outbox / "a.txt").write_bytes(b"a letter")
    renaming.hold()
    async with sender(linked, renaming) as sending:
        draft = Draft(media_path=str(outbox / "a.txt"))
        made = await sending.submit("default", str(ANN), draft, wait_s=0)
        await linked.take(received(f"W{made.id}", "a.txt", chat=ANN, from_me=True))
        renaming.release()
        await until(lambda: linked.count("outbox") == 0)
    assert linked.count("messages") == 1
    await remove_files(linked.archive, linked.files)
    assert stored_files(linked) == []
