"""A resident that reads what it gets and can say everything: what phone and person share."""

from collections import deque

from wigwag.model.content import Content, Media, MessageKey, Poll, PollVote
from wigwag.model.errors import NotFound
from wigwag.model.jid import Jid
from wigwag.model.value import Value
from wigwag.sandbox.residents.ballots import OpenPoll, open_vote
from wigwag.sandbox.residents.groupkeys import Random
from wigwag.sandbox.residents.inbox import InboxEntry, Predicate, describe, describe_media
from wigwag.sandbox.residents.incoming import Envelope
from wigwag.sandbox.residents.keyring import Keyring, SavedKeyring
from wigwag.sandbox.residents.outgoing import SentMessage
from wigwag.sandbox.residents.surroundings import Surroundings
from wigwag.sandbox.residents.voice import Voice, with_secret
from wigwag.wire.content import Decoded
from wigwag.wire.nodes import Node

RECEIPTS_LIMIT = 5_000
"""Receipts kept per correspondent."""

_RECEIPT_IDS = 1_000
"""Message ids kept of one receipt."""

INBOX_SAVED = 500
"""Inbox entries that outlive the process."""


class SeenReceipt(Value):
    """A receipt that came: `kind` is delivered, read, played, inactive and so on; `sender` the
    device that sent it; `chat` a group or the bare LID of the other side."""

    kind: str
    ids: tuple[str, ...]
    chat: Jid
    sender: Jid


class SavedCorrespondent(Value):
    """What is saved of a phone or a person."""

    lid: Jid
    name: str
    keyring: SavedKeyring
    inbox: tuple[InboxEntry, ...]
    sent: tuple[SentMessage, ...]
    polls: tuple[OpenPoll, ...]


class Correspondent(Voice):
    """A device of an account, with an inbox and a voice."""

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
        self.receipts: deque[SeenReceipt] = deque(maxlen=RECEIPTS_LIMIT)
        self.version = 0
        """Grows with every change, for whoever saves the state."""

    @property
    def phone(self) -> str:
        """The phone number, digits only."""
        return self.pn.user

    @property
    def jid(self) -> Jid:
        """The address that others may know: the phone number, unless it is kept from them."""
        return self.surroundings.public_address(self.lid)

    # What arrives.

    def on_message(self, envelope: Envelope, decoded: Decoded) -> None:
        content = decoded.content
        if content is None:
            return
        chat = envelope.chat
        if decoded.device_sent_to is not None and envelope.from_me:
            chat = self.surroundings.device_lid(decoded.device_sent_to).bare
        key = MessageKey(
            chat=chat, sender=envelope.sender.bare, id=envelope.id, from_me=envelope.from_me
        )
        if isinstance(content, Poll):
            self.polls.add(key, with_secret(content, decoded.secret))
        entry = self._entry(envelope, decoded, content, key)
        self.inbox.add(entry)
        self.changed()
        self.on_entry(entry)

    def _entry(
        self, envelope: Envelope, decoded: Decoded, content: Content, key: MessageKey
    ) -> InboxEntry:
        kind, text, target = describe(content)
        return InboxEntry(
            seq=self.inbox.next_seq(),
            id=key.id,
            sender=key.sender,
            chat=key.chat,
            kind=kind,
            timestamp=envelope.timestamp,
            content=content,
            text=text,
            media=describe_media(content),
            target=target,
            options=self._options(content, key.sender),
            device=envelope.sender.device,
            from_me=key.from_me,
            push_name=envelope.push_name,
            view_once=decoded.view_once,
        )

    def _options(self, content: Content, voter: Jid) -> tuple[str, ...]:
        if isinstance(content, Poll):
            return content.options
        if not isinstance(content, PollVote):
            return ()
        known = self.polls.find(content.poll.id)
        if known is None:
            return ()
        creators = self._both_addresses(known.key.sender)
        return open_vote(known, content, creators, self._both_addresses(voter)) or ()

    def _both_addresses(self, lid: Jid) -> list[Jid]:
        account = self.surroundings.network.directory.find(lid)
        return [lid] if account is None else [account.lid, account.pn]

    def on_entry(self, entry: InboxEntry) -> None:
        """An entry was added to the inbox."""

    def on_receipt(self, node: Node) -> None:
        source = node.require_jid("from")
        sender = node.attr_jid("participant") or source
        listed = node.child("list")
        items = listed.kids[:_RECEIPT_IDS] if listed is not None else []
        recipient = node.attr_jid("recipient")
        self.receipts.append(
            SeenReceipt(
                kind=node.attr("type") or "delivered",
                ids=(node.attr("id"), *(item.attr("id") for item in items)),
                chat=self.surroundings.device_lid(recipient or source).bare,
                sender=self.surroundings.device_lid(sender),
            )
        )

    async def wait_for(
        self, predicate: Predicate, timeout_s: float = 10.0, *, after: int = 0
    ) -> InboxEntry:
        """The first inbox entry (above `after`) that satisfies `predicate`, now or later.

        Raises TimeoutError.
        """
        return await self.inbox.wait_for(predicate, timeout_s, after=after)

    def download(self, entry: InboxEntry) -> bytes:
        """The file of an entry, decrypted and verified. Raises NotFound or MediaFailure."""
        if not isinstance(entry.content, Media):
            raise NotFound("That message has no file.")
        return self.surroundings.media.download(entry.content)

    # Saving.

    def changed(self) -> None:
        self.version += 1

    def export(self) -> SavedCorrespondent:
        return SavedCorrespondent(
            lid=self.lid,
            name=self.name,
            keyring=self.keyring.export(),
            inbox=tuple(self.inbox.newest(INBOX_SAVED)),
            sent=self.outgoing.sent.all(),
            polls=self.polls.all(),
        )

    def restore(self, saved: SavedCorrespondent) -> None:
        """Take back the inbox, the sent messages and the polls; the keyring came with the maker."""
        self.inbox.restore(saved.inbox)
        for sent in saved.sent:
            self.outgoing.sent.add(sent)
        for known in saved.polls:
            self.polls.add(known.key, known.poll)
