"""The way into the archive: what conversion makes of any bytes becomes rows that can be read.

The first byte of an input chooses what the rest is: a message, one that the phone sends again, a
chunk of history, or a change of app state.
"""

import zlib
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from random import Random
from typing import Final

from fuzz.appstates import plains, read_change
from fuzz.mutation import mutate_bytes, mutate_protobuf
from fuzz.samples import AT, GROUP, OWN, OWN_LID, PEER, PEER_LID, history, raw_contents
from fuzz.samples import raw_web_messages as web_seeds
from fuzz.standing import Standing
from fuzz.target import Target
from stored.desk import Desk
from stored.makers import CONNECTED
from wigwag.model.archived import FeedFilter, MessageFilter
from wigwag.model.content import MessageKey
from wigwag.model.event import (
    AppStateChanged,
    EngineEvent,
    HistoryReceived,
    IdentityLinked,
    MessageReceived,
)
from wigwag.model.jid import STATUS_JID
from wigwag.model.message import Message
from wigwag.wire.content import decode_message
from wigwag.wire.errors import AppStateFailure, MalformedProtobuf
from wigwag.wire.history import HistoryReader
from wigwag.wire.web_message import decode_web_message

LIFE: Final = 150
_PAGE: Final = 5


class ArchiveWorld:
    """An open archive."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)

    async def open(self) -> None:
        self._desk = await Desk.open(self._folder)
        await self._desk.take(CONNECTED, IdentityLinked(lid=PEER_LID, pn=PEER))

    async def close(self) -> None:
        await self._desk.close()

    async def take(self, data: bytes) -> None:
        readers = (self._contents, self._web_message, self._history, self._changes)
        try:
            events = readers[data[0] % len(readers) if data else 0](data[1:])
        except (MalformedProtobuf, AppStateFailure):
            return
        await self._desk.take(*events)
        await self._look()

    async def _look(self) -> None:
        desk = self._desk
        rejected = desk.rows("SELECT reason FROM rejected")
        assert not rejected, [row["reason"] for row in rejected]
        page = await desk.library.list_messages("default", MessageFilter(), limit=_PAGE)
        for message in page.items:
            repr(message).encode()
        await desk.library.list_chats("default", limit=_PAGE)
        last = desk.archive.last_seq
        first = max(0, last - _PAGE)
        page = await desk.archive.list_events(first, last, _PAGE, FeedFilter())
        for event in page.events:
            bytes(event.data).decode()

    # -- conversion -------------------------------------------------------------------------

    def _contents(self, data: bytes) -> Sequence[EngineEvent]:
        number = next(self._numbers)
        keys = (
            MessageKey(chat=PEER_LID, sender=PEER_LID, id=f"A{number}"),
            MessageKey(chat=GROUP, sender=PEER_LID, id=f"B{number}"),
            MessageKey(chat=PEER_LID, sender=OWN_LID, id=f"C{number}", from_me=True),
            MessageKey(chat=STATUS_JID, sender=PEER, id=f"D{number}"),
        )
        found = [(key, decode_message(data, key, (OWN_LID, OWN)).content) for key in keys]
        return [
            MessageReceived(message=Message(key=key, timestamp=AT, content=content))
            for key, content in found
            if content is not None
        ]

    def _web_message(self, data: bytes) -> Sequence[EngineEvent]:
        message = decode_web_message(data, OWN, OWN_LID)
        return [MessageReceived(message=message)] if message is not None else []

    def _history(self, data: bytes) -> Sequence[EngineEvent]:
        reader = HistoryReader(zlib.compress(data, 1), OWN, OWN_LID)
        return [
            event
            for batch in reader.batches(100)
            for event in (
                *batch.links,
                HistoryReceived(
                    sync_type=reader.sync_type,
                    progress=reader.progress,
                    chunk=reader.chunk,
                    chats=batch.chats,
                    messages=batch.messages,
                    contacts=batch.contacts,
                    receipts=batch.receipts,
                ),
            )
        ]

    def _changes(self, data: bytes) -> Sequence[EngineEvent]:
        number = next(self._numbers)
        changes = read_change(data)
        return [
            AppStateChanged(
                collection="regular_high", version=number, epoch="", part=0, changes=changes
            )
        ]


def seeds() -> list[bytes]:
    kinds = (raw_contents(), web_seeds(), [zlib.decompress(history())], plains())
    return [bytes([kind]) + raw for kind, raws in enumerate(kinds) for raw in raws]


def mutate_kind(data: bytes, chance: Random) -> bytes:
    """The rest; what it is taken for stays, mostly."""
    if not data or chance.random() < 0.05:
        return mutate_bytes(data, chance)
    return data[:1] + mutate_protobuf(data[1:], chance)


_standing = Standing(ArchiveWorld, life=LIFE)

TARGETS = (
    Target(
        "events",
        _standing.take,
        seeds,
        mutate=mutate_kind,
        share=5,
        examples=80,
        close=_standing.close,
    ),
)
