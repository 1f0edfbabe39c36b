"""SIGTERM while messages flow both ways: it ends soon, nothing is lost, nothing comes twice."""

import asyncio
from pathlib import Path

import pytest

from fault.flows import assert_all_delivered, send_until_gone, staged
from peers.child import until

MESSAGES = 3000
END_S = 10.0


@pytest.mark.timeout(180)
@pytest.mark.parametrize("progress", [0, 700, 1900])
async def test_sigterm_under_load(tmp_path: Path, progress: int) -> None:
    async with staged(tmp_path, MESSAGES) as (cast, server):
        async with asyncio.TaskGroup() as background:
            background.create_task(cast.speak())
            sending = [
                background.create_task(send_until_gone(server, person, f"flow {flow}"))
                for person in cast.people
                for flow in range(3)
            ]
            await cast.wait_taken(progress)
            await server.terminate(END_S)
        await server.start()
        await server.ready()
        await cast.wait_all_taken()
        await until(lambda: not server.count("outbox"), 30.0, "the outbox is empty")
        for number, person in enumerate(cast.people):
            flows = sending[3 * number : 3 * number + 3]
            accepted = [text for flow in flows for text in flow.result()]
            await assert_all_delivered(server, cast.network, person, accepted)
        await cast.wait_all_archived(server)
        await server.terminate(END_S)
        cast.assert_all_archived(server)
