"""The simulated phone: device 0 of an account that owns companions.

It scans and types pairing codes, and then does by itself what a real phone does: it shares the
app-state key, the push name and the contacts by app state, and sends the history.
"""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from wigwag.model.content import Content
from wigwag.model.errors import NotFound, WigwagError
from wigwag.model.jid import Jid
from wigwag.model.value import Value
from wigwag.sandbox.correspondent import Correspondent, SavedCorrespondent
from wigwag.sandbox.directory import Account, Device
from wigwag.sandbox.inbox import InboxEntry
from wigwag.sandbox.incoming import Envelope
from wigwag.sandbox.keyring import Keyring, Random
from wigwag.sandbox.phone_appstate import PhoneAppState, SavedAppState
from wigwag.sandbox.phone_history import PhoneHistory, SavedHistory
from wigwag.sandbox.surroundings import Surroundings
from wigwag.sandbox.unpaired import LinkCode, Ticket
from wigwag.wire.content import Decoded
from wigwag.wire.nodes import Node
from wigwag.wire.pairing import (
    PhoneHello,
    make_device_identity,
    parse_link_code,
    parse_qr,
    phone_finish,
    phone_hello,
)
from wigwag.wire.protocol_messages import (
    AppStateKeyRequest,
    AppStateKeyShare,
    HistoryRequest,
    PlaceholderRequest,
    encode_protocol,
)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TypedCode:
    """A code that was typed, and what the phone made of it."""

    link: LinkCode
    hello: PhoneHello


class SavedPhone(Value):
    """What is saved of a phone."""

    correspondent: SavedCorrespondent
    raw_id: int
    history: SavedHistory
    app_state: SavedAppState


class Phone(Correspondent):
    """The primary device of an account."""

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
        self.history = PhoneHistory(self)
        self.app_state = PhoneAppState(surroundings, lid, random)
        self.on_linked: Callable[[Device | None], None] | None = None
        """Called when a pairing ended: with the companion, or with None when it failed."""
        self._typed: TypedCode | None = None
        self.pairing = False
        """A pairing is under way."""

    @property
    def account(self) -> Account:
        return self.surroundings.network.directory.get(self.lid)

    @property
    def companions(self) -> list[Jid]:
        """The linked devices, by LID."""
        return [device.lid for device in self.account.companions]

    def introduce(self) -> None:
        """Begin a new phone: publish its keys, and put its name into the app state."""
        self.publish_keys()
        self.app_state.set_push_name(self.name)

    # Pairing.

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
        if device is not None:
            self.keyring.forget_session(device.lid)
            self._welcome(device.lid)
            self.changed()
        _log.info("pairing_ended", linked=device is not None)
        if self.on_linked is not None:
            self.on_linked(device)

    def _welcome(self, device: Jid) -> None:
        """What a new companion gets: the app-state key first, then the history."""
        self.share_keys(device)
        self.history.send_initial(device)

    def unlink(self, device: Jid | None = None) -> None:
        """Remove a companion (or all of them) from the account: it is logged out.

        Raises NotFound when it is none.
        """
        if device is not None and self.surroundings.device_lid(device) not in self.companions:
            raise NotFound("This phone has no such companion.")
        gone = self.companions if device is None else [self.surroundings.device_lid(device)]
        for companion in gone:
            self.surroundings.network.remove_device(companion)
            self.keyring.forget_session(companion)
        self.changed()

    # What companions ask for.

    def share_keys(self, device: Jid, wanted: Sequence[bytes] = ()) -> None:
        """Give a companion the app-state keys, or of them those that it asked for."""
        keys = self.app_state.shared_keys(wanted)
        self.send_peer(device, encode_protocol(AppStateKeyShare(keys=keys)))

    def on_peer(self, envelope: Envelope, decoded: Decoded) -> None:
        device = envelope.sender
        match decoded.protocol:
            case AppStateKeyRequest(key_ids=key_ids):
                self.share_keys(device, key_ids)
            case HistoryRequest() as request:
                self.history.answer(device, request, envelope.id)
            case PlaceholderRequest(keys=keys):
                self.history.resend(device, keys, envelope.id)
            case _:
                self.counters["peer_ignored"] += 1

    def on_notification(self, node: Node) -> None:
        if node.attr("type") == "link_code_companion_reg":
            request = node.child("link_code_companion_reg")
            if request is not None and request.attr("stage") == "companion_finish":
                self._finish_code(request)

    # What is remembered as history.

    def on_entry(self, entry: InboxEntry) -> None:
        self.history.remember(entry)

    def on_sent(self, message_id: str, chat: Jid, content: Content) -> None:
        self.history.remember_own(message_id, chat, content)

    # Saving.

    def export_phone(self) -> SavedPhone:
        return SavedPhone(
            correspondent=self.export(),
            raw_id=self.raw_id,
            history=self.history.export(),
            app_state=self.app_state.export(),
        )

    def restore_phone(self, saved: SavedPhone) -> None:
        self.restore(saved.correspondent)
        self.raw_id = saved.raw_id
        self.history.restore(saved.history)
        self.app_state.restore(saved.app_state)


def _data(node: Node, tag: str) -> bytes:
    child = node.child(tag)
    return child.data if child is not None else b""
