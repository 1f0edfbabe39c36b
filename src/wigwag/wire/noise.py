"""Noise_XX_25519_AESGCM_SHA256 as WhatsApp speaks it, both sides, and the transport after it.

Three messages, each a serialised HandshakeMessage in one frame: hello with the client's ephemeral
key, the server's keys and certificate chain, the client's static key and payload. Two things
differ from the Noise specification: the prologue is WA_HEADER, and the empty payload of the hello
is not mixed into the hash (source: whatsmeow socket/noisehandshake.go).
"""

import hmac
from datetime import datetime
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from wigwag.model.value import Value
from wigwag.wire.certificates import verify_chain
from wigwag.wire.errors import InvalidKey, MalformedProtobuf, NoiseFailure
from wigwag.wire.frames import WA_HEADER
from wigwag.wire.proto.handshake_pb2 import HandshakeMessage
from wigwag.wire.protobuf import parse
from wigwag.wire.signal.curve import KEY_BYTES, KeyPair, generate_key_pair, shared_secret

_PROTOCOL: Final = b"Noise_XX_25519_AESGCM_SHA256\x00\x00\x00\x00"
_NONCE_BYTES: Final = 12
_COUNTER_END: Final = 1 << 32
"""WhatsApp's counters have 32 bits; a connection never lives that long."""


class SymmetricState:
    """What both sides of a handshake hold in common: chaining key, transcript hash, cipher."""

    def __init__(self, prologue: bytes) -> None:
        self.hash = _PROTOCOL
        self._chaining_key = _PROTOCOL
        self._cipher = AESGCM(_PROTOCOL)
        self._counter = 0
        self.mix_hash(prologue)

    def mix_hash(self, data: bytes) -> None:
        self.hash = sha256(self.hash + data).digest()

    def mix_key(self, secret: bytes) -> None:
        self._chaining_key, key = _derive_two(self._chaining_key, secret)
        self._cipher = AESGCM(key)
        self._counter = 0

    def mix_shared_secret(self, private: bytes, public: bytes) -> None:
        """Mixes in a Diffie-Hellman result. Raises NoiseFailure for a bad public key."""
        try:
            self.mix_key(shared_secret(private, public))
        except InvalidKey as error:
            raise NoiseFailure("The peer's handshake key is malformed.") from error

    def encrypt(self, plaintext: bytes) -> bytes:
        sealed = self._cipher.encrypt(self._next_nonce(), plaintext, self.hash)
        self.mix_hash(sealed)
        return sealed

    def decrypt(self, sealed: bytes) -> bytes:
        """Raises NoiseFailure when it was not made by the peer of this very handshake."""
        try:
            plaintext = self._cipher.decrypt(self._next_nonce(), sealed, self.hash)
        except InvalidTag:
            raise NoiseFailure("The peer's handshake message does not decrypt.") from None
        self.mix_hash(sealed)
        return plaintext

    def split(self) -> tuple[bytes, bytes]:
        """The transport keys: client to server, server to client."""
        return _derive_two(self._chaining_key, b"")

    def _next_nonce(self) -> bytes:
        nonce = self._counter.to_bytes(_NONCE_BYTES, "big")
        self._counter += 1
        return nonce


def _derive_two(salt: bytes, secret: bytes) -> tuple[bytes, bytes]:
    """HKDF-SHA256 with 64 bytes of output, in halves."""
    key = hmac.digest(salt, secret, "sha256")
    first = hmac.digest(key, b"\x01", "sha256")
    return first, hmac.digest(key, first + b"\x02", "sha256")


class NoiseTransport:
    """Encrypts frames one way and decrypts them the other, each with its own counter.

    Counters advance even when decryption fails: both sides count frames, not good frames
    (source: whatsmeow socket/noisesocket.go).
    """

    __slots__ = ("_decrypt", "_encrypt", "_received", "_sent")

    def __init__(self, write_key: bytes, read_key: bytes) -> None:
        self._encrypt = AESGCM(write_key).encrypt
        self._decrypt = AESGCM(read_key).decrypt
        self._sent = 0
        self._received = 0

    def encrypt(self, plaintext: bytes) -> bytes:
        if self._sent >= _COUNTER_END:
            raise NoiseFailure("This connection has sent all frames that it can; connect anew.")
        nonce = self._sent.to_bytes(_NONCE_BYTES, "big")
        self._sent += 1
        return self._encrypt(nonce, plaintext, None)

    def decrypt(self, sealed: bytes) -> bytes:
        """Raises NoiseFailure for a frame that the peer did not send in this place."""
        if self._received >= _COUNTER_END:
            raise NoiseFailure("This connection has got all frames that it can; connect anew.")
        nonce = self._received.to_bytes(_NONCE_BYTES, "big")
        self._received += 1
        try:
            return self._decrypt(nonce, sealed, None)
        except InvalidTag:
            raise NoiseFailure("A frame does not decrypt.") from None


