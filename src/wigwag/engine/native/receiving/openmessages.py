"""The messages of one account that cannot be read and are still hoped for.

Each is kept in the store from the batch that could not read it to the batch that brings it: a
restart goes on with what was asked already.
"""

from collections import OrderedDict
from typing import Final

import msgspec

from wigwag.engine.native.link import Link
from wigwag.engine.native.receiving.batch import Batch, Names
from wigwag.engine.native.store.records import OpenMessage
from wigwag.engine.native.store.writes import (
    DropOpenMessage,
    NoteOpenMessage,
    PutOpenMessage,
    TrimOpenMessages,
)
from wigwag.model.content import MessageKey
from wigwag.model.jid import Jid

MAX_OPEN: Final = 1000
"""Messages that are hoped for; the oldest are given up first."""
FIRST_ASK_AFTER_S: Final = 5.0
"""How long the sender of an undecryptable message has to send it again before the phone is asked
(whatsmeow retry.go)."""
MAX_SETTLED: Final = 5000
"""Messages of which is remembered, until a restart, that they came on request."""
ASK_AGAIN_AFTER_S: Final = (600.0, 21_600.0)
"""Waits before the phone is asked again when it did not answer; then it is asked no more."""


class OpenMessages:
    """In memory what is in the store; changed only by what became durable."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._open: OrderedDict[Names, OpenMessage] | None = None
        self._settled: OrderedDict[Names, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._loaded())

    def find(self, names: Names, batch: Batch) -> OpenMessage | None:
        """The message, also when `batch` is the first to know it."""
        return batch.open.get(names) or self._loaded().get(names)

    def find_as(self, key: MessageKey, batch: Batch) -> OpenMessage | None:
        """The message that `key` means, if it calls chat or sender by their other address."""
        for message in self._loaded().values():
            known = message.key
            if (
                known.id == key.id
                and known.from_me == key.from_me
                and _is_same(known.chat, key.chat, batch)
                and (key.from_me or _is_same(known.sender, key.sender, batch))
            ):
                return message
        return None

    def put(self, message: OpenMessage, batch: Batch) -> None:
        """Hope for a message, or note how far we are with it."""
        batch.open[message.names] = message
        batch.changes.add(PutOpenMessage(batch.account, message))
        batch.afterwards.append(lambda: self._keep(message))

    def settle(self, names: Names, batch: Batch) -> None:
        """The message is here."""
        if names in self._loaded() or names in batch.open:
            batch.open.pop(names, None)
            self._close(names, batch)
            batch.afterwards.append(lambda: self._remember(names))

    def was_settled(self, names: Names) -> bool:
        """Whether the message came on request; its first copy may still come, and be readable."""
        return names in self._settled

    def note_asked(self, asked: list[Names], now: float) -> None:
        """The phone was asked for these at `now`, outside of a batch; whatever else became of them
        meanwhile stays."""
        opened, store, account = self._loaded(), self._link.store, self._link.account
        noted = [_after_ask(opened[names], now) for names in asked if names in opened]
        opened.update((one.names, one) for one in noted)
        store.defer([NoteOpenMessage(account, one) for one in noted])

    def due(self, now: float, most: int) -> list[OpenMessage]:
        """Those that the phone is to be asked for now, oldest first."""
        found: list[OpenMessage] = []
        for message in self._loaded().values():
            if message.ask_at is not None and message.ask_at <= now:
                found.append(message)
                if len(found) == most:
                    break
        return found

    def next_ask(self) -> float | None:
        """When the next one falls due."""
        times = (one.ask_at for one in self._loaded().values())
        return min((at for at in times if at is not None), default=None)

    def _close(self, names: Names, batch: Batch) -> None:
        batch.changes.add(DropOpenMessage(batch.account, *names))
        batch.afterwards.append(lambda: self._forget(names))

    def _remember(self, names: Names) -> None:
        self._settled[names] = None
        while len(self._settled) > MAX_SETTLED:
            self._settled.popitem(last=False)

    def _keep(self, message: OpenMessage) -> None:
        opened, link = self._loaded(), self._link
        opened[message.names] = message
        while len(opened) > MAX_OPEN:
            names, _ = opened.popitem(last=False)
            link.store.defer([DropOpenMessage(link.account, *names)])

    def _forget(self, names: Names) -> None:
        self._loaded().pop(names, None)

    def _loaded(self) -> OrderedDict[Names, OpenMessage]:
        if self._open is None:
            store, account = self._link.store, self._link.account
            rows = store.list_open_messages(account, MAX_OPEN)
            # a stop may have come between the newest and the end of the oldest
            store.defer([TrimOpenMessages(account, MAX_OPEN)])
            self._open = OrderedDict((one.names, one) for one in rows)
        return self._open


def _after_ask(message: OpenMessage, now: float) -> OpenMessage:
    """How far we are once the phone was asked at `now`."""
    again = message.asks < len(ASK_AGAIN_AFTER_S)
    ask_at = now + ASK_AGAIN_AFTER_S[message.asks] if again else None
    return msgspec.structs.replace(message, asks=message.asks + 1, ask_at=ask_at)


def _is_same(one: Jid, other: Jid, batch: Batch) -> bool:
    """Whether both are one chat or person, as far as is known."""
    if one == other:
        return True
    if one.is_pn:
        one, other = other, one
    return one.is_lid and other.is_pn and batch.lid_of(other) == one
