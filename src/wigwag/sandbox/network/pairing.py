"""Pairing: QR references, link codes, and the birth and end of companions.

A phone in this process drives it: it scans (`begin`, `complete`) or types a code (`find_code`,
`answer_code`, and then the same two). Source: whatsmeow pair.go, pair-code.go.
"""

import base64
from collections.abc import Callable

from wigwag.model.errors import InvalidInput
from wigwag.model.jid import SERVER_JID, Jid
from wigwag.sandbox.network.directory import (
    MAX_DEVICE,
    Account,
    Device,
    PublicSignedPreKey,
    PublishedKeys,
)
from wigwag.sandbox.network.links import Link
from wigwag.sandbox.network.login import Login
from wigwag.sandbox.network.stanzas import iq_error, iq_result, notification
from wigwag.sandbox.network.switchboard import Switchboard
from wigwag.sandbox.network.unpaired import LinkCode, Ticket, Unpaired
from wigwag.sandbox.network.usync import Usync
from wigwag.wire.client_payload import Registration
from wigwag.wire.errors import PairingFailure
from wigwag.wire.nodes import Node
from wigwag.wire.pairing import verify_companion_signature

REFS = 6
"""References per connection: the first QR code lives 60 s, the others 20 s."""

PAIRING_TIMEOUT_S = 180.0
"""Somewhat longer than the client shows its codes."""

_REF_BYTES = 60
_CODE_REF_BYTES = 16
_MAX_UNPAIRED = 10_000


class PairingRefused(InvalidInput):
    """The pairing cannot go on: an unknown or used reference, or the client is gone."""

    code = "pairing_refused"


