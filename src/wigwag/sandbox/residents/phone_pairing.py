"""The phone's half of pairing: it scans a QR code, or types the code that a companion shows."""

import struct
from dataclasses import dataclass

from wigwag.model.errors import NotFound, WigwagError
from wigwag.model.jid import Jid
from wigwag.sandbox.network.directory import Account, Device
from wigwag.sandbox.network.unpaired import LinkCode, Ticket
from wigwag.sandbox.residents.correspondent import Correspondent
from wigwag.sandbox.residents.groupkeys import Random
from wigwag.sandbox.residents.keyring import Keyring
from wigwag.sandbox.residents.surroundings import Surroundings
from wigwag.wire.nodes import Node
from wigwag.wire.pairing import (
    PhoneHello,
    make_device_identity,
    parse_link_code,
    parse_qr,
    phone_finish,
    phone_hello,
)


@dataclass(frozen=True, slots=True)
class TypedCode:
    """A code that was typed, and what the phone made of it."""

    link: LinkCode
    hello: PhoneHello


class PairingPhone(Correspondent):
    """Device 0 of an account that can have companions."""

    def __init__(
        self,
        surroundings: Surroundings,
        lid: Jid,
        pn: Jid,
        keyring: Keyring,
        random: Random,
        *,
        name: str = "",
    ) -> None:
        super().__init__(surroundings, lid, pn, keyring, random, name=name)
        self.raw_id = struct.unpack(">I", random(4))[0]
        self.pairing = False
        """A pairing is under way."""
        self._typed: TypedCode | None = None

    @property
    def account(self) -> Account:
        return self.surroundings.network.directory.get(self.lid)

    @property
    def companions(self) -> list[Jid]:
        """The linked devices, by LID."""
        return [device.lid for device in self.account.companions]

    def scan(self, qr: str) -> None:
        """Scan a companion's QR code. Raises PairingFailure or PairingRefused."""
        contents = parse_qr(qr)
        ticket = self.surroundings.network.pairing.begin(self.account, contents.ref)
        self._sign(ticket, contents.identity_public, contents.adv_secret)

    def enter_code(self, code: str) -> None:
        """Type the code that a companion shows. Takes some 100 ms of work.

        The pairing goes on when the companion answers. Raises PairingFailure, PairingRefused, or
        NotFound when no companion waits for this phone.
        """
        link = self.waiting_code()
        self.answer_code(link, self.read_code(code, link))

    def waiting_code(self) -> LinkCode:
        """The companion that waits for its code to be typed here. Raises NotFound."""
        link = self.surroundings.network.pairing.find_code(self.phone)
        if link is None:
            raise NotFound("No companion waits for a code of this phone.")
        return link

    def read_code(self, code: str, link: LinkCode) -> PhoneHello:
        """The slow part of `enter_code`; it changes nothing and may run in a thread."""
        return phone_hello(parse_link_code(code), link.wrapped_ephemeral)

    def answer_code(self, link: LinkCode, hello: PhoneHello) -> None:
        """The quick part of `enter_code`."""
        self._typed = TypedCode(link=link, hello=hello)
        self.surroundings.network.pairing.answer_code(
            link, hello.wrapped, self.keyring.local.identity.public
        )

    def _finish_code(self, request: Node) -> None:
        typed, self._typed = self._typed, None
        if typed is None:
            return
        try:
            self._sign_code(typed, request)
        except WigwagError:
            self._paired(None)
            raise

    def _sign_code(self, typed: TypedCode, request: Node) -> None:
        identity = _data(request, "companion_identity_public")
        secret = phone_finish(
            typed.hello,
            identity=self.keyring.local.identity,
            companion_identity=identity,
            key_bundle=_data(request, "link_code_pairing_wrapped_key_bundle"),
        )
        ticket = self.surroundings.network.pairing.begin(self.account, typed.link.ref)
        self._sign(ticket, identity, secret)

    def _sign(self, ticket: Ticket, companion_public: bytes, adv_secret: bytes) -> None:
        container = make_device_identity(
            account=self.keyring.local.identity,
            companion_public=companion_public,
            adv_secret=adv_secret,
            raw_id=self.raw_id,
            key_index=ticket.device_number,
            timestamp=self.surroundings.now(),
            random=self._random,
        )
        self.pairing = True
        try:
            self.surroundings.network.pairing.complete(ticket, container, on_result=self._paired)
        except WigwagError:
            self.pairing = False
            raise

    def _paired(self, device: Device | None) -> None:
        self.pairing = False
        self.on_paired(device)

    def on_paired(self, device: Device | None) -> None:
        """A pairing ended: with this new companion, or with None when it failed."""

    def on_notification(self, node: Node) -> None:
        if node.attr("type") == "link_code_companion_reg":
            request = node.child("link_code_companion_reg")
            if request is not None and request.attr("stage") == "companion_finish":
                self._finish_code(request)


def _data(node: Node, tag: str) -> bytes:
    child = node.child(tag)
    return child.data if child is not None else b""
