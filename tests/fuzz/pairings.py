"""Handshake, certificates and pairing: what is said before anybody is known."""

import hmac
from datetime import UTC, datetime

from fuzz.mutation import mutate_protobuf
from fuzz.target import Target
from wigwag.model.jid import Jid
from wigwag.wire.certificates import issue_chain, verify_chain
from wigwag.wire.client_payload import login_payload, parse_client_payload, registration_payload
from wigwag.wire.errors import InvalidKey, MalformedProtobuf, NoiseFailure, PairingFailure
from wigwag.wire.noise import ClientHandshake, ServerHandshake
from wigwag.wire.pairing import (
    make_device_identity,
    verify_companion_signature,
    verify_device_identity,
)
from wigwag.wire.proto.adv_pb2 import ADVSignedDeviceIdentity, ADVSignedDeviceIdentityHMAC
from wigwag.wire.signal.curve import key_pair_from_private, sign
from wigwag.wire.signal.keys import make_signed_prekey

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_ROOT, _STATIC, _CLIENT, _EPHEMERAL, _SERVER_EPHEMERAL = (
    key_pair_from_private(bytes([number]) * 32) for number in range(1, 6)
)
_SECRET = b"a" * 32


def _zeros(size: int) -> bytes:
    return bytes(size)


_CHAIN = issue_chain(_ROOT, _STATIC.public, _NOW, lambda size: b"r" * size)


def _client() -> ClientHandshake:
    return ClientHandshake(_CLIENT, _ROOT.public, now=_NOW, ephemeral=_EPHEMERAL)


def _server() -> ServerHandshake:
    return ServerHandshake(_STATIC, _CHAIN, ephemeral=_SERVER_EPHEMERAL)


def read_server_hello(data: bytes) -> None:
    client = _client()
    client.hello()
    client.finish(data, b"payload")


def read_client_hello(data: bytes) -> None:
    _server().respond(data)


def read_client_finish(data: bytes) -> None:
    """What comes through is the client's: nobody else has its secrets."""
    server, client = _server(), _client()
    answer = server.respond(client.hello())
    accepted = server.accept(data)
    assert accepted.static_public == _CLIENT.public
    client.finish(answer, accepted.payload)


def read_chain(data: bytes) -> None:
    verify_chain(data, _ROOT.public, _STATIC.public, _NOW)


def read_payload(data: bytes) -> None:
    repr(parse_client_payload(data)).encode()


def read_identity(data: bytes) -> None:
    verify_device_identity(data, _SECRET, _CLIENT, _zeros)


def read_vouched_identity(data: bytes) -> None:
    """Details that the phone really vouches for, whatever they say."""
    for prefix in (b"\x06\x00", b"\x06\x05"):
        signature = sign(_ROOT.private, prefix + data + _CLIENT.public, _zeros)
        signed = ADVSignedDeviceIdentity(
            details=data, accountSignatureKey=_ROOT.public, accountSignature=signature
        ).SerializeToString()
        container = ADVSignedDeviceIdentityHMAC(
            details=signed, HMAC=hmac.digest(_SECRET, signed, "sha256")
        ).SerializeToString()
        try:
            verified = verify_device_identity(container, _SECRET, _CLIENT, _zeros)
        except PairingFailure:
            continue
        index = verify_companion_signature(
            verified.signed_for_server,
            account_public=_ROOT.public,
            companion_public=_CLIENT.public,
        )
        assert index == verified.key_index


def read_companion(data: bytes) -> None:
    verify_companion_signature(data, account_public=_ROOT.public, companion_public=_CLIENT.public)


def server_hellos() -> list[bytes]:
    return [_server().respond(_client().hello())]


def client_finishes() -> list[bytes]:
    client = _client()
    return [client.finish(_server().respond(client.hello()), b"payload")[0]]


def payloads() -> list[bytes]:
    signed = make_signed_prekey(_CLIENT, 1)
    registration = registration_payload(
        registration_id=77, identity_public=_CLIENT.public, signed_prekey=signed
    )
    return [login_payload(Jid("15550000001", "s.whatsapp.net", 3)), registration]


def identities() -> list[bytes]:
    return [
        make_device_identity(
            account=_ROOT,
            companion_public=_CLIENT.public,
            adv_secret=_SECRET,
            raw_id=5,
            key_index=7,
            timestamp=_NOW,
            random=_zeros,
        )
    ]


def details() -> list[bytes]:
    outer = ADVSignedDeviceIdentityHMAC.FromString(identities()[0])
    return [ADVSignedDeviceIdentity.FromString(outer.details).details]


def companions() -> list[bytes]:
    return [verify_device_identity(identities()[0], _SECRET, _CLIENT, _zeros).signed_for_server]


_NOISE = (NoiseFailure,)
_PAIRING = (PairingFailure,)

TARGETS = (
    Target("server_hello", read_server_hello, server_hellos, _NOISE, mutate_protobuf),
    Target("client_hello", read_client_hello, lambda: [_client().hello()], _NOISE, mutate_protobuf),
    Target("client_finish", read_client_finish, client_finishes, _NOISE, mutate_protobuf),
    Target("certificates", read_chain, lambda: [_CHAIN], _NOISE, mutate_protobuf),
    Target(
        "client_payload", read_payload, payloads, (MalformedProtobuf, InvalidKey), mutate_protobuf
    ),
    Target("identity", read_identity, identities, _PAIRING, mutate_protobuf),
    Target("vouched_identity", read_vouched_identity, details, (), mutate_protobuf),
    Target("companion", read_companion, companions, _PAIRING, mutate_protobuf),
)
