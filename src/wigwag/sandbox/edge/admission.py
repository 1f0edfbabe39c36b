"""Admission: who a client is, once its Noise handshake is done.

A client without an account is paired, a companion is logged in or refused. From then on the
listener talks to its `Visitor`.
"""

from typing import Protocol

from wigwag.model.errors import WigwagError
from wigwag.model.jid import Jid
from wigwag.sandbox.network.faults import Fault, FaultKind
from wigwag.sandbox.network.links import Link
from wigwag.sandbox.network.network import Network
from wigwag.sandbox.network.unpaired import Unpaired
from wigwag.wire.client_payload import Registration, parse_client_payload
from wigwag.wire.nodes import Node

_UNAUTHORISED = 401
_BAD_REQUEST = 400
_UNAVAILABLE = 503


class Visitor(Protocol):
    """A client's place in the network, seen from its connection."""

    def receive(self, node: Node) -> None:
        """A stanza came in."""
        ...

    def resume(self) -> None:
        """The link is no longer congested."""
        ...

    def leave(self) -> None:
        """The connection ended. May be called more than once."""
        ...


class _DeviceVisitor:
    __slots__ = ("_link", "_network", "lid")

    def __init__(self, network: Network, link: Link, lid: Jid) -> None:
        self._network = network
        self._link = link
        self.lid = lid

    def receive(self, node: Node) -> None:
        self._network.handle(self.lid, node, link=self._link)

    def resume(self) -> None:
        self._network.resume(self.lid)

    def leave(self) -> None:
        self._network.disconnect(self.lid, self._link)


class _UnpairedVisitor:
    __slots__ = ("_client", "_network")

    def __init__(self, network: Network, client: Unpaired) -> None:
        self._network = network
        self._client = client

    def receive(self, node: Node) -> None:
        self._network.pairing.receive(self._client, node)

    def resume(self) -> None:
        pass

    def leave(self) -> None:
        if not self._client.closed:
            self._network.pairing.close(self._client)


def admit(
    network: Network, link: Link, noise_public: bytes, payload: bytes, *, media_host: str = ""
) -> Visitor | None:
    """Greet a client by its client payload; None when it was refused and its link closed.

    `media_host` is what the client is told as media host, when it is not WhatsApp's.
    """
    try:
        said = parse_client_payload(payload)
        if isinstance(said, Registration):
            return _admit_unpaired(network, link, noise_public, said)
    except WigwagError:
        return _refuse(network, link, _BAD_REQUEST)
    device = network.login.authenticate(said.username, said.device, noise_public)
    faults = network.faults
    if device is not None and faults.take(FaultKind.REFUSE, device.lid, device.pn, "login"):
        link.close(abort=True)
        return None
    login = network.login
    fault = login.fault(device)
    code = _ordered(fault) or login.age_code(said.version)
    code = code or (0 if device is not None else _UNAUTHORISED)
    if code or device is None:
        label = device.pn if device is not None else "unknown"
        return _refuse(network, link, code, label, fault)
    device.media_host = media_host
    network.connect(device.lid, link, passive=said.passive)
    return _DeviceVisitor(network, link, device.lid)


def _admit_unpaired(
    network: Network, link: Link, noise_public: bytes, said: Registration
) -> Visitor | None:
    fault = network.login.fault(None)
    code = _ordered(fault) or network.login.age_code(said.version)
    if code:
        return _refuse(network, link, code, fault=fault)
    return _UnpairedVisitor(network, network.pairing.open(link, noise_public, said))


def _ordered(fault: Fault | None) -> int:
    """The failure code that a fault orders, 0 for none."""
    return 0 if fault is None else fault.code or _UNAVAILABLE


def _refuse(
    network: Network,
    link: Link,
    code: int,
    label: Jid | str = "unknown",
    fault: Fault | None = None,
) -> None:
    board = network.board
    board.counters[f"login_refused_{code}"] += 1
    failure = network.login.failure(code, fault)
    board.transcript.record(board.now(), label, False, failure)
    link.deliver(failure)
    link.close()
