"""kill -9 at random moments while thousands of messages arrive: none is lost, none comes twice.

`KILL9_SEED` chooses other moments, `KILL9_MESSAGES` and `KILL9_KILLS` other sizes.
"""

import asyncio
import os
import random
from pathlib import Path

import pytest

from fault.flows import Cast, staged
from peers.server import ServerProcess

SEED = int(os.environ.get("KILL9_SEED", "1"))
MESSAGES = int(os.environ.get("KILL9_MESSAGES", "10000"))
KILLS = int(os.environ.get("KILL9_KILLS", "40"))
STARTING_S = 1.5
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
    async with staged(tmp_path, MESSAGES, seed=SEED) as (cast, server):
        async with asyncio.TaskGroup() as background:
            background.create_task(cast.speak())
            for moment in moments(rng):
                await run_until(server, cast, moment)
                await server.kill()
        await server.start()
        await server.ready()
        await cast.wait_all_taken()
        await server.terminate()
        cast.assert_all_archived(server)
