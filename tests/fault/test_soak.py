"""Long runs: many more kills, and memory under a stream of messages that does not end."""

import asyncio
import random
from pathlib import Path

import pytest

from fault.flows import assert_all_delivered, send_until, staged
from fault.test_kill9 import kill_again_and_again

ROUNDS = 12
MESSAGES = 10_000


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(100, 115))
async def test_kills_at_other_moments(tmp_path: Path, seed: int) -> None:
    await kill_again_and_again(tmp_path, random.Random(seed), MESSAGES, 40)


@pytest.mark.soak
@pytest.mark.timeout(1800)
async def test_memory_does_not_grow(tmp_path: Path) -> None:
    """Received and sent messages leave nothing in memory behind, once the caches are full."""
    async with staged(tmp_path, ROUNDS * MESSAGES) as (cast, server):
        enough = asyncio.Event()
        sizes: list[int] = []
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(send_until(server, cast.people[2], "to you", enough))
            for part in range(ROUNDS):
                await cast.speak(part, ROUNDS)
                await cast.wait_all_taken()
                sizes.append(server.rss())
            enough.set()
        await assert_all_delivered(server, cast.network, cast.people[2], sending.result())
        settled, grown = max(sizes[: ROUNDS // 2]), max(sizes[ROUNDS // 2 :])
        assert grown < 1.05 * settled, [size // 1_000_000 for size in sizes]
