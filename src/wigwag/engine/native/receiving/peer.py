"""What the own phone tells this device inside encrypted messages (whatsmeow message.go)."""

import msgspec

from wigwag.engine.native.link import Link
from wigwag.engine.native.receiving.batch import Batch, Names
from wigwag.engine.native.receiving.ends import DropReason, End
from wigwag.engine.native.receiving.openmessages import OpenMessages
from wigwag.engine.native.receiving.recovery import Recovery
from wigwag.engine.native.store.writes import AddSeen
from wigwag.engine.native.sync.appstate import AppState
from wigwag.model.event import MessageReceived
from wigwag.model.jid import Jid
from wigwag.model.message import Message
from wigwag.wire.errors import WireError
from wigwag.wire.protocol_messages import (
    AppStateKeyShare,
    HistoryNotification,
    LidMappings,
    PlaceholderResponse,
    ProtocolPart,
    RecoveryResponse,
)
from wigwag.wire.web_message import decode_web_message

MESSAGE = "message"
"""Kind of the inbox rows and of the marks of messages."""

_encode = msgspec.msgpack.Encoder().encode


class PeerParts:
    """Takes the protocol parts of messages that a device of the own account sent."""

    def __init__(
        self, link: Link, appstate: AppState, messages: OpenMessages, recovery: Recovery
    ) -> None:
        self._link = link
        self._appstate = appstate
        self._messages = messages
        self._recovery = recovery

    def take(self, part: ProtocolPart, sender: Jid, names: Names, batch: Batch) -> None:
        """`names` are those of the message that carries `part`."""
        match part:
            case HistoryNotification() if sender.device == 0:
                batch.history(names, _encode(part))
            case AppStateKeyShare():
                self._appstate.shared(part, batch)
            case RecoveryResponse() if sender.device == 0:
                self._appstate.recovered(part, batch)
            case LidMappings() if sender.device == 0:
                batch.link_later((link.lid, link.pn) for link in part.links)
            case PlaceholderResponse() if sender.device == 0:
                self._resent(part, batch)
            case _:
                batch.drop(DropReason.PEER_MESSAGE_IGNORED)
                return
        batch.mark(End.APPLIED)

    def _resent(self, part: PlaceholderResponse, batch: Batch) -> None:
        """Messages that could not be decrypted here, as the phone has them."""
        found: set[Names] = set()
        for raw in part.messages:
            try:
                message = decode_web_message(raw, self._link.pn, self._link.lid)
            except WireError:
                batch.drop(DropReason.PLACEHOLDER_MALFORMED)
                continue
            if message is None:
                batch.drop(DropReason.PLACEHOLDER_WITHOUT_CONTENT)
                continue
            found.add(self._take(message, batch))
        self._recovery.answered(part.request_id, found, batch)

    def _take(self, message: Message, batch: Batch) -> Names:
        """One message that the phone has; its names here."""
        # The phone may call the chat by another address than the stanza did.
        waiting = self._messages.find_as(message.key, batch)
        key = waiting.key if waiting is not None else message.key
        message = msgspec.structs.replace(message, key=key, from_history=False)
        names = (str(key.chat), str(key.sender), key.id)
        self._messages.settle(names, batch)
        if (MESSAGE, names) in batch.seen or batch.store.was_seen(batch.account, MESSAGE, *names):
            batch.drop(DropReason.DUPLICATE)
            return names
        batch.record(MESSAGE, MessageReceived(message=message), names)
        batch.seen.add((MESSAGE, names))
        batch.changes.add(AddSeen(batch.account, MESSAGE, *names))
        return names
