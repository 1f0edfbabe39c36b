"""Clients that belong to no account yet, and their pairings under way."""

from collections.abc import Callable
from dataclasses import dataclass

from wigwag.model.jid import Jid
from wigwag.sandbox.network.directory import Account, Device
from wigwag.sandbox.network.links import Link
from wigwag.wire.client_payload import Registration


@dataclass(slots=True, eq=False)
class Unpaired:
    """A connection of a client that belongs to no account yet."""

    number: int
    link: Link
    noise_public: bytes
    registration: Registration
    refs: tuple[bytes, ...] = ()
    code: "LinkCode | None" = None
    device: Device | None = None
    """The companion that it is to become, once pair-success is on its way."""
    pair_iq: str = ""
    on_result: Callable[[Device | None], None] | None = None
    closed: bool = False

    @property
    def label(self) -> str:
        """Its name in the transcript."""
        return f"unpaired-{self.number}"


@dataclass(slots=True, eq=False)
class LinkCode:
    """A client waits for its code to be typed on the phone `pn`."""

    pn: Jid
    ref: bytes
    wrapped_ephemeral: bytes
    noise_public: bytes
    display: str
    client: Unpaired


@dataclass(slots=True, eq=False)
class Ticket:
    """A pairing under way: what the phone needs to sign the companion."""

    account: Account
    client: Unpaired
    device_number: int
    """Also the key index of the companion."""

    @property
    def noise_public(self) -> bytes:
        return self.client.noise_public

    @property
    def identity(self) -> bytes:
        """The companion's identity key, as its connection claims it (32 bytes)."""
        return self.client.registration.identity_public
