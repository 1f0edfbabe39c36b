"""The native engine among strange messages, receipts and silences of the network."""

from pathlib import Path

import msgspec
import pytest

from scripted.engine_town import SWIFT, EngineTown
from scripted.waiting import until
from wigwag.engine.native.connection.keepalive import KeepAlivePolicy
from wigwag.model.account import ConnectionState
from wigwag.model.content import Media, PollVote, Text, Unsupported
from wigwag.model.event import CaughtUp, MessageUndecryptable, ReceiptReceived, StateChanged
from wigwag.model.message import Message
from wigwag.model.receipt import ReceiptKind
from wigwag.sandbox.network.faults import Fault, FaultKind
from wigwag.sandbox.residents.attachments import Attachment
from wigwag.sandbox.residents.inbox import InboxEntry
from wigwag.sandbox.residents.oddities import Oddity
from wigwag.sandbox.samples import make_png

READABLE = {Oddity.AD, Oddity.FUTURE_BESIDE_TEXT}
NAMES = {
    Oddity.TEMPLATE: "templateMessage",
    Oddity.BUTTONS: "buttonsMessage",
    Oddity.LIST: "listMessage",
    Oddity.INTERACTIVE: "interactiveMessage",
    Oddity.PRODUCT: "productMessage",
    Oddity.ORDER: "orderMessage",
    Oddity.INVOICE: "invoiceMessage",
    Oddity.EVENT: "eventMessage",
    Oddity.FUTURE: "field_2000",
    Oddity.FUTURE_WRAPPED: "field_2000",
    Oddity.BROKEN: "malformed",
}


def message(town: EngineTown, message_id: str) -> Message | None:
    return next((one for one in town.messages if one.key.id == message_id), None)


async def test_every_odd_message_has_its_end(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friend = town.sandbox.add_person("Finn", "15550100002")
        group = town.sandbox.create_group("Club", [town.phone.pn, friend.pn])
        await town.link()
        for chat in (town.phone.pn, group.jid):
            sent = {kind: friend.send_oddity(chat, kind, f"a {kind.value}") for kind in Oddity}
            friend.send_text(chat, f"the last in {chat}")
            await town.until_texts(f"the last in {chat}")
            for kind, message_id in sent.items():
                found = message(town, message_id)
                if kind is Oddity.EMPTY:
                    assert found is None
                    continue
                assert found is not None, kind
                if kind in READABLE:
                    assert found.content == Text(text=f"a {kind.value}")
                else:
                    assert isinstance(found.content, Unsupported)
                    assert found.content.fields == (NAMES[kind],)
                    assert f"a {kind.value}".encode() in found.content.raw
        assert not town.told(MessageUndecryptable)
        await until(lambda: town.engine.counters.under_way == 0)


async def test_what_may_be_seen_once_says_so(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friend = town.sandbox.add_person("Finn", "15550100002")
        await town.link()
        sent = friend.send_media(town.phone.pn, make_png(1), Attachment(), once=True)
        await until(lambda: message(town, sent) is not None)
        found = message(town, sent)
        assert found is not None
        assert isinstance(found.content, Media)
        assert found.view_once


async def test_what_is_not_for_companions_is_asked_of_the_phone(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friend = town.sandbox.add_person("Finn", "15550100002")
        await town.link()
        fault = Fault(kind=FaultKind.UNAVAILABLE, target=str(town.device.pn), tag="view_once")
        town.sandbox.faults.add(fault)
        sent = friend.send_text(town.phone.pn, "for the phone alone")
        (kept,) = await town.until_told(MessageUndecryptable)
        assert (kept.key.id, kept.reason) == (sent, "unavailable_view_once")
        await town.until_texts("for the phone alone")


@pytest.mark.parametrize("by_number", [False, True])
async def test_votes_come_by_either_address(tmp_path: Path, by_number: bool) -> None:
    async with EngineTown(tmp_path) as town:
        friend = town.sandbox.add_person("Finn", "15550100002")
        await town.link()
        poll = friend.send_poll(town.phone.pn, "Tea?", ["yes", "no"])
        friend.vote(poll, ["no"], by_number=by_number)
        await until(lambda: any(isinstance(one.content, PollVote) for one in town.messages))


BOTH = {ReceiptKind.DELIVERED, ReceiptKind.READ}


@pytest.mark.parametrize(
    "faults",
    [
        [Fault(kind=FaultKind.RECEIPT_FORM, count=None)],
        [Fault(kind=FaultKind.RECEIPT_DEVICE, count=None)],
        [
            Fault(kind=FaultKind.RECEIPT_FORM, count=None),
            Fault(kind=FaultKind.RECEIPT_DEVICE, code=3, tag="read"),
        ],
        [Fault(kind=FaultKind.REORDER, tag="receipt")],
        [Fault(kind=FaultKind.DUPLICATE, tag="receipt", count=None)],
    ],
    ids=["form", "device", "both", "order", "twice"],
)
async def test_receipts_of_every_form(tmp_path: Path, faults: list[Fault]) -> None:
    async with EngineTown(tmp_path) as town:
        friend = town.sandbox.add_person("Finn", "15550100002")
        await town.link()
        target = str(town.device.pn)
        for fault in faults:
            town.sandbox.faults.add(msgspec.structs.replace(fault, target=target))
        sent = await town.send(friend.pn, "read me")

        def is_it(entry: InboxEntry) -> bool:
            return entry.text == "read me"

        friend.mark_read([await friend.wait_for(is_it)])
        await until(lambda: {event.receipt.kind for event in town.told(ReceiptReceived)} == BOTH)
        for event in town.told(ReceiptReceived):
            assert event.receipt.ids == (sent.id,)
            assert {event.receipt.chat, event.receipt.sender} <= {friend.lid, friend.pn}


async def test_only_the_answers_to_pings_are_missing(tmp_path: Path) -> None:
    """A connection that brings messages, and yet may take none, is given up."""
    town = EngineTown(tmp_path)
    pings = KeepAlivePolicy(shortest_s=0.1, longest_s=0.2, deadline_s=0.3, patience_s=0.6)
    town.options = msgspec.structs.replace(SWIFT, keepalive=pings)
    async with town:
        friend = town.sandbox.add_person("Finn", "15550100002")
        await town.link()
        fault = Fault(kind=FaultKind.IGNORE, tag="iq", xmlns="w:p", count=None)
        number = town.sandbox.faults.add(fault)
        await until(lambda: ended(town) >= 2)
        town.sandbox.faults.remove(number)
        await town.connected()
        friend.send_text(town.phone.pn, "with answers")
        await town.until_texts("with answers")


def ended(town: EngineTown) -> int:
    """How often the connection was given up for being mute."""
    states = [event.state.state for event in town.told(StateChanged)]
    return states.count(ConnectionState.RECONNECTING)


async def test_what_waited_has_no_end(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friend = town.sandbox.add_person("Finn", "15550100002")
        await (await town.link()).settled()
        await until(lambda: not len(town.device.mailbox))
        await town.close()
        friend.send_text(town.phone.pn, "while you were away")
        fault = Fault(kind=FaultKind.OFFLINE_ENDLESS, target=town.phone.phone)
        town.sandbox.faults.add(fault)
        await town.open()
        await town.until_texts("while you were away")
        await town.connected()
        friend.send_text(town.phone.pn, "and now")
        await town.until_texts("and now")
        told = town.told(CaughtUp)[-1].catch_up
        assert (told.expected, told.completed_at) == (1, None)
        assert not town.sandbox.faults
