"""Strange messages and receipts: what a client answers to them."""

import pytest

from peers.parity.duo import Duo
from peers.parity.side import Side
from peers.stage import until
from wigwag.sandbox.network.faults import FaultKind
from wigwag.sandbox.residents.oddities import Oddity

pytestmark = [pytest.mark.whatsmeow, pytest.mark.asyncio(loop_scope="module")]


async def taken(side: Side) -> None:
    async def settled() -> bool:
        return side.settled

    await until(settled)


@pytest.mark.parametrize("chat", ["me", "group"])
@pytest.mark.parametrize("kind", list(Oddity))
async def test_an_odd_message(duo: Duo, kind: Oddity, chat: str):
    async def hear(side: Side) -> None:
        to = side.jid(chat)
        side.call("heard", side.friend.send_oddity(to, kind, "odd"))
        await taken(side)

    await duo.each(hear)


@pytest.mark.parametrize("fault", [FaultKind.RECEIPT_FORM, FaultKind.RECEIPT_DEVICE])
async def test_receipts_by_another_form_or_device(duo: Duo, fault: FaultKind):
    async def say(side: Side) -> None:
        duo.stage.inject(fault, side.client.device, count=2)
        text = f"read by {fault.value}"
        await side.say("friend", text)
        side.friend.mark_read([await side.friend.wait_for(lambda entry: entry.text == text)])
        await taken(side)

    await duo.each(say)


async def test_what_is_not_for_companions(duo: Duo):
    async def hear(side: Side) -> None:
        duo.stage.inject(FaultKind.UNAVAILABLE, side.client.device, tag="view_once")
        side.call("heard", side.friend.send_text(side.client.pn, "for the phone alone"))
        await taken(side)

        async def asked() -> bool:
            return any(node.attr("category") == "peer" for node in side.nodes())

        await until(asked)

    await duo.each(hear)
