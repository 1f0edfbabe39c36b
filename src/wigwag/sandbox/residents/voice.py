"""The voice of a phone or a person: every kind of message that one can send."""

from collections.abc import Iterable, Sequence

from wigwag.model.content import (
    ContactCard,
    Contacts,
    Content,
    Context,
    Edit,
    Location,
    MessageKey,
    Pin,
    Poll,
    PollVote,
    Quoted,
    Reaction,
    Revoke,
    Text,
    TimerSet,
)
from wigwag.model.errors import EmptyMessage, InvalidInput, NotFound
from wigwag.model.jid import STATUS_JID, Jid
from wigwag.sandbox.residents.attachments import Attachment, hostile_name
from wigwag.sandbox.residents.ballots import Polls, seal_vote
from wigwag.sandbox.residents.groupkeys import Random
from wigwag.sandbox.residents.inbox import Inbox, InboxEntry
from wigwag.sandbox.residents.keyring import Keyring
from wigwag.sandbox.residents.oddities import Oddity, make_oddity, view_once
from wigwag.sandbox.residents.signal_endpoint import SignalEndpoint
from wigwag.sandbox.residents.surroundings import Surroundings
from wigwag.sandbox.residents.traits import PLAIN, traits_of
from wigwag.wire.content import encode_content
from wigwag.wire.nodes import Node


