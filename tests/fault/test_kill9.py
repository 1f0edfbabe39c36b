"""kill -9 at random moments while thousands of messages arrive: none is lost, none comes twice."""

import asyncio
import random
from pathlib import Path

import pytest

from fault.flows import Cast, staged
from peers.server import ServerProcess
from wigwag.model.capability import EngineKind

SEED = 1
MESSAGES = 10_000
KILLS = 40
STARTING_S = 0.8
"""A kill during a start comes within this time."""


async def run_until(server: ServerProcess, cast: Cast, moment: float) -> None:
    """Let the server run until a count of taken messages; or (negative) seconds after its start."""
    if moment < 0:
        await server.launch()
        assert await server.outlives(-moment), server.tail()
        return
    if server.has_ended:
        await server.start()
    await cast.wait_taken(int(moment))


def moments(rng: random.Random, messages: int, kills: int) -> list[float]:
    """When to kill: three quarters by the progress of the messages, the others while starting."""
    while_starting = [-rng.uniform(0.0, STARTING_S) for _ in range(kills // 4)]
    by_progress = sorted(rng.sample(range(messages), kills - len(while_starting)))
    found: list[float] = [float(count) for count in by_progress]
    for moment in while_starting:
        found.insert(rng.randrange(1, len(found) + 1), moment)
    return found


async def kill_again_and_again(
    folder: Path,
    rng: random.Random,
    messages: int,
    kills: int,
    *,
    engine: EngineKind = EngineKind.NATIVE,
    most_waiting: int | None = None,
) -> None:
    """`most_waiting`: people are silent while more than that waits at the server."""
    async with staged(folder, messages, engine=engine) as (cast, server):
        async with asyncio.TaskGroup() as background:
            background.create_task(cast.speak_all(most_waiting))
            for moment in moments(rng, messages, kills):
                await run_until(server, cast, moment)
                await server.kill()
        await server.start()
        await server.ready()
        await cast.wait_all_taken()
        await cast.wait_all_archived(server)
        await server.terminate()
        cast.assert_all_archived(server)


@pytest.mark.timeout(600)
async def test_kill9_loses_and_doubles_nothing(tmp_path: Path) -> None:
    await kill_again_and_again(tmp_path, random.Random(SEED), MESSAGES, KILLS)
