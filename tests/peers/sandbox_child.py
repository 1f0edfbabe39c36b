"""The emulated network in a process of its own, for tests that kill servers, and for benches.

Run by peers.sandbox_process: `python -m peers.sandbox_child <socket fd> <seed>`. Nothing
of the network is saved; its files lie under TMPDIR.
"""

import asyncio
import hashlib
import os
import random
import sys
import time
from collections import Counter
from typing import Any

from peers.child import answer_calls, until
from wigwag import runtime
from wigwag.model.appstate import ContactNamed
from wigwag.model.content import MediaKind, Text
from wigwag.model.errors import NotFound
from wigwag.model.jid import parse_recipient
from wigwag.sandbox.control.messages import say
from wigwag.sandbox.control.models import NewMessage
from wigwag.sandbox.edge.chat_socket import ChatSocket
from wigwag.sandbox.network.directory import Device, Telling
from wigwag.sandbox.network.faults import fault_from_json
from wigwag.sandbox.network.mappings import MappingNotice
from wigwag.sandbox.residents.attachments import Attachment
from wigwag.sandbox.residents.correspondent import Correspondent
from wigwag.sandbox.residents.inbox import Inbox, InboxEntry
from wigwag.sandbox.residents.person import Behaviour
from wigwag.sandbox.sandbox import Sandbox, SandboxOptions

BREATH = 25
"""Messages encrypted before others of the network get their turn."""
KEPT = 200_000
ACT_S = 10.0
LATELY = 200
"""Entries of an inbox that are read at once."""


class Arrivals(Inbox):
    """An inbox that notes when each entry came, by the clock that all processes share."""

    def __init__(self) -> None:
        super().__init__(limit=KEPT)
        self.times: dict[int, float] = {}

    def add(self, entry: InboxEntry) -> None:
        self.times[entry.seq] = time.monotonic()
        super().add(entry)

    def report(self, entry: InboxEntry) -> dict[str, Any]:
        return {
            "seq": entry.seq,
            "id": entry.id,
            "sender": str(entry.sender),
            "chat": str(entry.chat),
            "kind": entry.kind,
            "text": entry.text,
            "at": self.times[entry.seq],
        }


