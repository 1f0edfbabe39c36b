"""Tells a story: the residents of a network and a server under test do what its chapters say."""

import asyncio
import base64
import contextlib
import random
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import aiohttp

from fault.story import (
    ACCOUNTS,
    GROUPS,
    HIDDEN,
    NAMED,
    OWNERS,
    PEOPLE,
    SENDER,
    STATUS,
    Act,
    Arrive,
    Break,
    Breathe,
    Chapter,
    Cut,
    Kill,
    Read,
    Reinstall,
    Reveal,
    Send,
)
from peers.child import until
from peers.sandbox_process import Resident, SandboxProcess, running_sandbox
from peers.server import ServerProcess, running_server

LIMIT_S: Final = 60.0
MOMENT_S: Final = 1.0
"""How long a story waits for stanzas to flow before it goes on."""
RECONNECT_S: Final = 3.0
"""After a calm so long, a server that still waits before it connects again is restarted."""
SEND_S: Final = 600.0
"""How long a caller asks for a message to be sent: what goes wrong may last for a whole chapter."""
TOGETHER: Final = 20
"""Acts told to the network at once."""
_UNTOLD: Final = {
    "lid": ("attributes", "usync", "groups", "phone"),
    "pn": ("attributes", "usync", "groups"),
}
"""The ways in which nobody learns the other address of one who is known by this kind of it."""


