"""People of several devices: each gets its copy, any may speak, and any may ask again."""

import pytest

from peers.parity.duo import Duo
from peers.parity.side import ME, Side
from wigwag.sandbox.network.faults import FaultKind
from wigwag.sandbox.residents.companion import Companion

pytestmark = [pytest.mark.whatsmeow, pytest.mark.asyncio(loop_scope="module")]


def laptop_of(side: Side, name: str) -> Companion:
    return side.person(name).companions[1]


async def hear_laptop(side: Side, name: str, text: str, chat: str = ME) -> None:
    """The companion of a person sends a text, and the client takes it."""
    side.call("heard", laptop_of(side, name).send_text(side.jid(chat), text))
    await side.client.wait_text(text)


async def say_to_laptop(side: Side, name: str, text: str, chat: str = "") -> None:
    """The client sends a text, and the companion of a person reads it."""
    await side.say(chat or name, text)
    await laptop_of(side, name).wait_for(lambda entry: entry.text == text)


async def link(side: Side, name: str) -> None:
    side.person(name).link_companion()


async def test_two_devices_from_the_start(duo: Duo):
    await duo.meet("twofold")
    await duo.each(lambda side: link(side, "twofold"))
    await duo.each(lambda side: say_to_laptop(side, "twofold", "to both of you"))
    await duo.each(lambda side: hear_laptop(side, "twofold", "from the second one"))
    await duo.each(lambda side: side.hear("from the first one", by="twofold"))
    await duo.each(lambda side: say_to_laptop(side, "twofold", "in both sessions"))


async def test_the_second_device_speaks_first(duo: Duo):
    await duo.meet("shy")
    await duo.each(lambda side: link(side, "shy"))
    await duo.each(lambda side: hear_laptop(side, "shy", "hello, it is me"))
    await duo.each(lambda side: say_to_laptop(side, "shy", "who are you?"))


@pytest.mark.parametrize("times", [1, 2, 4])
async def test_the_second_device_cannot_read_it(duo: Duo, times: int):
    name = f"blinking {times}"
    await duo.meet(name)
    await duo.each(lambda side: link(side, name))

    async def speak(side: Side) -> None:
        duo.stage.inject(FaultKind.GARBLE, laptop_of(side, name).lid, count=times)
        await say_to_laptop(side, name, f"can you read this? {times}")

    await duo.each(speak)


async def test_a_device_comes_and_goes_in_a_group(duo: Duo):
    await duo.meet("moving")
    await duo.gather("movers", "moving", "friend")
    await duo.each(lambda side: side.say("movers", "before"))
    await duo.each(lambda side: link(side, "moving"))
    await duo.each(lambda side: say_to_laptop(side, "moving", "with one more", "movers"))
    await duo.each(lambda side: hear_laptop(side, "moving", "I am here, too", "movers"))

    async def unlink(side: Side) -> None:
        side.person("moving").unlink_companion(1)

    await duo.each(unlink)
    await duo.each(lambda side: side.say("movers", "with one less"))


async def test_a_new_identity_ends_the_second_device(duo: Duo):
    await duo.meet("careless")
    await duo.each(lambda side: link(side, "careless"))
    await duo.each(lambda side: say_to_laptop(side, "careless", "before"))

    async def change(side: Side) -> None:
        side.person("careless").replace_keys()

    await duo.each(change)
    await duo.each(lambda side: side.hear("a new me", by="careless"))
    await duo.each(lambda side: side.say("careless", "and alone"))