class SandboxChild:
    """The operations over one sandbox; each `op_<name>` is called by its name."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._said: Counter[str] = Counter()

    async def op_address(self) -> dict[str, str]:
        sandbox = self.sandbox
        return {
            "proxy_url": sandbox.proxy_url,
            "ws_url": sandbox.ws_url,
            "ca_file": str(sandbox.ca_file),
            "noise_root": sandbox.noise_root.hex(),
        }

    # -- who is there --

    async def op_add_phone(self, **options: Any) -> dict[str, str]:
        return self._moved_in(self.sandbox.add_phone(**options))

    async def op_add_person(self, behaviour: str = "silent", **options: Any) -> dict[str, str]:
        return self._moved_in(self.sandbox.add_person(behaviour=Behaviour(behaviour), **options))

    async def op_add_group(self, subject: str, participants: list[str]) -> str:
        return str(self.sandbox.create_group(subject, participants).jid)

    async def op_name_contact(self, phone: str, jid: str, name: str) -> None:
        """Write a name into the phone's address book."""
        contact = ContactNamed(jid=parse_recipient(jid), full_name=name)
        self.sandbox.phone(phone).app_state.name_contacts([contact])

    async def op_introduce(self, phone: str, addressing: str, withheld: list[str]) -> None:
        """Name somebody by one kind of address, and withhold the other in these ways."""
        account = self.sandbox.network.directory.get(self._resident(phone).lid)
        account.addressing = addressing
        account.withheld = set(map(Telling, withheld))

    async def op_tell_mapping(self, phone: str, to: str, notice: str) -> None:
        """Tell the companions of an account both addresses of somebody, by a notification."""
        find = self.sandbox.network.directory.get
        about, told = (find(self._resident(one).lid) for one in (phone, to))
        self.sandbox.network.mappings.tell(about, told, MappingNotice(notice))

    async def op_scan(self, phone: str, qr: str) -> None:
        self.sandbox.phone(phone).scan(qr)

    async def op_enter_code(self, phone: str, code: str) -> None:
        await self.sandbox.enter_code(code, phone)

    def _moved_in(self, resident: Correspondent) -> dict[str, str]:
        resident.inbox = Arrivals()
        return {
            "phone": resident.phone,
            "jid": str(resident.jid),
            "lid": str(resident.lid),
            "name": resident.name,
        }

    def _resident(self, phone: str) -> Correspondent:
        return self.sandbox.correspondent(phone)

    def _arrivals(self, phone: str) -> Arrivals:
        inbox = self._resident(phone).inbox
        assert isinstance(inbox, Arrivals)
        return inbox

    # -- what they say --

    async def op_say(self, phone: str, to: str, count: int, prefix: str, start: int = 0) -> float:
        """Send texts `<prefix> <number>` as fast as encryption goes; the seconds it took."""
        resident = self._resident(phone)
        began = time.perf_counter()
        for first in range(start, start + count, BREATH):
            last = min(first + BREATH, start + count)
            resident.send_many(to, [f"{prefix} {number:06}" for number in range(first, last)])
            self._said[to] += last - first
            await asyncio.sleep(0)
        return time.perf_counter() - began

    async def op_say_one(self, phone: str, to: str, text: str) -> str:
        return self._resident(phone).send(to, Text(text=text))

    async def op_say_file(self, phone: str, to: str, size_bytes: int, seed: int) -> dict[str, str]:
        """Send a document of random bytes; its message id and the hash of the file."""
        data = random.Random(seed).randbytes(size_bytes)
        card = Attachment(kind=MediaKind.DOCUMENT, filename=f"file {seed}.bin")
        sent_id = self._resident(phone).send_media(to, data, card)
        return {"id": sent_id, "sha256": hashlib.sha256(data).hexdigest()}

    async def op_history(self, phone: str, chats: int, messages: int, seed: int = 1) -> float:
        """Make a past, and send it to the companions; when the first chunk left."""
        owner = self.sandbox.phone(phone)
        made = owner.history.generate(chats, messages, seed=seed)
        began = time.monotonic()
        for device in owner.companions:
            owner.history.send_chats(device, made)
        return began

    async def op_act(self, acts: list[dict[str, Any]]) -> list[str]:
        """Say messages as the control interface takes them, in this order; their ids.

        `about` is the position of an earlier one among them, which this one is about; the file
        of one that is `lost` the media host gives out no more before anybody can ask for it.
        """
        ids: list[str] = []
        for act in acts:
            body = act["body"]
            if act["about"] is not None:
                body[act["part"]]["id"] = ids[act["about"]]
            ids.append(await self._act(act["phone"], NewMessage(**body)))
            if act.get("lost"):
                self.sandbox.media.expire(self.sandbox.media.list()[-1].direct_path)
        return ids

    async def _act(self, phone: str, message: NewMessage) -> str:
        """Say it as soon as what it is about has come."""
        speaker = self._resident(phone)
        said: list[str] = []

        async def is_said() -> bool:
            try:
                said[:] = await say(speaker, message, self.sandbox.directory)
            except NotFound:
                return False
            return True

        await until(is_said, ACT_S, lambda: f"{phone} could not say {message}", poll_s=0.001)
        return said[0]

    # -- what they got --

    async def op_arrivals(self, phone: str, after: int = 0) -> list[dict[str, Any]]:
        arrivals = self._arrivals(phone)
        return [arrivals.report(entry) for entry in arrivals.entries(after)]

    async def op_read(self, phone: str, sender: str) -> list[str]:
        """Read what came last from somebody; the ids."""
        reader, lid = self._resident(phone), self._resident(sender).lid
        entries = [entry for entry in reader.inbox.newest(LATELY) if entry.sender == lid]
        reader.mark_read(entries)
        return [entry.id for entry in entries]

    async def op_wait_arrivals(self, phone: str, count: int, within_s: float) -> None:
        """Until so many messages have come in all."""
        await self._resident(phone).wait_for(lambda entry: entry.seq >= count, within_s)

    async def op_wait_text(self, phone: str, text: str, within_s: float) -> dict[str, Any]:
        entry = await self._resident(phone).wait_for(lambda one: one.text == text, within_s)
        return self._arrivals(phone).report(entry)

    async def op_receipts(self, phone: str, kind: str) -> list[str]:
        return [
            message_id
            for receipt in self._resident(phone).receipts
            if receipt.kind == kind
            for message_id in receipt.ids
        ]

    # -- the account's companions --

    def _companions(self, phone: str) -> list[Device]:
        return self.sandbox.phone(phone).account.companions

    def _waiting(self, phone: str) -> int:
        return sum(len(device.mailbox) for device in self._companions(phone))

    async def op_companion(self, phone: str) -> str:
        return str(self._companions(phone)[-1].lid)

    async def op_waiting(self, phone: str) -> int:
        """Stanzas that the companions have not acknowledged."""
        return self._waiting(phone)

    async def op_wait_taken(
        self, phone: str, addresses: list[str], count: int, within_s: float
    ) -> None:
        """Until so many of the messages said to these addresses are acknowledged."""

        def taken() -> int:
            return sum(self._said[address] for address in addresses) - self._waiting(phone)

        await until(
            lambda: taken() >= count, within_s, lambda: f"{taken()} of {count}", poll_s=0.001
        )

    async def op_wait_waiting(self, phone: str, at_most: int, within_s: float) -> None:
        """Until no more stanzas than that wait for an acknowledgement."""
        await until(
            lambda: self._waiting(phone) <= at_most,
            within_s,
            lambda: f"{self._waiting(phone)} stanzas wait, not {at_most}",
            poll_s=0.001,
        )

    async def op_reinstall(self, phone: str) -> None:
        """Take a new identity, as after a reinstallation."""
        self._resident(phone).replace_keys()

    async def op_unlink(self, phone: str) -> None:
        self.sandbox.phone(phone).unlink()

    # -- what goes wrong --

    async def op_add_fault(self, **fault: Any) -> int:
        return self.sandbox.faults.add(fault_from_json(fault))

    async def op_remove_fault(self, number: int) -> bool:
        return self.sandbox.faults.remove(number)

    async def op_clear_faults(self) -> None:
        self.sandbox.faults.clear()

    async def op_wait_faults_used(self, numbers: list[int], within_s: float) -> None:
        """Until these faults have acted as often as they shall."""

        def left() -> set[int]:
            return {active.id for active in self.sandbox.faults.list()} & set(numbers)

        await until(lambda: not left(), within_s, lambda: f"{len(left())} faults are in force")

    async def op_wait_fault_acted(self, number: int, times: int, within_s: float) -> None:
        """Until an endless fault has acted so many times."""

        def acted() -> int:
            return next(
                (active.acted for active in self.sandbox.faults.list() if active.id == number), 0
            )

        await until(lambda: acted() >= times, within_s, lambda: f"{acted()} of {times} times")

    async def op_cut(self, phone: str) -> None:
        for device in self._companions(phone):
            self.sandbox.network.cut(device.lid)

    async def op_garble(self, phone: str) -> None:
        for device in self._companions(phone):
            if isinstance(device.link, ChatSocket):
                device.link._outlet.write(b"\xff" * 64)  # pyright: ignore[reportPrivateUsage]

    async def op_clear_and_cut(self, phone: str) -> None:
        """End all faults, and the connections of the companions in the same moment."""
        for device in self._companions(phone):
            self.sandbox.network.cut(device.lid)
        self.sandbox.faults.clear()

    async def op_counters(self) -> dict[str, int]:
        return self.sandbox.network.counters

    async def op_processor_s(self) -> float:
        """Processor time that the network has used."""
        return time.process_time()


async def serve(descriptor: int, seed: int) -> None:
    sandbox = await Sandbox.start(SandboxOptions(seed=seed))
    child = SandboxChild(sandbox)
    try:
        await answer_calls(descriptor, lambda op: getattr(child, "op_" + op))
    finally:
        await sandbox.stop()


def main() -> None:
    runtime.run(lambda: serve(int(sys.argv[1]), int(sys.argv[2])))
    os._exit(0)


if __name__ == "__main__":
    main()
