"""Messages to groups: sender keys, members, receipts."""

import pytest

from peers.parity.duo import Duo
from peers.parity.side import Side

pytestmark = [pytest.mark.whatsmeow, pytest.mark.asyncio(loop_scope="module")]


async def change_members(duo: Duo, group: str, action: str, name: str) -> None:
    """The group's creator adds, removes, promotes or demotes somebody."""
    network = duo.stage.sandbox.network

    async def change(side: Side) -> None:
        found = network.groups.get(side.groups[group])
        account = network.directory.get(side.people[name].lid)
        network.groups.change_members(found, found.creator, action, [account])

    await duo.each(change)


async def test_the_first_messages_to_a_group(duo: Duo):
    await duo.meet("one", "two")
    await duo.gather("team", "one", "two")
    for text in ("first", "second", "third"):
        await duo.each(lambda side, text=text: side.say("team", text))


async def test_a_message_of_a_member(duo: Duo):
    await duo.each(lambda side: side.hear("answer", "group"))
    await duo.each(lambda side: side.say("group", "good answer"))


async def test_a_member_added(duo: Duo):
    await duo.meet("host", "latecomer")
    await duo.gather("party", "host")
    await duo.each(lambda side: side.say("party", "before"))
    await change_members(duo, "party", "add", "latecomer")
    await duo.each(lambda side: side.say("party", "welcome"))
    await duo.each(lambda side: side.hear("thanks", "party", by="latecomer"))


async def test_a_member_removed(duo: Duo):
    await duo.meet("chair", "leaver", "stayer")
    await duo.gather("board", "chair", "leaver", "stayer")
    await duo.each(lambda side: side.say("board", "before"))
    await change_members(duo, "board", "remove", "leaver")
    await duo.each(lambda side: side.say("board", "among us"))


async def test_a_member_with_several_devices(duo: Duo):
    await duo.meet("single")
    await duo.meet_phone("owner")
    await duo.gather("mixed", "single", "owner")
    await duo.each(lambda side: side.say("mixed", "to two devices"))
    await duo.each(lambda side: side.say("owner", "to both of yours"))


async def test_a_group_addressed_by_numbers(duo: Duo):
    await duo.meet("elder")
    await duo.gather("old", "elder", addressing="pn")
    for text in ("first", "second"):
        await duo.each(lambda side, text=text: side.say("old", text))
    await duo.each(lambda side: side.hear("answer", "old", by="elder"))
