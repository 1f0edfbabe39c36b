"""Whom the server knows: numbers and addresses."""

import pytest

from peers.parity.duo import Duo

pytestmark = [pytest.mark.whatsmeow, pytest.mark.asyncio(loop_scope="module")]


async def test_numbers_checked(duo: Duo):
    await duo.meet("checked")
    a, w = duo.theirs.jid("checked").user, duo.ours.jid("checked").user
    await duo.play(
        lambda: duo.ada.call("is_on_whatsapp", phones=[f"+{a}", "+4900000000000"]),
        lambda: duo.wig.engine.check_numbers([w, "4900000000000"]),
    )
    await duo.each(lambda side: side.say("checked", "known already"))
