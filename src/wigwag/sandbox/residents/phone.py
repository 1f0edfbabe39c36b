"""The simulated phone: device 0 of an account that owns companions.

It scans and types pairing codes, and then does by itself what a real phone does: it shares the
app-state key, the push name and the contacts by app state, and sends the history.
"""

from collections.abc import Callable, Sequence

import structlog

from wigwag.model.content import Content
from wigwag.model.errors import NotFound
from wigwag.model.jid import Jid
from wigwag.model.value import Value
from wigwag.sandbox.network.appstate import COLLECTIONS
from wigwag.sandbox.network.directory import Device
from wigwag.sandbox.network.faults import FaultKind
from wigwag.sandbox.residents.correspondent import SavedCorrespondent
from wigwag.sandbox.residents.groupkeys import Random
from wigwag.sandbox.residents.inbox import InboxEntry
from wigwag.sandbox.residents.incoming import Envelope
from wigwag.sandbox.residents.keyring import Keyring
from wigwag.sandbox.residents.memory import SavedHistory
from wigwag.sandbox.residents.phone_appstate import PhoneAppState, SavedAppState
from wigwag.sandbox.residents.phone_history import PhoneHistory
from wigwag.sandbox.residents.phone_media import PhoneMedia
from wigwag.sandbox.residents.phone_pairing import PairingPhone
from wigwag.sandbox.residents.surroundings import Surroundings
from wigwag.wire.content import Decoded
from wigwag.wire.nodes import Node
from wigwag.wire.protocol_messages import (
    AppStateKeyRequest,
    AppStateKeyShare,
    HistoryChunkRequest,
    HistoryRequest,
    PlaceholderRequest,
    RecoveryRequest,
    RecoveryResponse,
    encode_protocol,
)

_log = structlog.get_logger(__name__)


class SavedPhone(Value):
    """What is saved of a phone."""

    correspondent: SavedCorrespondent
    raw_id: int
    history: SavedHistory
    app_state: SavedAppState


class Phone(PairingPhone):
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
        self.history = PhoneHistory(self)
        self.media = PhoneMedia(surroundings, self.history, lid, pn, random)
        self.app_state = PhoneAppState(surroundings, lid, random)
        self.on_linked: Callable[[Device | None], None] | None = None
        """Called when a pairing ended: with the companion, or with None when it failed."""

    def introduce(self) -> None:
        """Begin a new phone: publish its keys, and put its name into the app state."""
        self.publish_keys()
        self.app_state.set_push_name(self.name)

    def on_paired(self, device: Device | None) -> None:
        if device is not None:
            self.keyring.forget_session(device.lid)
            self._welcome(device.lid)
            self.changed()
        _log.info("pairing_ended", linked=device is not None)
        if self.on_linked is not None:
            self.on_linked(device)

    def _welcome(self, device: Jid) -> None:
        """What a new companion gets: the app-state key first, then the history."""
        spoilt = self._fails(FaultKind.APP_STATE_SNAPSHOT, device)
        self.app_state.take_snapshots(spoilt=spoilt)
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
        if self._fails(FaultKind.APP_STATE_KEYS, device):
            return
        keys = self.app_state.shared_keys(wanted)
        self.send_peer(device, encode_protocol(AppStateKeyShare(keys=keys)))

    def on_peer(self, envelope: Envelope, decoded: Decoded) -> None:
        device = envelope.sender
        match decoded.protocol:
            case AppStateKeyRequest(key_ids=key_ids):
                self.share_keys(device, key_ids)
            case HistoryRequest() as request:
                self.history.answer(device, request, envelope.id)
            case RecoveryRequest(collection=collection):
                self._send_copy(device, collection, envelope.id)
            case HistoryChunkRequest() as request:
                self.history.chunk_again(device, request)
            case PlaceholderRequest(keys=keys):
                self.history.resend(device, keys, envelope.id)
            case _:
                self.counters["peer_ignored"] += 1

    def on_receipt(self, node: Node) -> None:
        if node.attr("type") == "server-error":
            self.media.answer(node)
        else:
            super().on_receipt(node)

    def _send_copy(self, device: Jid, collection: str, request_id: str) -> None:
        """Give a companion a whole app-state collection in the clear."""
        if collection not in COLLECTIONS or self._fails(FaultKind.APP_STATE_COPY, device):
            return
        snapshot = self.app_state.copy(collection)
        answer = RecoveryResponse(request_id=request_id, snapshot=snapshot, compressed=True)
        self.send_peer(device, encode_protocol(answer))

    def _fails(self, kind: FaultKind, device: Jid) -> bool:
        faults = self.surroundings.network.faults
        return faults.take(kind, device, self.pn.with_device(device.device)) is not None

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