class Pairing:
    """Unpaired clients, and how they become companions."""

    def __init__(self, board: Switchboard, usync: Usync, login: Login) -> None:
        self._board = board
        self._usync = usync
        self._login = login
        self._unpaired: dict[int, Unpaired] = {}
        self._refs: dict[bytes, Unpaired] = {}
        self._codes: dict[Jid, LinkCode] = {}
        self._count = 0

    # -- the client's side --

    def open(self, link: Link, noise_public: bytes, registration: Registration) -> Unpaired:
        """An unpaired client connected: it gets references for its QR codes.

        Raises PairingRefused when too many wait already.
        """
        if len(self._unpaired) >= _MAX_UNPAIRED:
            raise PairingRefused("Too many clients wait for pairing.")
        self._count += 1
        client = Unpaired(self._count, link, noise_public, registration)
        self._unpaired[client.number] = client
        client.refs = tuple(self._fresh_ref() for _ in range(REFS))
        for ref in client.refs:
            self._refs[ref] = client
        self._board.alarm(PAIRING_TIMEOUT_S, lambda: self._expire(client))
        refs: list[Node] = [Node("ref", {}, ref) for ref in client.refs]
        self._send(client, self._server_iq(Node("pair-device", {}, refs)))
        return client

    def _expire(self, client: Unpaired) -> None:
        """All QR codes ran out: the server hangs up."""
        if not client.closed and client.device is None:
            client.link.close()
            self.close(client)

    def close(self, client: Unpaired) -> None:
        """The unpaired client's connection ended."""
        client.closed = True
        self._unpaired.pop(client.number, None)
        for ref in client.refs:
            self._refs.pop(ref, None)
        if client.code is not None and self._codes.get(client.code.pn) is client.code:
            del self._codes[client.code.pn]
        if client.on_result is not None:
            client.on_result(None)
            client.on_result = None

    def receive(self, client: Unpaired, node: Node) -> None:
        """A stanza from an unpaired client."""
        self._board.submit(lambda: self._receive(client, node))

    def _receive(self, client: Unpaired, node: Node) -> None:
        if client.closed:
            return
        self._board.transcript.record(self._board.now(), client.label, True, node)
        if node.tag != "iq":
            return
        if node.attr("type") in ("result", "error"):
            if client.pair_iq and node.attr("id") == client.pair_iq:
                self._finish(client, node)
            return
        if node.attr("xmlns") == "md":
            self._send(client, self._answer_unpaired(client, node))
        else:
            self._send(client, iq_result(node))

    def _answer_unpaired(self, client: Unpaired, iq: Node) -> Node:
        request = iq.child("link_code_companion_reg")
        if request is None:
            return iq_result(iq)
        if request.attr("stage") == "companion_hello":
            return self._companion_hello(client, iq, request)
        if request.attr("stage") == "companion_finish":
            return self._companion_finish(client, iq, request)
        return iq_error(iq, 400, "bad-request")

    def _companion_hello(self, client: Unpaired, iq: Node, request: Node) -> Node:
        """The client shows a code and waits for it to be typed on the phone."""
        wrapped = _child_data(request, "link_code_pairing_wrapped_companion_ephemeral_pub")
        if len(wrapped) != 80:
            return iq_error(iq, 400, "bad-request")
        pn = request.require_jid("jid").bare
        code = LinkCode(
            pn=pn,
            ref=self._board.rng.randbytes(_CODE_REF_BYTES),
            wrapped_ephemeral=wrapped,
            noise_public=_child_data(request, "companion_server_auth_key_pub"),
            display=_child_data(request, "companion_platform_display").decode(errors="replace"),
            client=client,
        )
        client.code = code
        self._codes[pn] = code
        ref = Node("link_code_pairing_ref", {}, code.ref)
        return iq_result(iq, Node("link_code_companion_reg", {"stage": "companion_hello"}, [ref]))

    def _companion_finish(self, client: Unpaired, iq: Node, request: Node) -> Node:
        """The client's half of the keys: handed to the phone that typed the code."""
        code = client.code
        if code is None or _child_data(request, "link_code_pairing_ref") != code.ref:
            return iq_error(iq, 400, "bad-request")
        account = self._board.directory.find(code.pn)
        if account is None:
            return iq_error(iq, 404, "item-not-found")
        self._board.post(
            account.primary,
            notification("link_code_companion_reg", SERVER_JID, [request]),
        )
        return iq_result(iq)

    # -- the phone's side --

    def begin(self, account: Account, ref: bytes | str) -> Ticket:
        """The phone of `account` scanned the reference (or typed the code with this reference).

        Raises PairingRefused.
        """
        wanted = ref.encode() if isinstance(ref, str) else ref
        client = self._refs.get(wanted)
        if client is None:
            code = next((c for c in self._codes.values() if c.ref == wanted), None)
            client = code.client if code is not None else None
        if client is None or client.closed or client.device is not None:
            raise PairingRefused("This code is unknown, used or expired; show a new one.")
        if account.next_device > MAX_DEVICE:
            raise PairingRefused("This account has used up its device numbers.")
        return Ticket(account, client, account.next_device)

    def complete(
        self,
        ticket: Ticket,
        container: bytes,
        *,
        platform: str = "android",
        on_result: Callable[[Device | None], None] | None = None,
    ) -> None:
        """Send pair-success with the phone's ADVSignedDeviceIdentityHMAC, serialised.

        `on_result` is called with the new device when the client has signed, with None when it
        refused or went away. Raises PairingRefused.
        """
        client, account = ticket.client, ticket.account
        if client.closed or client.device is not None or account.next_device > MAX_DEVICE:
            raise PairingRefused("The client is gone or paired already.")
        number = ticket.device_number
        if number in account.devices or number < account.next_device:
            raise PairingRefused("This device number was given out meanwhile; scan again.")
        account.next_device = number + 1
        client.device = self._make_device(client, account, number)
        client.on_result = on_result
        success = Node(
            "pair-success",
            {},
            [
                Node("device-identity", {}, container),
                Node("device", {"jid": client.device.pn, "lid": client.device.lid}),
                Node("platform", {"name": platform}),
            ],
        )
        iq = self._server_iq(success)
        client.pair_iq = iq.attr("id")
        self._send(client, iq)

    def find_code(self, phone: str) -> LinkCode | None:
        """The code that waits to be typed on this phone (digits), or None."""
        account = self._board.directory.find_phone(phone)
        return self._codes.get(account.pn if account is not None else Jid(phone, "s.whatsapp.net"))

    def answer_code(self, code: LinkCode, wrapped_ephemeral: bytes, identity: bytes) -> None:
        """The code was typed: send the phone's wrapped ephemeral key (80 bytes) and its identity
        key. The client's answer reaches the phone as a notification of type
        link_code_companion_reg with stage=companion_finish."""
        if code.client.closed:
            raise PairingRefused("The client is gone.")
        content: list[Node] = [
            Node("link_code_pairing_wrapped_primary_ephemeral_pub", {}, wrapped_ephemeral),
            Node("primary_identity_pub", {}, identity),
            Node("link_code_pairing_ref", {}, code.ref),
        ]
        hello = Node("link_code_companion_reg", {"stage": "primary_hello"}, content)
        node = notification(
            "link_code_companion_reg",
            SERVER_JID,
            [hello],
            id=self._board.new_id(),
            t=self._board.stamp(),
        )
        self._send(code.client, node)

    # -- the end of a pairing, and of a companion --

    def _finish(self, client: Unpaired, node: Node) -> None:
        """The client's answer to pair-success: <pair-device-sign>, or an error."""
        device = client.device
        report, client.on_result = client.on_result, None
        client.pair_iq = ""
        if device is None or not self._has_signed(device, node):
            client.device = None
            self._board.counters["pairing_failed"] += 1
            if report is not None:
                report(None)
            return
        self._board.directory.adopt(device)
        self._send(client, Node("stream:error", {"code": "515"}))
        client.link.close()
        self.close(client)
        self._usync.tell_device_added(device)
        if report is not None:
            report(device)

    @staticmethod
    def _has_signed(device: Device, answer: Node) -> bool:
        """Whether the companion signed what the phone vouched for."""
        signing = answer.child("pair-device-sign")
        identity = signing.child("device-identity") if signing is not None else None
        phone = device.account.primary.keys
        if identity is None or device.keys is None or phone is None:
            return False
        try:
            key_index = verify_companion_signature(
                identity.data,
                account_public=phone.identity,
                companion_public=device.keys.identity,
            )
        except PairingFailure:
            return False
        return key_index == device.key_index

    def _make_device(self, client: Unpaired, account: Account, number: int) -> Device:
        device = self._board.directory.make_device(account, number)
        registration = client.registration
        signed = registration.signed_prekey
        device.noise_public = client.noise_public
        device.description = registration.device
        device.keys = PublishedKeys(
            registration.registration_id,
            registration.identity_public,
            PublicSignedPreKey(signed.id, signed.public, signed.signature),
        )
        return device

    def answer(self, device: Device, iq: Node) -> Node | None:
        """Requests of the namespace md from a paired client."""
        removal = iq.child("remove-companion-device")
        if removal is None:
            return iq_result(iq)
        jid = removal.attr_jid("jid")
        target = self._board.directory.find_device(jid) if jid is not None else device
        if target is None or target.account is not device.account or target.number == 0:
            return iq_error(iq, 404, "item-not-found")
        if device.number and target is not device:
            return iq_error(iq, 403, "forbidden")
        self._board.send(device, iq_result(iq))
        self.unlink(target, tell=target is not device)
        return None

    def add_companion(self, account: Account) -> Device:
        """A companion that never connects, as those of people. Raises InvalidInput when the
        account has had all that there may be."""
        if account.next_device > MAX_DEVICE:
            raise InvalidInput("This account has had as many devices as there may be.")
        device = self._board.directory.make_device(account, account.next_device)
        self._board.directory.adopt(device)
        return device

    def unlink(self, device: Device, *, tell: bool) -> None:
        """End a companion for good. Raises InvalidInput for a phone."""
        if device.number == 0:
            raise InvalidInput("A phone cannot be unlinked from itself.")
        if tell:
            self._login.stream_error(device, 401)
        self._board.directory.remove_device(device)
        self._usync.tell_device_removed(device)

    def take_answer(self, device: Device, iq: Node) -> None:
        """A paired client's answer to a request of the server: nothing waits for one."""
        self._board.counters["iq_answers"] += 1

    # -- inside --

    def _send(self, client: Unpaired, node: Node) -> None:
        if not client.closed:
            self._board.transcript.record(self._board.now(), client.label, False, node)
            client.link.deliver(node)

    def _server_iq(self, content: Node) -> Node:
        return Node(
            "iq",
            {
                "from": SERVER_JID,
                "type": "set",
                "id": self._board.new_id(),
                "t": self._board.stamp(),
                "xmlns": "md",
            },
            [content],
        )

    def _fresh_ref(self) -> bytes:
        return b"2@" + base64.b64encode(self._board.rng.randbytes(_REF_BYTES))


def _child_data(node: Node, tag: str) -> bytes:
    child = node.child(tag)
    return child.data if child is not None else b""
