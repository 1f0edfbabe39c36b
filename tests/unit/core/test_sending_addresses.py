"""Who a message goes to: numbers are checked, and one person has one chat."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from scripted.waiting import until
from stored.desk import Desk
from stored.engine import StoredEngine
from stored.makers import ANN, ANN_LID, BEN, BEN_LID, GROUP, received
from stored.senders import HI, all_messages, sender
from wigwag.core.recipients import addressee
from wigwag.core.sending import Draft
from wigwag.model.account import ConnectionState
from wigwag.model.archived import MessageFilter
from wigwag.model.content import MediaKind
from wigwag.model.errors import NotOnWhatsApp, SendTimeout
from wigwag.model.event import IdentityLinked
from wigwag.model.jid import PN_SERVER, STATUS_JID, Jid
from wigwag.model.message import SendState
from wigwag.sandbox.virtual_time import VirtualTime

NEW = Jid("491700000777", PN_SERVER)
KNOWN = (IdentityLinked(lid=ANN_LID, pn=ANN), IdentityLinked(lid=BEN_LID, pn=BEN))


@pytest.mark.parametrize(
    ("chat", "to", "leads_to", "wanted"),
    [
        (ANN, ANN, "", ANN),
        (ANN, ANN_LID, ANN, ANN_LID),
        (NEW, ANN_LID, NEW, ANN_LID),
        (ANN_LID, ANN_LID, ANN_LID, ANN_LID),
        (NEW, ANN, "", NEW),
        (BEN_LID, BEN, "", BEN_LID),
        (ANN, ANN_LID, BEN, ANN),
        (GROUP, GROUP, "", GROUP),
        (STATUS_JID, STATUS_JID, "", STATUS_JID),
    ],
)
def test_what_waited_is_for_whom_its_chat_is(
    chat: Jid, to: Jid, leads_to: Jid | str, wanted: Jid
) -> None:
    assert addressee(str(chat), to, str(leads_to)) == wanted


async def test_a_lid_is_sent_to_as_it_is_and_kept_under_its_number(
    desk: Desk, engine: StoredEngine
) -> None:
    await desk.take(IdentityLinked(lid=ANN_LID, pn=ANN))
    async with sender(desk, engine) as sending:
        made = await sending.submit("default", str(ANN_LID), HI)
    assert (made.chat_jid, engine.sent[0].to) == (str(ANN), ANN_LID)


async def test_an_ack_by_the_other_address_tells_that_both_are_one(
    desk: Desk, engine: StoredEngine
) -> None:
    send = engine.send

    async def by_lid(message: Any) -> Any:
        sent = await send(message)
        from msgspec.structs import replace

        return replace(sent, chat=ANN_LID)

    engine.send = by_lid  # pyright: ignore
    async with sender(desk, engine) as sending:
        await sending.submit("default", str(ANN), HI)
    await desk.take(received("A1", chat=ANN_LID))
    page = await desk.library.list_messages("default", MessageFilter(chat=str(ANN)))
    assert len(page.items) == 2


async def test_a_number_is_checked_once_and_sent_to_as_the_server_writes_it(
    desk: Desk, engine: StoredEngine
) -> None:
    engine.numbers = {"5511987654321": BEN, "491799999999": None}
    async with sender(desk, engine) as sending:
        for _ in range(2):
            made = await sending.submit("default", "+55 11 98765-4321", HI)
            assert made.chat_jid == str(BEN)
        with pytest.raises(NotOnWhatsApp):
            await sending.submit("default", "491799999999", HI)
    assert engine.checked.count("5511987654321") == 1


async def test_a_number_that_could_not_be_asked_for_is_checked_before_it_leaves(
    desk: Desk,
) -> None:
    engine = StoredEngine(connected=False)
    engine.numbers = {"551187654321": None, "5511987654321": BEN, "491799999999": None}
    async with sender(desk, engine) as sending:
        for number in ("551187654321", "491799999999"):
            made = await sending.submit("default", number, HI, wait_s=0)
            assert made.state is SendState.QUEUED
        engine.turn(ConnectionState.CONNECTED)
        await until(lambda: desk.count("outbox") == 0)
    assert [message.to for message in engine.sent] == [BEN]
    states = {m.chat_jid: (m.state, m.error_code) for m in await all_messages(desk)}
    assert states == {
        str(BEN): (SendState.SENT, ""),
        "491799999999@s.whatsapp.net": (SendState.FAILED, "not_on_whatsapp"),
    }
    assert (await desk.library.get_chat("default", "551187654321")).jid == str(BEN)


async def test_what_waits_for_a_lid_goes_out_after_the_number_came(desk: Desk) -> None:
    engine = StoredEngine(connected=False)
    await desk.take(received("A1", chat=ANN_LID))
    async with sender(desk, engine) as sending:
        first = await sending.submit("default", str(ANN_LID), HI, wait_s=0)
        assert first.chat_jid == str(ANN_LID)
        await desk.take(IdentityLinked(lid=ANN_LID, pn=ANN))
        await sending.submit("default", str(ANN), HI, wait_s=0)
        engine.turn(ConnectionState.CONNECTED)
        await until(lambda: desk.count("outbox") == 0)
    assert {message.to for message in engine.sent} == {ANN_LID, ANN}
    found = await all_messages(desk)
    assert {(m.chat_jid, m.state) for m in found if m.from_me} == {(str(ANN), SendState.SENT)}
    told = [e for e in await desk.events("message.sent") if e["id"] == first.id]
    assert [event["chat_jid"] for event in told] == [str(ANN)]


async def test_what_waits_for_a_lid_goes_before_what_is_sent_by_number(
    desk: Desk, engine: StoredEngine, outbox: Path
) -> None:
    """The upload of the first takes its time; the second must not overtake it."""
    (outbox / "a.pdf").write_bytes(b"%PDF")
    await desk.take(received("A1", chat=ANN_LID))
    upload, gate = engine.upload, asyncio.Event()

    async def slow(source: Any, kind: MediaKind) -> Any:
        await gate.wait()
        return await upload(source, kind)

    engine.upload = slow  # pyright: ignore
    async with sender(desk, engine) as sending:
        file = Draft(media_path=str(outbox / "a.pdf"))
        first = await sending.submit("default", str(ANN_LID), file, wait_s=0)
        await desk.take(IdentityLinked(lid=ANN_LID, pn=ANN))
        second = await sending.submit("default", str(ANN), HI, wait_s=0)
        third = await sending.submit("default", str(ANN_LID), HI, wait_s=0)
        gate.set()
        await until(lambda: desk.count("outbox") == 0)
    assert [message.id for message in engine.sent] == [first.id, second.id, third.id]


@pytest.mark.parametrize("restarts", [True, False])
@pytest.mark.parametrize(
    ("to", "moves", "wanted"),
    [
        (ANN, [IdentityLinked(lid=ANN_LID, pn=NEW)], NEW),
        # a stranger has her old number
        (ANN, [IdentityLinked(lid=ANN_LID, pn=NEW), IdentityLinked(lid=BEN_LID, pn=ANN)], NEW),
        (BEN, [IdentityLinked(lid=ANN_LID, pn=BEN)], BEN_LID),
    ],
)
async def test_what_was_queued_for_a_number_goes_to_the_person_who_had_it(
    linked: Desk, to: Jid, moves: list[IdentityLinked], wanted: Jid, restarts: bool
) -> None:
    await linked.take(*KNOWN, received("A1", chat=to))
    engine = StoredEngine(connected=False)
    async with sender(linked, engine) as sending:
        made = await sending.submit("default", str(to), HI, wait_s=0)
        await linked.take(*moves)
        if not restarts:
            engine.turn(ConnectionState.CONNECTED)
            await until(lambda: linked.count("outbox") == 0)
    if restarts:
        engine = StoredEngine()
        async with sender(linked, engine):
            await until(lambda: linked.count("outbox") == 0)
    found = await linked.library.get_message("default", made.id)
    assert (found.chat_jid, found.state) == (str(wanted), SendState.SENT)
    assert [message.to for message in engine.sent] == [wanted]


async def test_a_number_that_changes_just_as_the_message_is_kept_is_the_new_one(
    linked: Desk, engine: StoredEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await linked.take(*KNOWN, received("A1"))
    write = linked.archive.write

    async def moving(unit: Any) -> Any:
        done = await write(unit)
        monkeypatch.undo()
        await linked.take(IdentityLinked(lid=ANN_LID, pn=NEW))
        return done

    async with sender(linked, engine) as sending:
        await sending.submit("default", str(ANN), HI)
        monkeypatch.setattr(linked.archive, "write", moving)
        await sending.submit("default", str(ANN), HI)
    assert [message.to for message in engine.sent] == [ANN, NEW]


async def test_what_leaves_at_once_is_not_read_again(
    linked: Desk, engine: StoredEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unexpected(*_: Any) -> Any:
        raise AssertionError("nothing has moved")

    await linked.take(*KNOWN)
    async with sender(linked, engine) as sending:
        await sending.submit("default", str(ANN), HI)
        monkeypatch.setattr(linked.archive, "list_outbox", unexpected)
        made = await sending.submit("default", str(ANN), HI)
    assert made.state is SendState.SENT


async def test_a_number_that_changes_during_the_upload_is_the_new_one(
    linked: Desk, engine: StoredEngine, outbox: Path
) -> None:
    (outbox / "a.pdf").write_bytes(b"%PDF")
    await linked.take(*KNOWN)
    upload = engine.upload

    async def moving(source: Any, kind: MediaKind) -> Any:
        await linked.take(IdentityLinked(lid=ANN_LID, pn=NEW))
        return await upload(source, kind)

    engine.upload = moving  # pyright: ignore
    async with sender(linked, engine) as sending:
        await sending.submit("default", str(ANN), Draft(media_path=str(outbox / "a.pdf")))
    assert ([message.to for message in engine.sent], engine.uploads) == ([NEW], 1)


async def test_what_waits_to_be_sent_again_goes_before_what_is_sent_by_the_new_number(
    linked: Desk, engine: StoredEngine
) -> None:
    await linked.take(*KNOWN)
    clock = VirtualTime()
    engine.errors = [SendTimeout()]
    async with sender(linked, engine, clock) as sending:
        first = await sending.submit("default", str(ANN), HI, wait_s=0)
        await until(lambda: clock.next_s)
        await linked.take(IdentityLinked(lid=ANN_LID, pn=NEW))
        second = await sending.submit("default", str(NEW), HI, wait_s=0)
        await until(lambda: clock.advance(1.0) or linked.count("outbox") == 0)
    assert [message.id for message in engine.sent] == [first.id, first.id, second.id]
    assert [message.to for message in engine.sent] == [ANN, NEW, NEW]
