"""A message is kept before it leaves, leaves once, and has an end."""

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from scripted.waiting import JumpingClock, until
from stored.desk import Desk
from stored.engine import OWN, StoredEngine
from stored.makers import ANN, BEN, CONNECTED, GROUP, key, reaction, received
from stored.senders import HI, sender
from wigwag.core.sending import Draft, Submitted
from wigwag.model.account import ConnectionState
from wigwag.model.content import Edit, Reaction, Revoke, Text
from wigwag.model.errors import (
    EmptyMessage,
    InvalidInput,
    LoggedOut,
    MalformedJid,
    MediaForbidden,
    NotConnected,
    NotFound,
    NotOnWhatsApp,
    NotPaired,
    SendRejected,
    SendTimeout,
    WhatsAppBusy,
    WigwagError,
)
from wigwag.model.event import StateChanged
from wigwag.model.message import SendState


async def test_a_text_is_kept_sent_and_acknowledged(desk: Desk, engine: StoredEngine) -> None:
    async with sender(desk, engine) as sending:
        made = await sending.submit("default", "+49 170 000-0001", HI)
    assert (made.state, made.chat_jid) == (SendState.SENT, str(ANN))
    assert made.id.startswith("3EB0")
    assert len(made.id) == 22
    (left,) = engine.sent
    assert (left.id, left.to, left.content) == (made.id, ANN, Text(text="hi"))
    assert len(left.secret) == 32
    row = await desk.library.get_message("default", made.id)
    assert (row.state, row.from_me, row.sender.jid, row.text) == (
        SendState.SENT,
        True,
        str(OWN),
        "hi",
    )
    assert desk.count("outbox") == 0
    events = await desk.events()
    assert [(e["event"], e["state"]) for e in events] == [
        ("message.status", "queued"),
        ("message.sent", "sent"),
    ]
    assert events[1]["text"] == "hi"


async def test_own_messages_bear_the_name_that_the_account_has(
    desk: Desk, engine: StoredEngine
) -> None:
    await desk.take(StateChanged(state=replace(CONNECTED.state, push_name="Wig")))
    async with sender(desk, engine) as sending:
        made = await sending.submit("default", str(ANN), HI)
    await desk.take(received("P1", from_me=True))
    await desk.take(received("R1", reaction(key("P1", from_me=True), "👍"), from_me=True))
    for message_id in (made.id, "P1"):
        assert (await desk.library.get_message("default", message_id)).sender.name == "Wig"
    told = await desk.events("message.sent", "message.reaction")
    assert {event["sender"]["name"] for event in told} == {"Wig"}
    assert len(told) == 3


async def test_the_row_is_durable_before_anything_leaves(desk: Desk, engine: StoredEngine) -> None:
    seen: list[int] = []
    send = engine.send

    async def watched(message: Any) -> Any:
        seen.append(len(desk.rows("SELECT 1 FROM outbox WHERE message_id = ?", (message.id,))))
        return await send(message)

    engine.send = watched  # pyright: ignore
    async with sender(desk, engine) as sending:
        await sending.submit("default", str(ANN), HI)
    assert seen == [1]


@pytest.mark.parametrize(
    ("recipient", "draft", "error"),
    [
        (str(ANN), Draft(), EmptyMessage),
        ("nobody", HI, MalformedJid),
        ("12345@bot", HI, MalformedJid),
        (str(ANN), Draft(text="x" * 70_000), InvalidInput),
        (str(ANN), Draft(media_path="/etc/passwd"), MediaForbidden),
    ],
)
async def test_what_is_refused_leaves_no_trace(
    desk: Desk, engine: StoredEngine, recipient: str, draft: Draft, error: type[WigwagError]
) -> None:
    async with sender(desk, engine) as sending:
        with pytest.raises(error):
            await sending.submit("default", recipient, draft)
    assert (desk.count("messages"), desk.count("outbox"), engine.sent) == (0, 0, [])


async def test_an_unknown_account_is_not_found(desk: Desk, engine: StoredEngine) -> None:
    async with sender(desk, engine) as sending:
        with pytest.raises(NotFound):
            await sending.submit("other", str(ANN), HI)


