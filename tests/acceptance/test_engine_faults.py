"""What survives a bad network: retries both ways, cuts, redelivery, restarts."""

import asyncio
from pathlib import Path
from typing import Literal

import pytest

from scripted.engine_town import EngineTown
from scripted.waiting import until
from wigwag.model.errors import NotConnected, SendTimeout
from wigwag.model.event import GroupJoined, MessageReceived, MessageUndecryptable
from wigwag.model.jid import Jid
from wigwag.sandbox.network.faults import Fault, FaultKind
from wigwag.sandbox.residents.person import Behaviour, Person


def engine(town: EngineTown) -> str:
    """The engine's device, as faults name it."""
    return str(town.device.pn)


async def talking(town: EngineTown, number: str = "15550100002") -> Person:
    """A friend with sessions both ways."""
    friend = town.sandbox.add_person("Finn", number)
    await town.link()
    await town.send(friend.pn, "hello")
    friend.send_text(town.phone.pn, "hello yourself")
    await town.until_texts("hello yourself")
    return friend


async def test_a_message_that_cannot_be_read_is_sent_again(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friend = await talking(town)
        town.sandbox.faults.add(Fault(kind=FaultKind.GARBLE, target=engine(town)))
        message_id = friend.send_text(town.phone.pn, "garbled at first")
        await town.until_texts("garbled at first")
        (undecryptable,) = town.told(MessageUndecryptable)
        (message,) = [m for m in town.messages if m.key.id == message_id]
        assert message.key == undecryptable.key
        places = [
            type(event)
            for event in town.events
            if isinstance(event, MessageUndecryptable)
            or (isinstance(event, MessageReceived) and event.message.key.id == message_id)
        ]
        assert places == [MessageUndecryptable, MessageReceived]


async def test_two_failures_bring_fresh_keys(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friend = await talking(town)
        town.sandbox.faults.add(Fault(kind=FaultKind.GARBLE, target=engine(town), count=2))
        friend.send_text(town.phone.pn, "garbled twice")
        await town.until_texts("garbled twice")
        assert len(town.told(MessageUndecryptable)) == 1
        friend.send_text(town.phone.pn, "and on")
        await town.until_texts("and on")


async def test_a_message_that_nobody_can_read_is_given_up(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friend = await talking(town)
        town.sandbox.faults.add(Fault(kind=FaultKind.GARBLE, target=engine(town), count=None))
        message_id = friend.send_text(town.phone.pn, "never readable")

        def asked() -> int:
            entries = town.sandbox.transcript.entries(limit=100_000)
            receipts = [e.node for e in entries if e.inbound and e.node.tag == "receipt"]
            return sum(
                node.attr("type") == "retry" and node.attr("id") == message_id for node in receipts
            )

        await until(lambda: asked() == 4)
        town.sandbox.faults.clear()
        friend.send_text(town.phone.pn, "after it")
        await town.until_texts("after it")
        assert asked() == 4
        assert len(town.told(MessageUndecryptable)) == 1


async def test_a_group_message_without_its_key_is_asked_for(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friend = await talking(town)
        group = town.sandbox.create_group("Friends", [town.phone.pn, friend.pn])
        await town.until_told(GroupJoined)
        town.sandbox.faults.add(Fault(kind=FaultKind.GARBLE, target=engine(town)))
        friend.send_text(group.jid, "with a broken key")
        await town.until_texts("with a broken key")
        friend.send_text(group.jid, "next")
        await town.until_texts("next")


@pytest.mark.parametrize("count", [1, 2])
async def test_others_ask_us_again(tmp_path: Path, count: int) -> None:
    async with EngineTown(tmp_path) as town:
        friend = await talking(town)
        town.sandbox.faults.add(Fault(kind=FaultKind.GARBLE, target=str(friend.lid), count=count))
        await town.send(friend.pn, "hard to read")
        await friend.wait_for(lambda entry: entry.text == "hard to read")
        await town.send(friend.pn, "easy again")
        await friend.wait_for(lambda entry: entry.text == "easy again")


async def test_others_ask_us_again_after_our_restart(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friend = await talking(town)
        hold = town.sandbox.faults.add(Fault(kind=FaultKind.HOLD, target=str(friend.lid)))
        town.sandbox.faults.add(Fault(kind=FaultKind.GARBLE, target=str(friend.lid)))
        await town.send(friend.pn, "hard to read")
        await town.restart()
        town.sandbox.faults.remove(hold)
        await friend.wait_for(lambda entry: entry.text == "hard to read")


async def test_others_ask_again_in_a_group(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friend = await talking(town)
        group = town.sandbox.create_group("Friends", [town.phone.pn, friend.pn])
        await town.until_told(GroupJoined)
        town.sandbox.faults.add(Fault(kind=FaultKind.GARBLE, target=str(friend.lid)))
        await town.send(group.jid, "hard to read")
        await friend.wait_for(lambda entry: entry.text == "hard to read")
        await town.send(group.jid, "easy again")
        await friend.wait_for(lambda entry: entry.text == "easy again")


async def test_what_came_while_we_were_away(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friend = await talking(town)
        await town.close()
        friend.send_many(town.phone.pn, [f"line {number}" for number in range(50)])
        await town.open()
        await until(lambda: len(town.texts) == 51)
        assert town.texts[1:] == [f"line {number}" for number in range(50)]


async def test_everything_twice_is_told_once(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friend = await talking(town)
        fault = Fault(kind=FaultKind.DUPLICATE, target=engine(town), count=None)
        town.sandbox.faults.add(fault)
        friend.send_many(town.phone.pn, [f"line {number}" for number in range(30)])
        await town.until_texts("line 29")
        assert town.texts[1:] == [f"line {number}" for number in range(30)]


async def test_out_of_order_is_no_loss(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friend = await talking(town)
        fault = Fault(kind=FaultKind.REORDER, target=engine(town), count=10, probability=0.5)
        town.sandbox.faults.add(fault)
        friend.send_many(town.phone.pn, [f"line {number}" for number in range(40)])
        await until(lambda: len(town.texts) == 41)
        assert set(town.texts[1:]) == {f"line {number}" for number in range(40)}
        assert not town.told(MessageUndecryptable)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_cut_while_we_send_is_one_message(
    tmp_path: Path, when: Literal["before", "after"]
) -> None:
    async with EngineTown(tmp_path) as town:
        friend = await talking(town)
        town.sandbox.faults.add(Fault(kind=FaultKind.DROP, target=engine(town), when=when))
        await town.send(friend.pn, "across the cut")
        await friend.wait_for(lambda entry: entry.text == "across the cut")
        await town.send(friend.pn, "after the cut")
        await friend.wait_for(lambda entry: entry.text == "after the cut")
        texts = [entry.text for entry in friend.inbox.newest(100)]
        assert texts.count("across the cut") == 1


async def test_many_sends_across_a_cut_keep_their_order(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friend = await talking(town)
        sends = [
            asyncio.ensure_future(town.send(friend.pn, f"line {number}")) for number in range(20)
        ]
        await friend.wait_for(lambda entry: entry.text == "line 0")
        town.drop()
        outcomes = await asyncio.gather(*sends, return_exceptions=True)
        await town.connected()
        for number, outcome in enumerate(outcomes):
            if isinstance(outcome, NotConnected | SendTimeout):
                await town.send(friend.pn, f"line {number}", f"3EB0{number + 2:018X}")
        await friend.wait_for(lambda entry: entry.text == "line 19")
        texts = [entry.text for entry in friend.inbox.newest(100)]
        assert set(texts) >= {f"line {number}" for number in range(20)}
        assert len(texts) == len(set(texts))


async def test_a_late_ack_is_still_an_ack(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friend = await talking(town)
        fault = Fault(kind=FaultKind.ACK_DELAY, target=engine(town), delay_s=0.3)
        town.sandbox.faults.add(fault)
        slow, quick = await asyncio.gather(
            town.send(friend.pn, "slow"), town.send(friend.pn, "quick")
        )
        assert slow.id != quick.id
        texts = [entry.text for entry in friend.inbox.newest(2)]
        assert texts == ["slow", "quick"]


async def test_somebody_without_prekeys_is_reached(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friend = town.sandbox.add_person("Finn", "15550100002", Behaviour.ECHO)
        fault = Fault(kind=FaultKind.NO_PREKEYS, target=str(friend.lid), count=None)
        town.sandbox.faults.add(fault)
        await town.link()
        await town.send(friend.pn, "hello")
        await town.until_texts("hello")


async def test_not_connected_says_so(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        await town.link()
        await town.engine.stop()
        with pytest.raises(NotConnected):
            await town.send(Jid("15550100002", "s.whatsapp.net"), "hello")


async def test_a_new_companion_gets_the_next_message(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friend = await talking(town)
        other = EngineTown(tmp_path / "other")
        other.sandbox, other.phone = town.sandbox, town.phone
        (tmp_path / "other").mkdir()
        await other.open()
        try:
            await other.link()
            await town.send(friend.pn, "both see this")
            await other.until_texts("both see this")
            (message,) = other.messages
            assert message.key.from_me
            assert message.key.chat == friend.lid
            friend.send_text(town.phone.pn, "hello both")
            await other.until_texts("hello both")
            await town.until_texts("hello both")
        finally:
            await other.close()