@dataclass
class World:
    """The network with everybody on it, and the server under test."""

    network: SandboxProcess
    server: ServerProcess
    residents: dict[str, Resident]
    groups: dict[str, str]
    ids: dict[int, str] = field(default_factory=dict[int, str])
    """The message ids of acts, by number."""
    devices: dict[str, str] = field(default_factory=dict[str, str])
    """The companion of each account, for faults."""
    read: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    """Who read a message, by its id."""
    kills: int = 0

    def address(self, to: str) -> str:
        """How a resident addresses a person, a group or everybody's status."""
        return STATUS if to == STATUS else self.groups.get(to) or self.residents[to].jid

    async def tell(self, chapter: Chapter) -> None:
        """Do what the chapter says, and come to rest."""
        lanes: dict[str, list[Send]] = {}
        for send in chapter.sends:
            lanes.setdefault(send.to, []).append(send)
        async with asyncio.TaskGroup() as group:
            queues: dict[str, asyncio.Queue[Send | None]] = {to: asyncio.Queue() for to in lanes}
            for to, queue in queues.items():
                group.create_task(self._send_all(queue), name=f"lane to {to}")
            await self._tell_steps(chapter, queues)
            await self._come_to_rest(chapter)
            for queue in queues.values():
                queue.put_nowait(None)
        await self.wait_calm()

    async def _tell_steps(
        self, chapter: Chapter, queues: dict[str, "asyncio.Queue[Send | None]"]
    ) -> None:
        waiting: list[Act] = []
        for step in chapter.steps:
            if isinstance(step, Act):
                waiting.append(step)
                if len(waiting) < TOGETHER:
                    continue
            await self._act(waiting)
            waiting = []
            match step:
                case Act():
                    pass
                case Send():
                    queues[step.to].put_nowait(step)
                case Break():
                    target = self.devices[step.account] if step.account else ""
                    await self.network.add_fault(**{"target": target, **dict(step.fault)})
                case Breathe():
                    await self._breathe(step.waiting)
                case Kill():
                    await self._restart()
                case Cut():
                    await self.network.call("cut", phone=self.residents[step.owner].phone)
                case _:
                    await self._change(step)
        await self._act(waiting)

    # -- the residents --

    async def _act(self, acts: Sequence[Act]) -> None:
        if not acts:
            return
        said = [{"phone": self.residents[act.who].phone, **self._words(act, acts)} for act in acts]
        found = await self.network.call("act", timeout_s=LIMIT_S, acts=said)
        self.ids.update(
            (act.number, message_id) for act, message_id in zip(acts, found, strict=True)
        )

    async def _change(self, step: Reinstall | Read | Arrive | Reveal) -> None:
        match step:
            case Reinstall():
                await self._reinstall(step)
            case Read():
                await self._read(step.who)
            case Arrive():
                await self._arrive(step)
            case Reveal():
                await self._reveal(step)

    async def _reinstall(self, step: Reinstall) -> None:
        phone = self.residents[step.who].phone
        if step.silent:
            await self.network.add_fault("identity_silent", target=phone)
        await self.network.call("reinstall", phone=phone)

    async def _arrive(self, step: Arrive) -> None:
        made = await self.network.add_person(step.who)
        await self._introduce(made, step.known_by, _UNTOLD[step.known_by])
        self.residents[step.who] = replace(made, jid=addresses(made)[step.known_by])

    async def _reveal(self, step: Reveal) -> None:
        about = self.residents[step.who]
        await self._introduce(about, step.addressing, ())
        to = self.residents[step.owner].phone
        await self.network.call("tell_mapping", phone=about.phone, to=to, notice=step.notice)
        self.residents[step.who] = replace(about, jid=addresses(about)["pn"])

    async def _introduce(self, who: Resident, addressing: str, withheld: Sequence[str]) -> None:
        await self.network.call(
            "introduce", phone=who.phone, addressing=addressing, withheld=withheld
        )

    async def _read(self, who: str) -> None:
        reader, sender = self.residents[who].phone, self.residents[SENDER].phone
        for message_id in await self.network.call("read", phone=reader, sender=sender):
            self.read.setdefault(message_id, set()).add(who)

    def _words(self, act: Act, together: Sequence[Act]) -> dict[str, Any]:
        """The message as the control interface takes it; `about` is an act of the same call."""
        body: dict[str, Any] = {}
        about = None
        if act.target is not None:
            earlier = [one.number for one in together]
            about = earlier.index(act.target) if act.target in earlier else None
            target = self.ids.get(act.target, "")
            match act.kind:
                case "reaction":
                    body = {"reaction": {"id": target, "emoji": "👍"}}
                case "edit":
                    body = {"edit": {"id": target, "text": act.text}}
                case "revoke":
                    body = {"revoke": {"id": target}}
                case _:
                    body = {"vote": {"id": target, "options": ["yes"]}}
            return {"body": body, "about": about, "part": act.kind}
        to = self.address(act.to)
        match act.kind:
            case "text":
                body = {"text": act.text}
            case "media" | "lost":
                body = {
                    "media": {
                        "base64": base64.b64encode(file_of(act.number)).decode(),
                        "kind": "image",
                        "caption": act.text,
                    }
                }
            case "poll":
                poll = {"question": act.text, "options": ["yes", "no"]}
                body = {"poll": poll}
            case "location":
                body = {"location": {"latitude": 1.0, "longitude": 2.0, "name": act.text}}
            case _:
                body = {"contact": {"name": act.text, "phone": "+1 555"}}
        return {"body": {"to": to, **body}, "about": None, "lost": act.kind == "lost"}

    # -- the server --

    async def _send_all(self, queue: "asyncio.Queue[Send | None]") -> None:
        """One destination: one after the other, each until it is kept or refused."""
        while (send := await queue.get()) is not None:
            await self._send(send)

    async def _send(self, send: Send) -> None:
        to = addresses(self.residents[send.to])[send.by] if send.by else self.address(send.to)
        body = {"recipient": to, "message": send.text}
        if send.with_file:
            path = self.server.store / "outbox" / f"{send.number}.bin"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(random.Random(send.number).randbytes(3000))
            body["media_path"] = str(path)
        async with asyncio.timeout(SEND_S):
            while True:
                with contextlib.suppress(aiohttp.ClientError, RuntimeError, OSError):
                    answer = await self.server.request("POST", "/api/send", body)
                    if answer.status == 200 or "id" in answer.body:
                        return
                # Its answer got lost with the server, or nothing was kept: then once more.
                if self.kept(send):
                    return
                await asyncio.sleep(0.05)

    def kept(self, send: Send) -> list[tuple[str, str]]:
        """Id and state of what the archive keeps of it."""
        return self.server.query(
            "SELECT id, state FROM messages WHERE account = 'default' AND is_from_me"
            " AND content = ?",
            send.text,
        )

    async def _restart(self) -> None:
        self.kills += 1
        await self.server.kill()
        await self.server.start()

    # -- calm --

    async def _breathe(self, at_most: int) -> None:
        """Until no more stanzas wait, or a moment has passed."""
        with contextlib.suppress(AssertionError):
            await until(lambda: self._is_taken(at_most), MOMENT_S, "they are taken")

    async def _is_taken(self, at_most: int) -> bool:
        waiting = [await self.network.waiting(self.residents[owner]) for owner in OWNERS]
        return sum(waiting) <= at_most

    async def _come_to_rest(self, chapter: Chapter) -> None:
        """Nothing goes wrong any more, and every account is connected."""
        if chapter.deafens:
            for owner in OWNERS:
                await self.network.clear_and_cut(self.residents[owner])
        await self.network.clear_faults()
        try:
            await until(self._is_connected, RECONNECT_S, "all are connected", poll_s=0.05)
        except AssertionError:
            await self._restart()
            await until(self._is_connected, LIMIT_S, self.server.tail, poll_s=0.05)

    async def _is_connected(self) -> bool:
        with contextlib.suppress(aiohttp.ClientError, RuntimeError):
            answer = await self.server.request("GET", "/v1/accounts")
            return all(one["state"] == "connected" for one in answer.body["items"])
        return False

    async def end(self) -> None:
        """Stop the server. What came in its last moment is archived by another start."""
        await self.wait_calm()
        await self.server.terminate()
        if self.server.count("inbox", database="whatsapp.db"):
            await self.server.start()
            await until(self._is_connected, LIMIT_S, self.server.tail, poll_s=0.05)
            await self.server.terminate()

    async def wait_calm(self) -> None:
        await until(lambda: self._is_taken(0), LIMIT_S, "nothing waits", poll_s=0.05)
        await until(lambda: not self.server.count("outbox"), LIMIT_S, "the outbox is empty")


