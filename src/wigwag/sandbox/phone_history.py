"""The history that a phone sends to its companions: at linking, and on demand.

At linking come, as from a real phone, the newest messages of every chat (initial_bootstrap), the
push names (push_name), and then the rest (recent) in chunks.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from wigwag.model.chat import ChatSummary, Contact
from wigwag.model.content import Contacts, Content, Location, Media, MessageKey, Poll, Text
from wigwag.model.event import IdentityLinked
from wigwag.model.jid import Jid
from wigwag.model.message import Message, SendState
from wigwag.model.value import Value
from wigwag.sandbox.attachments import Attachment
from wigwag.sandbox.chronicle import PastChat, make_chats, messages_of
from wigwag.sandbox.inbox import InboxEntry
from wigwag.sandbox.samples import make_jpeg, make_pdf, make_voice
from wigwag.sandbox.signal_endpoint import SignalEndpoint
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

LIVE_MESSAGES = 2_000
"""Messages of the present that are remembered."""

_ON_DEMAND_LIMIT = 500
_KEPT = (Text, Media, Location, Contacts, Poll)


class Chunk(Value):
    """One blob to be."""

    sync_type: str
    chats: tuple[ChatSummary, ...] = ()
    messages: tuple[Message, ...] = ()
    contacts: tuple[Contact, ...] = ()
    links: tuple[IdentityLinked, ...] = ()


class SavedHistory(Value):
    chats: tuple[PastChat, ...]
    live: tuple[Message, ...]


class PhoneHistory:
    """The chats of one account, past and present, as its phone `owner` knows them."""

    def __init__(self, owner: SignalEndpoint) -> None:
        self._owner = owner
        self._surroundings = owner.surroundings
        self.chats: list[PastChat] = []
        self._live: deque[Message] = deque(maxlen=LIVE_MESSAGES)

    # What is known.

    def add(self, chats: Iterable[PastChat]) -> None:
        """Put chats into the past; one for a chat that is there already adds to it."""
        self.chats.extend(chats)

    def generate(
        self, chats: int, messages: int, *, media: bool = False, seed: int = 0
    ) -> list[PastChat]:
        """Make a past from a seed and keep it. See `chronicle.make_chats`."""
        made = make_chats(
            seed=seed,
            chats=chats,
            messages=messages,
            own=self._owner.pn,
            newest_at=self._surroundings.now() - timedelta(hours=1),
            known=self._known_chats(),
            media=self._sample_media(seed) if media else (),
        )
        self.add(made)
        return made

    def remember(self, entry: InboxEntry) -> None:
        """Take a message of the present."""
        if isinstance(entry.content, _KEPT):
            key = MessageKey(
                chat=self._address(entry.chat),
                sender=self._address(entry.sender),
                id=entry.id,
                from_me=entry.from_me,
            )
            self._live.append(
                Message(
                    key=key,
                    timestamp=entry.timestamp,
                    content=entry.content,
                    push_name=entry.push_name,
                    view_once=entry.view_once,
                    state=SendState.SENT if entry.from_me else None,
                )
            )

    def remember_own(self, message_id: str, chat: Jid, content: Content) -> None:
        """Take a message that was typed on this phone."""
        if isinstance(content, _KEPT):
            key = MessageKey(
                chat=self._address(chat), sender=self._owner.pn, id=message_id, from_me=True
            )
            now = self._surroundings.now()
            self._live.append(
                Message(key=key, timestamp=now, content=content, state=SendState.SENT)
            )

    def messages(self, chat: Jid) -> list[Message]:
        """Everything known of a chat (PN, LID or group), oldest first."""
        wanted = self._address(chat)
        found = [
            message
            for past in self.chats
            if past.summary.jid == wanted
            for message in messages_of(past)
        ]
        found += [message for message in self._live if message.key.chat == wanted]
        return sorted(found, key=lambda message: message.timestamp)

    def _address(self, jid: Jid) -> Jid:
        """How a chat or a person is named in history: by phone number where it is known."""
        return self._surroundings.public_address(jid)

    def _known_chats(self) -> list[tuple[ChatSummary, tuple[Jid, ...]]]:
        """The groups of this account and the people of the network, as chats to be made."""
        network = self._surroundings.network
        own = network.directory.get(self._owner.lid)
        found: list[tuple[ChatSummary, tuple[Jid, ...]]] = []
        for account in network.directory.accounts():
            if account is not own:
                jid = self._address(account.lid)
                alt = account.lid if jid.is_pn else None
                found.append((ChatSummary(jid=jid, alt=alt, name=account.name), (jid,)))
        for group in network.groups.of(own):
            others = tuple(self._address(lid) for lid in group.members if lid != own.lid)
            if others:
                found.append((ChatSummary(jid=group.jid, name=group.subject), others))
        return found

    def _sample_media(self, seed: int) -> list[Media]:
        upload = self._surroundings.media.upload
        return [
            upload(make_jpeg(seed), Attachment(caption="A picture", width=48, height=32)),
            upload(make_pdf("A document"), Attachment(filename="document.pdf")),
            upload(make_voice(seed), Attachment(duration_s=1)),
            upload(make_jpeg(seed + 1), Attachment(width=48, height=32)),
        ]

    # Sending.

    def send_initial(self, device: Jid) -> None:
        """Everything, to a companion that was just linked."""
        self._stream(device, self._initial_chunks())

    def send_chats(self, device: Jid, chats: Sequence[PastChat]) -> None:
        """Some chats, to a companion that is linked already."""
        self._stream(device, _recent_chunks(chats, 0))

    def _initial_chunks(self) -> Iterator[Chunk]:
        """The first chunks of a linking, made one at a time; none when there is no past."""
        contacts = self._contacts()
        links = self._links()
        pasts = [*self.chats, *self._live_chats()]
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

    def _live_chats(self) -> list[PastChat]:
        chats: dict[Jid, list[Message]] = {}
        for message in self._live:
            chats.setdefault(message.key.chat, []).append(message)
        return [
            PastChat(
                summary=ChatSummary(
                    jid=jid, name=self._name(jid), last_message_time=messages[-1].timestamp
                ),
                messages=tuple(messages),
            )
            for jid, messages in chats.items()
        ]

    def _name(self, jid: Jid) -> str:
        network = self._surroundings.network
        if jid.is_group:
            group = network.groups.find(jid)
            return group.subject if group is not None else ""
        account = network.directory.find(jid)
        return account.name if account is not None else ""

    def _contacts(self) -> tuple[Contact, ...]:
        """The push names of everybody on the network."""
        accounts = self._surroundings.network.directory.accounts()
        return tuple(
            Contact(jid=self._address(account.lid), push_name=account.name)
            for account in accounts
            if account.lid != self._owner.lid
        )

    def _links(self) -> tuple[IdentityLinked, ...]:
        accounts = self._surroundings.network.directory.accounts()
        return tuple(
            IdentityLinked(lid=account.lid, pn=account.pn)
            for account in accounts
            if not account.mapping_withheld
        )

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
        chat = self._address(request.oldest.chat)
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
            chats=(self._summary(chat),),
            messages=tuple(reversed(older[-count:])),
        )
        self._send(device, chunk, 1, 100, request_id)

    def _summary(self, chat: Jid) -> ChatSummary:
        for past in self.chats:
            if past.summary.jid == chat:
                return past.summary
        return ChatSummary(jid=chat, name=self._name(chat))

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

    # Saving.

    def export(self) -> SavedHistory:
        return SavedHistory(chats=tuple(self.chats), live=tuple(self._live))

    def restore(self, saved: SavedHistory) -> None:
        self.chats = list(saved.chats)
        self._live.extend(saved.live)


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
