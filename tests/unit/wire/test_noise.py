"""The handshake, both sides against each other, and the transport."""

from datetime import UTC, datetime

import pytest

from wigwag.wire.certificates import issue_chain
from wigwag.wire.errors import CertificateInvalid, NoiseFailure
from wigwag.wire.noise import ClientHandshake, NoiseTransport, ServerHandshake
from wigwag.wire.proto.handshake_pb2 import HandshakeMessage
from wigwag.wire.signal.curve import generate_key_pair

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ROOT = generate_key_pair()
CLIENT = generate_key_pair()
SERVER = generate_key_pair()
CHAIN = issue_chain(ROOT, SERVER.public, NOW)


def sides() -> tuple[ClientHandshake, ServerHandshake]:
    return ClientHandshake(CLIENT, ROOT.public, now=NOW), ServerHandshake(SERVER, CHAIN)


def transports() -> tuple[NoiseTransport, NoiseTransport]:
    client, server = sides()
    finish, transport = client.finish(server.respond(client.hello()), b"payload")
    return transport, server.accept(finish).transport


def test_both_sides_agree():
    client, server = sides()
    finish, at_client = client.finish(server.respond(client.hello()), b"who I am")
    accepted = server.accept(finish)
    assert accepted.static_public == CLIENT.public
    assert accepted.payload == b"who I am"
    assert "who I am" not in repr(accepted)
    for text in (b"", b"one", b"two" * 1000):
        assert accepted.transport.decrypt(at_client.encrypt(text)) == text
        assert at_client.decrypt(accepted.transport.encrypt(text)) == text


def test_the_payload_is_not_readable_on_the_way():
    client, server = sides()
    finish, _ = client.finish(server.respond(client.hello()), b"who I am")
    assert b"who I am" not in finish
    assert CLIENT.public not in finish


def test_a_server_with_another_root_is_refused():
    client = ClientHandshake(CLIENT, generate_key_pair().public, now=NOW)
    server = ServerHandshake(SERVER, CHAIN)
    with pytest.raises(CertificateInvalid):
        client.finish(server.respond(client.hello()), b"")


def test_a_server_with_the_chain_of_another_is_refused():
    client, server = sides()[0], ServerHandshake(generate_key_pair(), CHAIN)
    with pytest.raises(CertificateInvalid):
        client.finish(server.respond(client.hello()), b"")


@pytest.mark.parametrize("part", ["ephemeral", "static", "payload"])
def test_a_tampered_server_hello_is_refused(part: str):
    client, server = sides()
    message = HandshakeMessage.FromString(server.respond(client.hello()))
    value = getattr(message.serverHello, part)
    setattr(message.serverHello, part, bytes((value[0] ^ 1,)) + value[1:])
    with pytest.raises(NoiseFailure):
        client.finish(message.SerializeToString(), b"")


@pytest.mark.parametrize("part", ["static", "payload"])
def test_a_tampered_client_finish_is_refused(part: str):
    client, server = sides()
    finish, _ = client.finish(server.respond(client.hello()), b"payload")
    message = HandshakeMessage.FromString(finish)
    value = getattr(message.clientFinish, part)
    setattr(message.clientFinish, part, bytes((value[0] ^ 1,)) + value[1:])
    with pytest.raises(NoiseFailure):
        server.accept(message.SerializeToString())


def test_a_finish_of_another_handshake_is_refused():
    client, server = sides()
    other_client, other_server = sides()
    finish, _ = other_client.finish(other_server.respond(other_client.hello()), b"payload")
    server.respond(client.hello())
    with pytest.raises(NoiseFailure):
        server.accept(finish)


def _hello(ephemeral: bytes) -> bytes:
    hello = HandshakeMessage.ClientHello(ephemeral=ephemeral)
    return HandshakeMessage(clientHello=hello).SerializeToString()


GARBAGE = [b"", b"\xff" * 40, b"\x12\x02", _hello(b"short"), _hello(bytes(32))]


@pytest.mark.parametrize("garbage", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_is_a_failed_handshake(garbage: bytes):
    with pytest.raises(NoiseFailure):
        ServerHandshake(SERVER, CHAIN).respond(garbage)
    client, server = sides()
    answer = server.respond(client.hello())
    with pytest.raises(NoiseFailure):
        server.accept(garbage)
    assert answer
    with pytest.raises(NoiseFailure):
        client.finish(garbage, b"")


def test_a_frame_that_does_not_decrypt_uses_up_its_number():
    client, server = transports()
    frames = [client.encrypt(bytes((number,))) for number in range(3)]
    assert server.decrypt(frames[0]) == b"\x00"
    with pytest.raises(NoiseFailure):
        server.decrypt(b"garbage")
    assert server.decrypt(frames[2]) == b"\x02"


@pytest.mark.parametrize("garbage", [b"", b"x", bytes(16), bytes(100)])
def test_garbage_frames_are_refused(garbage: bytes):
    client, _ = transports()
    with pytest.raises(NoiseFailure):
        client.decrypt(garbage)


def test_a_repeated_frame_is_refused():
    client, server = transports()
    frame = client.encrypt(b"once")
    assert server.decrypt(frame) == b"once"
    with pytest.raises(NoiseFailure):
        server.decrypt(frame)


def test_an_own_frame_is_not_taken_for_the_peer_s():
    client, _ = transports()
    with pytest.raises(NoiseFailure):
        client.decrypt(client.encrypt(b"echo"))


def test_counters_do_not_wrap(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("wigwag.wire.noise._COUNTER_END", 1)
    client, server = transports()
    frame = client.encrypt(b"")
    server.decrypt(frame)
    with pytest.raises(NoiseFailure):
        client.encrypt(b"")
    with pytest.raises(NoiseFailure):
        server.decrypt(frame)