@pytest.mark.parametrize(
    ("state", "own", "error"),
    [
        (ConnectionState.RECONNECTING, OWN, NotConnected),
        (ConnectionState.LOGGED_OUT, OWN, LoggedOut),
        (ConnectionState.PAIRING, None, NotPaired),
    ],
)
async def test_the_classic_way_refuses_at_once_when_not_connected(
    desk: Desk, state: ConnectionState, own: Any, error: type[WigwagError]
) -> None:
    engine = StoredEngine(own=own)
    engine.turn(state)
    async with sender(desk, engine) as sending:
        with pytest.raises(error):
            await sending.submit("default", str(ANN), HI, require_connected=True)
    assert desk.count("outbox") == 0


async def test_an_account_without_a_number_cannot_queue(desk: Desk) -> None:
    engine = StoredEngine(own=None, connected=False)
    async with sender(desk, engine) as sending:
        with pytest.raises(NotPaired):
            await sending.submit("default", str(ANN), HI)


async def test_not_connected_it_stays_queued_and_goes_out_later_in_order(desk: Desk) -> None:
    engine = StoredEngine(connected=False)
    async with sender(desk, engine) as sending:
        made = [
            await sending.submit("default", str(ANN), Draft(text=str(number)), wait_s=0)
            for number in range(5)
        ]
        assert {m.state for m in made} == {SendState.QUEUED}
        engine.turn(ConnectionState.CONNECTED)
        await until(lambda: desk.count("outbox") == 0)
    assert [m.id for m in engine.sent] == [m.id for m in made]


async def test_a_restart_sends_what_is_left_with_the_same_id_and_secret(desk: Desk) -> None:
    lost = StoredEngine()
    lost.hold()
    async with sender(desk, lost) as sending:
        first = await sending.submit("default", str(ANN), Draft(text="one"), wait_s=0)
        second = await sending.submit("default", str(ANN), Draft(text="two"), wait_s=0)
        await until(lambda: len(lost.sent) == 2)
    assert desk.count("outbox") == 2
    engine = StoredEngine()
    async with sender(desk, engine):
        await until(lambda: desk.count("outbox") == 0)
    assert [m.id for m in engine.sent] == [first.id, second.id]
    assert [m.secret for m in engine.sent] == [m.secret for m in lost.sent]
    assert [m.timestamp for m in engine.sent] == [m.timestamp for m in lost.sent]
    assert len(await desk.events("message.sent")) == 2


async def test_an_account_that_is_made_again_sends_what_was_left(desk: Desk) -> None:
    await desk.take(CONNECTED, account="work")
    async with sender(desk, StoredEngine("work", connected=False)) as sending:
        made = await sending.submit("work", str(ANN), HI, wait_s=0)
    desk.accounts.remove("work")
    async with sender(desk, StoredEngine()):
        engine = StoredEngine("work", connected=False)
        engine.on_state = desk.accounts.state_changed
        desk.accounts.add(engine)
        engine.turn(ConnectionState.CONNECTED)
        await until(lambda: desk.count("outbox") == 0)
    assert [message.id for message in engine.sent] == [made.id]


async def test_messages_of_one_chat_are_sent_in_order_without_waiting_for_acks(
    desk: Desk, engine: StoredEngine
) -> None:
    engine.hold()
    async with sender(desk, engine) as sending:
        tasks: list[asyncio.Task[Submitted]] = []
        for number in range(40):
            chat = ANN if number % 2 else BEN
            draft = Draft(text=str(number))
            tasks.append(asyncio.create_task(sending.submit("default", str(chat), draft)))
        await until(lambda: len(engine.sent) == 16)
        engine.release()
        made = await asyncio.gather(*tasks)
    assert {m.state for m in made} == {SendState.SENT}
    queued = [e for e in await desk.events("message.status") if e["state"] == "queued"]
    for chat in (ANN, BEN):
        ids = [m.id for m in engine.sent if m.to == chat]
        assert ids == [e["id"] for e in queued if e["chat_jid"] == str(chat)]


async def test_what_passes_is_tried_again_with_the_same_id(
    desk: Desk, engine: StoredEngine
) -> None:
    engine.errors = [SendTimeout(), WhatsAppBusy()]
    async with sender(desk, engine, JumpingClock()) as sending:
        made = await sending.submit("default", str(ANN), HI)
    assert made.state is SendState.SENT
    assert {m.id for m in engine.sent} == {made.id}
    assert len(engine.sent) == 3
    assert len(await desk.events("message.sent")) == 1


