"""Opening what is sealed with the secret of another message: reactions and comments in the
announcements of a community, edits, and the answers of bots (whatsmeow msgsecret.go)."""

import re
from typing import Final

from msgspec.structs import replace

from wigwag.engine.native.link import Link
from wigwag.engine.native.receiving.batch import Batch
from wigwag.engine.native.receiving.info import Info
from wigwag.engine.native.receiving.secrets import ASKED, Kept, Secrets
from wigwag.model.content import (
    Contacts,
    Content,
    Edit,
    Location,
    Media,
    MessageKey,
    Poll,
    Text,
    Unsupported,
)
from wigwag.model.jid import BOT_SERVER, LID_SERVER, PN_SERVER, Jid
from wigwag.wire import claims
from wigwag.wire.content import Decoded, decode_sealed
from wigwag.wire.content_sealed import SealedPart
from wigwag.wire.errors import WireError
from wigwag.wire.nodes import Node
from wigwag.wire.proto import e2e_pb2
from wigwag.wire.protobuf import parse
from wigwag.wire.sealing import Seal, Use, bot_secret, open_sealed

_BOT_NUMBERS: Final = re.compile(r"1313555\d{4}|131655500\d{2}")
GOES_ON: Final = ("inner", "last")
"""How a bot marks what takes the place of its answer so far."""


class Unsealing:
    """Opens sealed parts of one account, and keeps the secrets that this takes."""

    def __init__(self, link: Link, secrets: Secrets) -> None:
        self._link = link
        self._secrets = secrets

    def learn(self, key: MessageKey, decoded: Decoded, batch: Batch) -> None:
        """Keep the secret of a message that was opened, where it is of use."""
        if decoded.secret:
            asks = decoded.asks_bot or is_bot(key.chat) or _mentions_bot(decoded.content)
            self._secrets.learn(key, decoded.secret, batch, asks_bot=asks)

    def open_part(self, info: Info, part: SealedPart, batch: Batch) -> Content | None:
        """What `part` of the message says; None when its secret is unknown, or does not fit."""
        target = part.target
        kept = self._secrets.find(str(target.chat), target.chat, target.id)
        seals = self._seals(target.id, [target.sender], kept, batch)
        authors = self._addresses([info.key.sender], batch)
        plain = open_sealed(seals, part.use, authors, part.payload, part.iv)
        if plain is None:
            return None
        try:
            return decode_sealed(part, plain, info.key, self._link.own)
        except WireError:
            return None

    def open_answer(self, info: Info, enc: Node, batch: Batch) -> bytes | None:
        """The plaintext of a bot's `<enc>`; None when the secret of the question is unknown, or
        does not fit."""
        meta = info.node.child("meta")
        if meta is None or not is_bot(info.source.sender.bare):
            return None
        question = claims.identifier(meta.attr("target_id"))
        kept = self._secrets.find(ASKED, info.key.chat, question) if question else []
        asker = meta.attr_jid("target_sender_jid")
        askers = [asker.bare] if asker is not None and asker.user else list(self._link.own)
        seals = [
            replace(one, secret=bot_secret(one.secret))
            for one in self._seals(answer_id(info), askers, kept, batch)
        ]
        try:
            sealed = parse(e2e_pb2.MessageSecretMessage, enc.data)
        except WireError:
            return None
        bot = [info.source.sender.bare]
        return open_sealed(seals, Use.BOT_ANSWER, bot, sealed.encPayload, sealed.encIV)

    def _seals(
        self, message_id: str, authors: list[Jid], kept: list[Kept], batch: Batch
    ) -> list[Seal]:
        """A seal for every secret, under every address that its author may have gone by."""
        return [
            Seal(message_id=message_id, author=author, secret=one.secret)
            for one in kept
            for author in self._addresses([*authors, one.author], batch)
        ]

    def _addresses(self, people: list[Jid], batch: Batch) -> list[Jid]:
        """Both addresses of each, the given one first."""
        found: dict[Jid, None] = {}
        for jid in people:
            found[jid.bare] = None
            other = self._other(jid.bare, batch)
            if other is not None:
                found[other] = None
        return list(found)

    def _other(self, jid: Jid, batch: Batch) -> Jid | None:
        if jid.server == PN_SERVER:
            return batch.lid_of(jid)
        if jid.server == LID_SERVER:
            return batch.pn_of(jid)
        return None


def is_bot(jid: Jid) -> bool:
    """Whether a bot of WhatsApp's own goes by this address (whatsmeow types/jid.go)."""
    if jid.server == BOT_SERVER:
        return True
    return jid.server == PN_SERVER and _BOT_NUMBERS.fullmatch(jid.user) is not None


def answer_id(info: Info) -> str:
    """The id of the answer that a bot's message is, or goes on with."""
    bot = info.node.child("bot")
    if bot is not None and bot.attr("edit") in GOES_ON and is_bot(info.source.sender.bare):
        return claims.identifier(bot.attr("edit_target_id"))
    return info.key.id


def as_continued(info: Info, content: Content) -> Content | None:
    """What a bot goes on with, as an edit of the answer so far; None when it is not understood."""
    target = answer_id(info)
    if not target or target == info.key.id:
        return content
    if isinstance(content, Edit):
        content = content.content
    if isinstance(content, Unsupported):
        return None
    return Edit(target=replace(info.key, id=target), content=content)


def _mentions_bot(content: Content | None) -> bool:
    if not isinstance(content, Text | Media | Location | Contacts | Poll):
        return False
    return any(is_bot(jid) for jid in content.context.mentions)
