"""The native engine through random faults, as `/sandbox/faults/random` makes them by default."""

import asyncio
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from scripted.engine_town import SWIFT, EngineTown
from scripted.waiting import until
from wigwag.model.content import Text
from wigwag.model.errors import WigwagError
from wigwag.sandbox.network.schedules import random_schedule
from wigwag.sandbox.residents.person import Person

ROUNDS = 30
DURATION_S = 1.5
FAULTS = 20
CALM_S = 30.0


async def say(town: EngineTown, friend: Person, text: str) -> None:
    """Send a text, again under the same id until it is known to have been sent."""
    message = town.outgoing(friend.pn, text)
    while True:
        try:
            async with asyncio.timeout(2):
                await town.engine.send(message)
                return
        except (WigwagError, TimeoutError):
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("seed", range(3))
async def test_nothing_is_lost_by_what_a_schedule_is_made_of(tmp_path: Path, seed: int) -> None:
    town = EngineTown(tmp_path)
    town.options = msgspec.structs.replace(SWIFT, connect_limit_s=0.5)
    async with town:
        friend = town.sandbox.add_person("Finn", "15550100002")
        await town.link()
        target = str(town.device.pn)
        schedule = random_schedule(seed, count=FAULTS, duration_s=DURATION_S, targets=(target,))
        town.sandbox.run_schedule(schedule)
        sending = [
            asyncio.create_task(say(town, friend, f"to Finn {number}")) for number in range(ROUNDS)
        ]
        for number in range(ROUNDS):
            friend.send_text(town.phone.pn, f"from Finn {number}")
            await asyncio.sleep(DURATION_S / ROUNDS)
        town.sandbox.faults.clear()
        town.drop()
        wanted = Counter(f"from Finn {number}" for number in range(ROUNDS))
        await until(lambda: set(wanted) <= set(town.texts), CALM_S)
        # A message that was asked for again may be told again, under the key that makes it one.
        by_id = {message.key.id: message.content for message in town.messages}
        texts = [content.text for content in by_id.values() if isinstance(content, Text)]
        assert Counter(texts) == wanted
        async with asyncio.timeout(CALM_S):
            await asyncio.gather(*sending)
        await until(lambda: len(arrived(friend)) >= ROUNDS, CALM_S)
        assert Counter(arrived(friend)) == Counter(f"to Finn {number}" for number in range(ROUNDS))


def arrived(friend: Person) -> list[str]:
    return [entry.text for entry in friend.inbox.entries(0)]