@pytest.mark.parametrize("error", [SendTimeout, WhatsAppBusy])
async def test_what_passes_and_comes_back_has_an_end(
    desk: Desk, engine: StoredEngine, error: type[WigwagError]
) -> None:
    engine.errors = [error() for _ in range(10)]
    async with sender(desk, engine, JumpingClock()) as sending:
        made = await sending.submit("default", str(ANN), HI)
    assert (made.state, made.error_code) == (SendState.FAILED, error.code)


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (SendRejected(server_code=463), "send_rejected", "463"),
        (NotOnWhatsApp(), "not_on_whatsapp", "country code"),
    ],
)
async def test_a_refusal_is_the_end(
    desk: Desk, engine: StoredEngine, error: WigwagError, code: str, text: str
) -> None:
    engine.errors = [error]
    async with sender(desk, engine) as sending:
        made = await sending.submit("default", str(ANN), HI)
        after = await sending.submit("default", str(ANN), HI)
    assert (made.state, made.error_code) == (SendState.FAILED, code)
    assert text in made.error
    assert after.state is SendState.SENT
    row = await desk.library.get_message("default", made.id)
    assert (row.state, row.error_code) == (SendState.FAILED, code)
    failed = [e for e in await desk.events("message.status") if e["state"] == "failed"]
    assert [(e["id"], e["error"]["code"]) for e in failed] == [(made.id, code)]
    assert desk.count("outbox") == 0


async def test_an_unexpected_error_does_not_block_the_chat(
    desk: Desk, engine: StoredEngine
) -> None:
    engine.errors = [RuntimeError("a bug") for _ in range(10)]
    async with sender(desk, engine, JumpingClock()) as sending:
        made = await sending.submit("default", str(ANN), HI)
        after = await sending.submit("default", str(ANN), HI)
    assert (made.state, made.error_code) == (SendState.FAILED, "internal")
    assert after.state is SendState.SENT


async def test_a_lost_connection_brings_the_message_back(desk: Desk, engine: StoredEngine) -> None:
    engine.errors = [NotConnected()]
    async with sender(desk, engine, JumpingClock()) as sending:
        made = await sending.submit("default", str(ANN), HI)
    assert made.state is SendState.SENT
    assert len(engine.sent) == 2


async def test_another_number_does_not_send_what_the_old_one_left(desk: Desk) -> None:
    old = StoredEngine(connected=False)
    async with sender(desk, old) as sending:
        made = await sending.submit("default", str(ANN), HI, wait_s=0)
    new = StoredEngine(own=BEN)
    async with sender(desk, new):
        await until(lambda: desk.count("outbox") == 0)
    assert new.sent == []
    row = await desk.library.get_message("default", made.id)
    assert (row.state, row.error_code) == (SendState.FAILED, "account_changed")


async def test_own_edits_reactions_and_revokes_are_applied(
    linked: Desk, engine: StoredEngine
) -> None:
    async with sender(linked, engine) as sending:
        made = await sending.submit("default", str(ANN), HI)
        mine = key(made.id, from_me=True)
        for content in (
            Edit(target=mine, content=Text(text="better")),
            Reaction(target=mine, emoji="👍"),
            Revoke(target=mine),
        ):
            done = await sending.submit("default", str(ANN), Draft(content=content))
            assert done.state is SendState.SENT
    row = await linked.library.get_message("default", made.id)
    assert (row.text, [r.emoji for r in row.reactions]) == ("better", ["👍"])
    assert row.revoked_at is not None
    assert linked.count("messages") == 1
    types = await linked.types()
    assert types.count("message.edited") == types.count("message.revoked") == 1


async def test_the_echo_of_an_own_message_is_no_second_one(
    linked: Desk, engine: StoredEngine
) -> None:
    async with sender(linked, engine) as sending:
        made = await sending.submit("default", str(GROUP), HI)
    await linked.take(received(made.id, "hi", chat=GROUP, from_me=True))
    assert linked.count("messages") == 1
    assert len(await linked.events("message.sent")) == 1
