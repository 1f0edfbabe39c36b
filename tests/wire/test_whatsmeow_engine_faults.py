"""The native engine beside real whatsmeow clients when something goes wrong."""

import asyncio
import random
from io import BytesIO

import pytest

from peers.native import NativePeer
from peers.stage import Companion, Stage, until
from wigwag.model.account import ConnectionState
from wigwag.model.content import Media, MediaKind
from wigwag.model.event import (
    GroupJoined,
    HistoryReceived,
    MessageReceived,
    MessageUndecryptable,
    StateChanged,
)
from wigwag.model.receipt import ReceiptKind
from wigwag.sandbox.network.faults import FaultKind
from wigwag.sandbox.samples import make_png

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
    image = make_png(seed=12)
    sent = await wig.send_image(ada.pn, image)
    await ada.wait("message", lambda e: e.id == sent)
    assert await ada.download(sent) == image
    back = await ada.send_image(wig.pn, image)
    assert await wig.download(await wig.wait_message(back)) == image


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


async def test_it_is_restarted_in_the_middle_of_a_burst(stage: Stage):
    """Nothing is lost, told twice or out of order, and old sessions go on."""
    wig, ada = await pair(stage)
    group = stage.sandbox.create_group("Busy", [ada.pn, wig.pn], creator=ada.pn).jid
    await wig.wait(GroupJoined, lambda e: e.group.jid == group)
    await wig.send_text(group, "sender keys are out")
    await ada.wait_text("sender keys are out")

    told: list[str] = []

    async def heard(count: int) -> None:
        async def enough() -> bool:
            return len(told) + len(wig.texts()) >= count

        await until(enough)

    burst = asyncio.create_task(ada.call("burst", to=str(wig.pn), count=60, in_flight=1))
    for count in (10, 30):
        await heard(count)
        await wig.close()
        told += wig.texts()
        await wig.resume()
    await burst
    await ada.send_text(group, "and the group")
    await heard(61)
    assert told + wig.texts() == [*(f"text {number}" for number in range(60)), "and the group"]

    await wig.send_text(group, "the old sender key")
    await ada.wait_text("the old sender key")
    await wig.send_text(ada.pn, "the old session")
    await ada.wait_text("the old session")
    assert ada.count("undecryptable") == 0
    assert ada.complaints == []


async def test_duplicates_and_disorder_on_the_way_in(stage: Stage):
    wig, ada = await pair(stage)
    await ada.send_text(wig.pn, "begin")
    await wig.wait_text("begin")
    stage.inject(FaultKind.DUPLICATE, wig.device, tag="message", count=3)
    stage.inject(FaultKind.REORDER, wig.device, tag="message", count=2)
    for number in range(8):
        await ada.send_text(wig.pn, f"number {number}")
    await ada.send_text(wig.pn, "end")
    await wig.wait_text("end")
    assert sorted(wig.texts()[1:-1]) == [f"number {number}" for number in range(8)]
    assert not [event for event in wig.events if isinstance(event, MessageUndecryptable)]


async def test_the_twin_of_the_engine_reads_and_marks(stage: Stage):
    """Another companion of the same account reads a chat: the engine hears that we read it."""
    wig, ada = await pair(stage)
    twin = stage.companion("Twin", wig.phone)
    await twin.link()
    sent = await ada.send_text(wig.pn, "read me anywhere")
    await wig.wait_message(sent)
    await twin.wait("message", lambda e: e.id == sent)
    await twin.call("mark_read", ids=[sent], chat=str(ada.lid), sender=str(ada.lid))
    receipt = (await wig.wait_receipt(sent, ReceiptKind.READ)).receipt
    assert receipt.by_me
    assert receipt.chat == ada.lid


async def test_what_the_twin_cannot_read_is_sent_again(stage: Stage):
    wig, ada = await pair(stage)
    twin = stage.companion("Twin", wig.phone)
    await twin.link()
    stage.inject(FaultKind.GARBLE, twin.device)
    sent = await wig.send_text(ada.pn, "a copy for the twin")
    copy = await twin.wait_text("a copy for the twin")
    assert (copy.id, copy.from_me, copy.source("Chat")) == (sent, True, str(ada.lid))

    stage.inject(FaultKind.GARBLE, wig.device)
    theirs = await twin.send_text(ada.pn, "a copy for the engine")
    message = await wig.wait_message(theirs)
    assert (message.key.from_me, message.key.chat) == (True, ada.lid)


async def test_a_relinked_engine_is_understood(stage: Stage):
    """Linked anew it is another device with other keys; whatsmeow and it find each other."""
    wig, ada = await pair(stage)
    await ada.send_text(wig.pn, "first life")
    await wig.wait_text("first life")
    await wig.engine.logout()
    await wig.close()
    wig.events.clear()
    await wig.link()
    await ada.send_text(wig.pn, "second life")
    await wig.wait_text("second life")
    await wig.send_text(ada.pn, "I am back")
    await ada.wait_text("I am back")
    assert ada.complaints == []


async def test_a_large_file_both_ways(stage: Stage):
    wig, ada = await pair(stage)
    data = random.Random(4).randbytes(6_000_000)
    ref = await wig.engine.upload(BytesIO(data), MediaKind.DOCUMENT)
    media = Media(kind=MediaKind.DOCUMENT, mime="application/zip", ref=ref, filename="big.zip")
    sent = (await wig.send(ada.pn, media)).id
    await ada.wait("message", lambda e: e.id == sent)
    assert await ada.download(sent) == data
    back = await ada.send_document(wig.pn, data, "back.bin")
    assert await wig.download(await wig.wait_message(back)) == data


@pytest.mark.parametrize("addressing", ["pn", "lid"])
async def test_groups_of_both_addressings(stage: Stage, addressing: str):
    wig, ada = await pair(stage)
    grace = stage.sandbox.add_person(name="Grace")
    group = stage.sandbox.create_group(
        "Addressed", [grace.pn, ada.pn, wig.pn], creator=grace.pn, addressing=addressing
    ).jid
    await wig.wait(GroupJoined, lambda e: e.group.jid == group)
    await ada.wait("joined_group")
    await wig.send_text(group, "from Wig")
    got = await ada.wait_text("from Wig")
    assert got.source("Sender") == str(wig.pn if addressing == "pn" else wig.lid)
    await ada.send_text(group, "from Ada")
    message = await wig.wait_text("from Ada")
    both = {message.key.sender, message.sender_alt}
    assert both == {ada.pn, ada.lid}
    grace.send_text(group, "from Grace")
    await wig.wait_text("from Grace")
    await grace.wait_for(lambda e: e.text == "from Wig")
    assert ada.complaints == []