class Voice(SignalEndpoint):
    """An endpoint that can say everything.

    Wherever `to` is asked for: a phone number, a JID of a person or group, "status@broadcast".
    """

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
        super().__init__(surroundings, lid, pn, keyring, random)
        self.name = name or pn.user
        self.inbox = Inbox()
        self.polls = Polls()

    def changed(self) -> None:
        """The state changed, for whoever saves it."""

    def send(
        self, to: str | Jid, content: Content, message_id: str = "", *, once: bool = False
    ) -> str:
        """Send any content; its id. With `once` it may be looked at only once."""
        chat = self.surroundings.resolve(to)
        secret = b"" if isinstance(content, Reaction | Revoke | PollVote) else self._random(32)
        raw = encode_content(content, secret=secret, timestamp=self.surroundings.now())
        raw = hostile_name(content, raw)
        if once:
            raw = view_once(raw)
        sent_id = self.send_message(chat, raw, traits_of(content), message_id)
        if isinstance(content, Poll):
            key = MessageKey(chat=chat, sender=self.lid.bare, id=sent_id, from_me=True)
            self.polls.add(key, with_secret(content, secret))
        self.on_sent(sent_id, chat, content)
        self.changed()
        return sent_id

    def on_sent(self, message_id: str, chat: Jid, content: Content) -> None:
        """A message was handed to the network."""

    def send_text(
        self,
        to: str | Jid,
        text: str,
        *,
        reply_to: str = "",
        mentions: Sequence[str | Jid] = (),
        forwarded: bool = False,
        ephemeral_s: int = 0,
    ) -> str:
        """Send a text; its id. `reply_to` is the id of a message of the inbox."""
        if not text:
            raise EmptyMessage
        if not (reply_to or mentions or forwarded or ephemeral_s):
            return self.send_many(to, (text,))[0]
        context = Context(
            quoted=self._quote(reply_to) if reply_to else None,
            mentions=tuple(self.surroundings.resolve(who) for who in mentions),
            forwarded=forwarded,
            ephemeral_s=ephemeral_s,
        )
        return self.send(to, Text(text=text, context=context))

    def send_many(self, to: str | Jid, texts: Iterable[str]) -> list[str]:
        """Send plain texts to one chat, as fast as encryption goes; their ids."""
        chat = self.surroundings.resolve(to)
        ids: list[str] = []
        for text in texts:
            content = Text(text=text)
            sent_id = self.send_message(chat, encode_content(content), PLAIN)
            self.on_sent(sent_id, chat, content)
            ids.append(sent_id)
        self.changed()
        return ids

    def send_media(
        self, to: str | Jid, data: bytes, attachment: Attachment, *, once: bool = False
    ) -> str:
        """Encrypt and upload a file, and send its card; the message id."""
        media = self.surroundings.media.upload(data, attachment)
        return self.send(to, media, once=once)

    def send_oddity(self, to: str | Jid, kind: Oddity, text: str) -> str:
        """Send a message of a kind that people do not write; its id."""
        return self.send_message(self.surroundings.resolve(to), make_oddity(kind, text))

    def send_location(
        self, to: str | Jid, latitude: float, longitude: float, name: str = "", address: str = ""
    ) -> str:
        place = Location(latitude=latitude, longitude=longitude, name=name, address=address)
        return self.send(to, place)

    def send_contacts(self, to: str | Jid, cards: Sequence[ContactCard], name: str = "") -> str:
        return self.send(to, Contacts(cards=tuple(cards), name=name))

    def send_poll(
        self, to: str | Jid, question: str, options: Sequence[str], selectable: int = 1
    ) -> str:
        if not 2 <= len(options) <= 12 or len(set(options)) != len(options):
            raise InvalidInput("A poll has 2 to 12 different options.")
        poll = Poll(
            question=question,
            options=tuple(options),
            selectable=selectable,
            secret=self._random(32),
        )
        return self.send(to, poll)

    def vote(self, poll_id: str, choices: Sequence[str], *, by_number: bool = False) -> str:
        """Vote in a poll that was seen; `by_number` the vote is sealed with the phone number.

        Raises NotFound, or InvalidInput for another option.
        """
        known = self.polls.find(poll_id)
        if known is None:
            raise NotFound("This one has not seen such a poll.")
        if not set(choices) <= set(known.poll.options):
            raise InvalidInput("The poll has no such option.")
        voter = self.pn.bare if by_number else self.lid.bare
        return self.send(known.key.chat, seal_vote(known, voter, choices, self._random))

    def react(self, message_id: str, emoji: str, *, to: str | Jid | None = None) -> str:
        """React to a message of the inbox or an own one; an empty emoji takes it back."""
        key = self.key_of(message_id, to)
        return self.send(key.chat, Reaction(target=key, emoji=emoji))

    def edit(self, message_id: str, text: str, *, to: str | Jid | None = None) -> str:
        """Change the text of an own message; the id of the edit."""
        key = self.key_of(message_id, to, from_me=True)
        return self.send(key.chat, Edit(target=key, content=Text(text=text)))

    def revoke(self, message_id: str, *, to: str | Jid | None = None) -> str:
        """Delete a message for everyone: an own one, or as group admin another's."""
        key = self.key_of(message_id, to)
        return self.send(key.chat, Revoke(target=key))

    def pin(self, message_id: str, seconds: int, *, to: str | Jid | None = None) -> str:
        """Pin a message in its chat for so long; with 0 no longer."""
        key = self.key_of(message_id, to)
        return self.send(key.chat, Pin(target=key, pinned=seconds > 0, duration_s=seconds))

    def set_timer(self, to: str | Jid, seconds: int) -> str:
        """Let the messages of a chat of two last so long; 0 is for ever."""
        return self.send(to, TimerSet(seconds=seconds))

    def post_status(self, content: Content) -> str:
        return self.send(STATUS_JID, content)

    def mark_read(self, entries: Sequence[InboxEntry], kind: str = "read") -> None:
        """Send read (or played) receipts for entries of the inbox."""
        grouped: dict[tuple[Jid, Jid], list[str]] = {}
        for entry in entries:
            grouped.setdefault((entry.chat, entry.sender), []).append(entry.id)
        for (chat, sender), ids in grouped.items():
            if chat.is_group or chat.is_status:
                self.send_receipt(chat, ids, type=kind, participant=sender)
            else:
                self.send_receipt(chat, ids, type=kind)

    def set_presence(self, *, available: bool) -> None:
        attrs = {"type": "available" if available else "unavailable", "name": self.name}
        self.surroundings.handle(self.lid, Node("presence", {**attrs}))

    def show_typing(self, to: str | Jid, activity: str = "composing") -> None:
        """`composing`, `recording` or `paused`."""
        if activity not in ("composing", "recording", "paused"):
            raise InvalidInput("An activity is composing, recording or paused.")
        state = Node("paused") if activity == "paused" else Node("composing")
        if activity == "recording":
            state = Node("composing", {"media": "audio"})
        chat = self.surroundings.resolve(to)
        self.surroundings.handle(self.lid, Node("chatstate", {"to": chat}, [state]))

    # Naming messages.

    def key_of(
        self, message_id: str, to: str | Jid | None = None, *, from_me: bool = False
    ) -> MessageKey:
        """The key of an own message, or of one in the inbox.

        With `to` an unknown id is taken for a message of that chat: the other side's, or with
        `from_me` an own one. Raises NotFound.
        """
        sent = self.outgoing.sent.find(message_id)
        if sent is not None:
            return MessageKey(chat=sent.to, sender=self.lid.bare, id=message_id, from_me=True)
        entry = self.inbox.find(message_id)
        if entry is not None:
            return MessageKey(
                chat=entry.chat, sender=entry.sender, id=message_id, from_me=entry.from_me
            )
        if to is None:
            raise NotFound("This one knows no such message; name its chat with `to`.")
        chat = self.surroundings.resolve(to)
        sender = self.lid.bare if from_me else chat
        return MessageKey(chat=chat, sender=sender, id=message_id, from_me=from_me)

    def _quote(self, message_id: str) -> Quoted:
        key = self.key_of(message_id)
        entry = self.inbox.find(message_id)
        return Quoted(
            id=message_id, sender=key.sender, chat=key.chat, text=entry.text if entry else ""
        )


def with_secret(poll: Poll, secret: bytes) -> Poll:
    """The poll with the secret of its message, when it has none of its own."""
    if poll.secret:
        return poll
    return Poll(
        question=poll.question,
        options=poll.options,
        selectable=poll.selectable,
        secret=secret,
        context=poll.context,
    )
