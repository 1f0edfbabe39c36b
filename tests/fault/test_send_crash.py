"""kill -9 between the answer to the caller and WhatsApp's acknowledgement: each message once."""

import asyncio
import contextlib
import random
from pathlib import Path

import aiohttp
import pytest

from fault.flows import assert_all_delivered, send_until_gone
from peers.child import until
from peers.sandbox_process import Resident, SandboxProcess, running_sandbox
from peers.server import ServerProcess, linked_server

SEED = 7
KILLS = 8
LIMIT_S = 30.0
REPEATS = 1000
AT_ONCE = 50
KILLS_OF_REPEATS = 4


async def start_and_settle(server: ServerProcess) -> None:
    """Start again, and wait until nothing is left to be sent."""
    await server.start()
    await server.ready()
    await until(lambda: not server.count("outbox"), LIMIT_S, "the outbox is empty")


async def test_message_that_left_without_acknowledgement(tmp_path: Path) -> None:
    """WhatsApp has the message, but its acknowledgement never came: the restart sends the same."""
    async with running_sandbox(tmp_path) as network:
        ann, owner = await network.add_person("Ann"), await network.add_phone()
        async with linked_server(tmp_path / "store", network, owner) as server:
            await network.add_fault("no_ack", target=owner.phone, count=None)
            asking = asyncio.create_task(send_until_gone(server, ann, "left"))
            await network.wait_text(ann, "left 000000")
            await server.kill()
            assert await asking == []
            await network.clear_faults()
            await start_and_settle(server)
            await assert_all_delivered(server, network, ann, ["left 000000"])


async def test_message_that_did_not_leave(tmp_path: Path) -> None:
    """The network took nothing of it: the restart sends it for the first time."""
    async with running_sandbox(tmp_path) as network:
        ann, owner = await network.add_person("Ann"), await network.add_phone()
        async with linked_server(tmp_path / "store", network, owner) as server:
            await network.add_fault("ignore", target=owner.phone, tag="message", count=None)
            asking = asyncio.create_task(send_until_gone(server, ann, "stayed"))
            await until(lambda: server.count("outbox") == 1, LIMIT_S, "it is in the outbox")
            await server.kill()
            assert await asking == []
            await network.clear_faults()
            await start_and_settle(server)
            await assert_all_delivered(server, network, ann, ["stayed 000000"])


async def kill_at_random(
    server: ServerProcess, network: SandboxProcess, people: list[Resident], rng: random.Random
) -> list[list[str]]:
    """Send to everybody until a random number of messages came, then kill; what was accepted."""
    so_far = len(await network.arrivals(people[0]))
    async with asyncio.TaskGroup() as group:
        flows = [
            group.create_task(send_until_gone(server, person, f"round {so_far} flow {flow}"))
            for person in people
            for flow in range(2)
        ]
        await network.wait_arrivals(people[0], so_far + rng.randrange(1, 120), LIMIT_S)
        await server.kill()
    return [flow.result() for flow in flows]


@pytest.mark.timeout(180)
async def test_kills_while_sending(tmp_path: Path) -> None:
    rng = random.Random(SEED)
    async with running_sandbox(tmp_path) as network:
        people = [await network.add_person(name) for name in ("Ann", "Bob")]
        owner = await network.add_phone()
        accepted: list[list[str]] = [[] for _ in people]
        async with linked_server(tmp_path / "store", network, owner) as server:
            for _ in range(KILLS):
                flows = await kill_at_random(server, network, people, rng)
                for number, texts in enumerate(flows):
                    accepted[number // 2] += texts
                await start_and_settle(server)
            for person, texts in zip(people, accepted, strict=True):
                await assert_all_delivered(server, network, person, texts)


async def send_with_key(server: ServerProcess, person: Resident, number: int) -> str:
    """The same request again and again, until it is answered; the id of the message."""
    body = {"to": person.phone, "type": "text", "text": f"key {number:06}", "wait_s": 5}
    while True:
        with contextlib.suppress(aiohttp.ClientError):
            answer = await server.request(
                "POST", "/v1/accounts/default/messages", body, idempotency_key=f"key-{number}"
            )
            assert answer.status in (201, 202), answer
            return str(answer.body["id"])
        await asyncio.sleep(0.05)


async def send_all(server: ServerProcess, person: Resident) -> list[str]:
    """Every request, so many at the same time; the ids of the messages."""
    limit = asyncio.Semaphore(AT_ONCE)

    async def send(number: int) -> str:
        async with limit:
            return await send_with_key(server, person, number)

    return await asyncio.gather(*(send(number) for number in range(REPEATS)))


@pytest.mark.timeout(400)
async def test_repeats_with_their_keys_over_kills_are_one_message_each(tmp_path: Path) -> None:
    async with running_sandbox(tmp_path) as network:
        ann, owner = await network.add_person("Ann"), await network.add_phone()
        async with linked_server(tmp_path / "store", network, owner) as server:
            asking = asyncio.create_task(send_all(server, ann))
            for kill in range(1, KILLS_OF_REPEATS + 1):
                part = REPEATS * kill // (KILLS_OF_REPEATS + 1)
                await network.wait_arrivals(ann, part, 4 * LIMIT_S)
                await server.kill()
                await server.start()
            async with asyncio.timeout(4 * LIMIT_S):
                ids = await asking
                assert await send_all(server, ann) == ids
            assert len(set(ids)) == REPEATS
            await until(lambda: not server.count("outbox"), LIMIT_S, "the outbox is empty")
            await network.wait_arrivals(ann, REPEATS, LIMIT_S)
            texts = sorted(arrival.text for arrival in await network.arrivals(ann))
            assert texts == [f"key {number:06}" for number in range(REPEATS)]
            assert server.count("messages", "is_from_me") == REPEATS
