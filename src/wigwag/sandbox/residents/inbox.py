"""What a phone or a person of the sandbox has received, decrypted."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from wigwag.model.content import (
    Contacts,
    Content,
    Edit,
    Location,
    Media,
    Pin,
    Poll,
    PollVote,
    Reaction,
    Revoke,
    Text,
    TimerSet,
)
from wigwag.model.jid import Jid
from wigwag.model.value import Value

INBOX_LIMIT = 2_000
"""Entries kept per inbox; the oldest leave first."""


class InboxMedia(Value):
    """The file of an entry. `sha256` is of the plain file, in hexadecimal."""

    kind: str
    mime: str
    size_bytes: int
    sha256: str
    filename: str = ""


class InboxEntry(Value):
    """One decrypted message.

    `seq` counts from 1 within one inbox. `sender` and `chat` are bare and as the network addressed
    them. `text` is the text, caption, emoji, question or name, whichever the kind has; `target`
    the id of the message that a reaction, edit, revoke or vote is about; `options` those of a
    poll, or those voted for.
    """

    seq: int
    id: str
    sender: Jid
    chat: Jid
    kind: str
    timestamp: datetime
    content: Content
    text: str = ""
    media: InboxMedia | None = None
    target: str = ""
    options: tuple[str, ...] = ()
    device: int = 0
    from_me: bool = False
    push_name: str = ""
    view_once: bool = False


Predicate = Callable[[InboxEntry], bool]


class Inbox:
    """The last entries, and those who wait for one."""

    def __init__(self, limit: int = INBOX_LIMIT) -> None:
        self._entries: deque[InboxEntry] = deque(maxlen=limit)
        self._waiting: list[tuple[Predicate, asyncio.Future[InboxEntry]]] = []
        self._seq = 0

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def last_seq(self) -> int:
        return self._seq

    def entries(self, after: int = 0) -> list[InboxEntry]:
        """The kept entries with a `seq` above `after`, oldest first."""
        return [entry for entry in self._entries if entry.seq > after]

    def newest(self, count: int) -> list[InboxEntry]:
        """The last `count` entries, oldest first."""
        return list(islice(self._entries, max(0, len(self._entries) - count), None))

    def find(self, message_id: str) -> InboxEntry | None:
        """The newest entry with this message id."""
        return next((entry for entry in reversed(self._entries) if entry.id == message_id), None)

    def next_seq(self) -> int:
        self._seq += 1
        return self._seq

    def add(self, entry: InboxEntry) -> None:
        self._entries.append(entry)
        if self._waiting:
            self._wake(entry)

    def restore(self, entries: Iterable[InboxEntry]) -> None:
        """Fill an empty inbox with entries that were saved."""
        for entry in entries:
            self._entries.append(entry)
            self._seq = max(self._seq, entry.seq)

    async def wait_for(
        self, predicate: Predicate, timeout_s: float = 10.0, *, after: int = 0
    ) -> InboxEntry:
        """The first entry that satisfies `predicate`, kept or to come.

        Raises TimeoutError when none came within `timeout_s`.
        """
        for entry in self._entries:
            if entry.seq > after and predicate(entry):
                return entry
        future: asyncio.Future[InboxEntry] = asyncio.get_running_loop().create_future()
        waiter = (predicate, future)
        self._waiting.append(waiter)
        try:
            async with asyncio.timeout(timeout_s):
                return await future
        finally:
            self._waiting.remove(waiter)

    def _wake(self, entry: InboxEntry) -> None:
        for predicate, future in self._waiting:
            if not future.done() and predicate(entry):
                future.set_result(entry)


class Description(NamedTuple):
    """What an entry shows of a content."""

    kind: str
    text: str = ""
    target: str = ""


def describe(content: Content) -> Description:
    if isinstance(content, Text):
        return Description("text", content.text)
    reader = _DESCRIBERS.get(type(content))
    return Description("unsupported") if reader is None else reader(content)


def _describe_cards(contacts: Contacts) -> Description:
    return Description("contact", contacts.name or ", ".join(card.name for card in contacts.cards))


def _describe_edit(edit: Edit) -> Description:
    return Description("edit", describe(edit.content).text, edit.target.id)


_DESCRIBERS: dict[type, Callable[[Any], Description]] = {
    Media: lambda media: Description(media.kind.value, media.caption),
    Reaction: lambda reaction: Description("reaction", reaction.emoji, reaction.target.id),
    Edit: _describe_edit,
    Revoke: lambda revoke: Description("revoke", "", revoke.target.id),
    Poll: lambda poll: Description("poll", poll.question),
    PollVote: lambda vote: Description("poll_vote", "", vote.poll.id),
    Pin: lambda pin: Description("pin" if pin.pinned else "unpin", "", pin.target.id),
    TimerSet: lambda timer: Description("timer", str(timer.seconds)),
    Location: lambda place: Description("location", place.name),
    Contacts: _describe_cards,
}


def describe_media(content: Content) -> InboxMedia | None:
    """The file card of `content`, if it has one."""
    if not isinstance(content, Media) or content.ref is None:
        return None
    return InboxMedia(
        kind=content.kind.value,
        mime=content.mime,
        size_bytes=content.ref.size_bytes,
        sha256=content.ref.file_sha256.hex(),
        filename=content.filename,
    )
