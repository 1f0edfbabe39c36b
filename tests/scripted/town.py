"""A network that real sockets reach: a listener over loopback and one phone number."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from scripted.client import ScriptedClient
from wigwag.model.jid import Jid
from wigwag.sandbox.edge.listener import Listener
from wigwag.sandbox.edge.mediahost import MediaHost
from wigwag.sandbox.edge.server_identity import ServerIdentity
from wigwag.sandbox.network.directory import Account, Device
from wigwag.sandbox.network.network import Network
from wigwag.wire.pairing import make_device_identity
from wigwag.wire.signal.curve import KeyPair


@dataclass
class Town:
    """A network with a listener, and one phone number with an identity key."""

    network: Network
    listener: Listener
    media: MediaHost
    identity: ServerIdentity
    ca_file: Path
    account: Account
    phone_keys: KeyPair

    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.ca_file))

    def client(self) -> ScriptedClient:
        return ScriptedClient(self.listener, self.identity.root_public, self.trust())

    def scan(
        self, client: ScriptedClient, ref: bytes, report: Callable[[Device | None], None]
    ) -> None:
        """What a phone does that scanned the client's QR code."""
        ticket = self.network.pairing.begin(self.account, ref)
        container = make_device_identity(
            account=self.phone_keys,
            companion_public=ticket.identity,
            adv_secret=client.adv_secret,
            raw_id=1,
            key_index=ticket.device_number,
            timestamp=datetime.now(UTC),
        )
        self.network.pairing.complete(ticket, container, on_result=report)

    async def pair(self, client: ScriptedClient) -> Jid:
        """Take the client through pairing; it is disconnected afterwards."""
        results: list[Device | None] = []
        await client.dial()
        offer = await client.receive_tag("iq")
        self.scan(client, offer.kids[0].kids[0].data, results.append)
        await client.answer_pairing(await client.receive_tag("iq"))
        error = await client.receive_tag("stream:error")
        assert error.attr("code") == "515"
        await client.close()
        assert results[0] is not None
        return results[0].lid

    async def log_in(self, client: ScriptedClient, *, proxied: bool = True) -> None:
        await client.dial(proxied=proxied)
        await client.receive_tag("success")
