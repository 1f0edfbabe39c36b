"""Privacy tokens: what shows the server that a chat is wanted (whatsmeow tctoken.go)."""

from collections import OrderedDict
from typing import Final

import structlog

from wigwag.engine.native.connection.stanzas import iq
from wigwag.engine.native.link import Link
from wigwag.engine.native.receiving.batch import Batch
from wigwag.engine.native.store.writes import PutToken
from wigwag.model.errors import WigwagError
from wigwag.model.jid import Jid
from wigwag.wire.nodes import Node

BUCKET_S: Final = 604_800
BUCKETS: Final = 4
"""A token lives for the present week and the three before it."""
MAX_REMEMBERED: Final = 4096
MAX_TOKEN_BYTES: Final = 1024
_TIMEOUT_S: Final = 75.0
_LAST_SECOND: Final = 253_402_300_799

_log = structlog.get_logger(__name__)


class Tokens:
    """The tokens of one account: those we got, and when we gave out ours."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._given: OrderedDict[Jid, int] = OrderedDict()

    def nodes_for(self, chat: Jid, tag: str = "tctoken") -> list[Node]:
        """What a message to a person carries: his token, if we have it."""
        known = self._link.store.find_token(self._link.account, str(chat))
        if known is not None and known.token and known.timestamp >= self._oldest():
            return [Node(tag, {}, known.token)]
        return []

    def sent_to(self, chat: Jid) -> None:
        """A message went to `chat`: give the person our token, once a week."""
        if not chat.is_person:
            return
        now = self._now()
        given = self._given_at(chat)
        if given and now // BUCKET_S <= given // BUCKET_S:
            return
        self._given[chat] = now
        while len(self._given) > MAX_REMEMBERED:
            self._given.popitem(last=False)
        self._begin_giving(chat, now)

    def identity_changed(self, node: Node, batch: Batch) -> None:
        """`<notification type=encrypt><identity/>`: who set WhatsApp up anew lost our token, too.

        Raises MalformedNode.
        """
        sender = node.require_jid("from").home.bare
        owner = (batch.lid_of(sender) or sender) if sender.is_pn else sender
        given = self._given_at(owner)
        if given >= self._oldest():
            batch.afterwards.append(lambda: self._begin_giving(owner, given))

    def received(self, node: Node, batch: Batch) -> None:
        """`<notification type=privacy_token>`. Raises MalformedNode."""
        sender = node.require_jid("from").home.bare
        lid = node.attr_jid("sender_lid")
        owner = lid.bare if lid is not None else batch.lid_of(sender) or sender
        tokens = node.child("tokens")
        for token in tokens.children_with("token") if tokens is not None else []:
            if token.attr("type") == "trusted_contact" and 0 < len(token.data) <= MAX_TOKEN_BYTES:
                known = self._link.store.find_token(self._link.account, str(owner))
                sent_at = known.sent_at if known is not None else self._given.get(owner, 0)
                timestamp = min(max(token.attr_int("t"), 0), _LAST_SECOND)
                batch.changes.add(
                    PutToken(self._link.account, str(owner), token.data, timestamp, sent_at)
                )

    def _begin_giving(self, chat: Jid, at: int) -> None:
        self._link.spawn(self._give(chat, at), "privacy-token")

    async def _give(self, chat: Jid, now: int) -> None:
        token = Node("token", {"jid": chat, "t": str(now), "type": "trusted_contact"})
        try:
            await self._link.connection.request(
                iq("privacy", "set", [Node("tokens", {}, [token])]), _TIMEOUT_S
            )
            known = self._link.store.find_token(self._link.account, str(chat))
            data, timestamp = (known.token, known.timestamp) if known is not None else (b"", 0)
            await self._link.store.commit(
                [PutToken(self._link.account, str(chat), data, timestamp, now)]
            )
        except WigwagError as error:
            _log.debug("privacy_token_not_given", code=error.code)

    def _given_at(self, owner: Jid) -> int:
        """When we gave our token to this person, 0 for never."""
        given = self._given.get(owner)
        if given is None:
            known = self._link.store.find_token(self._link.account, str(owner))
            given = known.sent_at if known is not None else 0
        return given

    def _oldest(self) -> int:
        return (self._now() // BUCKET_S - (BUCKETS - 1)) * BUCKET_S

    def _now(self) -> int:
        return int(self._link.clock.now().timestamp())
