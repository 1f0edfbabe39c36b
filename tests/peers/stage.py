"""A stage for the real client: one sandbox in the test's own loop, and whatsmeow peers on it."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from peers.native import NOT_LINKED, NativePeer
from peers.whatsmeow import Event, WhatsmeowPeer
from wigwag.model.jid import Jid
from wigwag.sandbox.network.faults import Fault, FaultKind
from wigwag.sandbox.residents.phone import Phone
from wigwag.sandbox.sandbox import Sandbox


@dataclass
class Companion(WhatsmeowPeer):
    """A whatsmeow client and the simulated phone that it is linked to."""

    owner: Phone | None = None
    device: Jid = NOT_LINKED
    """Its own address by LID with the device number, once linked."""

    @property
    def phone(self) -> Phone:
        assert self.owner is not None
        return self.owner

    @property
    def lid(self) -> Jid:
        return self.phone.lid

    @property
    def pn(self) -> Jid:
        return self.phone.pn

    async def link(self) -> None:
        """Show a QR code, have the phone scan it, and wait until the client is logged in."""
        await self.start()
        await self.call("connect")
        self.phone.scan(await self.qr())
        await self.wait("connected")
        self.device = self.phone.companions[-1]

    async def qr(self) -> str:
        return str((await self.wait("qr")).data["code"])

    async def wait_message(self, message_id: str) -> Event:
        return await self.wait("message", lambda e: e.id == message_id)

    async def settled(self) -> None:
        """Until it has acknowledged everything: killed before, it would get things again."""
        mailbox = self.phone.surroundings.network.directory.get_device(self.device).mailbox

        async def empty() -> bool:
            return not len(mailbox)

        await until(empty)

    def clone(self, name: str) -> "Companion":
        """A second client with a copy of this one's identity; this one must not run."""
        for path in self.directory.glob(f"{self.name}.db*"):
            shutil.copy(path, path.with_name(path.name.replace(self.name, name, 1)))
        return replace(self, name=name, events=[])

    async def resume(self) -> None:
        """Run again after `close`, with the identity that is in the database."""
        await self.start()
        await self.call("connect")
        await self.wait("connected")

    async def wait_app_state(self) -> None:
        """Until the push name came by app state, without which no presence can be sent."""
        await until(self._has_push_name)

    async def wait_contact(self, jid: Jid, full_name: str) -> None:
        """Until the address book has this name for somebody."""

        async def known() -> bool:
            return (await self.call("contact", jid=str(jid)))["full_name"] == full_name

        await until(known)

    async def _has_push_name(self) -> bool:
        return bool((await self.call("me"))["push_name"])


async def until(condition: Callable[[], Awaitable[bool]], timeout_s: float = 15.0) -> None:
    """Ask until it is so: for what a client does not tell by an event."""
    async with asyncio.timeout(timeout_s):
        while not await condition():  # noqa: ASYNC110 - the other process cannot set an event
            await asyncio.sleep(0.02)


@dataclass
class Stage:
    """A running sandbox; `close` kills every client and stops it."""

    sandbox: Sandbox
    directory: Path
    peers: list[WhatsmeowPeer] = field(default_factory=list[WhatsmeowPeer])
    engines: list[NativePeer] = field(default_factory=list[NativePeer])

    @classmethod
    async def open(cls, directory: Path) -> "Stage":
        return cls(await Sandbox.start(), directory)

    async def close(self) -> None:
        await asyncio.gather(*(one.close() for one in (*self.peers, *self.engines)))
        await self.sandbox.stop()

    def companion(self, name: str, phone: Phone | None = None) -> Companion:
        """A client that is not started yet, and its phone (a new one when none is given)."""
        owner = phone or self.sandbox.add_phone(name=name)
        peer = Companion(
            self.directory,
            self.sandbox.proxy_url,
            self.sandbox.ca_file,
            self.sandbox.noise_root,
            name=f"{name}{len(self.peers)}",
            owner=owner,
        )
        self.peers.append(peer)
        return peer

    async def linked(self, *names: str) -> list[Companion]:
        """As many clients as names, each linked to a phone of its own."""
        companions = [self.companion(name) for name in names]
        await asyncio.gather(*(companion.link() for companion in companions))
        return companions

    def native(self, name: str, *, through_proxy: bool = False) -> NativePeer:
        """An engine that is not linked yet, and its phone."""
        phone = self.sandbox.add_phone(name=name)
        engine = NativePeer(self.directory, self.sandbox, phone, through_proxy=through_proxy)
        self.engines.append(engine)
        return engine

    def inject(self, kind: FaultKind, target: object = "", **fields: Any) -> int:
        """Put a fault in force; its number."""
        return self.sandbox.faults.add(Fault(kind=kind, target=str(target), **fields))

    @contextmanager
    def held(self, *devices: Jid) -> Generator[None]:
        """What comes for these devices waits until the end of the block."""
        numbers = [self.inject(FaultKind.HOLD, device, count=None) for device in devices]
        yield
        for number in numbers:
            self.sandbox.faults.remove(number)


def texts(events: list[Event]) -> list[str]:
    """The texts of message events, in order; messages that only carry keys have none."""
    return [event.text for event in events if event.text]
