"""Texts both ways between the native engine and people of the sandbox."""

import asyncio
from pathlib import Path

import pytest

from scripted.engine_town import EngineTown
from scripted.waiting import until
from wigwag.model.content import Edit, MessageKey, Poll, Reaction, Revoke, Text
from wigwag.model.errors import NotOnWhatsApp, SendRejected
from wigwag.model.event import IdentityLinked, IdentityRenewed, MessageReceived, ReceiptReceived
from wigwag.model.jid import Jid
from wigwag.model.receipt import ReceiptKind
from wigwag.sandbox.network.faults import Fault, FaultKind
from wigwag.sandbox.residents.person import Behaviour


async def test_an_echo_answers(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        echo = town.sandbox.add_person("Emma", "15550100002", Behaviour.ECHO)
        await town.link()
        sent = await town.send(echo.pn, "hello")
        assert sent.chat == echo.lid
        await town.until_texts("hello")
        (answer,) = town.messages
        assert answer.key.chat == answer.key.sender == echo.lid
        assert answer.chat_alt == echo.pn
        assert answer.push_name == "Emma"
        assert IdentityLinked(lid=echo.lid, pn=echo.pn) in town.events
        entry = await echo.wait_for(lambda entry: entry.text == "hello")
        assert entry.sender == town.phone.lid
        copy = await town.phone.wait_for(lambda entry: entry.text == "hello" and entry.from_me)
        assert copy.chat == echo.lid
        assert copy.id == sent.id


async def test_the_first_contact_by_someone_new(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        await town.link()
        stranger = town.sandbox.add_person("Nora", "15550100009")
        hidden = town.sandbox.add_person("Lina", "15550100010", lid_only=True)
        stranger.send_text(town.phone.pn, "good morning")
        hidden.send_text(town.phone.pn, "no number")
        await town.until_texts("good morning", "no number")
        by_text = {m.content.text: m for m in town.messages if isinstance(m.content, Text)}
        assert by_text["good morning"].chat_alt == stranger.pn
        assert by_text["no number"].chat_alt is None
        await town.send(by_text["no number"].key.chat, "who are you?")
        await hidden.wait_for(lambda entry: entry.text == "who are you?")


async def test_many_in_flight_arrive_in_the_order_of_the_calls(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friend = town.sandbox.add_person("Finn", "15550100002")
        await town.link()
        sends = [town.send(friend.pn, f"line {number}") for number in range(60)]
        await asyncio.gather(*sends)
        await friend.wait_for(lambda entry: entry.text == "line 59")
        assert [entry.text for entry in friend.inbox.newest(60)] == [
            f"line {number}" for number in range(60)
        ]


async def test_a_burst_from_outside_keeps_its_order(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friend = town.sandbox.add_person("Finn", "15550100002")
        await town.link()
        friend.send_many(town.phone.pn, [f"line {number}" for number in range(300)])
        await until(lambda: len(town.texts) == 300)
        assert town.texts == [f"line {number}" for number in range(300)]


async def test_who_is_not_there(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        await town.link()
        with pytest.raises(NotOnWhatsApp):
            await town.send(Jid("15559999999", "s.whatsapp.net"), "anybody?")


async def test_own_messages_from_the_phone(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friend = town.sandbox.add_person("Finn", "15550100002")
        await town.link()
        town.phone.send_text(friend.pn, "from my phone")
        await town.until_texts("from my phone")
        (message,) = [m for m in town.messages if m.key.from_me]
        assert message.key.chat == friend.lid
        assert message.key.sender == town.phone.lid


async def test_every_kind_of_answer(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friend = town.sandbox.add_person("Finn", "15550100002")
        await town.link()
        sent = await town.send(friend.pn, "original")
        own = MessageKey(chat=friend.lid, sender=town.phone.lid, id=sent.id, from_me=True)
        await friend.wait_for(lambda entry: entry.text == "original")
        friend.react(sent.id, "\N{THUMBS UP SIGN}")
        await until(lambda: any(isinstance(m.content, Reaction) for m in town.messages))
        (reaction,) = [m.content for m in town.messages if isinstance(m.content, Reaction)]
        assert reaction.target == own
        await town.send(friend.pn, Edit(target=own, content=Text(text="edited")))
        await friend.wait_for(lambda entry: entry.kind == "edit" and entry.target == sent.id)
        await town.send(friend.pn, Reaction(target=own, emoji="\N{GRINNING FACE}"))
        await friend.wait_for(lambda entry: entry.kind == "reaction")
        await town.send(friend.pn, Revoke(target=own))
        await friend.wait_for(lambda entry: entry.kind == "revoke" and entry.target == sent.id)
        poll = Poll(question="Tea?", options=("yes", "no"), selectable=1, secret=b"s" * 32)
        await town.send(friend.pn, poll)
        await friend.wait_for(lambda entry: entry.options == ("yes", "no"))


async def test_receipts_of_others(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friend = town.sandbox.add_person("Finn", "15550100002")
        await town.link()
        sent = await town.send(friend.pn, "read me")
        entry = await friend.wait_for(lambda entry: entry.text == "read me")
        friend.mark_read([entry])
        await town.until_told(ReceiptReceived, 2)
        kinds = [event.receipt.kind for event in town.told(ReceiptReceived)]
        assert kinds == [ReceiptKind.DELIVERED, ReceiptKind.READ]
        assert all(event.receipt.ids == (sent.id,) for event in town.told(ReceiptReceived))


async def test_receipts_of_ours(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friend = town.sandbox.add_person("Finn", "15550100002")
        await town.link()
        message_id = friend.send_text(town.phone.pn, "hello")
        await town.until_texts("hello")
        await until(lambda: any(r.kind == "inactive" for r in friend.receipts))
        (message,) = town.messages
        await town.engine.mark_read(message.key.chat, message.key.sender, [message_id])
        await until(lambda: any(r.kind == "read" for r in friend.receipts))


async def test_a_refusal_says_its_code(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friend = town.sandbox.add_person("Finn", "15550100002")
        await town.link()
        town.sandbox.faults.add(Fault(kind=FaultKind.NACK, code=463))
        with pytest.raises(SendRejected) as refused:
            await town.send(friend.pn, "buy now")
        assert refused.value.server_code == 463


async def test_checking_numbers(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friend = town.sandbox.add_person("Finn", "15550100002")
        await town.link()
        there, missing = await town.engine.check_numbers(["15550100002", "15559999999"])
        assert (there.jid, there.lid) == (friend.pn, friend.lid)
        assert missing.jid is None
        await until(lambda: IdentityLinked(lid=friend.lid, pn=friend.pn) in town.events)


async def test_a_new_identity_is_accepted(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friend = town.sandbox.add_person("Finn", "15550100002")
        await town.link()
        await town.send(friend.pn, "before")
        friend.replace_keys()
        friend.send_text(town.phone.pn, "I have a new phone")
        await town.until_texts("I have a new phone")
        await town.send(friend.pn, "after")
        await friend.wait_for(lambda entry: entry.text == "after")
        assert [(e.jid, e.announced) for e in town.told(IdentityRenewed)] == [(friend.lid, True)]


async def test_a_new_identity_that_nobody_told_of_loses_nothing(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friend = town.sandbox.add_person("Finn", "15550100002")
        group = town.sandbox.create_group("Club", [town.phone.pn, friend.pn])
        await town.link()
        for chat in (friend.pn, group.jid):
            await town.send(chat, "before")
        await friend.wait_for(lambda entry: entry.chat == group.jid)
        town.sandbox.faults.add(Fault(kind=FaultKind.IDENTITY_SILENT, target=friend.phone))
        friend.replace_keys()
        for chat, text in ((friend.pn, "to you"), (group.jid, "to all")):
            await town.send(chat, text)
            await friend.wait_for(lambda entry, text=text: entry.text == text)
        friend.send_text(town.phone.pn, "I have a new phone")
        friend.send_text(group.jid, "have you seen it?")
        await town.until_texts("I have a new phone", "have you seen it?")
        assert [(e.jid, e.announced) for e in town.told(IdentityRenewed)] == [(friend.lid, False)]


async def test_nothing_is_lost_or_doubled_by_a_slow_sink(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friend = town.sandbox.add_person("Finn", "15550100002")
        await town.link()
        town.sink_error = RuntimeError("the archive is closed")
        friend.send_many(town.phone.pn, [f"line {number}" for number in range(20)])
        await until(lambda: sum(r.kind == "inactive" for r in friend.receipts) == 20)
        assert not town.told(MessageReceived)
        await town.close()
        town.sink_error = None
        await town.open()
        await until(lambda: len(town.texts) == 20)
        assert town.texts == [f"line {number}" for number in range(20)]
