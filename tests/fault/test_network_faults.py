"""The network misbehaves while messages flow both ways: each comes once, in order."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from fault.flows import LIMIT_S, Cast, assert_all_delivered, send_until, staged
from fault.ledger import archived, assert_intact, assert_one_event_each
from peers.child import until
from peers.sandbox_process import Resident
from peers.server import ServerProcess

MESSAGES = 2000
OUTBOX_S = 90.0
"""Longer than a message whose acknowledgement got lost waits for it."""

Step = list[dict[str, Any]]
FAULTS: dict[str, list[Step]] = {
    "cut before a message is routed": [[{"kind": "drop", "tag": "message"}]],
    "cut after a message was routed": [[{"kind": "drop", "tag": "message", "when": "after"}]],
    "cut while receipts arrive": [[{"kind": "drop", "tag": "receipt"}]] * 2,
    "503 in the stream, then at the door": [
        [
            {"kind": "refuse", "code": 503, "target": ""},
            {"kind": "stream_error", "code": 503, "tag": "receipt"},
        ]
    ],
    "deaf for a while, then cut": [
        [{"kind": "mute", "direction": "in", "count": 150}],
        [{"kind": "drop", "tag": "receipt"}],
    ],
    "stanzas sent twice": [[{"kind": "duplicate", "count": 300}]],
}
"""Faults of one step come together; the next step when they are used up."""


async def talk(cast: Cast, steps: list[Step]) -> None:
    """Some messages, then for every step its faults and some more."""
    network, parts = cast.network, 1 + len(steps)
    device = await network.companion(cast.owner)
    await cast.speak(0, parts)
    await cast.wait_taken(MESSAGES // parts // 2)
    for part, step in enumerate(steps, start=1):
        numbers = [await network.add_fault(**{"target": device, **f}) for f in step]
        await cast.speak(part, parts)
        await network.wait_faults_used(numbers, LIMIT_S)
    await cast.wait_all_taken()


async def talk_into_silence(cast: Cast) -> None:
    """From one moment on the server hears nothing on its open connection, until that is cut."""
    network = cast.network
    await cast.speak(0, 2)
    await cast.wait_taken(MESSAGES // 4)
    device = await network.companion(cast.owner)
    fault = await network.add_fault("mute", direction="out", target=device, count=None)
    await cast.speak(1, 2)
    await network.wait_fault_acted(fault, 300, LIMIT_S)
    await network.clear_and_cut(cast.owner)
    await cast.wait_all_taken()


async def run_through(
    server: ServerProcess, cast: Cast, talking: Coroutine[Any, Any, None]
) -> None:
    """Talk and be talked to meanwhile, until all is calm; everything must have been delivered."""
    enough = asyncio.Event()

    async def send(person: Resident) -> tuple[Resident, list[str]]:
        return person, await send_until(server, person, "to you", enough)

    async with asyncio.TaskGroup() as group:
        flows = [group.create_task(send(person)) for person in cast.people]
        await talking
        enough.set()
    await until(lambda: not server.count("outbox"), OUTBOX_S, "the outbox is empty")
    for flow in flows:
        person, accepted = flow.result()
        await assert_all_delivered(server, cast.network, person, accepted)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", FAULTS)
async def test_every_message_once_in_order(tmp_path: Path, name: str) -> None:
    async with staged(tmp_path, MESSAGES) as (cast, server):
        await run_through(server, cast, talk(cast, FAULTS[name]))
        await cast.wait_all_archived(server)
        await server.terminate()
        cast.assert_all_archived(server)


@pytest.mark.timeout(180)
async def test_silence_then_cut(tmp_path: Path) -> None:
    async with staged(tmp_path, MESSAGES) as (cast, server):
        await run_through(server, cast, talk_into_silence(cast))
        await cast.wait_all_archived(server)
        await server.terminate()
        cast.assert_all_archived(server)


@pytest.mark.timeout(180)
async def test_reordered_stanzas_come_once(tmp_path: Path) -> None:
    """What the network turns around comes in its order, but comes, and once."""
    reorder = [[{"kind": "reorder", "count": 150, "probability": 0.1, "seed": 5}]]
    async with staged(tmp_path, MESSAGES) as (cast, server):
        await run_through(server, cast, talk(cast, reorder))
        await cast.wait_all_archived(server)
        await server.terminate()
        assert_intact(server)
        assert_one_event_each(server)
        found = sorted(archived(server))
        expected = sorted(
            (*place, text) for place, texts in cast.expected().items() for text in texts
        )
        assert found == expected
