"""The native engine and people of several devices."""

from pathlib import Path

import pytest

from scripted.engine_town import EngineTown
from scripted.waiting import until
from wigwag.model.event import ReceiptReceived
from wigwag.model.receipt import ReceiptKind
from wigwag.sandbox.network.faults import Fault, FaultKind


async def test_devices_come_and_go_while_we_talk(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friend = town.sandbox.add_person("Finn", "15550100002")
        group = town.sandbox.create_group("Club", [town.phone.pn, friend.pn])
        await town.link()
        for chat in (friend.pn, group.jid):
            await town.send(chat, "to one")
        laptop = friend.link_companion()
        await until(lambda: not len(town.device.mailbox))
        for chat in (friend.pn, group.jid):
            await town.send(chat, "to both")
            await laptop.wait_for(lambda entry, chat=chat: entry.chat.is_group == chat.is_group)
        laptop.send_text(town.phone.pn, "from the laptop")
        laptop.send_text(group.jid, "to all from the laptop")
        await town.until_texts("from the laptop", "to all from the laptop")
        assert {message.key.sender for message in town.messages} == {friend.lid}
        friend.unlink_companion(1)
        await until(lambda: not len(town.device.mailbox))
        for chat in (friend.pn, group.jid):
            await town.send(chat, "to one again")
        await friend.wait_for(lambda e: e.text == "to one again" and e.chat == group.jid)
        assert {entry.text for entry in laptop.inbox.entries()} == {"to both"}


async def test_a_second_device_asks_again_and_reads(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friend = town.sandbox.add_person("Finn", "15550100002")
        laptop = friend.link_companion()
        await town.link()
        town.sandbox.faults.add(Fault(kind=FaultKind.GARBLE, target=str(laptop.lid), count=2))
        sent = await town.send(friend.pn, "hello")
        entry = await laptop.wait_for(lambda entry: entry.text == "hello")
        assert (laptop.counters["undecryptable"], friend.counters["undecryptable"]) == (2, 0)
        laptop.mark_read([entry])

        def kinds() -> list[ReceiptKind]:
            found = [event.receipt for event in town.told(ReceiptReceived)]
            assert {(one.chat, one.sender, one.ids) for one in found} <= {
                (friend.lid, friend.lid, (sent.id,))
            }
            return [one.kind for one in found]

        await until(lambda: kinds().count(ReceiptKind.DELIVERED) == 2)
        await until(lambda: ReceiptKind.READ in kinds())


@pytest.mark.parametrize("silent", [False, True])
async def test_a_new_identity_ends_the_other_devices(tmp_path: Path, silent: bool) -> None:
    async with EngineTown(tmp_path) as town:
        friend = town.sandbox.add_person("Finn", "15550100002")
        laptop = friend.link_companion()
        await town.link()
        await town.send(friend.pn, "before")
        if silent:
            town.sandbox.faults.add(Fault(kind=FaultKind.IDENTITY_SILENT, target=friend.phone))
        friend.replace_keys()
        friend.link_companion().send_text(town.phone.pn, "a new laptop")
        await town.until_texts("a new laptop")
        await town.send(friend.pn, "after")
        for one in (friend, friend.companions[2]):
            await one.wait_for(lambda entry: entry.text == "after")
        assert [entry.text for entry in laptop.inbox.entries()] == ["before"]
