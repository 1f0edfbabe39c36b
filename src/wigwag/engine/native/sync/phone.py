"""Asking the own phone: peer messages to device 0 of the account (whatsmeow send.go)."""

from typing import Final

import msgspec

from wigwag.engine.native.link import Link
from wigwag.engine.native.people.devices import Devices
from wigwag.engine.native.sending.envelope import TEXT, SentMessage
from wigwag.engine.native.sending.fanout import Fanout
from wigwag.engine.native.sending.outbox import Outbox
from wigwag.engine.native.store.writes import AddSent
from wigwag.model.errors import SendRejected
from wigwag.model.jid import Jid
from wigwag.wire.ids import generate_message_id
from wigwag.wire.nodes import AttrValue, Node
from wigwag.wire.protocol_messages import (
    AppStateKeyRequest,
    HistoryRequest,
    ProtocolPart,
    RecoveryRequest,
    encode_protocol,
)

_TIMEOUT_S: Final = 75.0

_encode = msgspec.msgpack.Encoder().encode


class Phone:
    """The primary device of the account, as this device talks to it."""

    def __init__(self, link: Link, *, devices: Devices, fanout: Fanout, outbox: Outbox) -> None:
        self._link = link
        self._devices = devices
        self._fanout = fanout
        self._outbox = outbox

    async def send(self, part: ProtocolPart, message_id: str = "") -> None:
        """Send a peer message (with an id that was chosen before, or a new one); returns at its
        acknowledgement. The answer names its id.

        Raises NotConnected, RequestTimeout, RequestFailed, SendRejected.
        """
        link = self._link
        phone = link.lid if link.lid.user else link.pn
        bundles, refusal = await self._devices.ask_missing([phone])
        if refusal is not None:
            raise refusal
        changes = self._outbox.changes
        self._devices.start_sessions(bundles, changes)
        sent = SentMessage(encode_protocol(part), TEXT, peer=True)
        body = self._fanout.single(phone, sent.raw, {}, changes)
        message_id = message_id or generate_message_id(link.random)
        attrs = self._attrs(part, link.pn, message_id)
        node = Node("message", attrs, [*sent.meta(), *body])
        sent_at = link.clock.now().timestamp()
        changes.add(AddSent(link.account, str(phone), message_id, _encode(sent), sent_at))
        pending = await self._outbox.post(node)
        ack = await pending.reply(_TIMEOUT_S)
        if ack.attr("error"):
            raise SendRejected(f"WhatsApp refused a message to the phone: {ack.attr('error')[:8]}")

    @staticmethod
    def _attrs(part: ProtocolPart, to: Jid, message_id: str) -> dict[str, AttrValue]:
        attrs: dict[str, AttrValue] = {
            "id": message_id,
            "type": "text",
            "category": "peer",
            "to": to,
        }
        if isinstance(part, AppStateKeyRequest | RecoveryRequest):
            attrs["push_priority"] = "high"
        elif isinstance(part, HistoryRequest):
            attrs["push_priority"] = "high_force"
            attrs["privacy_sensitive"] = "1"
        return attrs
