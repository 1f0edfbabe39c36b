"""Messages both ways while something goes wrong, and what must have become of them."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from fault.ledger import (
    archived,
    assert_intact,
    assert_once_in_order,
    assert_one_event_each,
    assert_same,
    numbered,
)
from peers.child import until
from peers.sandbox_process import Resident, SandboxProcess, running_sandbox
from peers.server import ServerProcess, linked_server

LIMIT_S = 60.0
PATIENCE_S = 600.0
"""For a server that is killed again and again to take what waits."""


@dataclass(frozen=True)
class Speech:
    """Who says how many texts in which chat (as senders address it)."""

    person: Resident
    chat: str
    prefix: str
    count: int

    @property
    def place(self) -> tuple[str, str]:
        """Chat and sender of its rows in the archive."""
        chat = self.chat if self.chat.endswith("g.us") else self.person.jid
        return chat, self.person.jid


@dataclass(frozen=True)
class Cast:
    """Three people and a group, and what they say to the owner of the account."""

    network: SandboxProcess
    owner: Resident
    people: tuple[Resident, ...]
    speeches: tuple[Speech, ...]

    @property
    def chats(self) -> list[str]:
        return list({speech.chat for speech in self.speeches})

    async def speak(self, part: int = 0, parts: int = 1) -> None:
        """Say everything, or one part of it; they all talk at the same time."""
        async with asyncio.TaskGroup() as talk:
            for one in self.speeches:
                start, end = (one.count * edge // parts for edge in (part, part + 1))
                talk.create_task(
                    self.network.say(
                        one.person, one.chat, end - start, prefix=one.prefix, start=start
                    )
                )

    async def speak_all(self, most_waiting: int | None = None) -> None:
        """Say everything; no more while more than `most_waiting` are not acknowledged."""
        if most_waiting is None:
            await self.speak()
            return
        parts = 2 * sum(one.count for one in self.speeches) // most_waiting + 1
        for part in range(parts):
            await self.network.wait_waiting(self.owner, most_waiting, PATIENCE_S)
            await self.speak(part, parts)

    async def wait_taken(self, count: int) -> None:
        """Until the server acknowledged so many of all these messages."""
        await self.network.wait_taken(self.owner, self.chats, count, LIMIT_S)

    async def wait_all_taken(self) -> None:
        await self.network.wait_waiting(self.owner, 0, LIMIT_S)

    async def wait_all_archived(self, server: ServerProcess) -> None:
        """Until every message lies in the archive; a stop leaves the rest to the next start."""
        total = sum(one.count for one in self.speeches)

        def archived_now() -> int:
            return server.count("messages", "NOT is_from_me")

        await until(
            lambda: archived_now() >= total, LIMIT_S, lambda: f"{archived_now()} of {total}"
        )

    def expected(self) -> dict[tuple[str, str], list[str]]:
        """The texts of every place of the archive, in order."""
        return {one.place: numbered(one.prefix, range(one.count)) for one in self.speeches}

    def assert_all_archived(self, server: ServerProcess) -> None:
        """Every message once, in order, with one event. Ask when the server has ended."""
        assert_intact(server)
        assert_once_in_order(server, self.expected())
        assert_one_event_each(server)


async def make_cast(network: SandboxProcess, messages: int) -> Cast:
    """`messages` texts in all; the owner's phone is there, but nothing is linked to it."""
    owner = await network.add_phone()
    ann, bob, cy = [await network.add_person(name) for name in ("Ann", "Bob", "Cy")]
    group = await network.add_group("Everybody", [ann, bob, cy, owner])
    shares = (
        (ann, owner.jid, 35),
        (bob, owner.jid, 25),
        (cy, owner.jid, 15),
        (ann, group, 15),
        (bob, group, 10),
    )
    speeches = [
        Speech(
            person,
            chat,
            f"{person.name} to {'all' if chat == group else 'me'}",
            messages * share // 100,
        )
        for person, chat, share in shares
    ]
    return Cast(network, owner, (ann, bob, cy), tuple(speeches))


@asynccontextmanager
async def staged(
    folder: Path, messages: int, *, store: Path | None = None, seed: int = 1, **settings: str
) -> AsyncGenerator[tuple[Cast, ServerProcess]]:
    """A network in its own process, its cast, and a server that is linked and at rest."""
    async with running_sandbox(folder, seed) as network:
        cast = await make_cast(network, messages)
        async with linked_server(
            store or folder / "store", network, cast.owner, **settings
        ) as server:
            await cast.wait_all_taken()
            yield cast, server


async def send_until(
    server: ServerProcess, to: Resident, prefix: str, enough: asyncio.Event
) -> list[str]:
    """Send one after the other, each until it is accepted; the texts."""
    texts: list[str] = []
    while not enough.is_set():
        text = f"{prefix} {len(texts):06}"
        async with asyncio.timeout(LIMIT_S):
            while (answer := await server.send(to.jid, text)).status != 200:
                # What is refused must not be kept, or it would come twice.
                assert answer.body["message"] == "Not connected to WhatsApp", answer
                await asyncio.sleep(0.05)
        texts.append(text)
    return texts


async def send_until_gone(server: ServerProcess, to: Resident, prefix: str) -> list[str]:
    """Send one after the other until the server no longer answers; the accepted texts."""
    accepted: list[str] = []
    for text in numbered(prefix, range(1_000_000)):
        try:
            answer = await server.send(to.jid, text)
        except (aiohttp.ClientError, json.JSONDecodeError):
            # a server that is about to end may still answer with a few plain words
            break
        if answer.status == 200:
            accepted.append(text)
    return accepted


def sent_to(server: ServerProcess, person: Resident) -> list[str]:
    """The texts of the archive's own messages to a person, in order."""
    return [text for chat, _, text in archived(server, from_me=True) if chat == person.jid]


async def assert_all_delivered(
    server: ServerProcess, network: SandboxProcess, person: Resident, accepted: list[str]
) -> None:
    """What was accepted is kept, and what is kept came to the person, once and in order.

    Ask when the outbox is empty.
    """
    kept = sent_to(server, person)
    missing = set(accepted) - set(kept)
    assert not missing, f"accepted, but not kept: {sorted(missing)[:5]}"
    found: list[str] = []

    async def all_came() -> bool:
        arrivals = await network.arrivals(person)
        found[:] = [one.text for one in arrivals if not one.chat.endswith("g.us")]
        return len(found) >= len(kept)

    await until(all_came, LIMIT_S, lambda: f"{len(kept)} messages, but {len(found)}", poll_s=0.1)
    assert_same(found, kept)
    states = set(server.query("SELECT DISTINCT state FROM messages WHERE is_from_me"))
    assert states <= {"sent", "delivered"}, states
