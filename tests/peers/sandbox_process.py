"""Drives the emulated network in a child process, so that it outlives the servers on it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peers.child import ChildProcess

START_S = 60.0
LOAD_S = 120.0


@dataclass(frozen=True)
class Resident:
    """Somebody on the network; `jid` is the address that others know."""

    phone: str
    jid: str
    lid: str
    name: str


@dataclass(frozen=True)
class Arrival:
    """A message that somebody got and decrypted; `at` is CLOCK_MONOTONIC in seconds."""

    seq: int
    id: str
    sender: str
    chat: str
    kind: str
    text: str
    at: float


class SandboxProcess(ChildProcess):
    """The network. `start` it, then let its people talk; `close` kills it."""

    def __init__(self, directory: Path, seed: int = 1) -> None:
        super().__init__("peers.sandbox_child", directory, "sandbox", imported=True)
        self._seed = seed
        self.proxy_url = ""
        self.ws_url = ""
        self.ca_file = Path()
        self.noise_root = b""

    async def start(self) -> None:
        await self.spawn(str(self._seed), environment={"TMPDIR": str(self.directory)})
        address = await self.call("address", timeout_s=START_S)
        self.proxy_url, self.ws_url = address["proxy_url"], address["ws_url"]
        self.ca_file = Path(address["ca_file"])
        self.noise_root = bytes.fromhex(address["noise_root"])

    # -- who is there --

    async def add_phone(self, name: str = "Owner") -> Resident:
        return Resident(**await self.call("add_phone", name=name))

    async def add_person(
        self, name: str, behaviour: str = "silent", *, lid_only: bool = False
    ) -> Resident:
        return Resident(
            **await self.call("add_person", name=name, behaviour=behaviour, lid_only=lid_only)
        )

    async def add_group(self, subject: str, participants: list[Resident]) -> str:
        """The address of a new group, made by the first participant."""
        phones = [participant.phone for participant in participants]
        return str(await self.call("add_group", subject=subject, participants=phones))

    async def scan(self, phone: Resident, qr: str) -> None:
        await self.call("scan", phone=phone.phone, qr=qr)

    async def enter_code(self, phone: Resident, code: str) -> None:
        """Have the phone type the code that a companion shows."""
        await self.call("enter_code", phone=phone.phone, code=code)

    # -- what they say --

    async def say(
        self, person: Resident, to: str, count: int, prefix: str = "text", start: int = 0
    ) -> float:
        """Send texts `<prefix> <six digits>` as fast as it goes; the seconds it took."""
        return float(
            await self.call(
                "say",
                timeout_s=LOAD_S,
                phone=person.phone,
                to=to,
                count=count,
                prefix=prefix,
                start=start,
            )
        )

    async def say_one(self, person: Resident, to: str, text: str) -> str:
        """Send one text; its message id."""
        return str(await self.call("say_one", phone=person.phone, to=to, text=text))

    async def say_file(
        self, person: Resident, to: str, size_bytes: int, seed: int = 1
    ) -> tuple[str, str]:
        """Send a document of random bytes; its message id and its SHA-256 in hexadecimal."""
        sent = await self.call(
            "say_file", phone=person.phone, to=to, size_bytes=size_bytes, seed=seed
        )
        return sent["id"], sent["sha256"]

    async def send_history(self, phone: Resident, chats: int, messages: int) -> float:
        """Make a past and send it to the companions; when that began, as `Arrival.at`."""
        return float(
            await self.call(
                "history", timeout_s=LOAD_S, phone=phone.phone, chats=chats, messages=messages
            )
        )

    # -- what they got --

    async def arrivals(self, person: Resident, after: int = 0) -> list[Arrival]:
        found = await self.call("arrivals", timeout_s=LOAD_S, phone=person.phone, after=after)
        return [Arrival(**one) for one in found]

    async def wait_arrivals(self, person: Resident, count: int, timeout_s: float) -> None:
        """Until so many messages have come to the person in all."""
        await self._wait("wait_arrivals", timeout_s, phone=person.phone, count=count)

    async def wait_text(self, person: Resident, text: str, timeout_s: float = 20.0) -> Arrival:
        found = await self._wait("wait_text", timeout_s, phone=person.phone, text=text)
        return Arrival(**found)

    async def receipts(self, person: Resident, kind: str = "delivered") -> list[str]:
        """The message ids of the receipts of this kind that came."""
        return list(await self.call("receipts", phone=person.phone, kind=kind))

    # -- the account's companions --

    async def companion(self, phone: Resident) -> str:
        """The address of the newest linked device, for faults that shall spare the phone."""
        return str(await self.call("companion", phone=phone.phone))

    async def waiting(self, phone: Resident) -> int:
        """Stanzas that the companions have not acknowledged."""
        return int(await self.call("waiting", phone=phone.phone))

    async def wait_taken(
        self, phone: Resident, addresses: list[str], count: int, timeout_s: float
    ) -> None:
        """Until the companions acknowledged so many of the messages said to these addresses."""
        await self._wait(
            "wait_taken", timeout_s, phone=phone.phone, addresses=addresses, count=count
        )

    async def wait_waiting(self, phone: Resident, at_most: int, timeout_s: float) -> None:
        """Until no more stanzas than that wait for an acknowledgement."""
        await self._wait("wait_waiting", timeout_s, phone=phone.phone, at_most=at_most)

    async def unlink(self, phone: Resident) -> None:
        await self.call("unlink", phone=phone.phone)

    # -- what goes wrong --

    async def add_fault(self, kind: str, **options: Any) -> int:
        """Put a fault in force (fields as in wigwag.sandbox.network.faults.Fault); its number."""
        return int(await self.call("add_fault", kind=kind, **options))

    async def wait_faults_used(self, numbers: list[int], timeout_s: float) -> None:
        """Until these faults have acted as often as they shall."""
        await self._wait("wait_faults_used", timeout_s, numbers=numbers)

    async def wait_fault_acted(self, number: int, times: int, timeout_s: float) -> None:
        """Until an endless fault has acted so many times."""
        await self._wait("wait_fault_acted", timeout_s, number=number, times=times)

    async def cut(self, phone: Resident) -> None:
        """Abort the connections of the companions without a word."""
        await self.call("cut", phone=phone.phone)

    async def garble(self, phone: Resident) -> None:
        """Write what is no frame to the connections of the companions."""
        await self.call("garble", phone=phone.phone)

    async def clear_and_cut(self, phone: Resident) -> None:
        """End all faults, and the connections of the companions in the same moment."""
        await self.call("clear_and_cut", phone=phone.phone)

    async def remove_fault(self, number: int) -> None:
        await self.call("remove_fault", number=number)

    async def clear_faults(self) -> None:
        await self.call("clear_faults")

    async def counters(self) -> dict[str, int]:
        return dict(await self.call("counters"))

    async def processor_s(self) -> float:
        return float(await self.call("processor_s"))

    async def _wait(self, op: str, timeout_s: float, **arguments: Any) -> Any:
        return await self.call(op, timeout_s=timeout_s + 5, within_s=timeout_s, **arguments)


@asynccontextmanager
async def running_sandbox(directory: Path, seed: int = 1) -> AsyncGenerator[SandboxProcess]:
    sandbox = SandboxProcess(directory, seed)
    try:
        await sandbox.start()
        yield sandbox
    finally:
        await sandbox.close()
