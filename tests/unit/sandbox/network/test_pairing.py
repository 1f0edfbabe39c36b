"""Pairing by code, refusals, and what becomes of clients that do not finish."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from scripted.stage import ScriptedLink, ScriptedResident, Stage
from wigwag.model.jid import SERVER_JID
from wigwag.sandbox.network.directory import Account, Device, PublicSignedPreKey
from wigwag.sandbox.network.pairing import PAIRING_TIMEOUT_S, PairingRefused
from wigwag.sandbox.network.unpaired import Ticket, Unpaired
from wigwag.wire.client_payload import DeviceDescription, Registration, SignedPreKeyPublic
from wigwag.wire.nodes import Node
from wigwag.wire.pairing import (
    companion_finish,
    make_device_identity,
    phone_finish,
    phone_hello,
    verify_device_identity,
    wrap_ephemeral,
)
from wigwag.wire.signal.curve import KeyPair, generate_key_pair

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECRET = bytes(32)


@dataclass
class Companion:
    stage: Stage
    link: ScriptedLink
    client: Unpaired
    identity: KeyPair

    @classmethod
    def open(cls, stage: Stage) -> "Companion":
        identity = generate_key_pair()
        link = ScriptedLink()
        registration = Registration(
            registration_id=5,
            identity_public=identity.public,
            signed_prekey=SignedPreKeyPublic(id=1, public=bytes(32), signature=bytes(64)),
            device=DeviceDescription(os="test"),
            version=(2, 3000, 1),
        )
        return cls(stage, link, stage.network.pairing.open(link, b"n" * 32, registration), identity)

    def say(self, node: Node) -> None:
        self.stage.network.pairing.receive(self.client, node)

    def ask(self, *content: Node) -> Node:
        self.say(Node("iq", {"id": "c1", "type": "set", "xmlns": "md"}, list(content)))
        return self.link.drain()[-1]

    def sign(self, success: Node, adv_secret: bytes = SECRET, signer: KeyPair | None = None):
        container = success.kids[0].kids[0].data
        verified = verify_device_identity(container, adv_secret, signer or self.identity)
        signed = Node("device-identity", {}, verified.signed_for_server)
        attrs = {"id": success.attr("id"), "type": "result"}
        self.say(Node("iq", dict(attrs), [Node("pair-device-sign", {}, [signed])]))


class Owner:
    """A phone number with a real identity key."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.keys = generate_key_pair()
        self.account: Account = stage.network.register_account("15550000001")
        signed = PublicSignedPreKey(1, bytes(32), bytes(64))
        stage.network.publish_keys(self.account.lid, 1, self.keys.public, signed)
        self.results: list[Device | None] = []

    def vouch(self, ticket: Ticket, secret: bytes = SECRET, key_index: int | None = None) -> None:
        container = make_device_identity(
            account=self.keys,
            companion_public=ticket.identity,
            adv_secret=secret,
            raw_id=1,
            key_index=ticket.device_number if key_index is None else key_index,
            timestamp=NOW,
        )
        self.stage.network.pairing.complete(ticket, container, on_result=self.results.append)


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def owner(stage: Stage) -> Owner:
    return Owner(stage)


def test_a_scan(stage: Stage, owner: Owner):
    companion = Companion.open(stage)
    offer = companion.link.drain()[0]
    companion.say(Node("iq", {"id": offer.attr("id"), "type": "result", "to": SERVER_JID}))
    ref = offer.kids[0].kids[3].data.decode()
    owner.vouch(stage.network.pairing.begin(owner.account, ref))
    success = companion.link.drain()[0]
    assert success.attrs["from"] == SERVER_JID
    assert {"id", "t"} <= set(success.attrs)
    assert len(success.kids) == 1
    identity, device, platform = success.kids[0].kids
    assert (identity.tag, platform.attrs) == ("device-identity", {"name": "android"})
    assert device.attrs == {
        "jid": owner.account.pn.with_device(1),
        "lid": owner.account.lid.with_device(1),
    }
    assert owner.account.companions == []
    companion.sign(success)
    assert companion.link.drain()[-1].attrs == {"code": "515"}
    assert companion.link.closed
    (paired,) = owner.account.companions
    assert owner.results == [paired]
    assert paired.noise_public == b"n" * 32
    assert paired.keys is not None
    assert paired.keys.identity == companion.identity.public
    assert paired.description == DeviceDescription(os="test")
    with pytest.raises(PairingRefused):
        stage.network.pairing.begin(owner.account, ref)


