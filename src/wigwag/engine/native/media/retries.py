"""Files that the media host no longer has: the phone is asked to upload them again."""

from typing import Final

from wigwag.engine.native.link import Link
from wigwag.engine.native.receiving.batch import Batch
from wigwag.model.content import MessageKey
from wigwag.model.jid import LID_SERVER, PN_SERVER, Jid
from wigwag.wire.media_retry import IV_BYTES, open_answer, parse_answer, retry_request
from wigwag.wire.nodes import Node

__all__ = ["MediaRetries", "open_answer"]

_OTHER_SERVER: Final = {PN_SERVER: LID_SERVER, LID_SERVER: PN_SERVER}


class MediaRetries:
    """Implements ports.MediaActions, and hands the answers on."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def request_again(self, key: MessageKey, media_key: bytes, *, by_pn: bool) -> None:
        """See ports.MediaActions. Raises NotConnected, MediaFailure."""
        named = MessageKey(
            chat=self._addressed(key.chat, by_pn=by_pn),
            sender=self._addressed(key.sender, by_pn=by_pn),
            id=key.id,
            from_me=key.from_me,
        )
        link = self._link
        await link.connection.send(retry_request(named, media_key, link.pn, link.random(IV_BYTES)))

    def answered(self, node: Node, batch: Batch) -> None:
        """A notification `mediaretry`. Raises MalformedNode."""
        batch.record("media_retry", parse_answer(node))

    def _addressed(self, jid: Jid, *, by_pn: bool) -> Jid:
        """A person by the kind of address that is wanted, where it is known."""
        jid = jid.bare
        wanted = PN_SERVER if by_pn else LID_SERVER
        if jid.server != _OTHER_SERVER.get(wanted):
            return jid
        own, other = self._link.pn, self._link.lid
        if jid.user in (own.user, other.user) and other.user:
            return own if by_pn else other
        find = self._link.store.find_pn_user if by_pn else self._link.store.find_lid_user
        user = find(self._link.account, jid.user)
        return Jid(user, wanted) if user else jid
