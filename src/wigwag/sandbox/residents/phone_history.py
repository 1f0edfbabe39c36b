"""The history that a phone sends to its companions: at linking, and on demand.

At linking come, as from a real phone, the newest messages of every chat (initial_bootstrap), the
push names (push_name), and then the rest (recent) in chunks.
"""

from collections.abc import Iterator, Sequence

from wigwag.model.chat import ChatSummary, Contact
from wigwag.model.content import MessageKey
from wigwag.model.event import IdentityLinked
from wigwag.model.jid import Jid
from wigwag.model.message import Message
from wigwag.model.value import Value
from wigwag.sandbox.residents.chronicle import PastChat, messages_of
from wigwag.sandbox.residents.memory import ChatMemory
from wigwag.sandbox.residents.signal_endpoint import SignalEndpoint
from wigwag.wire.history import encode_history
from wigwag.wire.media import ServiceKind
from wigwag.wire.protocol_messages import (
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
        pasts = [*self.chats, *self.live_chats()]
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
        if contacts:
            yield Chunk(sync_type="push_name", contacts=contacts)
        yield from _recent_chunks(pasts, BOOTSTRAP_MESSAGES)

    def _stream(self, device: Jid, chunks: Iterator[Chunk], number: int = 1, sent: int = 0) -> None:
        """Send one chunk, and the next when others had their turn."""
        chunk = next(chunks, None)
        if chunk is None or self._surroundings.network.directory.find_device(device) is None:
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
            ref=None if inline else self._surroundings.media.put(blob, ServiceKind.HISTORY),
            inline=blob if inline else b"",
            request_id=request_id,
        )
        self._owner.send_peer(device, encode_protocol(notification))

    # On demand.

    def answer(self, device: Jid, request: HistoryRequest, request_id: str) -> None:
        """Send the messages before the one that the companion named, newest first."""
        chat = self.address(request.oldest.chat)
        known = self.messages(chat)
        place = next(
            (i for i, message in enumerate(known) if message.key.id == request.oldest.id),
            None,
        )
        older = (
            known[:place]
            if place is not None
            else [message for message in known if message.timestamp < request.oldest_at]
        )
        count = min(request.count or 50, _ON_DEMAND_LIMIT)
        chunk = Chunk(
            sync_type="on_demand",
            chats=(self.summary(chat),),
            messages=tuple(reversed(older[-count:])),
        )
        self._send(device, chunk, 1, 100, request_id)

    def resend(self, device: Jid, keys: Sequence[MessageKey], request_id: str) -> None:
        """Send single messages again that the companion could not decrypt."""
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
        for message in reversed(messages[: len(messages) - skip_newest]):
            batch.append(message)
            summaries[past.summary.jid] = past.summary
            if len(batch) >= CHUNK_MESSAGES:
                yield _recent(summaries, batch)
                batch, summaries = [], {}
    if batch:
        yield _recent(summaries, batch)


def _recent(summaries: dict[Jid, ChatSummary], batch: list[Message]) -> Chunk:
    return Chunk(sync_type="recent", chats=tuple(summaries.values()), messages=tuple(batch))
