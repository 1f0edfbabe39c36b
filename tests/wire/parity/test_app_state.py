"""App state: what a client asks for when others change it, and what it says to change it itself."""

import pytest

from peers.parity.duo import Duo
from peers.parity.side import Side
from wigwag.model.appstate import ChatPinned, PushNameSet
from wigwag.sandbox.network.faults import FaultKind

pytestmark = [pytest.mark.whatsmeow, pytest.mark.asyncio(loop_scope="module")]


async def test_the_phone_changes_a_chat(duo: Duo):
    async def pin(side: Side) -> None:
        chat = side.jid("friend")
        side.client.phone.app_state.change([ChatPinned(chat=chat, pinned=True)])

    await duo.each(pin)


async def test_the_name_is_changed(duo: Duo):
    await duo.play(
        lambda: duo.ada.call("set_push_name", name="Same"),
        lambda: duo.wig.engine.appstate.change([PushNameSet(name="Same")]),
    )


async def test_somebody_was_quicker(duo: Duo):
    for client in (duo.ada, duo.wig):
        duo.stage.inject(FaultKind.APP_STATE_CONFLICT, client.device)
    await duo.play(
        lambda: duo.ada.call("set_push_name", name="Again"),
        lambda: duo.wig.engine.appstate.change([PushNameSet(name="Again")]),
    )
