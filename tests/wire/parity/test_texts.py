"""Texts and receipts between two people: from the first contact on."""

import pytest

from peers.parity.duo import Duo
from peers.parity.side import ME, STATUS

pytestmark = [pytest.mark.whatsmeow, pytest.mark.asyncio(loop_scope="module")]


async def test_first_contact_and_later_messages(duo: Duo):
    await duo.meet("newcomer")
    for text in ("one", "two", "three"):
        await duo.each(lambda side, text=text: side.say("newcomer", text))


async def test_a_session_that_the_other_begins(duo: Duo):
    await duo.meet("caller")
    await duo.each(lambda side: side.hear("hello", by="caller"))
    await duo.each(lambda side: side.say("caller", "yes?"))
    await duo.each(lambda side: side.hear("bye", by="caller"))


async def test_an_answer_ends_the_prekey_messages(duo: Duo):
    await duo.meet("answerer")
    await duo.each(lambda side: side.say("answerer", "are you there?"))
    await duo.each(lambda side: side.hear("I am", by="answerer"))
    await duo.each(lambda side: side.say("answerer", "good"))


async def test_a_note_to_oneself(duo: Duo):
    await duo.each(lambda side: side.say(ME, "remember"))


async def test_a_status_of_somebody(duo: Duo):
    await duo.each(lambda side: side.hear("a status", STATUS))
