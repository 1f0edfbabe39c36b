"""Ways for a connection to die, and storms and churn made of them."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence

from peers.child import until
from peers.crowd import LINK_S, Crowd, Member, rss
from peers.sandbox_process import SandboxProcess


async def cut(network: SandboxProcess, member: Member) -> list[int]:
    await network.cut(member.phone)
    return []


async def garble(network: SandboxProcess, member: Member) -> list[int]:
    await network.garble(member.phone)
    return []


async def refuse(network: SandboxProcess, member: Member) -> list[int]:
    await network.add_fault("refuse", code=503)
    return await cut(network, member)


async def stall(network: SandboxProcess, member: Member) -> list[int]:
    await network.add_fault("stall")
    return await cut(network, member)


async def end_by_error(network: SandboxProcess, member: Member, code: int) -> list[int]:
    """The next stanza that comes from the account is answered with this stream error."""
    device = await network.companion(member.phone)
    await network.add_fault("stream_error", code=code, target=device)
    return []


async def mute(network: SandboxProcess, member: Member, direction: str) -> list[int]:
    """Nothing goes in this direction, until the faults that are returned are removed."""
    device = await network.companion(member.phone)
    fault = await network.add_fault("mute", direction=direction, target=device, count=None)
    return [fault]


Death = Callable[[SandboxProcess, Member], Awaitable[list[int]]]
DEATHS: tuple[Death, ...] = (
    cut,
    cut,
    cut,
    garble,
    garble,
    refuse,
    stall,
    lambda network, member: end_by_error(network, member, 503),
    lambda network, member: end_by_error(network, member, 515),
    lambda network, member: mute(network, member, "out"),
    lambda network, member: mute(network, member, "in"),
)


async def die_once(crowd: Crowd, member: Member, death: Death) -> None:
    """Kill the connection while messages flow both ways, and wait for the next one."""
    logins, losses = member.logins, member.losses
    await crowd.hear(member, 2)
    await crowd.say(member)
    faults = await death(crowd.network, member)
    await crowd.hear(member)
    await crowd.say(member)
    await until(lambda: member.losses > losses, LINK_S, f"{member.name} lost its connection")
    for fault in faults:
        await crowd.network.remove_fault(fault)
    await crowd.connected(member, logins)


async def storm(crowd: Crowd, deaths: int, seed: int) -> None:
    """So many disconnects in all, of every kind, over all accounts at the same time."""

    async def suffer(member: Member, share: int, rng: random.Random) -> None:
        for _ in range(share):
            await die_once(crowd, member, rng.choice(DEATHS))

    share, rest = divmod(deaths, len(crowd.members))
    async with asyncio.TaskGroup() as group:
        for number, member in enumerate(crowd.members):
            rng = random.Random(seed * 1000 + number)
            group.create_task(suffer(member, share + (number < rest), rng))


async def restart(crowd: Crowd, member: Member) -> None:
    logins = member.logins
    await member.engine.stop()
    await crowd.hear(member)
    await member.engine.start()
    await crowd.connected(member, logins)


async def reconnect(crowd: Crowd, member: Member) -> None:
    logins = member.logins
    await crowd.network.cut(member.phone)
    await crowd.connected(member, logins)


async def talk(crowd: Crowd, member: Member) -> None:
    await crowd.hear(member, 3)
    await crowd.say(member)


CHANGES = (restart, reconnect, talk)


async def warm_up(crowd: Crowd, *, hands: int = 4) -> None:
    """Everybody goes through every change once: what is made at the first time is there then."""

    async def stir(members: Sequence[Member]) -> None:
        for member in members:
            for change in CHANGES:
                await change(crowd, member)

    async with asyncio.TaskGroup() as group:
        for hand in range(hands):
            group.create_task(stir(crowd.members[hand::hands]))


async def churn(crowd: Crowd, duration_s: float, seed: int, *, hands: int = 4) -> list[int]:
    """Start, stop, reconnect and talk in a random order; the memory along the way, in bytes."""
    ends_at = time.monotonic() + duration_s
    sizes: list[int] = []

    async def stir(hand: int) -> None:
        """Each hand has members of its own: nobody is stopped while he is started."""
        rng = random.Random(seed * 1000 + hand)
        members = crowd.members[hand::hands]
        while time.monotonic() < ends_at:
            await rng.choice(CHANGES)(crowd, rng.choice(members))

    async def weigh() -> None:
        while time.monotonic() < ends_at:
            sizes.append(rss())
            await asyncio.sleep(duration_s / 60)

    async with asyncio.TaskGroup() as group:
        group.create_task(weigh())
        for hand in range(hands):
            group.create_task(stir(hand))
    return sizes


async def hurry(crowd: Crowd, steps: int, seed: int) -> None:
    """Everybody talks while connections and engines end so often that some end in a login, under
    a message that is sent for the third time, or while one waits to be encrypted."""

    async def rush(member: Member, rng: random.Random) -> None:
        for _ in range(steps):
            [step] = rng.choices(("talk", "cut", "restart", "pause"), (5, 2, 1, 2))
            match step:
                case "talk":
                    await crowd.say(member)
                case "cut":
                    await crowd.network.cut(member.phone)
                case "restart":
                    await member.engine.stop()
                    await member.engine.start()
                case _:
                    await asyncio.sleep(rng.uniform(0.0, 0.2))

    async with asyncio.TaskGroup() as group:
        for number, member in enumerate(crowd.members):
            group.create_task(rush(member, random.Random(seed * 1000 + number)))