def test_a_code(stage: Stage, owner: Owner):
    phone = ScriptedResident()
    stage.network.attach(owner.account.lid, phone)
    companion = Companion.open(stage)
    ephemeral, code = generate_key_pair(), "ABCDEFGH"
    attrs = {"jid": owner.account.pn, "stage": "companion_hello"}
    parts = [
        Node(
            "link_code_pairing_wrapped_companion_ephemeral_pub",
            {},
            wrap_ephemeral(code, ephemeral.public),
        ),
        Node("companion_server_auth_key_pub", {}, b"n" * 32),
        Node("companion_platform_id", {}, "1"),
        Node("companion_platform_display", {}, "Chrome (Linux)"),
        Node("link_code_pairing_nonce", {}, b"\x00"),
    ]
    answer = companion.ask(Node("link_code_companion_reg", dict(attrs), list(parts)))
    ref = answer.kids[0].kids[0].data
    waiting = stage.network.pairing.find_code("15550000001")
    assert waiting is not None
    assert (waiting.ref, waiting.display) == (ref, "Chrome (Linux)")

    hello = phone_hello(code, waiting.wrapped_ephemeral)
    stage.network.pairing.answer_code(waiting, hello.wrapped, owner.keys.public)
    notice = companion.link.drain()[0]
    assert (notice.attr("type"), notice.attrs["from"]) == ("link_code_companion_reg", SERVER_JID)
    assert {"id", "t"} <= set(notice.attrs)
    wrapped, primary, same_ref = notice.kids[0].kids
    assert same_ref.data == ref
    finish = companion_finish(
        code=code,
        ephemeral=ephemeral,
        identity=companion.identity,
        wrapped=wrapped.data,
        primary_identity=primary.data,
    )
    parts = [
        Node("link_code_pairing_wrapped_key_bundle", {}, finish.key_bundle),
        Node("companion_identity_public", {}, companion.identity.public),
        Node("link_code_pairing_ref", {}, ref),
    ]
    attrs = {"jid": owner.account.pn, "stage": "companion_finish"}
    answer = companion.ask(Node("link_code_companion_reg", dict(attrs), list(parts)))
    assert (answer.attr("type"), answer.content) == ("result", None)
    bundle = phone.received[0].kids[0].kids[0].data
    secret = phone_finish(
        hello=hello,
        identity=owner.keys,
        companion_identity=companion.identity.public,
        key_bundle=bundle,
    )
    assert secret == finish.adv_secret
    owner.vouch(stage.network.pairing.begin(owner.account, ref), secret)
    companion.sign(companion.link.drain()[0], secret)
    assert owner.results == owner.account.companions


def test_a_wrong_signature_or_key_index_is_no_companion(stage: Stage, owner: Owner):
    for key_index in (7, None):
        companion = Companion.open(stage)
        ref = companion.link.drain()[0].kids[0].kids[0].data
        owner.vouch(stage.network.pairing.begin(owner.account, ref), key_index=key_index)
        success = companion.link.drain()[0]
        if key_index:
            companion.sign(success)
        else:
            attrs = {"id": success.attr("id"), "type": "error"}
            companion.say(Node("iq", dict(attrs), [Node("error", {"code": "401"})]))
    assert owner.results == [None, None]
    assert owner.account.companions == []
    assert stage.network.counters["pairing_failed"] == 2


def test_a_client_that_leaves_or_never_finishes(stage: Stage, owner: Owner):
    companion = Companion.open(stage)
    ref = companion.link.drain()[0].kids[0].kids[0].data
    ticket = stage.network.pairing.begin(owner.account, ref)
    owner.vouch(ticket)
    stage.network.pairing.close(companion.client)
    assert owner.results == [None]
    with pytest.raises(PairingRefused):
        owner.vouch(ticket)
    late = Companion.open(stage)
    stage.settle(PAIRING_TIMEOUT_S)
    assert late.link.closed
    with pytest.raises(PairingRefused):
        stage.network.pairing.begin(owner.account, late.client.refs[0])


def test_two_tickets_for_one_number(stage: Stage, owner: Owner):
    first, second = Companion.open(stage), Companion.open(stage)
    tickets = [
        stage.network.pairing.begin(owner.account, companion.client.refs[0])
        for companion in (first, second)
    ]
    owner.vouch(tickets[0])
    with pytest.raises(PairingRefused):
        owner.vouch(tickets[1])


def test_what_an_unpaired_client_may_say(stage: Stage):
    companion = Companion.open(stage)
    companion.link.drain()
    assert companion.ask().attr("type") == "result"
    bad_hello = Node("link_code_companion_reg", {"stage": "companion_hello", "jid": "1@lid"})
    assert companion.ask(bad_hello).attr("type") == "error"
    for stage_name in ("companion_finish", "unheard_of"):
        node = Node("link_code_companion_reg", {"stage": stage_name})
        assert companion.ask(node).attr("type") == "error"
    companion.say(Node("message", {"to": "1@lid", "id": "1"}))
    assert not companion.link.delivered
    companion.say(Node("iq", {"id": "p", "type": "get", "xmlns": "w:p"}))
    assert companion.link.drain()[0].attr("id") == "p"
