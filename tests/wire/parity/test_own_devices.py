"""The account's other devices: the phone, and a second companion."""

import pytest

from peers.parity.duo import Duo
from peers.parity.side import ME, Side

pytestmark = [pytest.mark.whatsmeow, pytest.mark.asyncio(loop_scope="module")]


async def test_a_message_of_the_own_phone(duo: Duo):
    async def hear_of_the_phone(side: Side) -> None:
        side.client.phone.send_text(side.friend.pn, "by phone")
        await side.client.wait_text("by phone")

    await duo.each(hear_of_the_phone)


async def test_a_second_companion(duo: Duo):
    async def hear_of_a_twin(side: Side) -> None:
        twin = duo.stage.companion("Twin", side.client.phone)
        await twin.link()
        await twin.send_text(side.friend.pn, "by twin")
        await side.client.wait_text("by twin")

    await duo.each(hear_of_a_twin)
    await duo.each(lambda side: side.say("friend", "to all my devices"))
    await duo.each(lambda side: side.say(ME, "and to them alone"))
