"""Messages that could not be decrypted are asked for and sent again."""

import pytest

from peers.parity.duo import Duo
from peers.parity.side import Side
from peers.stage import until
from wigwag.sandbox.network.faults import FaultKind
from wigwag.wire.nodes import Node

pytestmark = [pytest.mark.whatsmeow, pytest.mark.asyncio(loop_scope="module")]

TIMES = pytest.mark.parametrize("times", [1, 2, 4])
CHATS = pytest.mark.parametrize("chat", ["person", "group"])


async def ask(duo: Duo, side: Side, chat: str, text: str, times: int) -> None:
    """The client cannot read a text of the friend `times` times."""
    duo.stage.inject(FaultKind.GARBLE, side.client.device, count=times)
    await side.hear(text, "me" if chat == "person" else chat)


async def answer(duo: Duo, side: Side, chat: str, text: str, times: int) -> None:
    """The friend cannot read a text of the client `times` times."""
    duo.stage.inject(FaultKind.GARBLE, side.friend.lid, count=times)
    await side.say("friend" if chat == "person" else chat, text)
    await side.friend.wait_for(lambda entry: entry.text == text)


@TIMES
@CHATS
async def test_asked_in_a_session(duo: Duo, chat: str, times: int):
    text = f"garbled {chat} {times}"
    await duo.each(lambda side: side.hear(text + " before", "me" if chat == "person" else chat))
    await duo.each(lambda side: ask(duo, side, chat, text, times))


@TIMES
async def test_asked_at_the_first_contact(duo: Duo, times: int):
    async def meet(side: Side) -> None:
        duo.stage.inject(FaultKind.GARBLE, side.client.device, count=times)
        await side.hear(f"hello {times}", by=f"newcomer {times}")

    await duo.meet(f"newcomer {times}")
    await duo.each(meet)


@TIMES
@CHATS
async def test_answered(duo: Duo, chat: str, times: int):
    text = f"unreadable {chat} {times}"
    await duo.each(lambda side: answer(duo, side, chat, text, times))


async def test_asked_by_the_own_phone(duo: Duo):
    async def speak(side: Side) -> None:
        duo.stage.inject(FaultKind.GARBLE, side.client.lid.with_device(0), count=1)
        await side.say("friend", "my phone cannot read this")
        await side.client.phone.wait_for(lambda e: e.text == "my phone cannot read this")

    await duo.each(speak)


async def test_a_message_that_is_not_for_companions(duo: Duo):
    """It is asked for at the phone."""

    async def push(side: Side) -> None:
        message = Node(
            "message",
            {"from": side.friend.lid, "type": "text", "notify": "F"},
            [Node("unavailable", {"type": "view_once"})],
        )
        duo.stage.sandbox.network.push(side.client.device, message)

        async def asked() -> bool:
            return any(node.attr("category") == "peer" for node in side.nodes())

        await until(asked)

    await duo.each(push)