def addresses(resident: Resident) -> dict[str, str]:
    """Both addresses of somebody, by kind."""
    return {"lid": resident.lid, "pn": f"{resident.phone}@s.whatsapp.net"}


def file_of(number: int) -> bytes:
    """A small picture, different for each act."""
    return b"\xff\xd8\xff\xe0" + random.Random(number).randbytes(2000)


@asynccontextmanager
async def told_world(folder: Path, seed: int) -> AsyncGenerator[World]:
    """A network, its residents, and a server that is linked to all its accounts and at rest."""
    async with running_sandbox(folder, seed) as network:
        residents = {name: await network.add_phone(name) for name in OWNERS}
        for name in PEOPLE:
            residents[name] = await network.add_person(name, lid_only=name == HIDDEN)
        groups = {
            subject: await network.add_group(subject, [residents[name] for name in members])
            for subject, members in GROUPS.items()
        }
        for name in NAMED:
            await network.call(
                "name_contact",
                phone=residents[SENDER].phone,
                jid=residents[name].jid,
                name=name,
            )
        server = ServerProcess(folder / "store", network, accounts=",".join(ACCOUNTS))
        async with running_server(server):
            world = World(network, server, residents, groups)
            for account, owner in ACCOUNTS.items():
                await server.pair(residents[owner], account)
                await until(lambda: _is_linked(server, account), LIMIT_S, server.tail)  # noqa: B023
                world.devices[account] = await network.companion(residents[owner])
            await until(
                lambda: server.count("contacts", "account = 'default' AND full_name != ''") > 3,
                LIMIT_S,
                "the address book is read",
            )
            await world.wait_calm()
            yield world


def _is_linked(server: ServerProcess, account: str) -> bool:
    return server.query("SELECT state FROM accounts WHERE account = ?", account) == ["connected"]
