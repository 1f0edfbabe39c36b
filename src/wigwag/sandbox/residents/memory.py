"""What a phone knows of its chats: the past that it was given, and what it saw itself."""

from collections import deque
from collections.abc import Iterable
from datetime import timedelta

from msgspec.structs import replace

from wigwag.model.chat import ChatSummary, Contact
from wigwag.model.content import (
    Contacts,
    Content,
    Edit,
    Location,
    Media,
    MessageKey,
    Poll,
    Reaction,
    Revoke,
    Text,
)
from wigwag.model.event import IdentityLinked
from wigwag.model.jid import Jid
from wigwag.model.message import Message, SendState
from wigwag.model.value import Value
from wigwag.sandbox.network.directory import Telling
from wigwag.sandbox.residents.attachments import Attachment
from wigwag.sandbox.residents.chronicle import PastChat, make_chats, messages_of
from wigwag.sandbox.residents.inbox import InboxEntry
from wigwag.sandbox.residents.surroundings import Surroundings
from wigwag.sandbox.samples import make_jpeg, make_pdf, make_voice

LIVE_MESSAGES = 2_000
"""Messages of the present that are remembered."""

_KEPT = (Text, Media, Location, Contacts, Poll, Reaction, Revoke)


class SavedHistory(Value):
    chats: tuple[PastChat, ...]
    live: tuple[Message, ...]


class ChatMemory:
    """The chats of the account with these addresses, past and present."""

    def __init__(self, surroundings: Surroundings, lid: Jid, pn: Jid) -> None:
        self._surroundings = surroundings
        self._lid = lid
        self._pn = pn
        self.chats: list[PastChat] = []
        self._live: deque[Message] = deque(maxlen=LIVE_MESSAGES)

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
            own=self._pn,
            newest_at=self._surroundings.now() - timedelta(hours=1),
            known=self._known_chats(),
            media=self._sample_media(seed) if media else (),
        )
        self.add(made)
        return made

    def remember(self, entry: InboxEntry) -> None:
        """Take a message of the present; an edit changes the one that it means."""
        if isinstance(entry.content, Edit):
            self._edit(entry.content)
        elif isinstance(entry.content, _KEPT):
            key = MessageKey(
                chat=self.address(entry.chat),
                sender=self.address(entry.sender),
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
        if isinstance(content, Edit):
            self._edit(content)
        elif isinstance(content, _KEPT):
            key = MessageKey(chat=self.address(chat), sender=self._pn, id=message_id, from_me=True)
            now = self._surroundings.now()
            self._live.append(
                Message(key=key, timestamp=now, content=content, state=SendState.SENT)
            )

    def _edit(self, edit: Edit) -> None:
        for place, message in enumerate(self._live):
            if message.key.id == edit.target.id:
                told = Edit(target=message.key, content=edit.content)
                self._live[place] = replace(message, content=told)

    def messages(self, chat: Jid) -> list[Message]:
        """Everything known of a chat (PN, LID or group), oldest first."""
        wanted = self.address(chat)
        found = [
            message
            for past in self.chats
            if self.address(past.summary.jid) == wanted
            for message in messages_of(past)
        ]
        found += [message for message in self._live if self.address(message.key.chat) == wanted]
        return sorted(found, key=lambda message: message.timestamp)

    def address(self, jid: Jid) -> Jid:
        """How a chat or a person is named in history: by phone number where it is known."""
        return self._surroundings.public_address(jid)

    def _known_chats(self) -> list[tuple[ChatSummary, tuple[Jid, ...]]]:
        """The groups of this account and the people of the network, as chats to be made."""
        network = self._surroundings.network
        own = network.directory.get(self._lid)
        found: list[tuple[ChatSummary, tuple[Jid, ...]]] = []
        for account in network.directory.accounts():
            if account is not own:
                jid = self.address(account.lid)
                alt = account.lid if jid.is_pn else None
                found.append((ChatSummary(jid=jid, alt=alt, name=account.name), (jid,)))
        for group in network.groups.of(own):
            others = tuple(self.address(lid) for lid in group.members if lid != own.lid)
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

    # As history tells it.

    def live_chats(self) -> list[PastChat]:
        chats: dict[Jid, list[Message]] = {}
        for message in self._live:
            chats.setdefault(message.key.chat, []).append(message)
        return [
            PastChat(
                summary=ChatSummary(
                    jid=jid, name=self.name_of(jid), last_message_time=messages[-1].timestamp
                ),
                messages=tuple(messages),
            )
            for jid, messages in chats.items()
        ]

    def name_of(self, jid: Jid) -> str:
        network = self._surroundings.network
        if jid.is_group:
            group = network.groups.find(jid)
            return group.subject if group is not None else ""
        account = network.directory.find(jid)
        return account.name if account is not None else ""

    def contacts(self) -> tuple[Contact, ...]:
        """The push names of everybody on the network."""
        accounts = self._surroundings.network.directory.accounts()
        return tuple(
            Contact(jid=self.address(account.lid), push_name=account.name)
            for account in accounts
            if account.lid != self._lid
        )

    def links(self) -> tuple[IdentityLinked, ...]:
        accounts = self._surroundings.network.directory.accounts()
        return tuple(
            IdentityLinked(lid=account.lid, pn=account.pn)
            for account in accounts
            if account.tells(Telling.PHONE)
        )

    def summary(self, chat: Jid) -> ChatSummary:
        for past in self.chats:
            if past.summary.jid == chat:
                return past.summary
        return ChatSummary(jid=chat, name=self.name_of(chat))

    # Saving.

    def export(self) -> SavedHistory:
        return SavedHistory(chats=tuple(self.chats), live=tuple(self._live))

    def restore(self, saved: SavedHistory) -> None:
        self.chats = list(saved.chats)
        self._live.extend(saved.live)
