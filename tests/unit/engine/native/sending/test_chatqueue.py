"""Turns per chat."""

import asyncio

import pytest

from wigwag.engine.common.errors import StoreFailed, WriteRefused
from wigwag.engine.native.sending.chatqueue import ChatQueue
from wigwag.model.errors import NotConnected, NotOnWhatsApp, StorageBusy, StorageFull, WhatsAppBusy
from wigwag.model.jid import Jid

PN, LID = Jid("15550000002", "s.whatsapp.net"), Jid("100000000002", "lid")
OTHER = Jid("15550000003", "s.whatsapp.net")


async def hold(queue: ChatQueue, chat: Jid, name: str, log: list[str], gate: asyncio.Event) -> None:
    async with queue.turn(chat):
        log.append(name)
        await gate.wait()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_one_chat_in_the_order_of_the_calls_others_beside_it() -> None:
    queue, log, gate = ChatQueue(lambda _jid: None), list[str](), asyncio.Event()
    calls = [hold(queue, PN, f"call {number}", log, gate) for number in range(3)]
    tasks = [asyncio.ensure_future(call) for call in calls]
    tasks.append(asyncio.ensure_future(hold(queue, OTHER, "other", log, gate)))
    await settle()
    assert log == ["call 0", "other"]
    gate.set()
    await asyncio.gather(*tasks)
    assert log == ["call 0", "other", "call 1", "call 2"]


async def test_both_addresses_of_a_person_are_one_queue() -> None:
    known: dict[Jid, Jid] = {}
    queue, log, gate = ChatQueue(known.get), list[str](), asyncio.Event()
    first = asyncio.ensure_future(hold(queue, PN, "by number", log, gate))
    await settle()
    known |= {LID: PN, PN: LID}
    second = asyncio.ensure_future(hold(queue, LID, "by lid", log, gate))
    third = asyncio.ensure_future(hold(queue, PN, "by number again", log, gate))
    await settle()
    assert log == ["by number"]
    gate.set()
    await asyncio.gather(first, second, third)
    assert log == ["by number", "by lid", "by number again"]


async def test_who_gives_up_passes_the_turn_on() -> None:
    queue, log, gate = ChatQueue(lambda _jid: None), list[str](), asyncio.Event()
    tasks = [
        asyncio.ensure_future(hold(queue, PN, f"call {number}", log, gate)) for number in range(4)
    ]
    await settle()
    tasks[1].cancel()
    tasks[0].cancel()
    await settle()
    assert log == ["call 0", "call 2"]
    tasks[2].cancel()
    await settle()
    assert log == ["call 0", "call 2", "call 3"]
    gate.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    async with asyncio.timeout(1), queue.turn(PN):
        pass


async def test_a_turn_given_to_one_who_just_gave_up_is_not_lost() -> None:
    queue, log, gate = ChatQueue(lambda _jid: None), list[str](), asyncio.Event()
    first = asyncio.ensure_future(hold(queue, PN, "first", log, gate))
    second = asyncio.ensure_future(hold(queue, PN, "second", log, gate))
    third = asyncio.ensure_future(hold(queue, PN, "third", log, gate))
    await settle()
    gate.set()
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.gather(first, second, third, return_exceptions=True)
    assert log[0] == "first"
    assert log[-1] == "third"


@pytest.mark.parametrize(
    ("error", "behind"),
    [
        (StorageBusy(), StorageBusy),
        (StorageFull(), StorageFull),
        (StoreFailed(), StoreFailed),
        (NotConnected("no answer"), NotConnected),
        (WhatsAppBusy(), NotConnected),
        (WriteRefused(), None),
        (NotOnWhatsApp(), None),
    ],
)
async def test_none_passes_one_that_comes_again(
    error: Exception, behind: type[Exception] | None
) -> None:
    queue, log, gate = ChatQueue(lambda _jid: None), list[str](), asyncio.Event()

    async def fail() -> None:
        async with queue.turn(PN):
            await gate.wait()
            raise error

    tasks = [asyncio.ensure_future(fail())]
    tasks += [asyncio.ensure_future(hold(queue, PN, f"{n}", log, gate)) for n in range(2)]
    await settle()
    gate.set()
    first, *others = await asyncio.gather(*tasks, return_exceptions=True)
    assert first is error
    assert [type(other) for other in others] == [behind or type(None)] * 2
    assert log == ([] if behind else ["0", "1"])
    async with asyncio.timeout(1), queue.turn(PN) as turn:
        assert turn.error is None


async def test_who_has_the_turn_learns_that_one_before_comes_again() -> None:
    queue = ChatQueue(lambda _jid: None)
    queue.turn_back(PN, StorageBusy())
    async with queue.turn(OTHER) as other, queue.turn(PN) as turn:
        queue.turn_back(PN, ValueError("no passing one"))
        assert turn.error is None
        queue.turn_back(PN, StorageBusy("locked"))
        assert isinstance(turn.error, StorageBusy)
        assert (turn.error.detail, other.error) == ("locked", None)
