"""A phone that accepts the engine's pairing on a scripted server."""

import os
from datetime import UTC, datetime

from scripted.whatsapp_server import ScriptedClient
from wigwag.model.jid import SERVER_JID, Jid
from wigwag.wire.client_payload import Registration
from wigwag.wire.nodes import Node
from wigwag.wire.pairing import (
    make_device_identity,
    parse_link_code,
    parse_qr,
    phone_finish,
    phone_hello,
    verify_companion_signature,
)
from wigwag.wire.signal.curve import generate_key_pair

PN = Jid("4915550001", "s.whatsapp.net", 7)
LID = Jid("100000000000001", "lid", 7)
REFS = 6


class ScriptedPhone:
    """Offers codes, and answers a scan or a typed code."""

    def __init__(self, client: ScriptedClient) -> None:
        self.client = client
        self.identity = generate_key_pair()
        assert isinstance(client.visitor, Registration)
        self.registration = client.visitor

    async def offer(self, count: int = REFS) -> list[bytes]:
        """Send pairing references; the client's answer is consumed."""
        refs = [b"2@ref" + str(number).encode() for number in range(count)]
        kids = [Node("ref", {}, ref) for ref in refs]
        await self.client.send(
            Node(
                "iq",
                {"from": SERVER_JID, "type": "set", "id": "offer", "xmlns": "md"},
                [Node("pair-device", {}, kids)],
            )
        )
        answer = await self.client.expect("iq")
        assert (answer.attr("type"), answer.attr("id")) == ("result", "offer")
        return refs

    async def scan(self, qr: str) -> None:
        contents = parse_qr(qr)
        assert contents.noise_public == self.client.noise_public
        assert contents.identity_public == self.registration.identity_public
        await self.accept(contents.adv_secret)

    async def accept(self, adv_secret: bytes) -> None:
        """pair-success, vouched for with this secret."""
        container = make_device_identity(
            account=self.identity,
            companion_public=self.registration.identity_public,
            adv_secret=adv_secret,
            raw_id=5,
            key_index=7,
            timestamp=datetime.now(UTC),
        )
        parts = [
            Node("device-identity", {}, container),
            Node("device", {"jid": PN, "lid": LID}),
            Node("platform", {"name": "android"}),
            Node("biz", {"name": "Shop"}),
        ]
        now = str(int(datetime.now(UTC).timestamp()))
        await self.client.send(
            Node(
                "iq",
                {"from": SERVER_JID, "type": "set", "id": "pair", "xmlns": "md", "t": now},
                [Node("pair-success", {}, parts)],
            )
        )

    async def check_signature(self) -> None:
        """The client's countersigned identity and what follows it."""
        answer = await self.client.expect("iq", child="pair-device-sign")
        assert (answer.attr("type"), answer.attr("id")) == ("result", "pair")
        signed = answer.kids[0].child("device-identity")
        assert signed is not None
        assert signed.attr("key-index") == "7"
        key_index = verify_companion_signature(
            signed.data,
            account_public=self.identity.public,
            companion_public=self.registration.identity_public,
        )
        assert key_index == 7
        await self.client.expect("ib", child="unified_session")

    async def restart(self) -> None:
        await self.client.send(Node("stream:error", {"code": "515"}))

    async def answer_code_request(self) -> Node:
        """The client's companion_hello, answered with a reference."""
        request = await self.client.expect("iq", child="link_code_companion_reg")
        hello = request.kids[0]
        assert hello.attr("stage") == "companion_hello"
        reg = Node(
            "link_code_companion_reg",
            {"stage": "companion_hello"},
            [Node("link_code_pairing_ref", {}, b"ref of 16 bytes.")],
        )
        await self.client.answer(request, [reg])
        return hello

    async def type_code(self, code: str, hello: Node) -> None:
        """The owner types the code; both sides derive the secret; pair-success follows."""
        wrapped = hello.child("link_code_pairing_wrapped_companion_ephemeral_pub")
        assert wrapped is not None
        state = phone_hello(parse_link_code(code), wrapped.data)
        parts = [
            Node("link_code_pairing_wrapped_primary_ephemeral_pub", {}, state.wrapped),
            Node("primary_identity_pub", {}, self.identity.public),
            Node("link_code_pairing_ref", {}, b"ref of 16 bytes."),
        ]
        reg = Node("link_code_companion_reg", {"stage": "primary_hello"}, parts)
        attrs = {"type": "link_code_companion_reg", "from": SERVER_JID, "id": "n", "t": "5"}
        await self.client.send(Node("notification", {**attrs}, [reg]))
        await self.client.expect("ack")
        request = await self.client.expect("iq", child="link_code_companion_reg")
        finish = request.kids[0]
        bundle = finish.child("link_code_pairing_wrapped_key_bundle")
        identity = finish.child("companion_identity_public")
        assert bundle is not None
        assert identity is not None
        secret = phone_finish(
            state,
            identity=self.identity,
            companion_identity=identity.data,
            key_bundle=bundle.data,
        )
        await self.client.answer(request)
        await self.accept(secret)


def wrong_secret() -> bytes:
    return os.urandom(32)
