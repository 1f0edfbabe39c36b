"""Real Baileys on the sandbox: what it asks at login is answered, and it talks like any other.

Skipped where it is not installed: see `make baileys`.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from peers.baileys_client import Baileys, why_unavailable
from wigwag.model.appstate import ContactNamed
from wigwag.model.jid import Jid
from wigwag.sandbox.network.faults import Fault, FaultKind
from wigwag.sandbox.residents.correspondent import Correspondent
from wigwag.sandbox.residents.person import Person
from wigwag.sandbox.sandbox import Sandbox, SandboxOptions
from wigwag.wire.nodes import Node

pytestmark = [
    pytest.mark.skipif(bool(why_unavailable()), reason=why_unavailable() or "installed"),
    pytest.mark.asyncio(loop_scope="module"),
]

LIMIT_S = 30.0
READ = 4
"""Baileys' number for a message that was read."""


class Town:
    """A sandbox in which Baileys is linked to a phone that has a past."""

    def __init__(self, sandbox: Sandbox, client: Baileys, friend: Person, group: Jid) -> None:
        self.sandbox = sandbox
        self.client = client
        self.friend = friend
        self.group = group

    async def say(self, to: Jid, text: str, reader: Correspondent | None = None) -> str:
        """Baileys sends a text, and the friend reads it."""
        sent = await self.client.call("send", str(to), text)
        reader = reader or self.friend
        await reader.wait_for(lambda entry: entry.text == text, LIMIT_S)
        return sent

    async def hear(self, text: str, to: Jid | None = None, *, by: Correspondent | None = None):
        """Somebody sends a text, and Baileys reads it."""
        (by or self.friend).send_text(to or self.client.phone.pn, text)
        await self.client.wait_text(text)

    def asked(self) -> list[Node]:
        entries = self.sandbox.transcript.entries(limit=100_000)
        return [entry.node for entry in entries if entry.inbound and entry.node.tag == "iq"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    sandbox = await Sandbox.start(SandboxOptions(seed=3))
    phone = sandbox.add_phone("15550100001", "Alex")
    friend = sandbox.add_person("Finn", "15550100002")
    group = sandbox.create_group("Club", [phone.pn, friend.pn]).jid
    phone.history.generate(2, 10)
    named = ContactNamed(jid=friend.pn, alt=friend.lid, full_name="Finn F", first_name="Finn")
    phone.app_state.name_contacts([named])
    client = Baileys(sandbox, phone, tmp_path_factory.mktemp("baileys") / "client.log")
    try:
        await client.link()
        yield Town(sandbox, client, friend, group)
        await client.call("logout")
        await client.wait(lambda event: event["event"] == "close" and event["code"] == 401)
        assert not phone.companions
    finally:
        await client.close()
        await sandbox.stop()


async def test_its_login_is_answered(town: Town):
    await town.client.wait(lambda event: event["event"] == "history" and event["messages"] == 10)
    await town.client.wait(lambda event: event.get("name") == "Finn F")
    asked = {node.attr("xmlns") for node in town.asked()}
    assert asked >= {"encrypt", "passive", "abt", "blocklist", "privacy", "w:sync:app:state"}
    uploads = [node for node in town.asked() if node.child("registration") is not None]
    assert len(uploads) == 1  # its keys are those that the server has
    counters = town.sandbox.network.counters
    assert not {"unknown_iq", "unknown_stanza", "malformed_iq", "failed", "refused"} & set(counters)


async def test_it_talks(town: Town):
    await town.hear("hello")
    sent = await town.say(town.friend.pn, "hello yourself")
    entry = town.friend.inbox.find(sent)
    assert entry is not None
    assert entry.sender == town.client.phone.lid
    town.friend.mark_read([entry])
    await town.client.wait(lambda event: event.get("status") == READ and event["id"] == sent)
    await town.hear("hello all", town.group)
    sent = await town.say(town.group, "hello everybody")
    phone = town.client.phone
    await phone.wait_for(lambda entry: entry.id == sent and entry.from_me, LIMIT_S)


async def test_it_asks_again_and_is_asked(town: Town):
    (device,) = town.client.phone.companions
    town.sandbox.faults.add(Fault(kind=FaultKind.GARBLE, target=str(device)))
    await town.hear("garbled at first")
    town.sandbox.faults.add(Fault(kind=FaultKind.GARBLE, target=str(town.friend.lid)))
    await town.say(town.friend.pn, "garbled for him")


async def test_people_change_their_devices_and_identity(town: Town):
    moving = town.sandbox.add_person("Gina", "15550100003")
    await town.say(moving.pn, "one", moving)
    laptop = moving.link_companion()
    await town.hear("from the laptop", by=laptop)
    await town.say(moving.pn, "two", laptop)
    moving.replace_keys()
    await town.hear("a new me", by=moving)
    await town.say(moving.pn, "three", moving)
    assert [entry.text for entry in laptop.inbox.entries()] == ["two"]


async def test_it_blocks_people(town: Town):
    rude = town.sandbox.add_person("Rudy", "15550100004")
    await town.say(rude.pn, "stop it", rude)
    await town.client.call("block", str(rude.lid))
    assert await town.client.call("blocked") == [str(rude.lid)]
    rude.send_text(town.client.phone.pn, "never")
    await town.hear("last")
    assert not [event for event in town.client.events if event.get("text") == "never"]
