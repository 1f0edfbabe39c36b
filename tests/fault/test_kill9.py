"""kill -9 at random moments while thousands of messages arrive: none is lost, none comes twice.

`KILL9_SEED` chooses other moments, `KILL9_MESSAGES` and `KILL9_KILLS` other sizes.
"""

import asyncio
import os
import random
from dataclasses import dataclass
from pathlib import Path

import pytest

from fault.ledger import assert_intact, assert_once_in_order, assert_one_event_each, numbered
from peers.sandbox_process import Resident, SandboxProcess, running_sandbox
from peers.server import ServerProcess, linked_server

SEED = int(os.environ.get("KILL9_SEED", "1"))
MESSAGES = int(os.environ.get("KILL9_MESSAGES", "10000"))
KILLS = int(os.environ.get("KILL9_KILLS", "40"))
STARTING_S = 2.5
"""A kill during a start comes within this time."""
LIMIT_S = 60.0


@dataclass(frozen=True)
class Speech:
    """Who says how many texts in which chat (as senders address it)."""

    person: Resident
    chat: str
    prefix: str
    count: int


async def cast(network: SandboxProcess, owner: Resident) -> list[Speech]:
    """Three people and a group, MESSAGES texts in all."""
    ann, bob, cy = [await network.add_person(name) for name in ("Ann", "Bob", "Cy")]
    group = await network.add_group("Everybody", [ann, bob, cy, owner])
    shares = [
        (ann, owner.jid, 0.35),
        (bob, owner.jid, 0.25),
        (cy, owner.jid, 0.15),
        (ann, group, 0.15),
    ]
    speeches = [
        Speech(person, chat, f"{person.name} to {'all' if chat == group else 'me'}", count)
        for person, chat, share in shares
        if (count := int(MESSAGES * share))
    ]
    rest = MESSAGES - sum(speech.count for speech in speeches)
    return [*speeches, Speech(bob, group, "Bob to all", rest)]


async def start_and_kill(
    server: ServerProcess, network: SandboxProcess, owner: Resident, chats: list[str], at: float
) -> None:
    """Run the server until `at`, then kill it: a count of taken messages, or (negative) seconds
    after its start."""
    if at < 0:
        if server.has_ended:
            await server.launch()
        assert await server.outlives(-at), server.tail()
    else:
        if server.has_ended:
            await server.start()
        await network.wait_taken(owner, chats, int(at), LIMIT_S)
    await server.kill()


def moments(rng: random.Random) -> list[float]:
    """When to kill: three quarters by the progress of the messages, the others while starting."""
    while_starting = [-rng.uniform(0.0, STARTING_S) for _ in range(KILLS // 4)]
    by_progress = sorted(rng.sample(range(MESSAGES), KILLS - len(while_starting)))
    found: list[float] = [float(count) for count in by_progress]
    for moment in while_starting:
        found.insert(rng.randrange(1, len(found) + 1), moment)
    return found


@pytest.mark.timeout(600)
async def test_kill9_loses_and_doubles_nothing(tmp_path: Path) -> None:
    rng = random.Random(SEED)
    async with running_sandbox(tmp_path, SEED) as network:
        owner = await network.add_phone()
        speeches = await cast(network, owner)
        chats = list({speech.chat for speech in speeches})
        async with linked_server(tmp_path / "store", network, owner) as server:
            await network.wait_waiting(owner, 0, LIMIT_S)
            async with asyncio.TaskGroup() as talk:
                for one in speeches:
                    talk.create_task(network.say(one.person, one.chat, one.count, one.prefix))
                for moment in moments(rng):
                    await start_and_kill(server, network, owner, chats, moment)
            await server.start()
            await server.ready()
            await network.wait_waiting(owner, 0, LIMIT_S)
            await server.terminate()
            assert_intact(server)
            expected = {
                (
                    speech.chat if speech.chat.endswith("g.us") else speech.person.jid,
                    speech.person.jid,
                ): numbered(speech.prefix, range(speech.count))
                for speech in speeches
            }
            assert_once_in_order(server, expected)
            assert_one_event_each(server)
