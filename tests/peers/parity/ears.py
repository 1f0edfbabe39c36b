"""Ears in the sandbox: what clients say besides their stanzas.

Bodies are what residents decrypted, payloads what clients said in their handshakes, requests the
heads of HTTP requests at the media host and at the chat's door.
"""

# pyright: reportPrivateUsage=false, reportPrivateImportUsage=false
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import h11
import pytest
from websockets.http11 import Request

from wigwag.model.jid import Jid
from wigwag.sandbox.edge import chat_socket
from wigwag.sandbox.edge.media_exchange import MediaExchange
from wigwag.sandbox.residents import groupkeys, keyring
from wigwag.sandbox.residents.incoming import Envelope
from wigwag.sandbox.residents.signal_endpoint import SignalEndpoint
from wigwag.sandbox.sandbox import Sandbox
from wigwag.wire.content import Decoded
from wigwag.wire.padding import unpad
from wigwag.wire.proto import e2e_pb2
from wigwag.wire.protobuf import scan_fields

_SENDER_KEY = e2e_pb2.Message.SENDERKEYDISTRIBUTIONMESSAGE_FIELD_NUMBER


class Body(NamedTuple):
    """A message as `reader` (a bare LID) decrypted it; `padding` is the bytes taken off it."""

    reader: Jid
    envelope: Envelope
    plaintext: bytes
    padding: int

    @property
    def is_key_only(self) -> bool:
        """It only hands out a sender key."""
        return [field.number for field in scan_fields(self.plaintext)] == [_SENDER_KEY]


class HttpHead(NamedTuple):
    """The head of an HTTP request; header names are in lower case."""

    method: str
    target: str
    headers: list[tuple[str, str]]


@dataclass
class Ears:
    """Listens to one sandbox from `open` to `close`; the lists only grow in between."""

    sandbox: Sandbox
    bodies: list[Body] = field(default_factory=list[Body])
    payloads: list[bytes] = field(default_factory=list[bytes])
    requests: list[HttpHead] = field(default_factory=list[HttpHead])
    _patch: pytest.MonkeyPatch = field(default_factory=pytest.MonkeyPatch)
    _padding: int = 0

    def open(self) -> None:
        self._hear_bodies()
        self._hear_payloads()
        self._hear_media()
        self._hear_upgrades()

    def close(self) -> None:
        self._patch.undo()

    def _hear_bodies(self) -> None:
        decode = SignalEndpoint._decode

        def measure(padded: bytes) -> bytes:
            plaintext = unpad(padded)
            self._padding = len(padded) - len(plaintext)
            return plaintext

        def listen(endpoint: SignalEndpoint, envelope: Envelope, plaintext: bytes) -> Decoded:
            if endpoint.surroundings is self.sandbox.surroundings:
                self.bodies.append(Body(endpoint.lid, envelope, plaintext, self._padding))
            return decode(endpoint, envelope, plaintext)

        self._patch.setattr(keyring, "unpad", measure)
        self._patch.setattr(groupkeys, "unpad", measure)
        self._patch.setattr(SignalEndpoint, "_decode", listen)

    def _hear_payloads(self) -> None:
        admit = chat_socket.admit

        def listen(network: Any, link: Any, key: bytes, payload: bytes, **options: Any) -> Any:
            if network is self.sandbox.network:
                self.payloads.append(payload)
            return admit(network, link, key, payload, **options)

        self._patch.setattr(chat_socket, "admit", listen)

    def _hear_media(self) -> None:
        begin = MediaExchange._begin

        def listen(exchange: MediaExchange, request: h11.Request) -> None:
            if exchange._host is self.sandbox.media:
                head = HttpHead(
                    request.method.decode(),
                    request.target.decode(),
                    [(name.decode(), value.decode()) for name, value in request.headers],
                )
                self.requests.append(head)
            begin(exchange, request)

        self._patch.setattr(MediaExchange, "_begin", listen)

    def _hear_upgrades(self) -> None:
        upgrade = chat_socket.ChatSocket._upgrade

        def listen(chat: chat_socket.ChatSocket, request: Request) -> None:
            if chat._network is self.sandbox.network:
                headers = [(name.lower(), value) for name, value in request.headers.raw_items()]
                self.requests.append(HttpHead("GET", request.path, headers))
            upgrade(chat, request)

        self._patch.setattr(chat_socket.ChatSocket, "_upgrade", listen)
