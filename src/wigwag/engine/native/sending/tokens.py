"""Privacy tokens: what shows the server that a chat is wanted (whatsmeow tctoken.go)."""

from collections import OrderedDict
from typing import Final

import structlog
from msgspec.structs import replace

from wigwag.engine.native.connection.stanzas import iq
from wigwag.engine.native.link import Link
from wigwag.engine.native.receiving.batch import Batch
from wigwag.engine.native.store.records import PrivacyToken
from wigwag.engine.native.store.writes import PutToken
from wigwag.model.errors import WigwagError
from wigwag.model.jid import LID_SERVER, PN_SERVER, Jid
from wigwag.wire.nodes import Node

BUCKET_S: Final = 604_800
BUCKETS: Final = 4
"""A token lives for the present week and the three before it."""
MAX_REMEMBERED: Final = 4096
MAX_TOKEN_BYTES: Final = 1024
_TIMEOUT_S: Final = 75.0
_LAST_SECOND: Final = 253_402_300_799

_NONE: Final = PrivacyToken(token=b"", timestamp=0, sent_at=0)

_log = structlog.get_logger(__name__)


class Tokens:
    """The tokens of one account: those we got, and when we gave out ours."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._given: OrderedDict[Jid, int] = OrderedDict()

    def nodes_for(self, chat: Jid, tag: str = "tctoken") -> list[Node]:
        """What a message to a person carries: his token, if we have it."""
        known = self._find(chat)
        if known.token and known.timestamp >= self._oldest():
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
                sent_at = self._find(owner).sent_at or self._given.get(owner, 0)
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
            known = self._find(chat)
            await self._link.store.commit(
                [PutToken(self._link.account, str(chat), known.token, known.timestamp, now)]
            )
        except WigwagError as error:
            _log.debug("privacy_token_not_given", code=error.code)

    def _given_at(self, owner: Jid) -> int:
        """When we gave our token to this person, 0 for never."""
        given = self._given.get(owner)
        return self._find(owner).sent_at if given is None else given

    def _find(self, person: Jid) -> PrivacyToken:
        """The newest token of a person, and when ours was given: what came by the number holds
        once the LID is known, too."""
        store, account = self._link.store, self._link.account
        found = [store.find_token(account, str(person))]
        if person.is_lid and (user := store.find_pn_user(account, person.user)):
            found.append(store.find_token(account, str(Jid(user, PN_SERVER))))
        elif person.is_pn and (user := store.find_lid_user(account, person.user)):
            found.append(store.find_token(account, str(Jid(user, LID_SERVER))))
        known = [one for one in found if one is not None]
        newest = max(known, key=lambda one: one.timestamp, default=_NONE)
        return replace(newest, sent_at=max((one.sent_at for one in known), default=0))

    def _oldest(self) -> int:
        return (self._now() // BUCKET_S - (BUCKETS - 1)) * BUCKET_S

    def _now(self) -> int:
        return int(self._link.clock.now().timestamp())
