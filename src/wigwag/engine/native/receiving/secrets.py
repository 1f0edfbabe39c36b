"""Secrets of messages, kept where others seal with them: what bots are asked, and what is said in
the announcements of communities.

All others are of no use here, and would cost a row for every message. The newest of each place are
kept in one note.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from wigwag.engine.native.link import Link
from wigwag.engine.native.receiving.batch import Batch
from wigwag.engine.native.sending.envelope import SentMessage
from wigwag.engine.native.store.writes import PutNote
from wigwag.model.content import MessageKey
from wigwag.model.jid import Jid
from wigwag.model.value import Value
from wigwag.wire.content import decode_message
from wigwag.wire.errors import WireError
from wigwag.wire.web_message import MessageSecret

MAX_KEPT: Final = 128
"""Secrets of one place."""
_MAX_PLACES: Final = 256
"""Places whose secrets are in memory."""
ASKED: Final = "asked"
"""The place of what bots are asked, wherever that is."""
_NOTE: Final = "secrets:"


class Kept(Value, array_like=True):
    id: str
    author: Jid
    secret: bytes


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Kept]).decode
_decode_sent = msgspec.msgpack.Decoder(SentMessage).decode


class Secrets:
    """The secrets of one account. In memory they may be ahead of the store, never behind it."""

    def __init__(self, link: Link, is_announcements: Callable[[Jid], bool]) -> None:
        self._link = link
        self._is_announcements = is_announcements
        self._places: OrderedDict[str, list[Kept]] = OrderedDict()

    def learn(self, key: MessageKey, secret: bytes, batch: Batch, *, asks_bot: bool) -> None:
        """The message `key` has `secret`: keep it, if somebody may seal with it."""
        kept = Kept(id=key.id, author=key.sender, secret=secret)
        if asks_bot:
            self._keep(ASKED, kept, batch)
        if key.chat.is_group and self._is_announcements(key.chat):
            self._keep(str(key.chat), kept, batch)

    def learn_older(self, told: Sequence[MessageSecret], batch: Batch) -> None:
        """The secrets that history tells, the newest first: those of announcements are kept, as
        far as newer ones leave room."""
        changed: set[Jid] = set()
        for one in told:
            chat = one.key.chat
            if not self._is_announcements(chat):
                continue
            kept = Kept(id=one.key.id, author=one.key.sender, secret=one.secret)
            known = self._load(str(chat))
            if kept not in known and len(known) < MAX_KEPT:
                known.insert(0, kept)
                changed.add(chat)
        for chat in changed:
            self._note(str(chat), batch)

    def find(self, place: str, chat: Jid, message_id: str) -> list[Kept]:
        """What is known of the messages with this id: of `place`, and of those we sent to `chat`
        ourselves."""
        found = [one for one in self._load(place) if one.id == message_id]
        return found or self._of_sent(chat, message_id)

    def _keep(self, place: str, kept: Kept, batch: Batch) -> None:
        known = self._load(place)
        if kept in known:
            return
        known.append(kept)
        del known[:-MAX_KEPT]
        self._note(place, batch)

    def _note(self, place: str, batch: Batch) -> None:
        content = _encode(self._load(place))
        batch.changes.add(PutNote(batch.account, _NOTE + place, content))

    def _load(self, place: str) -> list[Kept]:
        known = self._places.get(place)
        if known is None:
            raw = self._link.store.find_note(self._link.account, _NOTE + place)
            known = self._places[place] = _decode(raw) if raw is not None else []
            while len(self._places) > _MAX_PLACES:
                self._places.popitem(last=False)
        self._places.move_to_end(place)
        return known

    def _of_sent(self, chat: Jid, message_id: str) -> list[Kept]:
        raw = self._link.store.find_sent(self._link.account, str(chat), message_id)
        if raw is None:
            return []
        own = self._link.lid
        key = MessageKey(chat=chat, sender=own, id=message_id, from_me=True)
        try:
            secret = decode_message(_decode_sent(raw).raw, key).secret
        except WireError:
            return []
        return [Kept(id=message_id, author=own, secret=secret)] if secret else []
