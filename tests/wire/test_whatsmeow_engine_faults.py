"""The native engine beside real whatsmeow clients when something goes wrong."""

import asyncio

import pytest

from peers.native import NativePeer
from peers.stage import Companion, Stage
from wigwag.model.account import ConnectionState
from wigwag.model.event import (
    HistoryReceived,
    MessageReceived,
    MessageUndecryptable,
    StateChanged,
)
from wigwag.sandbox.faults import FaultKind

pytestmark = pytest.mark.whatsmeow


async def pair(stage: Stage) -> tuple[NativePeer, Companion]:
    wig, ada = stage.native("Wig"), stage.companion("Ada")
    await asyncio.gather(wig.link(), ada.link())
    return wig, ada


async def test_the_engine_asks_again_for_what_it_cannot_read(stage: Stage):
    wig, ada = await pair(stage)
    for number in range(2):  # the first message begins a session, the second goes on with it
        stage.inject(FaultKind.GARBLE, wig.device)
        sent = await ada.send_text(wig.pn, f"garbled {number}")
        assert (await wig.wait_text(f"garbled {number}")).key.id == sent
        assert await wig.wait(MessageUndecryptable, lambda e, sent=sent: e.key.id == sent)
    await ada.send_text(wig.pn, "clear")
    await wig.wait_text("clear")


async def test_the_engine_sends_again_what_whatsmeow_cannot_read(stage: Stage):
    wig, ada = await pair(stage)
    for number in range(2):
        stage.inject(FaultKind.GARBLE, ada.device)
        sent = await wig.send_text(ada.pn, f"garbled {number}")
        assert (await ada.wait("undecryptable", lambda e, sent=sent: e.id == sent)).id == sent
        assert (await ada.wait_text(f"garbled {number}")).id == sent
    await wig.send_text(ada.pn, "clear")
    await ada.wait_text("clear")


async def test_retries_in_a_group(stage: Stage):
    wig, ada = await pair(stage)
    members = [wig.pn, ada.pn]
    grace = stage.sandbox.add_person(name="Grace")
    group = stage.sandbox.create_group("Noisy", members, creator=grace.pn).jid
    await ada.wait("joined_group")
    for number in range(2):
        stage.inject(FaultKind.GARBLE, wig.device)
        await ada.send_text(group, f"from Ada {number}")
        await wig.wait_text(f"from Ada {number}")
        stage.inject(FaultKind.GARBLE, ada.device)
        await wig.send_text(group, f"from Wig {number}")
        await ada.wait_text(f"from Wig {number}")


async def test_messages_of_an_absence_come_in_order(stage: Stage):
    wig, ada = await pair(stage)
    await ada.send_text(wig.pn, "while you are here")
    await wig.wait_text("while you are here")
    await wig.close()
    sent = [await ada.send_text(wig.pn, f"away {number}") for number in range(5)]
    await wig.resume()
    await wig.wait_text("away 4")
    got = [e.message.key.id for e in wig.events if isinstance(e, MessageReceived)]
    assert got == sent


async def test_own_messages_of_another_companion(stage: Stage):
    """A whatsmeow and the engine are companions of one account."""
    wig, ada = await pair(stage)
    twin = stage.companion("Twin", wig.phone)
    await twin.link()

    sent = await twin.send_text(ada.pn, "from the twin")
    message = await wig.wait_message(sent)
    assert message.key.from_me
    assert (message.key.chat, message.key.sender) == (ada.lid, wig.lid)
    assert message.chat_alt == ada.pn

    back = await wig.send_text(ada.pn, "from the engine")
    copy = await twin.wait("message", lambda e: e.id == back)
    assert copy.from_me
    assert copy.source("Chat") == str(ada.lid)
    await ada.send_text(wig.pn, "to both of you")
    await wig.wait_text("to both of you")
    await twin.wait_text("to both of you")
    assert twin.complaints == []


async def test_a_new_companion_of_the_other_side_is_reached(stage: Stage):
    wig, ada = await pair(stage)
    await wig.send_text(ada.pn, "to one device")
    await ada.wait_text("to one device")
    second = stage.companion("Ada", ada.phone)
    await second.link()
    await wig.send_text(ada.pn, "to two devices")
    await ada.wait_text("to two devices")
    await second.wait_text("to two devices")
    ada.phone.unlink(second.device)
    await second.wait("logged_out")
    await wig.send_text(ada.pn, "to one again")
    await ada.wait_text("to one again")


async def test_a_send_survives_the_cut_of_its_connection(stage: Stage):
    wig, ada = await pair(stage)
    await wig.send_text(ada.pn, "hello")
    for when in ("before", "after"):
        stage.inject(FaultKind.DROP, wig.phone.phone, when=when)
        sent = await wig.send_text(ada.pn, f"dropped {when}")
        assert (await ada.wait_text(f"dropped {when}")).id == sent
    got = [event.text for event in ada.all("message") if event.text]
    assert got == ["hello", "dropped before", "dropped after"]


async def test_the_engine_pairs_by_code_and_through_the_proxy(stage: Stage):
    wig = stage.native("Wig", through_proxy=True)
    (ada,) = await stage.linked("Ada")
    await wig.start()
    code = await wig.engine.pair_code(wig.phone.phone)
    await stage.sandbox.enter_code(code, wig.phone.phone)
    await wig.connected()
    await wig.send_text(ada.pn, "by code")
    await ada.wait_text("by code")


async def test_history_and_logout(stage: Stage):
    wig = stage.native("Wig")
    (ada,) = await stage.linked("Ada")
    wig.phone.send_text(ada.pn, "long ago")
    await ada.wait_text("long ago")
    await wig.link()
    history = await wig.wait(HistoryReceived, lambda e: bool(e.messages))
    assert [message.key.id for message in history.messages]
    wig.phone.unlink()
    ended = await wig.wait(StateChanged, lambda e: e.state.state is ConnectionState.LOGGED_OUT)
    assert ended.state.reason
