"""The history that a phone sends to its companions: at linking, and on demand.

At linking come, as from a real phone, the newest messages of every chat (initial_bootstrap), the
push names (push_name), and then the rest (recent) in chunks.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence

from msgspec.structs import replace

from wigwag.model.chat import ChatSummary, Contact
from wigwag.model.content import MessageKey
from wigwag.model.event import IdentityLinked
from wigwag.model.jid import STATUS_JID, Jid
from wigwag.model.message import Message
from wigwag.model.value import Value
from wigwag.sandbox.network.faults import Fault, FaultKind
from wigwag.sandbox.residents.chronicle import PastChat, messages_of
from wigwag.sandbox.residents.memory import ChatMemory
from wigwag.sandbox.residents.signal_endpoint import SignalEndpoint
from wigwag.wire.history import encode_history
from wigwag.wire.media import ServiceKind
from wigwag.wire.protocol_messages import (
    HistoryChunkRequest,
    HistoryNotification,
    HistoryRequest,
    PlaceholderResponse,
    encode_protocol,
)
from wigwag.wire.web_message import encode_web_message

BOOTSTRAP_MESSAGES = 10
"""Messages of each chat in the first chunk."""

CHUNK_MESSAGES = 2_000
INLINE_LIMIT = 4_096
"""A first chunk up to this many bytes travels inside its notification."""

_ON_DEMAND_LIMIT = 500
_KEPT_CHUNKS = 50
"""Chunks that can be sent again."""


class Chunk(Value):
    """One blob to be."""

    sync_type: str
    chats: tuple[ChatSummary, ...] = ()
    messages: tuple[Message, ...] = ()
    contacts: tuple[Contact, ...] = ()
    links: tuple[IdentityLinked, ...] = ()


class PhoneHistory(ChatMemory):
    """What the phone `owner` knows of its chats, and how its companions learn it."""

    def __init__(self, owner: SignalEndpoint) -> None:
        super().__init__(owner.surroundings, owner.lid, owner.pn)
        self._owner = owner
        self._told: OrderedDict[str, tuple[bytes, HistoryNotification]] = OrderedDict()
        self._held: list[tuple[Jid, bytes, HistoryNotification]] = []

    def send_initial(self, device: Jid) -> None:
        """Everything, to a companion that was just linked."""
        self._stream(device, self._initial_chunks())

    def send_chats(self, device: Jid, chats: Sequence[PastChat]) -> None:
        """Some chats, to a companion that is linked already."""
        self._stream(device, _recent_chunks(chats, 0))

    def _initial_chunks(self) -> Iterator[Chunk]:
        """The first chunks of a linking, made one at a time; none when there is no past."""
        contacts = self.contacts()
        links = self.links()
        present = self.live_chats()
        statuses = [past for past in present if past.summary.jid == STATUS_JID]
        pasts = [*self.chats, *(past for past in present if past.summary.jid != STATUS_JID)]
        if pasts:
            yield Chunk(
                sync_type="initial_bootstrap",
                chats=tuple({past.summary.jid: past.summary for past in pasts}.values()),
                messages=tuple(
                    message
                    for past in pasts
                    for message in reversed(messages_of(past)[-BOOTSTRAP_MESSAGES:])
                ),
                links=links,
            )
        if statuses:
            yield Chunk(sync_type="initial_status_v3", messages=statuses[0].messages)
        if contacts:
            yield Chunk(sync_type="push_name", contacts=contacts)
        yield from _recent_chunks(pasts, BOOTSTRAP_MESSAGES)

    def _stream(self, device: Jid, chunks: Iterator[Chunk], number: int = 1, sent: int = 0) -> None:
        """Send one chunk, and the next when others had their turn."""
        chunk = next(chunks, None)
        if chunk is None or self._surroundings.network.directory.find_device(device) is None:
            self._release()
            return
        total = sum(past.count for past in self.chats) or 1
        sent += len(chunk.messages)
        self._send(device, chunk, number, min(100, 100 * sent // total))
        self._surroundings.network.board.later(
            0.0, lambda: self._stream(device, chunks, number + 1, sent)
        )

    def _send(
        self, device: Jid, chunk: Chunk, number: int, progress: int, request_id: str = ""
    ) -> None:
        blob = encode_history(
            sync_type=chunk.sync_type,
            chunk=number,
            progress=progress,
            chats=chunk.chats,
            messages=chunk.messages,
            contacts=chunk.contacts,
            links=chunk.links,
        )
        inline = chunk.sync_type == "initial_bootstrap" and len(blob) <= INLINE_LIMIT
        notification = HistoryNotification(
            sync_type=chunk.sync_type,
            chunk_order=number,
            progress=progress,
            inline=blob if inline else b"",
            request_id=request_id,
        )
        if self._fault(FaultKind.HISTORY_SKIP, chunk.sync_type):
            return
        if self._fault(FaultKind.HISTORY_REORDER, chunk.sync_type):
            self._held.append((device, blob, notification))
            return
        times = 2 if self._fault(FaultKind.HISTORY_REPEAT, chunk.sync_type) else 1
        for _ in range(times):
            self._tell(device, blob, notification)
        self._release()

    def _release(self) -> None:
        """Send what was kept back until another chunk had gone."""
        held, self._held = self._held, []
        for device, blob, notification in held:
            self._tell(device, blob, notification)

    def _tell(self, device: Jid, blob: bytes, notification: HistoryNotification) -> None:
        """Put a chunk on the media host, unless it travels inside, and tell of it."""
        if not notification.inline:
            ref = self._surroundings.media.put(blob, ServiceKind.HISTORY)
            notification = replace(notification, ref=ref)
        message_id = self._owner.send_peer(device, encode_protocol(notification))
        self._told[message_id] = (blob, notification)
        if len(self._told) > _KEPT_CHUNKS:
            self._told.popitem(last=False)

    def _fault(self, kind: FaultKind, tag: str) -> Fault | None:
        faults = self._surroundings.network.faults
        return faults.take(kind, self._lid, self._pn, tag) if faults else None

    def _reply(self, tag: str, work: Callable[[], None]) -> None:
        """Answer a companion, unless a fault of this kind of request forbids or delays it."""
        if self._fault(FaultKind.PHONE_SILENT, tag):
            return
        late = self._fault(FaultKind.PHONE_LATE, tag)
        if late is None:
            work()
        else:
            self._surroundings.network.board.later(late.delay_s, work)

    # On demand.

    def answer(self, device: Jid, request: HistoryRequest, request_id: str) -> None:
        """Send the messages before the one that the companion named, newest first."""
        self._reply("on_demand", lambda: self._answer(device, request, request_id))

    def _answer(self, device: Jid, request: HistoryRequest, request_id: str) -> None:
        chat = self.address(request.oldest.chat)
        if self._fault(FaultKind.PHONE_ASTRAY, "on_demand"):
            others = [past.summary.jid for past in self.chats if past.summary.jid != chat]
            chat = others[0] if others else chat
        older = self._before(chat, request)
        if self._fault(FaultKind.PHONE_EMPTY, "on_demand"):
            older = []
        count = min(request.count or 50, _ON_DEMAND_LIMIT)
        chunk = Chunk(
            sync_type="on_demand",
            chats=(replace(self.summary(chat), complete=len(older) <= count),),
            messages=tuple(reversed(older[-count:])),
        )
        self._send(device, chunk, 1, 100, request_id)

    def _before(self, chat: Jid, request: HistoryRequest) -> list[Message]:
        known = self.messages(chat)
        for place, message in enumerate(known):
            if message.key.id == request.oldest.id:
                return known[:place]
        return [message for message in known if message.timestamp < request.oldest_at]

    def chunk_again(self, device: Jid, request: HistoryChunkRequest) -> None:
        """Upload a chunk anew that the companion could not fetch."""
        told = self._told.get(request.notification_id)
        if told is not None:
            self._reply("chunk", lambda: self._tell(device, *told))

    def resend(self, device: Jid, keys: Sequence[MessageKey], request_id: str) -> None:
        """Send single messages again that the companion could not decrypt."""
        self._reply("resend", lambda: self._resend(device, keys, request_id))

    def _resend(self, device: Jid, keys: Sequence[MessageKey], request_id: str) -> None:
        if self._fault(FaultKind.PHONE_EMPTY, "resend"):
            keys = ()
        found: list[bytes] = []
        for key in keys:
            message = next(
                (one for one in reversed(self.messages(key.chat)) if one.key.id == key.id), None
            )
            if message is not None:
                found.append(encode_web_message(message))
        answer = PlaceholderResponse(request_id=request_id, messages=tuple(found))
        self._owner.send_peer(device, encode_protocol(answer))


def _recent_chunks(chats: Sequence[PastChat], skip_newest: int) -> Iterator[Chunk]:
    """All messages but the `skip_newest` newest of each chat, newest first, in chunks."""
    batch: list[Message] = []
    summaries: dict[Jid, ChatSummary] = {}
    for past in chats:
        messages = messages_of(past)
        for message in reversed(messages[: max(len(messages) - skip_newest, 0)]):
            batch.append(message)
            summaries[past.summary.jid] = past.summary
            if len(batch) >= CHUNK_MESSAGES:
                yield _recent(summaries, batch)
                batch, summaries = [], {}
    if batch:
        yield _recent(summaries, batch)


def _recent(summaries: dict[Jid, ChatSummary], batch: list[Message]) -> Chunk:
    return Chunk(sync_type="recent", chats=tuple(summaries.values()), messages=tuple(batch))
