"""A scripted server that plays along by itself: offers codes, lets logins in, answers requests."""

import asyncio
from contextlib import suppress

from scripted.engine_stage import EngineStage
from scripted.phone import LID, ScriptedPhone
from scripted.whatsapp_server import ScriptedClient
from wigwag.model.jid import SERVER_JID
from wigwag.wire.client_payload import Registration
from wigwag.wire.nodes import AttrValue, Node


class Host:
    """Serves the clients of a stage until `close`."""

    def __init__(self, stage: EngineStage) -> None:
        self.refuse_logins_with: Node | None = None
        """The next login is answered with this failure."""
        self.newest: ScriptedClient | None = None
        self.last_answered = ""
        """The id of the newest request that a client has answered."""
        self._stage = stage
        self._phones: dict[ScriptedClient, ScriptedPhone] = {}
        self._talks: set[asyncio.Task[None]] = set()
        self._welcoming = asyncio.ensure_future(self._welcome())

    async def close(self) -> None:
        tasks = {self._welcoming, *self._talks}
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    async def scan(self) -> bool:
        """Accept the newest client, if it is one that waits for a scan; whether it was."""
        phone = self._phones.get(self.newest) if self.newest is not None else None
        shown = self._stage.shown
        if phone is None or shown is None or phone.client.closed.is_set():
            return False
        try:
            await phone.scan(shown)
        except (AssertionError, ConnectionError):
            return False  # the code is another client's: this one is ending
        return True

    async def say(self, *nodes: Node) -> None:
        """Something to the newest client, if it is still there."""
        if self.newest is not None and not self.newest.closed.is_set():
            with suppress(ConnectionError):
                for node in nodes:
                    await self.newest.send(node)

    async def cut(self) -> None:
        if self.newest is not None and not self.newest.closed.is_set():
            await self.newest.drop()

    async def _welcome(self) -> None:
        while True:
            try:
                client = await self._stage.server.client()
            except TimeoutError:
                continue
            self.newest = client
            talk = asyncio.ensure_future(self._talk(client))
            self._talks.add(talk)
            talk.add_done_callback(self._talks.discard)

    async def _talk(self, client: ScriptedClient) -> None:
        with suppress(ConnectionError):
            if isinstance(client.visitor, Registration):
                self._phones[client] = ScriptedPhone(client)
                await self._offer(client)
            elif self.refuse_logins_with is not None:
                failure, self.refuse_logins_with = self.refuse_logins_with, None
                await client.send(failure)
            else:
                await client.send(Node("success", {"t": "1700000000", "lid": LID}))
            while not client.closed.is_set():
                with suppress(TimeoutError):
                    await self._answer(client, await client.receive())

    async def _offer(self, client: ScriptedClient) -> None:
        refs: list[Node] = [Node("ref", {}, b"2@ref%d" % number) for number in range(6)]
        attrs: dict[str, AttrValue] = {"from": SERVER_JID, "type": "set", "id": "o", "xmlns": "md"}
        await client.send(Node("iq", attrs, [Node("pair-device", {}, refs)]))

    async def _answer(self, client: ScriptedClient, node: Node) -> None:
        if node.tag != "iq":
            return
        if node.child("pair-device-sign") is not None:
            await client.send(Node("stream:error", {"code": "515"}))
        elif node.attr("type") in ("result", "error"):
            self.last_answered = node.attr("id")
        elif node.attr("xmlns") == "encrypt" and node.attr("type") == "get":
            await client.answer(node, [Node("count", {"value": "500"})])
        elif node.child("link_code_companion_reg") is not None:
            attrs: dict[str, AttrValue] = {"id": node.attr("id"), "type": "error"}
            await client.send(Node("iq", attrs, [Node("error", {"code": "400"})]))
        else:
            await client.answer(node)
