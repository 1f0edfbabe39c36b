"""Children that are killed while messages come: nothing twice, each gap marked, what is lost told.

The library tells WhatsApp that a message came before the child has it on the disk, so a kill may
lose some; the soak says how many (docs/decisions/0019-whatsmeow-child.md).
"""

import random
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from peers.whatsmeow import why_unavailable
from scripted.children import LIMIT_S, Nursery, open_nursery
from scripted.waiting import until
from stored.desk import Desk
from wigwag.model.account import ConnectionState
from wigwag.sandbox.residents.person import Person

pytestmark = [
    pytest.mark.whatsmeow,
    pytest.mark.skipif(bool(why_unavailable()), reason=why_unavailable() or "it is there"),
]
BURST = 25


MOST_LOST = 101
"""Of one kill: what the library's own queue holds, and what is between it and the disk."""


async def speak(
    nursery: Nursery, rng: random.Random, messages: int, breaks: int, end: Callable[[], object]
) -> None:
    """So many texts, and so many ends, each in the middle of a burst, after a connection."""
    anna = nursery.sandbox.add_person("Anna")
    await nursery.linked()
    at = set(rng.sample(range(1, messages // BURST), breaks))
    for burst in range(messages // BURST):
        texts = [f"message {burst * BURST + number}" for number in range(BURST)]
        anna.send_many(nursery.phones["one"].pn, texts)
        if burst in at:
            await nursery.connected()
            done = end()
            if isinstance(done, Awaitable):
                await done
    await _settled(nursery, anna)


async def judged(desk: Desk) -> tuple[int, int]:
    """How many of the messages are archived, each once, and how many gaps."""
    rows = desk.rows("SELECT content FROM messages WHERE kind = 'text'")
    told = [str(row[0]) for row in rows if str(row[0]).startswith("message ")]
    assert len(told) == len(set(told))
    gaps = [event for event in await desk.events("account.state") if event["possible_gap"]]
    return len(told), len(gaps)


async def kill_again_and_again(folder: Path, rng: random.Random, messages: int, kills: int) -> int:
    """How many messages were lost."""
    (folder / "archive").mkdir()
    desk = await Desk.open(folder / "archive")
    async with open_nursery(folder) as nursery:
        nursery.ingest = desk.ingest.ingest

        async def kill() -> None:
            nursery.kill()
            engine = nursery.engines["one"]
            await until(lambda: engine.state.state is not ConnectionState.CONNECTED, LIMIT_S)

        await speak(nursery, rng, messages, kills, kill)
    archived, gaps = await judged(desk)
    await desk.archive.close()
    assert gaps == kills
    return messages - archived


async def fall_again_and_again(folder: Path, rng: random.Random, messages: int, falls: int) -> None:
    (folder / "archive").mkdir()
    desk = await Desk.open(folder / "archive")
    async with open_nursery(folder) as nursery:
        nursery.ingest = desk.ingest.ingest
        await speak(nursery, rng, messages, falls, nursery.crash)
    assert await judged(desk) == (messages, 0)
    await desk.archive.close()


async def _settled(nursery: Nursery, anna: Person) -> None:
    """Until everything that the server still has was taken, and what it answered came."""
    await nursery.connected()
    phone = nursery.phones["one"]
    device = nursery.sandbox.network.directory.get_device(phone.companions[-1])
    await until(lambda: not len(device.mailbox), LIMIT_S)
    anna.send_text(phone.pn, "the end")
    await nursery.texts(["the end"])


async def test_killed_children_double_nothing_and_mark_each_gap(tmp_path: Path) -> None:
    lost = await kill_again_and_again(tmp_path, random.Random(1), messages=150, kills=2)
    assert lost <= 2 * MOST_LOST


async def test_servers_that_fall_lose_nothing(tmp_path: Path) -> None:
    await fall_again_and_again(tmp_path, random.Random(1), messages=150, falls=2)


@pytest.mark.soak
@pytest.mark.timeout(1800)
async def test_forty_kills_during_ten_thousand_messages(tmp_path: Path) -> None:
    lost = await kill_again_and_again(tmp_path, random.Random(1), messages=10_000, kills=40)
    sys.stdout.write(f"\n40 kills of the child during 10,000 messages: {lost} lost\n")
    assert lost <= 40 * MOST_LOST


@pytest.mark.soak
@pytest.mark.timeout(1800)
async def test_forty_falls_during_ten_thousand_messages(tmp_path: Path) -> None:
    await fall_again_and_again(tmp_path, random.Random(1), messages=10_000, falls=40)