class ClientHandshake:
    """The side that dials. `hello`, then `finish` with the server's answer.

    `static` is the device's Noise key pair, `root_public` the key that the server's certificate
    chain has to start from at the time `now`.
    """

    def __init__(
        self,
        static: KeyPair,
        root_public: bytes,
        *,
        now: datetime,
        ephemeral: KeyPair | None = None,
    ) -> None:
        self._static = static
        self._root_public = root_public
        self._now = now
        self._ephemeral = ephemeral or generate_key_pair()
        self._state = SymmetricState(WA_HEADER)

    def hello(self) -> bytes:
        """The first frame's content."""
        self._state.mix_hash(self._ephemeral.public)
        hello = HandshakeMessage.ClientHello(ephemeral=self._ephemeral.public)
        return HandshakeMessage(clientHello=hello).SerializeToString()

    def finish(self, server_hello: bytes, payload: bytes) -> tuple[bytes, NoiseTransport]:
        """The second frame's content, which carries `payload`, and the transport.

        Raises NoiseFailure, or its subclass CertificateInvalid.
        """
        answer = _parse(server_hello).serverHello
        state, ephemeral = self._state, self._ephemeral
        remote_ephemeral = _checked_key(answer.ephemeral)
        state.mix_hash(remote_ephemeral)
        state.mix_shared_secret(ephemeral.private, remote_ephemeral)
        remote_static = _checked_key(state.decrypt(answer.static))
        state.mix_shared_secret(ephemeral.private, remote_static)
        chain = state.decrypt(answer.payload)
        verify_chain(chain, self._root_public, remote_static, self._now)
        sealed_static = state.encrypt(self._static.public)
        state.mix_shared_secret(self._static.private, remote_ephemeral)
        finish = HandshakeMessage.ClientFinish(static=sealed_static, payload=state.encrypt(payload))
        to_server, to_client = state.split()
        message = HandshakeMessage(clientFinish=finish).SerializeToString()
        return message, NoiseTransport(to_server, to_client)


class Accepted(Value):
    """A client that the server has shaken hands with: its static key and what it said."""

    static_public: bytes
    payload: bytes
    transport: NoiseTransport

    def __repr__(self) -> str:
        """Without the payload, which names the account."""
        return f"Accepted(static_public={self.static_public.hex()[:8]}...)"


class ServerHandshake:
    """The side that is dialled. `respond` to the client's hello, then `accept` its finish.

    `chain` is a certificate chain for the public key of `static`.
    """

    def __init__(self, static: KeyPair, chain: bytes, *, ephemeral: KeyPair | None = None) -> None:
        self._static = static
        self._chain = chain
        self._ephemeral = ephemeral or generate_key_pair()
        self._state = SymmetricState(WA_HEADER)

    def respond(self, client_hello: bytes) -> bytes:
        """The answer to the client's first frame. Raises NoiseFailure."""
        remote = _checked_key(_parse(client_hello).clientHello.ephemeral)
        state, ephemeral = self._state, self._ephemeral
        state.mix_hash(remote)
        state.mix_hash(ephemeral.public)
        state.mix_shared_secret(ephemeral.private, remote)
        sealed_static = state.encrypt(self._static.public)
        state.mix_shared_secret(self._static.private, remote)
        hello = HandshakeMessage.ServerHello(
            ephemeral=ephemeral.public,
            static=sealed_static,
            payload=state.encrypt(self._chain),
        )
        return HandshakeMessage(serverHello=hello).SerializeToString()

    def accept(self, client_finish: bytes) -> Accepted:
        """Who the client is, by its second frame. Raises NoiseFailure."""
        finish = _parse(client_finish).clientFinish
        state = self._state
        remote_static = _checked_key(state.decrypt(finish.static))
        state.mix_shared_secret(self._ephemeral.private, remote_static)
        payload = state.decrypt(finish.payload)
        to_server, to_client = state.split()
        return Accepted(
            static_public=remote_static,
            payload=payload,
            transport=NoiseTransport(to_client, to_server),
        )


def _parse(data: bytes) -> HandshakeMessage:
    try:
        return parse(HandshakeMessage, data)
    except MalformedProtobuf as error:
        raise NoiseFailure("The peer's handshake message is damaged.") from error


def _checked_key(key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise NoiseFailure("The peer's handshake key is malformed.")
    return key
