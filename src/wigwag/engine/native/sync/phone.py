"""Asking the own phone: peer messages to device 0 of the account (whatsmeow send.go)."""

import asyncio
from typing import Final

import structlog

from wigwag.engine.native.link import Link
from wigwag.engine.native.people.devices import Devices
from wigwag.engine.native.receiving.batch import Names
from wigwag.engine.native.sending.fanout import Fanout
from wigwag.engine.native.sending.outbox import Outbox
from wigwag.model.content import MessageKey
from wigwag.model.errors import SendRejected, WigwagError
from wigwag.model.jid import Jid
from wigwag.wire.ids import generate_message_id
from wigwag.wire.nodes import AttrValue, Node
from wigwag.wire.protocol_messages import (
    AppStateKeyRequest,
    HistoryRequest,
    PlaceholderRequest,
    ProtocolPart,
    encode_protocol,
)

ASK_AFTER_S: Final = 5.0
"""How long the sender of an undecryptable message has to send it again (whatsmeow retry.go)."""
MAX_ASKING: Final = 256
_TIMEOUT_S: Final = 75.0

_log = structlog.get_logger(__name__)


class Phone:
    """The primary device of the account, as this device talks to it."""

    def __init__(self, link: Link, *, devices: Devices, fanout: Fanout, outbox: Outbox) -> None:
        self._link = link
        self._devices = devices
        self._fanout = fanout
        self._outbox = outbox
        self._asking: dict[Names, asyncio.Task[None]] = {}

    async def send(self, part: ProtocolPart) -> None:
        """Send a peer message; returns at its acknowledgement.

        Raises NotConnected, RequestTimeout, RequestFailed, SendRejected.
        """
        link = self._link
        phone = link.lid if link.lid.user else link.pn
        bundles = await self._devices.ask_missing([phone])
        changes = self._outbox.changes
        self._devices.start_sessions(bundles, changes)
        body = self._fanout.single(phone, encode_protocol(part), {}, changes)
        node = Node(
            "message",
            self._attrs(part, link.pn),
            [Node("meta", {"appdata": "default"}), *body],
        )
        pending = await self._outbox.post(node)
        ack = await pending.reply(_TIMEOUT_S)
        if ack.attr("error"):
            raise SendRejected(f"WhatsApp refused a message to the phone: {ack.attr('error')[:8]}")

    def ask_later(self, key: MessageKey, names: Names) -> None:
        """Ask for an undecryptable message, unless it is `settled` within a while."""
        if names in self._asking or len(self._asking) >= MAX_ASKING:
            return
        task = self._link.spawn(self._ask_later(key), "ask-phone")
        self._asking[names] = task
        task.add_done_callback(lambda _task: self._asking.pop(names, None))

    def ask_now(self, key: MessageKey) -> None:
        """Ask for a message that was not encrypted for this device."""
        self._link.spawn(self._ask(key), "ask-phone")

    def settled(self, names: Names) -> None:
        """The message came; there is nothing to ask for."""
        task = self._asking.pop(names, None)
        if task is not None:
            task.cancel()

    async def _ask_later(self, key: MessageKey) -> None:
        await self._link.clock.sleep(ASK_AFTER_S)
        await self._ask(key)

    async def _ask(self, key: MessageKey) -> None:
        try:
            await self.send(PlaceholderRequest(keys=(key,)))
        except WigwagError as error:
            _log.info("phone_not_asked", code=error.code)

    def _attrs(self, part: ProtocolPart, to: Jid) -> dict[str, AttrValue]:
        attrs: dict[str, AttrValue] = {
            "id": generate_message_id(self._link.random),
            "type": "text",
            "category": "peer",
            "to": to,
        }
        if isinstance(part, AppStateKeyRequest):
            attrs["push_priority"] = "high"
        elif isinstance(part, HistoryRequest):
            attrs["push_priority"] = "high_force"
            attrs["privacy_sensitive"] = "1"
        return attrs
